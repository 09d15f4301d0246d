"""A page that waits while another is made, and then turns into it."""

from __future__ import annotations

import json
from collections.abc import Callable

from nicegui import run, ui

from pellucid.app.runs.look import begin
from pellucid.app.runs.opened import OpenedPages
from pellucid.errors import PellucidError


async def turn_into(title: str, make: Callable[[], str], opened: OpenedPages) -> None:
    """Fill the page that is being opened: a spinner, and then what was made, or why it could not be.

    Args:
        title: what is being made.
        make: makes it, in a thread of its own, so that the server goes on answering.
        opened: keeps it.
    """
    begin(title)
    with ui.column().classes("items-center w-full q-pa-lg").props("aria-live=polite") as place:
        ui.spinner(size="lg")
        ui.label(f"{title}: at work ...")
    await ui.context.client.connected()
    try:
        page = await run.io_bound(make)
    except PellucidError as problem:
        place.clear()
        with place:
            ui.label(str(problem)).classes("warned").props("data-name=problem role=alert")
        return
    if page is not None:  # None: the server is ending
        ui.run_javascript(f"location.replace({json.dumps(opened.add(page))})")
