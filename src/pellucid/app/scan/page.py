"""The scan as a page: three planes to scroll, and the way from heat map to verdict."""

from __future__ import annotations

from pathlib import Path

from markupsafe import escape
from nicegui import app, ui
from starlette.responses import JSONResponse, Response

from pellucid.app.scan.opened import OpenedScan
from pellucid.app.scan.pictures import WINDOWS, picture
from pellucid.app.scan.places import place
from pellucid.app.shell import part, script, shell
from pellucid.ct.reporting.telling import NOT_A_DEVICE
from pellucid.errors import BadInput

UNREAD = "The scan is not read yet."


def add_pages(path: Path | None) -> None:
    """Put a scan into the app; without one the page says how to open it.

    Args:
        path: anything that `pellucid ct find` takes.
    """
    opened = OpenedScan(path) if path is not None else None

    @app.get("/scan/facts")
    def facts() -> Response:
        return JSONResponse(opened.facts() if opened else {})

    @app.get("/scan/place/{slice_}/{row}/{column}")
    def place_of_cross(slice_: int, row: int, column: int) -> Response:
        if opened is None or opened.volume is None or opened.working is None:
            return Response(UNREAD, 404, media_type="text/plain")
        try:
            return JSONResponse(place(opened.volume, opened.working, (slice_, row, column)))
        except BadInput as problem:
            return Response(str(problem), 404, media_type="text/plain")

    @app.get("/scan/picture/{plane}/{number}")
    def plane_picture(plane: str, number: int, window: str = "lung", stage: str = "scan") -> Response:
        if opened is None or opened.working is None:
            return Response(UNREAD, 404, media_type="text/plain")
        try:
            shown = picture(opened.working, opened.study, plane, number, window, stage)
        except BadInput as problem:
            return Response(str(problem), 404, media_type="text/plain")
        return Response(shown, media_type="image/png", headers={"Cache-Control": "no-store"})

    @ui.page("/scan")
    def scan() -> None:
        shell("Scan")
        ui.page_title("pellucid: scan")
        ui.label(NOT_A_DEVICE).classes("text-sm")
        if opened is None:
            ui.label("No scan is open. Begin with: pellucid play --scan study.zip").classes("q-pa-md")
            return
        opened.begin()
        ui.add_css(part("scan/scan.css"))
        ui.html(part("scan/scan.html").replace("WINDOWS", _options()), sanitize=False).classes("w-full")
        ui.add_body_html(script("scan/scan.js"))
        ui.context.client.run_javascript("scan.start()")


def _options() -> str:
    """The windows to choose from, each with its numbers."""
    told = {name: f"{name}: centre {one.centre_hu:g}, width {one.width_hu:g} HU" for name, one in WINDOWS.items()}
    return "".join(f'<option value="{escape(name)}">{escape(said)}</option>' for name, said in told.items())
