"""The runs as a page: a table, reports, comparisons, audits, graphs, and a place to drop an image on."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from nicegui import app, ui
from starlette.responses import HTMLResponse, Response

from pellucid.app.runs.auditing import audit_page_of_run
from pellucid.app.runs.compared import Comparison
from pellucid.app.runs.dropping import show_drop
from pellucid.app.runs.graphing import graph_page_of_model, graph_page_of_run, models
from pellucid.app.runs.look import begin, words
from pellucid.app.runs.opened import OpenedPages
from pellucid.app.runs.shelf import Row, rows_of, run_at
from pellucid.app.runs.table import Table
from pellucid.app.runs.waiting import turn_into
from pellucid.errors import PellucidError


def add_pages(folder: Path) -> None:
    """Put the runs of a folder into the app.

    Args:
        folder: of runs; it need not be there yet.
    """
    opened = OpenedPages()

    @app.get("/report/{number}/{name:path}")
    def report(number: int, name: str) -> Response:
        try:
            return HTMLResponse(run_at(folder, number, name).file("report.html").read_text("utf-8"))
        except (PellucidError, OSError) as problem:
            return Response(str(problem), 404, media_type="text/plain")

    @app.get("/opened/{name}")
    def opened_page(name: str) -> Response:
        try:
            return HTMLResponse(opened[name])
        except KeyError:
            return Response("This page is not kept any more: open it again.", 404, media_type="text/plain")

    @ui.page("/audit/{number}/{name:path}")
    async def audit(number: int, name: str) -> None:
        await turn_into(
            f"Audit of the images of {name}", lambda: audit_page_of_run(run_at(folder, number, name)), opened
        )

    @ui.page("/graph/run/{number}/{name:path}")
    async def graph_of_run(number: int, name: str) -> None:
        await turn_into(f"Graph of {name}", lambda: graph_page_of_run(run_at(folder, number, name)), opened)

    @ui.page("/graph/model/{name}")
    async def graph_of_model(name: str) -> None:
        await turn_into(f"Graph of {name}", lambda: graph_page_of_model(name), opened)

    @ui.page("/runs")
    def runs() -> None:
        begin("pellucid: runs")
        ui.html(words(), sanitize=False).classes("w-full")
        rows = rows_of(folder)
        finished = [row for row in rows if row.state == "finished"]
        if not rows:
            ui.label(f"No runs in {folder.resolve()}. Begin with: pellucid train digits").classes("q-pa-md")
        else:
            comparison = Comparison(folder)
            Table(rows, comparison.show)
            comparison.put()
        _graphs(finished)
        if finished:
            show_drop(folder, finished, opened)


def _graphs(finished: list[Row]) -> None:
    """Any model as a graph: it is chosen among those that there are, never named by a path."""
    links = {f"/graph/run/{row.link}": f"{row.name} (run)" for row in finished}
    links |= {f"/graph/model/{quote(name)}": name for name in models()}
    with ui.row().classes("items-center w-full"):
        first = next(iter(links))
        chosen = ui.select(links, value=first, label="Model as a graph", with_input=True)
        chosen.classes("w-64").props("data-name=which-graph")
        way = ui.link("Open the graph", first, new_tab=True).classes("way").props("data-name=graph")

    def led() -> None:
        way.props["href"] = chosen.value or first
        way.update()

    chosen.on_value_change(led)
