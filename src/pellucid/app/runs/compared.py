"""The ticked runs in one picture, and below it in words what they differ by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import escape
from nicegui import run, ui

from pellucid.app.runs.figures import figures_of
from pellucid.app.runs.intervals_drawn import Row as Drawn
from pellucid.app.runs.intervals_drawn import intervals_drawn
from pellucid.app.runs.paired import Difference, differences, signed
from pellucid.app.runs.settings_apart import settings_apart
from pellucid.app.runs.shelf import Row, run_at
from pellucid.errors import PellucidError
from pellucid.evaluate.reporting.templates import figure_text


@dataclass(frozen=True, slots=True)
class Compared:
    """What is shown of several runs.

    Attributes:
        names: of the runs.
        figures: their figures, drawn; empty where they have none.
        apart: their differences, drawn; empty where all were measured on other cases.
        said: the differences in sentences.
        settings: what differs between their recipes: its name, and a value a run.
    """

    names: list[str]
    figures: str
    apart: str
    said: list[str]
    settings: list[tuple[str, list[str]]]


def compare(folder: Path, rows: list[Row]) -> Compared:
    """Read what is needed of each run, and draw it.

    Args:
        folder: of the runs.
        rows: of two finished ones or more.
    Raises:
        BadInput: one is not there any more, or damaged.
    """
    runs = [(row.name, run_at(folder, row.number, row.name)) for row in rows]
    found, names = differences(runs), [row.name for row in rows]
    groups = [
        (said, [(name, one["value"], one["low"], one["high"], _digits(one)) for name, one in held])
        for said, held in figures_of(runs)
    ]
    title = f"Figures of {', '.join(names)}, with 95% intervals"
    drawn = intervals_drawn(title, names, groups, floor=0.0, ceiling=1.0) if groups else ""
    return Compared(names, drawn, _apart(names, found), [one.told for one in found], settings_apart(runs))


def _digits(figure: dict[str, float | None]) -> str:
    return "not defined" if figure["value"] is None else figure_text(figure, digits=3)


def _apart(names: list[str], found: list[Difference]) -> str:
    groups: dict[str, list[Drawn]] = {}
    for one in found:
        of = one.estimate
        if of is not None:
            row = (one.name, of.value, of.low, of.high, signed(of))
            groups.setdefault(f"Accuracy, less that of {one.first}", []).append(row)
    if not groups:
        return ""
    title = "How much more accurate each run is, with 95% intervals"
    return intervals_drawn(title, names, list(groups.items()), floor=-1.0, ceiling=1.0, zero=True)


class Comparison:
    """A place on the page that shows whichever runs are ticked."""

    def __init__(self, folder: Path) -> None:
        """Nothing is ticked yet."""
        self.folder = folder
        self.wanted: list[Row] = []
        self.place: ui.column | None = None

    def put(self) -> None:
        """The place is here."""
        self.place = ui.column().classes("w-full").props("aria-live=polite")

    async def show(self, rows: list[Row]) -> None:
        """Compare these; fewer than two are nothing to compare."""
        self.wanted, place = rows, self.place
        if place is None:
            return
        place.clear()
        if len(rows) < 2:
            return
        with place:
            ui.spinner(size="lg").props('aria-label="Comparing"')
        try:
            found = await run.io_bound(compare, self.folder, rows)
        except PellucidError as problem:
            found, said = None, str(problem)
        else:
            said = ""
        if self.wanted is not rows:  # others are ticked by now
            return
        place.clear()
        with place:
            if said:
                ui.label(said).classes("warned").props("data-name=not-compared")
            elif found is not None:
                _show(found)


def _show(found: Compared) -> None:
    with ui.element("section").classes("card w-full").props('data-name=compared aria-label="Comparison"'):
        ui.html("<h2>Held-out figures</h2>", sanitize=False)
        ui.html(found.figures, sanitize=False).classes("w-full picture")
        ui.html("<h2>How far they are apart</h2>", sanitize=False)
        if found.apart:
            ui.html(found.apart, sanitize=False).classes("w-full picture").props("data-name=apart")
        for sentence in found.said:
            ui.label(sentence).classes("sentence").props("data-name=difference")
        ui.html("<h2>What was set otherwise</h2>", sanitize=False)
        ui.html(_table(found), sanitize=False).classes("w-full picture").props("data-name=settings")


def _table(found: Compared) -> str:
    if not found.settings:
        return "<p>Nothing: their recipes are the same.</p>"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("setting", *found.names))
    rows = "".join(
        f'<tr><th scope="row">{escape(setting)}</th>{"".join(f"<td>{escape(value)}</td>" for value in values)}</tr>'
        for setting, values in found.settings
    )
    return f'<table class="settings"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
