"""One's own images as a page: a model that learns from them before one's eyes, and a slider back through its run."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from nicegui import Client, app, ui
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pellucid.app.browser import OneBrowser
from pellucid.app.live.controls import add_controls
from pellucid.app.live.desk import LiveDesk
from pellucid.app.live.link import settings_of
from pellucid.app.live.subject import Subject
from pellucid.app.shell import part, script, shell
from pellucid.auditing import page_of
from pellucid.errors import BadInput
from pellucid.learn import Settings

TICK_SECONDS = 0.05
"""So often it is looked whether there is something new. Chosen by us."""
OPENING_SECONDS = 60.0
"""A page may take so long to be made: its model is built, and looked at for the first time. Chosen by us."""
ENDING_SECONDS = 10.0
"""So long it is waited for steps to end, when the server does. Chosen by us."""


def add_pages(subject: Subject, folder: Path, said: str = "") -> None:
    """Put a source into the app.

    Args:
        subject: what is learned from.
        folder: where recordings are kept.
        said: a line above the page; empty for none.
    """
    desks: dict[str, LiveDesk] = {}

    @app.get("/images/audit")
    def audit() -> HTMLResponse:
        return HTMLResponse(audited())

    @cache
    def audited() -> str:
        return page_of(subject.dataset)

    @ui.page("/images", response_timeout=OPENING_SECONDS)
    async def images(request: Request) -> None:
        client = ui.context.client
        shell("Your images")
        ui.page_title(f"pellucid: {subject.name}")
        ui.add_css(part("live/live.css"))
        desk = desks[client.id] = await _desk(subject, folder, request, OneBrowser(client))
        _head(subject, said)
        add_controls(desk)
        ui.html(part("live/live.html"), sanitize=False).classes("w-full")
        ui.html(part("live/words.html"), sanitize=False).classes("w-full")
        ui.add_body_html(script("palette.js", "live/live.js"))
        _listen(desk)
        desk.window.browser.run("live.ready()")
        desk.show_all()

    def leave(client: Client) -> None:
        if client.id in desks:
            desks.pop(client.id).close()

    def close() -> None:
        lessons = [desk.lesson for desk in desks.values()]
        for lesson in lessons:
            lesson.end()
        for lesson in lessons:
            lesson.join(ENDING_SECONDS)

    app.on_delete(leave)
    app.on_shutdown(close)


async def _desk(subject: Subject, folder: Path, request: Request, browser: OneBrowser) -> LiveDesk:
    """With the settings of the address; where they cannot be, with the usual ones, which is told."""
    try:
        told = settings_of(dict(request.query_params))
        return await asyncio.to_thread(LiveDesk, subject, told, browser, folder)
    except BadInput as problem:
        ui.notify(f"{problem} The usual settings are taken.", type="warning")
        desk = await asyncio.to_thread(LiveDesk, subject, Settings(model="linear"), browser, folder)
        desk.window.go("/images")
        return desk


def _listen(desk: LiveDesk) -> None:
    """What the page's own script asks for."""
    ui.on("live-drawn", lambda: setattr(desk.window, "drawn", True))
    ui.on("live-at", lambda event: desk.go_to(event.args))
    ui.on("live-choose", lambda event: desk.choose(event.args))
    ui.on("live-cell", lambda event: desk.work_out(event.args))
    ui.on("live-class", lambda event: desk.work_out_class(event.args))
    ui.on("live-toggle", desk.toggle)
    ui.timer(TICK_SECONDS, desk.tick)


def _head(subject: Subject, said: str) -> None:
    """What is learned from."""
    dataset, counts = subject.dataset, subject.split.counts()
    channels, high, wide = dataset.images.shape[1:]
    colours, looked_at = "grey" if channels == 1 else "colour", len(subject.looked_at)
    some = "the" if looked_at == counts["valid"] else f"{looked_at:,} of"
    ui.label(
        f"{subject.name}: {len(dataset):,} {colours} images of {high} x {wide} pixels, {len(dataset.classes)} classes. "
        f"It learns from {counts['train']:,}; losses and worst cases are of {some} {counts['valid']:,} validation "
        f"images. {counts['calibrate'] + counts['held_out']:,} are not looked at: pellucid train calibrates and "
        "measures on them."
    ).classes("text-sm").props("data-name=source")
    if said:
        ui.label(said).classes("text-sm")
    audit = ui.link("Audit of these images: leaks, twins, blanks, shortcuts", "/images/audit", new_tab=True)
    audit.classes("way text-sm").props("data-name=audit")
