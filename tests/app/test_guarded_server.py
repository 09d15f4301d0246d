"""The running server, asked over its own port: what other pages of the same browser may not do, they cannot."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pellucid.app.guard import COOKIE

pytestmark = pytest.mark.slow  # starts servers

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # RFC 6455, 1.3
}


@pytest.fixture(scope="module")
def closed(serving):
    """A server that asks for a token."""
    return serving("--token", "secret-word")


def status(address, path, **headers):
    host = address.removeprefix("http://").strip("/")
    asked = http.client.HTTPConnection(host, timeout=20)
    try:
        asked.putrequest("GET", path, skip_host=True)
        for name, value in {"Host": host, **headers}.items():
            asked.putheader(name, value)
        asked.endheaders()
        return asked.getresponse().status
    finally:
        asked.close()


def test_another_name_and_another_page_are_refused(address):
    own = address.strip("/")
    assert status(address, "/") == 200
    assert status(address, "/", Origin=own) == 200
    assert status(address, "/", Host="rebound.example") == 403
    assert status(address, "/", Origin="https://other.example") == 403


def test_a_page_that_is_not_there_leads_back(address):
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(f"{address}nowhere", timeout=20)
    assert gone.value.code == 404
    assert b"<a href='/'>" in gone.value.read()


def test_the_socket_is_guarded_as_the_pages_are(address):
    own = address.strip("/")
    assert status(address, SOCKET, Origin=own, **UPGRADE) == 101
    assert status(address, SOCKET, Origin="https://other.example", **UPGRADE) == 403
    assert status(address, SOCKET, Origin="null", **UPGRADE) == 403
    assert status(address, SOCKET, Host="rebound.example", Origin="http://rebound.example", **UPGRADE) == 403


def test_without_the_token_nothing_is_answered(closed):
    own = closed.strip("/")
    for path in ("/", "/images", "/images/audit", "/runs", "/scan", "/scan/facts", "/_nicegui/client", "/favicon.ico"):
        assert status(closed, path) == 403, path
    assert status(closed, SOCKET, Origin=own, **UPGRADE) == 403
    assert status(closed, "/nowhere") == 403
    assert status(closed, "/?token=wrong") == 403
    assert status(closed, "/?token=secret-word") == 200
    assert status(closed, "/", Cookie=f"theme=a b; {COOKIE}=secret-word") == 200
    assert status(closed, SOCKET, Origin=own, Cookie=f"{COOKIE}=secret-word", **UPGRADE) == 101


@pytest.mark.skipif(os.name == "nt", reason="reads /proc")
def test_it_listens_on_this_machine_alone(address):
    port = int(address.rstrip("/").rpartition(":")[2])
    listening = "0A"  # Source: the kernel's include/net/tcp_states.h
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            place, state = line.split()[1], line.split()[3]
            if state == listening and int(place.rpartition(":")[2], 16) == port:
                found.append(place.rpartition(":")[0])
    assert found == ["0100007F"]  # 127.0.0.1, bytes from the last to the first
