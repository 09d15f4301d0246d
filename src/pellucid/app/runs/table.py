"""The runs as a table: figures side by side, each run's report and audit, and ticks for those to compare.

Its parts stay where they are when it changes, so that who goes through it by keyboard keeps the place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import escape
from nicegui import ui
from nicegui.element import Element

from pellucid.app.runs.shelf import Row

TOLD = (
    "Figures are of held-out cases, with 95% intervals. A name opens the run's report. "
    "Tick two or more runs to compare them."
)


class Table:
    """The table on one page."""

    def __init__(self, rows: list[Row], ticked: Callable[[list[Row]], Awaitable[None]]) -> None:
        """Put it there.

        Args:
            rows: of all runs.
            ticked: told which finished runs are ticked, in the order of `rows`, whenever that changes.
        """
        self.rows, self.ticked, self.chosen = rows, ticked, set[int]()
        figures = list(dict.fromkeys(name for row in rows for name, _ in row.figures))
        self.columns = ["run", "model", "source", "cases", *figures]
        self.heads: dict[str, Element] = {}
        with ui.element("div").classes("wide w-full"), ui.element("table").classes("runs").props("data-name=runs"):
            with ui.element("thead"), ui.element("tr"):
                _head("compare")
                for name in self.columns:
                    self._sorting_head(name)
                _head("images")
            with ui.element("tbody"):
                self.lines = [self._line(row) for row in rows]
        ui.label(TOLD).classes("text-sm")

    def _sorting_head(self, name: str) -> None:
        head = self.heads[name] = _head()
        with head, ui.element("button").props("type=button").classes("sort").on("click", lambda: self.sort(name)):
            ui.html(name, sanitize=True, tag="span")

    def _line(self, row: Row) -> Element:
        with ui.element("tr") as line:
            with ui.element("td"):
                if row.state == "finished":
                    tick = ui.checkbox(on_change=lambda event: self._tick(row, bool(event.value))).props("dense")
                    tick.props["aria-label"], tick.props["data-name"] = f"Compare {row.name}", f"compare-{row.name}"
            with _head(scope="row"):
                if row.state == "finished":
                    way = ui.link(row.name, f"/report/{row.link}", new_tab=True).classes("way")
                    way.props["aria-label"] = f"Report of {row.name}"
                else:
                    ui.label(f"{row.name} ({row.state})")
            for name in self.columns[1:]:
                with ui.element("td"):
                    _value(_of(row, name))
            with ui.element("td"):
                if row.state == "finished":
                    way = ui.link("Audit of its images", f"/audit/{row.link}", new_tab=True).classes("way")
                    way.props["aria-label"] = f"Audit of the images of {row.name}"
                    way.props["data-name"] = f"audit-{row.name}"
        return line

    async def _tick(self, row: Row, chosen: bool) -> None:
        (self.chosen.add if chosen else self.chosen.discard)(row.number)
        await self.ticked([one for one in self.rows if one.number in self.chosen])

    def sort(self, name: str) -> None:
        """Order the lines by a column; once more, the other way round. Lines without a value stand last."""
        down = self.heads[name].props.get("aria-sort") == "ascending"
        for head in self.heads.values():
            head.props.pop("aria-sort", None)
            head.update()
        self.heads[name].props["aria-sort"] = "descending" if down else "ascending"
        pairs = sorted(zip(self.rows, self.lines, strict=True), key=lambda pair: _key(pair[0], name), reverse=down)
        there = [line for row, line in pairs if _of(row, name)]
        for place, line in enumerate([*there, *(line for row, line in pairs if not _of(row, name))]):
            line.move(target_index=place)


def _head(said: str = "", scope: str = "col") -> Element:
    head = ui.element("th").props(f"scope={scope}")
    if said:
        with head:
            ui.label(said)
    return head


def _value(said: str) -> None:
    """A figure, and its interval that may stand below it."""
    value, _, interval = said.partition(" (")
    below = f' <span class="range">({escape(interval)}</span>' if interval else ""
    ui.html(f"{escape(value)}{below}", sanitize=False, tag="span")


def _of(row: Row, name: str) -> str:
    own = {"run": row.name, "model": row.model, "source": row.source, "cases": f"{row.cases:,}" if row.cases else ""}
    return (own | dict(row.figures)).get(name, "")


def _key(row: Row, name: str) -> tuple[int, str]:
    return (row.cases, "") if name == "cases" else (0, _of(row, name))
