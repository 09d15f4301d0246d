"""The runs of a folder as rows of a table, and the way back from a row to its run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pellucid.errors import BadInput
from pellucid.evaluate.reporting.templates import figure_text, names_of_figures
from pellucid.run import Run, find_runs


@dataclass(frozen=True, slots=True)
class Row:
    """One run.

    Attributes:
        number: its place in the table, from 0; it names the run in links.
        name: of its folder, below the one that was searched.
        state: "finished", "unfinished" or "damaged".
        model, source: where it is finished.
        cases: held out, that the figures are measured on.
        figures: by name, the value with its 95% interval in words.
    """

    number: int
    name: str
    state: str
    model: str = ""
    source: str = ""
    cases: int = 0
    figures: tuple[tuple[str, str], ...] = ()

    @property
    def link(self) -> str:
        """What names it at the end of a path; `run_at` reads it.

        >>> Row(2, "scans/50%", "finished").link
        '2/scans/50%25'
        """
        return f"{self.number}/{quote(self.name, errors='surrogateescape')}"


def rows_of(folder: Path) -> list[Row]:
    """All runs in a folder, and one folder down."""
    return [_row(number, run, folder) for number, run in enumerate(find_runs(folder))]


def run_at(folder: Path, number: int, name: str) -> Run:
    """The run of a row.

    Raises:
        BadInput: it is not there any more.
    """
    found = find_runs(folder)
    if not (0 <= number < len(found) and _name(found[number], folder) == name):
        raise BadInput(f"The run {name} is not there any more: load the page again.")
    return found[number]


def _name(run: Run, folder: Path) -> str:
    return str(run.path.relative_to(folder)) if run.path != folder else run.path.resolve().name


def _row(number: int, run: Run, folder: Path) -> Row:
    name = _name(run, folder)
    if run.state != "finished":
        return Row(number, name, run.state)
    try:
        report = run.report
        held_out, names = report["held_out"], names_of_figures(report["task"])
        figures = [(said, figure_text(held_out[key], digits=3)) for key, said in names.items() if held_out.get(key)]
        return Row(number, name, "finished", report["model"], report["source_name"], held_out["cases"], tuple(figures))
    except (BadInput, KeyError, TypeError):
        return Row(number, name, "damaged")
