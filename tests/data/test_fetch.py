"""Downloads, against a real server on this machine that can be told to misbehave."""

import hashlib
import json
import os
import re
import socket
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import pellucid.data.fetch as fetching
from pellucid.data.catalog import Entry, RemoteFile, look_up
from pellucid.data.fetch import fetch, manifest_sha256
from pellucid.errors import BadInput, CannotFetch

BODY = np.random.default_rng(0).bytes(300_001)  # no multiple of a chunk
OTHER = BODY[::-1]


@dataclass
class Server:
    """What is served, how it goes wrong, and what was asked for."""

    files: dict[str, bytes]
    ranges: bool = True
    cut_at: list[int] = field(default_factory=list)  # each answer drops the connection after so many bytes, in turn
    announce: int | None = None  # Content-Length, where it shall be another than the body's
    silent: bool = False  # no Content-Length at all
    etag: str | None = '"one"'
    heeds_if_range: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        told = self.server.told
        told.asked.append((self.path, self.headers.get("Range")))
        if self.path not in told.files:
            return self.send_error(404)
        body, start = told.files[self.path], 0
        wanted, validator = self.headers.get("Range"), self.headers.get("If-Range")
        if wanted and told.ranges and (validator in (None, told.etag) or not told.heeds_if_range):
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if told.etag:
            self.send_header("ETag", told.etag)
        if not told.silent:
            self.send_header("Content-Length", str(told.announce or len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: told.cut_at.pop(0) if told.cut_at else None])


@pytest.fixture(autouse=True)
def nothing_from_the_surroundings(monkeypatch):
    monkeypatch.delenv("PELLUCID_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.told = Server({"/tiny.npz": BODY})
        listening.told.address = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening.told
        listening.shutdown()
        thread.join()


@pytest.fixture
def closed_port():
    with socket.socket() as bound:  # bound, but not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def name(monkeypatch):
    """Gives a one-file set of these addresses the name "tiny"."""

    def naming(*addresses: str, content: bytes = BODY, folder: str | None = None, checksum: str | None = None):
        checksum = checksum or f"sha256:{hashlib.sha256(content).hexdigest()}"
        file = RemoteFile("tiny.npz", addresses, checksum, 28, manifest_folder=folder)
        entry = Entry("tiny", "binary", ("no", "yes"), 1, (28,), {"train": 2}, "CC0", (file,))
        monkeypatch.setattr(fetching, "look_up", {"tiny": entry}.__getitem__)
        return "tiny"

    return naming


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "tiny").iterdir())


def test_a_file_arrives_whole_and_is_not_asked_for_again(server, name, tmp_path):
    tiny, told = name(f"{server.address}/tiny.npz"), []
    (path,) = fetch(tiny, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert path == tmp_path / "tiny" / "tiny.npz"
    assert path.read_bytes() == BODY
    assert left_in(tmp_path) == ["tiny.npz"]
    assert told[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in told] == sorted({done for done, _ in told})  # only ever forward
    assert fetch(tiny, tmp_path) == (path,)
    assert server.asked == [("/tiny.npz", None)]


def test_a_cut_connection_is_gone_on_with_where_it_broke(server, name, tmp_path):
    server.cut_at = [100_000, 50_000]
    (path,) = fetch(name(f"{server.address}/tiny.npz"), tmp_path)
    assert path.read_bytes() == BODY
    assert [wanted for _, wanted in server.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert left_in(tmp_path) == ["tiny.npz"]


def test_what_came_is_kept_for_the_next_call(server, name, tmp_path):
    tiny, told = name(f"{server.address}/tiny.npz"), []
    server.cut_at = [100_000, 0]  # the second try brings nothing more, so the call ends
    with pytest.raises(CannotFetch, match=r"was cut off.*100000 bytes, kept for the next try"):
        fetch(tiny, tmp_path)
    assert (tmp_path / "tiny" / "tiny.npz.part").read_bytes() == BODY[:100_000]
    (path,) = fetch(tiny, tmp_path, progress=lambda done, _: told.append(done))
    assert server.asked[-1] == ("/tiny.npz", "bytes=100000-")
    assert path.read_bytes() == BODY
    assert told[0] > 100_000  # the bar goes on too


def test_a_part_that_was_whole_already_needs_no_request(server, name, tmp_path):
    tiny = name(f"{server.address}/tiny.npz")
    server.cut_at = [100_000, 0]
    with pytest.raises(CannotFetch):
        fetch(tiny, tmp_path)
    (tmp_path / "tiny" / "tiny.npz.part").write_bytes(BODY)  # killed after the last byte, before the new name
    asked = len(server.asked)
    assert fetch(tiny, tmp_path)[0].read_bytes() == BODY
    assert len(server.asked) == asked


def test_a_server_without_ranges_starts_anew(server, name, tmp_path):
    server.ranges, server.cut_at = False, [100_000]
    (path,) = fetch(name(f"{server.address}/tiny.npz"), tmp_path)
    assert [wanted for _, wanted in server.asked] == [None, "bytes=100000-"]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("heeds_if_range", [True, False])
@pytest.mark.parametrize("changed", ["etag", "length"])
def test_a_part_of_another_file_is_never_gone_on_with(server, name, tmp_path, heeds_if_range, changed):
    tiny = name(f"{server.address}/tiny.npz")
    server.files["/tiny.npz"] = OTHER if changed == "etag" else OTHER + b"more"
    server.cut_at, server.heeds_if_range = [100_000, 0], heeds_if_range
    with pytest.raises(CannotFetch):
        fetch(tiny, tmp_path)
    server.files["/tiny.npz"] = BODY
    server.etag = '"two"' if changed == "etag" else server.etag
    assert fetch(tiny, tmp_path)[0].read_bytes() == BODY


def test_a_part_from_another_address_is_not_gone_on_with(server, name, tmp_path):
    server.files["/other.npz"], server.cut_at = OTHER, [100_000, 0]
    with pytest.raises(CannotFetch):
        fetch(name(f"{server.address}/other.npz"), tmp_path)
    assert fetch(name(f"{server.address}/tiny.npz"), tmp_path)[0].read_bytes() == BODY
    assert [wanted for path, wanted in server.asked if path == "/tiny.npz"] == [None]


def test_a_body_shorter_than_announced_is_no_whole_file(server, name, tmp_path):
    server.files["/tiny.npz"], server.announce, server.ranges = BODY[:-1], len(BODY), False
    with pytest.raises(CannotFetch, match="was cut off"):
        fetch(name(f"{server.address}/tiny.npz"), tmp_path)
    assert "tiny.npz" not in left_in(tmp_path)


def test_wrong_bytes_are_removed_and_both_checksums_are_named(server, name, tmp_path):
    server.files["/tiny.npz"] = OTHER
    with pytest.raises(CannotFetch) as caught:
        fetch(name(f"{server.address}/tiny.npz"), tmp_path)
    for content in (BODY, OTHER):
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" in str(caught.value)
    assert "it was removed" in str(caught.value)
    assert left_in(tmp_path) == []


def test_a_body_cut_with_a_fitting_length_is_caught_by_its_checksum(server, name, tmp_path):
    server.files["/tiny.npz"] = BODY[:-1]
    with pytest.raises(CannotFetch, match=r"where sha256:.* was needed"):
        fetch(name(f"{server.address}/tiny.npz"), tmp_path)
    assert left_in(tmp_path) == []


def test_md5_sums_are_checked_too(server, name, tmp_path):
    tiny = name(f"{server.address}/tiny.npz", checksum=f"md5:{hashlib.md5(BODY).hexdigest()}")
    assert fetch(tiny, tmp_path)[0].read_bytes() == BODY
    name(f"{server.address}/tiny.npz", checksum=f"md5:{hashlib.md5(OTHER).hexdigest()}")
    with pytest.raises(CannotFetch, match=hashlib.md5(BODY).hexdigest()):
        fetch(tiny, tmp_path)


@pytest.mark.parametrize("silent", [True, False])
def test_no_more_than_the_limit_is_ever_written(server, name, tmp_path, silent):
    server.silent, written = silent, []
    with pytest.raises(CannotFetch, match="200000"):
        fetch(
            name(f"{server.address}/tiny.npz"),
            tmp_path,
            limit_bytes=200_000,
            progress=lambda done, total: written.append((done, total)),
        )
    assert left_in(tmp_path) == []
    assert bool(written) == silent  # an announced excess is refused before the first byte
    assert all(done <= 200_000 and total is None for done, total in written)


def test_a_file_of_exactly_the_limit_and_of_no_announced_length_arrives(server, name, tmp_path):
    server.silent = True
    assert fetch(name(f"{server.address}/tiny.npz"), tmp_path, limit_bytes=len(BODY))[0].read_bytes() == BODY


def test_addresses_are_tried_in_turn(server, name, closed_port, tmp_path):
    server.files["/wrong.npz"] = OTHER
    tiny = name(
        f"{closed_port}/tiny.npz",
        f"{server.address}/absent.npz",
        f"{server.address}/wrong.npz",
        f"{server.address}/tiny.npz",
    )
    assert fetch(tiny, tmp_path)[0].read_bytes() == BODY
    assert [path for path, _ in server.asked] == ["/absent.npz", "/wrong.npz", "/tiny.npz"]


def test_offline_is_one_line_that_says_what_to_do(name, closed_port, tmp_path):
    tiny = name(f"{closed_port}/tiny.npz")
    with pytest.raises(CannotFetch) as caught:
        fetch(tiny, tmp_path)
    message = str(caught.value)
    place = tmp_path / "tiny" / "tiny.npz"
    assert "\n" not in message
    for needed in (f"{closed_port}/tiny.npz cannot be reached", "Nothing is changed.", f"by hand at {place}"):
        assert needed in message
    place.write_bytes(BODY)  # so it is done
    assert fetch(tiny, tmp_path) == (place,)


def test_a_wrong_file_put_by_hand_is_named_and_left_when_no_better_one_can_be_had(name, closed_port, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.npz").write_bytes(OTHER)
    with pytest.raises(CannotFetch, match=hashlib.sha256(OTHER).hexdigest()):
        fetch(name(f"{closed_port}/tiny.npz"), tmp_path)
    assert (tmp_path / "tiny" / "tiny.npz").read_bytes() == OTHER


def test_a_wrong_file_in_the_cache_is_replaced(server, name, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.npz").write_bytes(OTHER)
    assert fetch(name(f"{server.address}/tiny.npz"), tmp_path)[0].read_bytes() == BODY


def test_a_folder_that_cannot_be_written_is_named(server, name, tmp_path):
    (tmp_path / "cache").write_text("a file, where a folder is needed")
    with pytest.raises(CannotFetch, match=r"cache.* could not be written \("):
        fetch(name(f"{server.address}/tiny.npz"), tmp_path / "cache")


@pytest.mark.parametrize("path", ["/tiny/tiny.npz", "/tiny.npz"])
def test_a_mirror_is_asked_first(server, name, closed_port, tmp_path, monkeypatch, path):
    server.files = {f"/sets{path}": BODY}
    monkeypatch.setenv("PELLUCID_MIRROR", f"{server.address}/sets/")
    assert fetch(name(f"{closed_port}/tiny.npz"), tmp_path)[0].read_bytes() == BODY
    assert server.asked[-1][0] == f"/sets{path}"


def test_a_mirror_that_lacks_the_file_or_has_a_wrong_one_is_passed_over(server, name, tmp_path):
    server.files["/sets/tiny.npz"] = OTHER
    tiny = name(f"{server.address}/tiny.npz")
    assert fetch(tiny, tmp_path, mirror=f"{server.address}/sets")[0].read_bytes() == BODY
    assert [path for path, _ in server.asked] == ["/sets/tiny/tiny.npz", "/sets/tiny.npz", "/tiny.npz"]


def test_the_password_of_a_mirror_is_neither_shown_nor_kept(server, name, tmp_path):
    server.files, server.cut_at = {"/tiny/tiny.npz": BODY}, [100_000, 0]
    mirror = server.address.replace("//", "//anna:secret@")
    with pytest.raises(CannotFetch) as caught:
        fetch(name(), tmp_path, mirror=mirror)
    assert "secret" not in str(caught.value)
    assert not any(b"secret" in path.read_bytes() for path in (tmp_path / "tiny").iterdir())


@pytest.mark.parametrize("mirror", ["ftp://example.org", "file:///etc", "/srv/sets"])
def test_a_mirror_that_is_no_http_address_is_refused(name, tmp_path, mirror):
    with pytest.raises(BadInput, match=r"no http\(s\) address"):
        fetch("mnist", tmp_path, mirror=mirror)


def test_a_medmnist_set_is_fetched_in_the_size_that_was_asked_for(server, closed_port, tmp_path, monkeypatch):
    small, large = (file.name for file in look_up("pathmnist").files)
    server.files = {f"/{small}": b"small", f"/{large}": b"large"}
    monkeypatch.setattr(fetching, "_checksum", lambda path, file: file.checksum)
    mirror = server.address
    assert fetch("pathmnist", tmp_path, mirror=mirror)[0].read_bytes() == b"small"
    assert fetch("pathmnist", tmp_path, size=64, mirror=mirror)[0].read_bytes() == b"large"
    with pytest.raises(BadInput, match="it comes in 32"):
        fetch("cifar10", tmp_path, size=64)


def test_a_set_of_several_files_gives_them_in_the_catalog_s_order(server, tmp_path, monkeypatch):
    names = [file.name for file in look_up("mnist").files]
    server.files = {f"/{name}": name.encode() for name in names}
    monkeypatch.setattr(fetching, "_checksum", lambda path, file: file.checksum)
    paths = fetch("mnist", tmp_path, mirror=server.address)
    assert [path.read_bytes().decode() for path in paths] == names


# The manifest of a zip


def pack(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as packed:
        for inner, content in members.items():
            packed.writestr(inner, content)
    return path


MEMBERS = {"set/Hand/2.jpeg": b"two", "set/CXR/1.jpeg": b"one", "set/README": b"no class", "else/Hand/3.jpeg": b"out"}


def test_the_manifest_is_what_its_rule_says(tmp_path):
    one, two = hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"two").hexdigest()
    expected = hashlib.sha256(f"CXR/1.jpeg\0{one}\nHand/2.jpeg\0{two}\n".encode()).hexdigest()
    assert manifest_sha256(pack(tmp_path / "a.zip", MEMBERS), "set") == expected


def test_the_manifest_does_not_depend_on_how_the_zip_was_packed_but_on_every_file(tmp_path):
    one = manifest_sha256(pack(tmp_path / "a.zip", MEMBERS), "set")
    other_way = dict(reversed(MEMBERS.items()))
    assert manifest_sha256(pack(tmp_path / "b.zip", other_way, zipfile.ZIP_DEFLATED), "set") == one
    assert manifest_sha256(pack(tmp_path / "c.zip", MEMBERS | {"set/CXR/1.jpeg": b"One"}), "set") != one
    assert manifest_sha256(pack(tmp_path / "d.zip", MEMBERS | {"set/CXR/4.jpeg": b""}), "set") != one


def test_a_zip_without_the_folder_and_a_file_that_is_no_zip_are_told_apart(tmp_path):
    with pytest.raises(BadInput, match="no files at absent/CLASS/FILE"):
        manifest_sha256(pack(tmp_path / "a.zip", MEMBERS), "absent")
    (tmp_path / "b.zip").write_bytes(b"<html>")
    with pytest.raises(BadInput, match="not a whole zip"):
        manifest_sha256(tmp_path / "b.zip", "set")


def test_an_archive_is_known_by_its_manifest_however_it_was_packed(server, name, tmp_path):
    content = pack(tmp_path / "a.zip", MEMBERS, zipfile.ZIP_DEFLATED).read_bytes()
    needed = f"sha256:{manifest_sha256(tmp_path / 'a.zip', 'set')}"
    server.files["/tiny.npz"] = pack(tmp_path / "b.zip", dict(reversed(MEMBERS.items()))).read_bytes()
    tiny = name(f"{server.address}/tiny.npz", folder="set", checksum=needed)
    assert fetch(tiny, tmp_path)[0].read_bytes() == server.files["/tiny.npz"] != content
    (tmp_path / "tiny" / "tiny.npz").write_bytes(content)  # by hand
    assert fetch(tiny, tmp_path)[0].read_bytes() == content
    assert len(server.asked) == 1


def test_an_archive_with_another_file_in_it_is_refused(server, name, tmp_path):
    needed = f"sha256:{manifest_sha256(pack(tmp_path / 'a.zip', MEMBERS), 'set')}"
    tiny = name(f"{server.address}/tiny.npz", folder="set", checksum=needed)
    changed = pack(tmp_path / "b.zip", MEMBERS | {"set/CXR/1.jpeg": b"One"})
    for sent, found in ((changed.read_bytes(), manifest_sha256(changed, "set")), (b"<html>", "is not the zip")):
        server.files["/tiny.npz"] = sent
        with pytest.raises(CannotFetch, match=found):
            fetch(tiny, tmp_path)
        assert left_in(tmp_path) == []


def test_the_manifest_is_worked_out_once_and_again_when_the_archive_changed(server, name, tmp_path, monkeypatch):
    archive = pack(tmp_path / "a.zip", MEMBERS)
    server.files["/tiny.npz"] = archive.read_bytes()
    worked_out = []

    def counting(path, folder):
        worked_out.append(path.name)
        return manifest_sha256(path, folder)

    monkeypatch.setattr(fetching, "manifest_sha256", counting)
    tiny = name(f"{server.address}/tiny.npz", folder="set", checksum=f"sha256:{manifest_sha256(archive, 'set')}")
    (path,) = fetch(tiny, tmp_path)
    fetch(tiny, tmp_path)
    assert worked_out == ["tiny.npz.part"]
    pack(path, MEMBERS | {"set/CXR/1.jpeg": b"One"})
    fetch(tiny, tmp_path)  # found wrong, and downloaded anew
    assert worked_out == ["tiny.npz.part", "tiny.npz", "tiny.npz.part"]
    assert path.read_bytes() == archive.read_bytes()


def test_a_note_that_is_no_json_only_costs_the_part(server, name, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.npz.part").write_bytes(OTHER)
    for note in ("{", json.dumps(["no", "origin"]), json.dumps({"address": 1})):
        (tmp_path / "tiny" / "tiny.npz.part.json").write_text(note)
        assert fetch(name(f"{server.address}/tiny.npz"), tmp_path)[0].read_bytes() == BODY
        (tmp_path / "tiny" / "tiny.npz").rename(tmp_path / "tiny" / "tiny.npz.part")


@pytest.mark.slow
@pytest.mark.realdata
def test_the_manifest_of_the_real_medical_mnist_is_the_catalog_s():
    path = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / "medical_mnist.zip"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    (file,) = look_up("medical_mnist").files
    assert f"sha256:{manifest_sha256(path, 'medical_mnist')}" == file.checksum
