"""What all pages share: the look, and the way from one to the other."""

from __future__ import annotations

from importlib.resources import files

from nicegui import ui

PAGES = {"Playground": "/", "Your images": "/images", "Runs": "/runs", "Scan": "/scan"}

BLUE = "#0072b2"
"""Source: the palette of Okabe and Ito (2008), whose colours the colour-blind can tell apart."""


def part(name: str) -> str:
    """A file of the pages.

    >>> part("palette.js")[:2]
    '//'
    """
    return files("pellucid.app").joinpath("pages", *name.split("/")).read_text("utf-8")


def script(*names: str, before: str = "") -> str:
    """A page's own script: its files see each other's names, and no other script does.

    Args:
        names: of the files, in the order in which they are joined.
        before: code that goes before them.
    """
    return "\n".join(["<script>(() => {", before, *map(part, names), "})();</script>"])


def shell(active: str) -> None:
    """The head of a page.

    Args:
        active: the name of the page that is shown.
    """
    ui.colors(primary=BLUE)
    ui.add_css(part("shell.css"))
    with ui.element("nav").classes("pages").props('aria-label="Pages"'):
        for name, path in PAGES.items():
            link = ui.link(name, path).props(f"data-name=to-{path.strip('/') or 'playground'}")
            if name == active:
                link.classes("active").props('aria-current="page"')
