"""One table of marks for many studies, as scoring needs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pellucid.ct.reporting.saving import TABLE
from pellucid.run.folder import make_private
from pellucid.run.writing import check_replaceable, write_text


def join_marks(folders: Sequence[Path], out: Path) -> Path:
    """The marks of all studies in one findings.csv, LUNA16's columns once.

    Args:
        folders: of studies, as `save_study` wrote them.
        out: the folder that the table is written to.
    Returns:
        The table.
    Raises:
        BadInput: another file of that name is there.
    """
    header = "seriesuid,coordX,coordY,coordZ,probability\n"
    check_replaceable(out / TABLE, header.strip().encode(), "table of findings", within=1000)
    make_private(out)
    rows = [line for folder in folders for line in (folder / TABLE).read_text("utf-8").splitlines(keepends=True)[1:]]
    write_text(out / TABLE, header + "".join(rows))
    return out / TABLE
