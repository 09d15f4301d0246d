"""How the pages of this room begin."""

from __future__ import annotations

from importlib.resources import files

from nicegui import ui

from pellucid.app.shell import shell


def begin(title: str) -> None:
    """The head of a page of runs.

    Args:
        title: what the browser calls it.
    """
    shell("Runs")
    ui.page_title(title)
    ui.add_css(files("pellucid.app.runs").joinpath("pages", "runs.css").read_text("utf-8"))
