"""The local server of `pellucid play`: for this machine alone unless it is told otherwise."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pellucid.app.guard import EVERYWHERE, LOCAL, Guard, bracketed, hosts_of
from pellucid.errors import BadInput

if TYPE_CHECKING:
    from pellucid.app.live.subject import Subject

FEWEST_LETTERS = 8
"""Of a token. Chosen by us: random ones of so many letters take years to guess over a network."""
NOWHERE = "<!doctype html><title>pellucid</title><p>There is no such page. <a href='/'>To the playground</a></p>"


def address(host: str, port: int, token: str = "", path: str = "/") -> str:
    """What to open in a browser.

    >>> address("127.0.0.1", 8080), address("::1", 8080)
    ('http://127.0.0.1:8080/', 'http://[::1]:8080/')
    """
    return f"http://{bracketed(host)}:{port}{path}" + (f"?token={quote(token)}" if token else "")


def check_address(host: str, port: int, token: str = "") -> None:
    """See that it can be listened to.

    Raises:
        BadInput: a host other than this machine alone and no token, a token that no cookie can hold, no address of this
            machine, or a port in use.
    """
    if not re.fullmatch(r"[\w.~-]*", token, re.ASCII):
        raise BadInput("--token may hold letters, digits and . ~ _ - only, since it stands in an address.")
    if token and len(token) < FEWEST_LETTERS:
        raise BadInput(f"--token has {len(token)} letters, and needs {FEWEST_LETTERS} or more: others may guess it.")
    if host not in (*LOCAL, "::1") and not token:
        raise BadInput(f"--host {host} lets others in: give a --token, too, which they have to know.")
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name != "nt")
            tried.bind(place)
    except UnicodeError:
        raise BadInput(f"--host {host} is no name that a machine can have.") from None
    except OSError as problem:
        raise BadInput(f"{host}:{port} cannot be listened to ({problem.strerror}): give another --port.") from None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages show.

    Attributes:
        subject: images to learn from.
        recordings: the folder where recorded runs of learning are kept.
        said: a line above the page of one's own images.
        runs: the folder whose runs are listed.
        scan: a chest CT to look through.
        first: the path of the page that is opened.
    """

    subject: Subject
    recordings: Path
    said: str = ""
    runs: Path = Path("runs")
    scan: Path | None = None
    first: str = "/"


def serve(
    shown: Shown,
    say: Callable[[str], None],
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str = "",
    show: bool = True,
) -> None:
    """Serve the pages until Ctrl-C, at an address that `check_address` has let pass.

    Args:
        shown: what is on them.
        say: told the address to open, when it is ready.
        host: which of this machine's addresses; others than this machine's own ask for a token.
        port: where.
        token: has to be known to whoever comes from outside.
        show: open the browser.
    """
    from nicegui import app, ui
    from starlette.responses import HTMLResponse

    from pellucid.app.live.page import add_pages as add_images
    from pellucid.app.playground.page import playground
    from pellucid.app.runs.page import add_pages as add_runs
    from pellucid.app.scan.page import add_pages as add_scan

    app.add_middleware(Guard, hosts=hosts_of(host, port), token=token)
    ui.page("/")(playground)
    add_images(shown.subject, shown.recordings, shown.said)
    add_runs(shown.runs)
    add_scan(shown.scan)
    path = shown.first + (f"?token={quote(token)}" if token else "")
    name = socket.gethostname() if host in EVERYWHERE else host
    app.add_exception_handler(404, lambda _, __: HTMLResponse(NOWHERE, 404))
    app.on_startup(lambda: say(f"Open {address(name, port, token, shown.first)} in a browser; Ctrl-C ends it."))
    ui.run(
        host=host, port=port, title="pellucid", show=path if show else False, reload=False, dark=None,
        show_welcome_message=False, uvicorn_logging_level="warning",
    )  # fmt: skip
