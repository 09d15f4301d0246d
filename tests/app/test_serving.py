"""Who may ask the local page for anything: the right name, no other page, and the token where there is one."""

from __future__ import annotations

import asyncio
import socket

import pytest

from pellucid.app.guard import COOKIE, MOST_BYTES, Guard, refusal
from pellucid.app.serving import check_address
from pellucid.errors import BadInput

HOSTS = ("127.0.0.1:8080", "localhost:8080")
OWN = {"host": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (OWN, ""),
        ({"host": "LOCALHOST:8080"}, ""),
        ({**OWN, "origin": "http://127.0.0.1:8080"}, ""),
        ({"host": "rebound.example:8080"}, "name"),
        ({"host": "127.0.0.1:9090"}, "name"),
        ({}, "name"),
        ({**OWN, "origin": "https://other.example"}, "Another page"),
        ({**OWN, "origin": "null"}, "Another page"),
        ({**OWN, "origin": "http://127.0.0.1:8080.evil.example"}, "Another page"),
        ({**OWN, "sec-fetch-site": "cross-site", "sec-fetch-dest": "image"}, "Another page"),
        ({**OWN, "sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe"}, "Another page"),
        ({**OWN, "sec-fetch-site": "cross-site"}, "Another page"),
        ({**OWN, "sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}, ""),  # a link that was clicked
        ({**OWN, "sec-fetch-site": "same-origin", "sec-fetch-dest": "image"}, ""),
    ],
)
def test_only_this_page_under_its_own_name_is_answered(headers, why):
    said = refusal(headers, "", HOSTS, "")
    assert (said == "") == (why == "")
    assert why in said


@pytest.mark.parametrize(
    ("asked", "cookie", "let_in"),
    [
        ("secret", "", True),
        ("", f"{COOKIE}=secret", True),
        ("", "", False),
        ("Secret", "", False),
        ("sécret", "", False),
        ("wrong", f"{COOKIE}=secret", False),
        ("", f"{COOKIE}=wrong", False),
        ("", "a=b; c", False),
        ("", f"theme=a b; {COOKIE}=secret", True),
        ("", f"other-{COOKIE}=secret", False),
    ],
)
def test_a_token_has_to_be_known(asked, cookie, let_in):
    assert (refusal({**OWN, "cookie": cookie}, asked, HOSTS, "secret") == "") == let_in


def test_where_any_name_will_do_another_page_still_will_not():
    there = {"host": "lab-pc:8080", "cookie": f"{COOKIE}=secret"}
    assert refusal({**there, "origin": "http://lab-pc:8080"}, "", (), "secret") == ""
    assert "Another page" in refusal({**there, "origin": "http://evil.example"}, "", (), "secret")
    assert "token" in refusal({"host": "lab-pc:8080"}, "", (), "secret")


def through(guard, kind, headers, query=b"", method="GET"):
    """What is sent in answer, and whether the app was asked."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(guard({"type": kind, "headers": raw, "query_string": query, "method": method}, receive, send))
    return sent


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_what_is_refused_never_reaches_the_app_be_it_a_request_or_a_socket():
    guard = Guard(app, HOSTS)
    assert through(guard, "http", OWN)[0]["status"] == 200
    start, body = through(guard, "http", {"host": "evil.example"})
    assert (start["status"], body["body"]) == (403, b"This page is not asked for by that name.")
    assert through(guard, "websocket", {**OWN, "origin": "http://evil.example"}) == [
        {"type": "websocket.close", "code": 1008}
    ]


@pytest.mark.parametrize(
    ("length", "status"), [("10", 200), (str(MOST_BYTES), 200), (str(MOST_BYTES + 1), 413), (None, 413), ("-1", 413)]
)
def test_what_is_sent_is_bounded(length, status):
    headers = OWN if length is None else {**OWN, "content-length": length}
    assert through(Guard(app, HOSTS), "http", headers, method="POST")[0]["status"] == status


def test_a_right_token_in_the_address_is_kept_in_a_cookie_that_no_script_reads():
    (start,) = through(Guard(app, HOSTS, "secret"), "http", OWN, b"token=secret")
    assert start["headers"] == [(b"set-cookie", b"pellucid-token=secret; HttpOnly; SameSite=Strict; Path=/")]
    assert through(Guard(app, HOSTS, "secret"), "http", OWN, b"token=other")[0]["status"] == 403


def test_others_are_not_let_in_without_a_token_and_a_port_in_use_is_told():
    with pytest.raises(BadInput, match="--token"):
        check_address("0.0.0.0", 8080)
    with pytest.raises(BadInput, match="3 letters, and needs 8"):
        check_address("0.0.0.0", 8080, "abc")
    for token in ("two words", "semi;colon", "sécret"):
        with pytest.raises(BadInput, match="letters, digits"):
            check_address("127.0.0.1", 8080, token)
    with pytest.raises(BadInput, match="no name"):
        check_address("a" * 70, 8080, "secret-word")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match=r"in use.*give another --port"):
            check_address("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(BadInput, match="cannot be listened to"):
        check_address("192.0.2.1", 8080, "secret-word")  # of nobody: RFC 5737
