"""Who may ask the local page for anything: the right name, no other page, and the token where there is one."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for all addresses of this machine, whatever their names."""
MOST_BYTES = 70_000_000
"""Of what a browser sends at once. Chosen by us: a DICOM picture of 4,000 x 5,000 pixels has 40 MB."""
COOKIE = "pellucid-token"


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


def hosts_of(host: str, port: int) -> tuple[str, ...]:
    """What Host may be; empty: anything.

    >>> hosts_of("Lab-PC", 80)[-2:], hosts_of("::1", 8080)[-1]
    (('lab-pc:80', 'lab-pc'), '[::1]:8080')
    """
    if host in EVERYWHERE:
        return ()
    names = [*LOCAL, bracketed(host).lower()]
    return tuple(there for name in names for there in (f"{name}:{port}", *([name] if port == 80 else [])))


def bracketed(host: str) -> str:
    """As it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
