"""The local server of `pellucid play`: for this machine alone unless it is told otherwise, and for no other page."""

from __future__ import annotations

import hmac
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pellucid.errors import BadInput

if TYPE_CHECKING:
    from pellucid.app.live.subject import Subject

LOCAL = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for all addresses of this machine, whatever their names."""
MOST_BYTES = 70_000_000
"""Of what a browser sends at once. Chosen by us: a DICOM picture of 4,000 x 5,000 pixels has 40 MB."""
COOKIE = "pellucid-token"
NOWHERE = "<!doctype html><title>pellucid</title><p>There is no such page. <a href='/'>To the playground</a></p>"
FEWEST_LETTERS = 8
"""Of a token. Chosen by us: random ones of so many letters take years to guess over a network."""


class Guard:
    """Lets through what this very page asks for: the right Host, no foreign Origin, and the token where there is one.

    A page of another site that the same browser shows can send requests to this machine, and can make a name of its own
    lead here (DNS rebinding); Origin, Host and Sec-Fetch-Site give it away. It may hold a link to this page: who clicks
    it comes here.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str = "") -> None:
        """Stand before an app.

        Args:
            app: what answers.
            hosts: what Host may be, with the port; empty: anything.
            token: what has to be known; empty where nothing has.
        """
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and scope["method"] == "POST" and not _bounded(headers.get("content-length")):
            await _refuse(scope, send, f"Files of more than {MOST_BYTES:,} bytes are not taken.", 413)
            return
        if why := refusal(headers, asked, self.hosts, self.token):
            await _refuse(scope, send, why)
            return
        if self.token and asked:
            send = _with_cookie(send, asked)
        await self.app(scope, receive, send)


def refusal(headers: dict[str, str], asked: str, hosts: tuple[str, ...], token: str) -> str:
    """Why a request is not let through; empty where it is.

    Args:
        headers: of the request, names in lower case.
        asked: the token in its address; empty where there is none.
        hosts: what Host may be, with the port; empty where it may be anything, which needs a token.
        token: what has to be known; empty where nothing has.

    >>> refusal({"host": "127.0.0.1:8080"}, "", ("127.0.0.1:8080",), "")
    ''
    >>> refusal({"host": "evil.example:8080"}, "", ("127.0.0.1:8080",), "")
    'This page is not asked for by that name.'
    """
    host = headers.get("host", "").lower()
    if not host or (hosts and host not in hosts):
        return "This page is not asked for by that name."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host:
        return "Another page may not use this one."
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-dest") != "document":
        return "Another page may not use this one."
    if token:
        given = asked or cookie_of(headers.get("cookie", ""))
        if not hmac.compare_digest(given.encode(), token.encode()):
            return "Give the token: open the address that `pellucid play` printed."
    return ""


def cookie_of(header: str) -> str:
    """Our cookie's value among whatever other cookies this host has; empty where there is none.

    >>> cookie_of("theme=a b; pellucid-token=abc")
    'abc'
    """
    pairs = (one.strip().partition("=") for one in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _bounded(length: str | None) -> bool:
    """Whether what is sent says how long it is, and is not too long."""
    return length is not None and length.isascii() and length.isdigit() and int(length[:20]) <= MOST_BYTES


def _with_cookie(send: Send, token: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
            message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode("latin-1"))]
        await send(message)

    return sending


async def _refuse(scope: Scope, send: Send, why: str, status: int = 403) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})


def address(host: str, port: int, token: str = "", path: str = "/") -> str:
    """What to open in a browser.

    >>> address("127.0.0.1", 8080), address("::1", 8080)
    ('http://127.0.0.1:8080/', 'http://[::1]:8080/')
    """
    return f"http://{_bracketed(host)}:{port}{path}" + (f"?token={quote(token)}" if token else "")


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


def hosts_of(host: str, port: int) -> tuple[str, ...]:
    """What Host may be; empty: anything.

    >>> hosts_of("Lab-PC", 80)[-2:], hosts_of("::1", 8080)[-1]
    (('lab-pc:80', 'lab-pc'), '[::1]:8080')
    """
    if host in EVERYWHERE:
        return ()
    names = [*LOCAL, _bracketed(host).lower()]
    return tuple(there for name in names for there in (f"{name}:{port}", *([name] if port == 80 else [])))


def _bracketed(host: str) -> str:
    """As it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


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
