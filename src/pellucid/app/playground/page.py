"""The playground as a page: controls around a network that learns before one's eyes; each browser has its own."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from pellucid.app.browser import OneBrowser
from pellucid.app.playground.addressed import desk_of
from pellucid.app.playground.controls import add_controls
from pellucid.app.playground.experiment import MOST_LAYERS, MOST_UNITS
from pellucid.app.playground.sources import add_sources
from pellucid.app.shell import part, script, shell

FRAME_SECONDS = 0.04
"""A frame is at most so often begun. Chosen by us: 25 a second look smooth."""
SCRIPTS = ("playground", "colours", "network", "pictures", "curve", "panel")
"""Files of the page's script, in the order in which they are joined."""


def playground(request: Request) -> None:
    """Build the page for one browser."""
    ui.html('<a class="skip" href="#net">To the network</a>', sanitize=False).classes("skipping")
    shell("Playground")
    ui.page_title("pellucid: playground")
    ui.add_css(part("playground/playground.css"))
    ui.add_css(part("playground/network.css"))
    limits = f"const MOST_LAYERS = {MOST_LAYERS}, MOST_UNITS = {MOST_UNITS};"
    ui.add_body_html(script("palette.js", *(f"playground/{name}.js" for name in SCRIPTS), before=limits))
    browser = OneBrowser(ui.context.client)
    desk, wrong = desk_of(dict(request.query_params), browser)
    if wrong:
        said = "\n".join([*wrong, "The usual experiment is shown."])
        ui.notify(said, type="warning", timeout=0, close_button="Close", multi_line=True, classes="note")
    add_controls(desk)
    with ui.element("div").classes("play"):
        add_sources(desk)
        with ui.element("section").classes("card network").props('aria-label="The network"'):
            ui.html(part("playground/network.html"), sanitize=False)
        ui.html(part("playground/results.html"), sanitize=False).classes("results")
    ui.html(part("playground/words.html"), sanitize=False).classes("w-full")
    ui.on("choose", lambda event: desk.choose(event.args))
    ui.on("edit", lambda event: desk.edit(event.args))
    ui.on("build", lambda event: desk.build(event.args))
    ui.on("show", lambda event: desk.show(event.args))
    ui.on("toggle", lambda: desk.set_running(not desk.running))
    ui.on("drawn", lambda: setattr(desk, "drawn", True))
    ui.timer(FRAME_SECONDS, desk.tick)
    browser.run("playground.ready()")
    desk.show_all()
