"""The local server of `pellucid play`: for this machine alone unless it is told otherwise, and for no other page."""

from __future__ import annotations

import hmac
import os
import socket
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pellucid.errors import BadInput

LOCAL = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for all addresses of this machine, whatever their names."""
MOST_BYTES = 70_000_000
"""Of what a browser sends at once. Chosen by us: a DICOM picture of 4,000 x 5,000 pixels has 40 MB."""
COOKIE = "pellucid-token"


class Guard:
    """Lets through what this very page asks for: the right Host, no foreign Origin, and the token where there is one.

    A page of another site that the same browser shows can send requests to this machine, and can make a name of its own
    lead here (DNS rebinding); Origin and Host give it away.
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
    if token:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        given = asked or (cookie.value if cookie else "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return "Give the token: open the address that `pellucid play` printed."
    return ""


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


def address(host: str, port: int, token: str = "") -> str:
    """What to open in a browser.

    >>> address("127.0.0.1", 8080)
    'http://127.0.0.1:8080/'
    """
    return f"http://{host}:{port}/" + (f"?token={quote(token)}" if token else "")


def check_address(host: str, port: int, token: str = "") -> None:
    """See that it can be listened to.

    Raises:
        BadInput: a host other than this machine alone and no token, no address of this machine, or a port in use.
    """
    if host not in (*LOCAL, "::1") and not token:
        raise BadInput(f"--host {host} lets others in: give a --token, too, which they have to know.")
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name != "nt")
            tried.bind(place)
    except OSError as problem:
        raise BadInput(f"{host}:{port} cannot be listened to ({problem.strerror}): give another --port.") from None


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str = "",
    show: bool = True,
    runs: Path = Path("runs"),
    scan: Path | None = None,
) -> None:
    """Serve the page until Ctrl-C.

    Args:
        host: which of this machine's addresses; others than this machine's own ask for a token.
        port: where.
        token: has to be known to whoever comes from outside.
        show: open the browser.
        runs: the folder whose runs are listed.
        scan: a chest CT to look through.
    Raises:
        BadInput: as `check_address`.
    """
    from nicegui import app, ui

    from pellucid.app.playground.page import playground
    from pellucid.app.runs.page import add_pages as add_runs
    from pellucid.app.scan.page import add_pages as add_scan

    check_address(host, port, token)
    hosts = () if host in EVERYWHERE else tuple(f"{name}:{port}" for name in (*LOCAL, host))
    app.add_middleware(Guard, hosts=hosts, token=token)
    ui.page("/")(playground)
    add_runs(runs)
    add_scan(scan)
    path = f"/?token={quote(token)}" if token else "/"
    ui.run(
        host=host, port=port, title="pellucid", show=path if show else False, reload=False, dark=None,
        show_welcome_message=False, uvicorn_logging_level="warning",
    )  # fmt: skip
