"""The runs as a page: a table, reports, and a place to drop an image on."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from nicegui import app, events, run, ui
from starlette.responses import HTMLResponse, Response

from pellucid.app.runs.asking import Answer, ask
from pellucid.app.runs.shelf import Row, rows_of, run_at
from pellucid.app.shell import shell
from pellucid.errors import PellucidError
from pellucid.evaluate.trust.abstention import LEVELS, percent

MOST_BYTES = 64_000_000
"""Of a dropped file; a little less than what the server takes at once (`pellucid.app.serving`)."""
KEPT = 60
"""Pages that can still be opened, of all browsers. Chosen by us."""


class OpenedPages:
    """The last pages that opened an answer; who has not been given a page's link cannot find it."""

    def __init__(self) -> None:
        """None yet."""
        self._pages: dict[str, str] = {}

    def add(self, page: str) -> str:
        """Keep one, forget the oldest, and return the path that leads to it."""
        name = secrets.token_urlsafe(16)
        self._pages[name] = page
        for oldest in list(self._pages)[:-KEPT]:
            del self._pages[oldest]
        return f"/opened/{name}"

    def __getitem__(self, name: str) -> str:
        """The page.

        Raises:
            KeyError: it is not kept any more.
        """
        return self._pages[name]


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
            return Response("This page is not kept any more: drop the image again.", 404, media_type="text/plain")

    @ui.page("/runs")
    def runs() -> None:
        shell("Runs")
        ui.page_title("pellucid: runs")
        rows = rows_of(folder)
        if not rows:
            ui.label(f"No runs in {folder.resolve()}. Begin with: pellucid train digits").classes("q-pa-md")
            return
        _table(rows)
        finished = [row for row in rows if row.state == "finished"]
        if finished:
            _drop(folder, finished, opened)


def _table(rows: list[Row]) -> None:
    """The figures side by side."""
    names = list(dict.fromkeys(name for row in rows for name, _ in row.figures))
    columns = [
        {"name": key, "label": key, "field": key, "align": "left", "sortable": True}
        for key in ("run", "model", "source", "cases", *names, "state")
    ]
    held = [
        {
            "run": row.name, "model": row.model, "source": row.source, "cases": row.cases or "", "state": row.state,
            "report": f"/report/{row.number}/{row.name}" if row.state == "finished" else "", **dict(row.figures),
        }
        for row in rows
    ]  # fmt: skip
    table = ui.table(columns=columns, rows=held, row_key="run").classes("w-full").props("flat data-name=runs")
    link = '<a v-if="props.row.report" :href="props.row.report" target="_blank" class="text-primary underline">'
    table.add_slot(
        "body-cell-run",
        f'<q-td :props="props">{link}{{{{ props.value }}}}</a><span v-else>{{{{ props.value }}}}</span></q-td>',
    )
    ui.label("Figures are of held-out cases, with 95% intervals. A name opens the run's report.").classes("text-sm")


def _drop(folder: Path, finished: list[Row], opened: OpenedPages) -> None:
    """A place to drop an image on, and what the chosen run says of it."""
    last: dict[str, Any] = {}
    with ui.row().classes("items-end w-full"):
        names = {row.number: row.name for row in finished}
        chosen = ui.select(names, value=finished[0].number, label="Run that answers")
        chosen.classes("w-64").props("data-name=which-run")
        error = ui.select({level: percent(level) for level in LEVELS}, value=0.05, label="Errors among certain answers")
        error.classes("w-64").props("data-name=max-error")
    drop = ui.upload(label="Drop an image here, or choose one", auto_upload=True, max_files=1, max_file_size=MOST_BYTES)
    drop.props("data-name=drop").classes("w-full")
    said = ui.column().classes("w-full")

    async def answer(explain: bool) -> None:
        row = next(one for one in finished if one.number == chosen.value)
        said.clear()
        with said:
            ui.spinner(size="lg")
        try:
            asked = run_at(folder, row.number, row.name)
            found = await run.io_bound(ask, asked, last["bytes"], last["name"], float(error.value), explain)
        except PellucidError as problem:
            said.clear()
            with said:
                ui.label(str(problem)).classes("text-negative").props("data-name=problem")
            return
        if found is None:  # the server is ending
            return
        if found.pages:
            last["links"] = {title: opened.add(page) for title, page in found.pages}
        said.clear()
        with said:
            _show(found, last.get("links", {}))

    async def dropped(event: events.UploadEventArguments) -> None:
        last.clear()
        last.update(bytes=await event.file.read(), name=event.file.name)
        drop.reset()
        await answer(explain=True)

    async def again(explain: bool) -> None:
        if "bytes" in last:
            await answer(explain)

    drop.on_upload(dropped)
    chosen.on_value_change(lambda: again(explain=True))
    error.on_value_change(lambda: again(explain=False))


def _show(found: Answer, links: dict[str, str]) -> None:
    """The answer in words and bars."""
    sure = "is certain enough" if found.certain else "would rather not say; let a person look,"
    with ui.element("section").classes("card w-full").props("data-name=answer"):
        ui.html(f"<h2>{_escaped(found.image)}: {_escaped(found.predicted)}</h2>", sanitize=False)
        ui.label(f"It {sure} where {percent(found.max_error)} of the certain answers may be wrong.")
        if found.unlike_training:
            ui.label("The image is unlike those of training.").classes("text-negative")
        for klass, chance in found.chances[:12]:
            with ui.row().classes("items-center no-wrap w-full"):
                ui.label(klass).classes("w-40 ellipsis")
                bar = ui.linear_progress(chance, show_value=False, size="14px").classes("w-64")
                bar.props(f'aria-label="{chance:.4f}"')
                ui.label(">0.9999" if chance >= 0.99995 else f"{chance:.4f}")
        ui.label(f"Set of likely classes: {', '.join(found.likely) or 'none'}")
        for title, link in links.items():
            ui.link(title, link, new_tab=True).props("data-name=opened")
        for line in found.why_not:
            ui.label(line).classes("text-sm")


def _escaped(said: str) -> str:
    from markupsafe import escape

    return str(escape(said))
