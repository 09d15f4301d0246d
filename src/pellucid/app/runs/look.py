"""How the pages of this room begin."""

from __future__ import annotations

from importlib.resources import files

from nicegui import ui

from pellucid.app.shell import shell


def words() -> str:
    """What the page is and what one can do there, folded."""
    return _part("words.html")


def begin(title: str) -> None:
    """The head of a page of runs.

    Args:
        title: what the browser calls it.
    """
    shell("Runs")
    ui.page_title(title)
    ui.add_css(_part("runs.css"))


def _part(name: str) -> str:
    return files("pellucid.app.runs").joinpath("pages", name).read_text("utf-8")
