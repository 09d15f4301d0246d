"""A zip gives what its folder gives; damaged and hostile zips are refused or read around."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pellucid.data import draw_split, read
from pellucid.data.archives import ZipBytes, _listed_plainly, members
from pellucid.errors import BadInput


def zipped(folder: Path, method: int = zipfile.ZIP_DEFLATED, **more: bytes) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder.parent))
        for name, contents in more.items():
            archive.writestr(name, contents)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_gives_the_pixels_labels_and_split_of_its_folder(classes, method):
    folder = classes("a", "b", "c", each=10)
    unzipped, inside = read(folder), read(zipped(folder, method))
    np.testing.assert_array_equal(unzipped.images, inside.images)
    np.testing.assert_array_equal(unzipped.labels, inside.labels)
    np.testing.assert_array_equal(unzipped.sha256, inside.sha256)
    assert [f"images/{name}" for name in unzipped.names] == inside.names
    one, other = draw_split(unzipped, seed=3), draw_split(inside, seed=3)
    np.testing.assert_array_equal(one.held_out, other.held_out)
    np.testing.assert_array_equal(one.train, other.train)


def test_a_zip_from_a_windows_program_has_its_folders_too(classes, tmp_path):
    folder = classes("a", "b", each=2)
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        for file in folder.rglob("*.png"):
            info = zipfile.ZipInfo("x")
            info.filename = f"images\\{file.parent.name}\\{file.name}"
            archive.writestr(info, file.read_bytes())
    assert read(tmp_path / "w.zip").counts() == {"a": 2, "b": 2}


@pytest.mark.parametrize("name", ["../../etc/x.png", "/etc/x.png", "a/../../x.png", "C:/x.png", "..\\x.png"])
def test_a_path_that_climbs_out_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(BadInput, match=r"evil.zip holds a path that climbs out"):
        read(tmp_path / "evil.zip")


def test_a_bomb_inside_is_left_out_and_named(classes):
    path = zipped(classes("a", "b"), **{"images/a/bomb.png": bytes(2**28 + 1)})
    dataset = read(path)
    assert len(dataset) == 10
    assert [name for name, _ in dataset.unreadable] == ["images/a/bomb.png"]
    assert "unfolds to 268,435,457 bytes" in dataset.unreadable[0][1]


def test_a_member_larger_than_it_says_is_not_unfolded_further(classes):
    path = zipped(classes("a", "b"), **{"images/a/liar.png": bytes(10**6)})
    contents = path.read_bytes()
    at = contents.rindex(b"PK\1\2")
    lying = contents[: at + 24] + struct.pack("<I", 100) + contents[at + 28 :]  # uncompressed size in the directory
    path.write_bytes(lying)
    dataset = read(path)
    assert [name for name, _ in dataset.unreadable] == ["images/a/liar.png"]
    assert "damaged inside the zip" in dataset.unreadable[0][1]


def test_an_encrypted_zip_is_refused_and_says_so(classes):
    path = zipped(classes("a", "b"))
    contents = path.read_bytes()
    at = contents.index(b"PK\1\2")
    path.write_bytes(contents[: at + 8] + b"\1" + contents[at + 9 :])  # bit 0 of the flags: APPNOTE 4.4.4
    with pytest.raises(BadInput, match="is encrypted"):
        read(path)


def test_a_damaged_member_is_left_out_and_named(classes):
    path = zipped(classes("a", "b"), zipfile.ZIP_STORED)
    contents = bytearray(path.read_bytes())
    at = contents.index(b"images/a/0.png") + 40
    contents[at] ^= 0xFF
    path.write_bytes(contents)
    dataset = read(path)
    assert len(dataset) == 9
    assert dataset.unreadable == (
        ("images/a/0.png", "images/a/0.png is damaged inside the zip (its checksum differs): copy the zip again."),
    )


def test_a_directory_that_points_beyond_the_file_is_survived(classes):
    path = zipped(classes("a", "b"))
    contents = bytearray(path.read_bytes())
    at = contents.index(b"PK\1\2")
    contents[at + 42 : at + 46] = struct.pack("<I", 2**30)  # offset of the first member
    path.write_bytes(contents)
    dataset = read(path)
    assert [name for name, _ in dataset.unreadable] == ["images/a/0.png"]


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_truncated_zip_is_refused_by_name(classes, keep):
    path = zipped(classes("a", "b"))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadInput, match=r"images.zip is not a whole zip file"):
        read(path)


def test_another_file_called_zip_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"\x1f\x8b" + bytes(1000))
    with pytest.raises(BadInput, match=r"a.zip is not a whole zip file"):
        read(tmp_path / "a.zip")


def test_another_way_of_compressing_is_named(classes):
    with pytest.raises(BadInput, match="zip method 12: stored or deflated is needed"):
        read(zipped(classes("a", "b"), zipfile.ZIP_BZIP2))


def test_a_renamed_and_touched_zip_is_found_in_the_cache(classes, tmp_path):
    path = zipped(classes("a", "b"))
    read(path)
    moved = path.rename(tmp_path / "other.zip")
    moved.touch()
    assert read(moved).from_cache


@pytest.mark.parametrize("kind", ["stored", "deflated", "comment", "prefix", "accents", "backslash", "empty folder"])
def test_members_are_those_that_the_standard_library_lists(kind, tmp_path):
    path = tmp_path / "a.zip"
    method = zipfile.ZIP_DEFLATED if kind == "deflated" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        for number in range(5):
            name = {"accents": f"é/{number}.png", "backslash": f"a\\{number}.png"}.get(kind, f"a/{number}.png")
            archive.writestr(name, bytes(range(number * 40)))
        if kind == "comment":
            archive.comment = b"hello"
        if kind == "empty folder":
            archive.mkdir("b")
    if kind == "prefix":
        path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        wanted = [
            (info.filename.replace("\\", "/"), info.header_offset, info.compress_size, info.file_size, info.CRC)
            for info in archive.infolist()
            if not info.is_dir()
        ]
        contents = [archive.read(info) for info in archive.infolist() if not info.is_dir()]
    plain = kind in ("stored", "deflated", "empty folder")
    assert (_listed_plainly(path) is not None) == plain
    found = members(path)
    assert [(one.name, one.offset, one.stored, one.size, one.crc) for one in found] == wanted
    with ZipBytes(path) as read:
        assert [read(member) for member in found] == contents
