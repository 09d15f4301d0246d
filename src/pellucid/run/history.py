"""history.csv: how the losses went, a row now and then while a run learns."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pellucid.run.writing import write_text


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row; `valid_loss` and `valid_accuracy` stand only where the validation part was looked at."""

    step: int
    epoch: int
    train_loss: float | None
    valid_loss: float | None
    valid_accuracy: float | None
    learning_rate: float
    seconds: float


COLUMNS = [field.name for field in fields(HistoryRow)]


class History:
    """The rows so far, on disk as soon as they are known.

    >>> import tempfile
    >>> history = History(Path(tempfile.mkdtemp()) / "history.csv", [])
    >>> history.add(HistoryRow(10, 1, 0.5, None, None, 0.1, 2.0))
    >>> read_history(history.path) == history.rows
    True
    """

    def __init__(self, path: Path, rows: list[HistoryRow]) -> None:
        self.path = path
        self.rows = rows
        write_text(path, ",".join(COLUMNS) + "\n" + "".join(map(_line, rows)))

    def add(self, row: HistoryRow) -> None:
        """Append one row."""
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line(row))


def _line(row: HistoryRow) -> str:
    return ",".join(_text(value) for value in asdict(row).values()) + "\n"


def _text(value: int | float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.9g}"


def read_history(path: Path) -> list[HistoryRow]:
    """The rows of a history.csv; a last line that a killed run left unfinished is passed over."""
    whole = path.read_text("utf-8").rpartition("\n")[0].splitlines()
    rows = []
    for found in csv.DictReader(whole):
        step, epoch, *rest = (found[name] for name in COLUMNS)
        rows.append(HistoryRow(int(step), int(epoch), *(float(value) if value else None for value in rest)))  # type: ignore[arg-type]
    return rows
