"""LUNA16's tables: a place in a scan per row, with one number beside it; and the list of scans."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Float

PLACE_COLUMNS = ("seriesuid", "coordX", "coordY", "coordZ")
Row = tuple[int, list[str]]
"""The number of a line, and its cells."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaceTable:
    """Places in scans, in the order of the file.

    Attributes:
        path: of the file.
        lines: where each row stands in the file, for messages.
        seriesuids: which scan each row belongs to.
        xyz_mm: place in the patient (LPS), mm.
        number: probability of a mark, or diameter of a nodule in mm.
    """

    path: Path
    lines: list[int]
    seriesuids: list[str]
    xyz_mm: Float[np.ndarray, "place 3"]
    number: Float[np.ndarray, "place"]


def read_places(path: Path, number_column: str) -> PlaceTable:
    """Read seriesuid, coordX, coordY, coordZ and one more column; further columns are left aside.

    A byte-order mark, Windows line ends, empty lines, spaces around cells and capitals in the heading do no harm.

    Args:
        path: of a CSV table with a heading; it may have no rows.
        number_column: "probability" or "diameter_mm".
    Raises:
        BadInput: the file or a column is missing, a column is there twice, or a cell is empty or no finite number; the
            message names the line.
    """
    rows = read_rows(path)
    columns = _columns(path, rows, (*PLACE_COLUMNS, number_column))
    rows = rows[1:]
    for line, row in rows:
        if len(row) <= max(columns):
            raise BadInput(f"{path} line {line} has {len(row)} cells, too few for its heading: correct that line.")
    first, *others = columns
    seriesuids = [row[first].strip() for _, row in rows]
    if "" in seriesuids:
        raise BadInput(
            f"{path} line {rows[seriesuids.index('')][0]} names no seriesuid: fill it in, or remove the line."
        )
    numbers = _numbers(path, rows, others)
    return PlaceTable(path, [line for line, _ in rows], seriesuids, numbers[:, :3], numbers[:, 3])


def read_seriesuids(path: Path) -> list[str]:
    """The scans that count, one a line; LUNA16's file has no heading, one that says "seriesuid" is passed over.

    Raises:
        BadInput: the file is missing, names no scan, or one twice, or a line begins with an empty cell.
    """
    named = [(line, row[0].strip()) for line, row in read_rows(path)]
    if named and named[0][1].lower() == "seriesuid":
        named = named[1:]
    if not named:
        raise BadInput(f"{path} names no scan: one seriesuid a line is needed.")
    seen: dict[str, int] = {}
    for line, seriesuid in named:
        if not seriesuid:
            raise BadInput(f"{path} line {line} begins with an empty cell: a seriesuid is needed there.")
        if seriesuid in seen:
            raise BadInput(f"{path} names {seriesuid!r} in lines {seen[seriesuid]} and {line}: remove one of them.")
        seen[seriesuid] = line
    return list(seen)


def refuse_twice(table: PlaceTable, what: str) -> None:
    """See that no row stands there twice, with the same place and the same number.

    Raises:
        BadInput: one does; the message names both lines.
    """
    keys = list(zip(table.seriesuids, *table.xyz_mm.T.tolist(), table.number.tolist(), strict=True))
    if len(set(keys)) < len(keys):
        seen: dict[tuple[object, ...], int] = {}
        for line, key in zip(table.lines, keys, strict=True):
            if key in seen:
                raise BadInput(
                    f"{table.path} holds the same {what} in lines {seen[key]} and {line}: remove one of them."
                )
            seen[key] = line


def read_rows(path: Path) -> list[Row]:
    """All lines of a CSV table that are not empty, the heading included.

    Raises:
        BadInput: there is no such file, or it is no CSV table in UTF-8.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            return [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except FileNotFoundError:
        raise BadInput(f"{path} is not there: correct the name, or put the file there.") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be read ({problem.strerror}): name a CSV table.") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise BadInput(f"{path} is no CSV table in UTF-8 ({problem}): save it as CSV UTF-8.") from None


def _columns(path: Path, rows: list[Row], needed: tuple[str, ...]) -> list[int]:
    """Where the columns stand, by the heading."""
    if not rows:
        raise BadInput(f"{path} is empty: a heading {','.join(needed)} is needed, and a row for each place.")
    heading = [cell.strip().lower() for cell in rows[0][1]]
    missing = [name for name in needed if name.lower() not in heading]
    if missing:
        found = ",".join(cell.strip() for cell in rows[0][1])[:120]
        raise BadInput(f"{path} lacks {', '.join(missing)}; its first line is {found!r}: {','.join(needed)} is needed.")
    twice = [name for name in needed if heading.count(name.lower()) > 1]
    if twice:
        raise BadInput(f"{path} has two columns {twice[0]}: which one is meant cannot be known; remove the other.")
    return [heading.index(name.lower()) for name in needed]


def _numbers(path: Path, rows: list[Row], columns: list[int]) -> Float[np.ndarray, "row column"]:
    try:
        flat = [float(row[column]) for _, row in rows for column in columns]
    except ValueError:
        flat = [_number(row[column]) for _, row in rows for column in columns]
    numbers = np.array(flat, float).reshape(len(rows), len(columns))
    if not np.isfinite(numbers).all():
        at, which = np.argwhere(~np.isfinite(numbers))[0].tolist()
        line, row = rows[at]
        raise BadInput(f"{path} line {line} has {row[columns[which]].strip()!r} where a finite number is needed.")
    return numbers


def _number(cell: str) -> float:
    """NaN where it is none, so that the message is the same."""
    try:
        return float(cell)
    except ValueError:
        return float("nan")
