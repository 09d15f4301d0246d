"""A place to drop an image on, and what a run says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import escape
from nicegui import events, run, ui

from pellucid.app.guard import MOST_BYTES
from pellucid.app.runs.asking import Answer, ask
from pellucid.app.runs.opened import OpenedPages
from pellucid.app.runs.said import dial_told
from pellucid.app.runs.shelf import Row, run_at
from pellucid.errors import PellucidError
from pellucid.evaluate.trust.abstention import LEVELS, percent

MOST_OF_FILE = MOST_BYTES - 1_000_000
"""Bytes of a dropped file: what the server takes at once, less room for what a browser sends around it."""

ASKED = "Drop an image here, or choose one"
HEADER = f"""
<div class="row no-wrap items-center q-pa-sm">
  <div class="col text-weight-bold">{ASKED}</div>
  <q-btn type="a" icon="add_box" round dense flat aria-label="Choose an image" @click="props.pickFiles">
    <q-uploader-add-trigger />
  </q-btn>
</div>
"""


def show_drop(folder: Path, finished: list[Row], opened: OpenedPages) -> None:
    """Put it on the page.

    Args:
        folder: of the runs.
        finished: those that can answer; one or more.
        opened: keeps the pages that open an answer.
    """
    last: dict[str, Any] = {}
    with ui.row().classes("items-end w-full"):
        names = {row.number: row.name for row in finished}
        chosen = ui.select(names, value=finished[0].number, label="Run that answers")
        chosen.classes("w-64").props("data-name=which-run")
        error = ui.select({level: percent(level) for level in LEVELS}, value=0.05, label="Errors among certain answers")
        error.classes("w-64").props("data-name=max-error")
    dial = ui.label().classes("sentence").props("data-name=dial aria-live=polite")

    def told() -> None:
        row = next(one for one in finished if one.number == chosen.value)
        try:
            dial.text = dial_told(run_at(folder, row.number, row.name), float(error.value))
        except PellucidError as problem:
            dial.text = str(problem)

    told()
    drop = ui.upload(label=ASKED, auto_upload=True, max_files=1, max_file_size=MOST_OF_FILE)
    drop.props("data-name=drop").classes("w-full").add_slot("header", HEADER)
    said = ui.column().classes("w-full").props("aria-live=polite")

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
                ui.label(str(problem)).classes("warned").props("data-name=problem")
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
        told()
        if "bytes" in last:
            await answer(explain)

    drop.on_upload(dropped)
    chosen.on_value_change(lambda: again(explain=True))
    error.on_value_change(lambda: again(explain=False))


def _show(found: Answer, links: dict[str, str]) -> None:
    """The answer in words and bars."""
    with ui.element("section").classes("card w-full").props("data-name=answer"):
        ui.html(f"<h2>{escape(found.image)}: {escape(found.predicted)}</h2>", sanitize=False)
        ui.label(found.said[0])
        if found.unlike_training:
            ui.label("The image is unlike those of training.").classes("warned")
        for klass, chance in found.chances[:12]:
            with ui.row().classes("items-center no-wrap w-full"):
                ui.label(klass).classes("w-40 ellipsis")
                bar = ui.linear_progress(chance, show_value=False, size="14px").classes("w-64")
                bar.props(f'aria-label="{_shown(chance)}"')
                ui.label(_shown(chance))
        for line in found.said[1:]:
            ui.label(line).classes("sentence")
        for title, link in links.items():
            ui.link(title, link, new_tab=True).classes("way block q-mt-xs").props("data-name=opened")
        for line in found.why_not:
            ui.label(line).classes("text-sm")


def _shown(chance: float) -> str:
    """A probability with four digits, which is never shown as 0 or 1.

    >>> _shown(0.99996), _shown(0.5), _shown(0.00004)
    ('>0.9999', '0.5000', '<0.0001')
    """
    shown = f"{chance:.4f}"
    return {"1.0000": ">0.9999", "0.0000": "<0.0001"}.get(shown, shown)
