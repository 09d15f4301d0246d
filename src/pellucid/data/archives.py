"""Images inside a .zip, read where they lie: never unpacked to disk, bounded, and no path that climbs out."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pellucid.errors import BadInput

MOST_BYTES_A_MEMBER = 2**28
"""Chosen by us: an image file of 256 MiB is none that this program could use, but what a zip bomb unfolds to."""


class Member(NamedTuple):
    """Where one file lies in the archive; a plain tuple of numbers, cheap to hand to another process."""

    name: str
    offset: int
    stored: int
    size: int
    method: int
    crc: int


def members(path: Path) -> list[Member]:
    """The files in the archive, in its own order.

    Raises:
        BadInput: not a zip, encrypted, or a name that climbs out of the archive.
    """
    result = []
    for flags, member in _listed_plainly(path) or _listed(path):
        name = member.name
        if name.endswith("/"):
            continue
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise BadInput(f"{path} holds a path that climbs out of it ({name!r}): do not trust this archive.")
        if flags & 1:
            raise BadInput(f"{path} is encrypted ({name!r}): unlock it first, and zip it again without a password.")
        result.append(member)
    return result


def _listed(path: Path) -> list[tuple[int, Member]]:
    """Flags and place of each entry, by the standard library: right for every kind of zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error) as problem:
        raise BadInput(f"{path} is not a whole zip file ({problem}): copy or download it again.") from None
    return [
        (
            info.flag_bits,
            Member(
                info.filename.replace("\\", "/"),  # some Windows programs write them
                info.header_offset,
                info.compress_size,
                info.file_size,
                info.compress_type,
                info.CRC,
            ),
        )
        for info in found
    ]


ENTRY = struct.Struct("<4s4x4H3I3H8xI")
"""Of a central directory header: signature, flags, method, time, date, CRC, both sizes, lengths of name, extra field
and comment, offset; 46 bytes. Source: PKWARE APPNOTE 6.3.10, 4.3.12."""


def _listed_plainly(path: Path) -> list[tuple[int, Member]] | None:
    """The same in a quarter of the time, for plain archives; None for any that are out of the ordinary."""
    with path.open("rb") as file:
        directory, place, size = _central_directory(file)
    if directory is None or place + len(directory) > size:
        return None
    found, at = [], 0
    while at < len(directory):
        if at + 46 > len(directory):
            return None
        mark, flags, method, _, _, crc, stored, unfolded, named, extra, comment, offset = ENTRY.unpack_from(
            directory, at
        )
        name = directory[at + 46 : at + 46 + named]
        if mark != b"PK\x01\x02" or len(name) != named or not name.isascii() or b"\0" in name or b"\\" in name:
            return None
        if 0xFFFFFFFF in (stored, unfolded, offset) or offset >= place:
            return None
        found.append((flags, Member(name.decode("ascii"), offset, stored, unfolded, method, crc)))
        at += 46 + named + extra + comment
    return found


def _central_directory(file: BinaryIO) -> tuple[bytes | None, int, int]:
    """The directory's bytes, where it begins, and the file's length; no bytes where it is not where its end says."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 22))
    end = file.read()
    if len(end) != 22 or end[:4] != b"PK\x05\x06" or end[20:] != b"\0\0":  # a comment follows, or it is no zip
        return None, 0, size
    length, place = struct.unpack_from("<II", end, 12)
    if place + length != size - 22:  # something stands before the archive, or it is a ZIP64
        return None, 0, size
    file.seek(place)
    return file.read(length), place, size


class ZipBytes:
    """Reads members' bytes through a memory map of the archive.

    >>> import tempfile, zipfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.zip"
    >>> with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
    ...     archive.writestr("A/1.txt", "hello")
    >>> with ZipBytes(path) as read:
    ...     read(members(path)[0])
    b'hello'
    """

    def __init__(self, path: Path, most: int = MOST_BYTES_A_MEMBER) -> None:
        self.path = path
        self.most = most
        self._file = path.open("rb")
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> ZipBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()
        self._file.close()

    def __call__(self, member: Member) -> bytes:
        """The member's bytes, unfolded and checked against its CRC.

        Raises:
            BadInput: damaged, too large, or compressed in another way than stored or deflated.
        """
        if member.size > self.most:
            raise BadInput(f"{member.name} unfolds to {member.size:,} bytes: at most {self.most:,} are read.")
        if self._map[member.offset : member.offset + 4] != b"PK\3\4" or member.offset + 30 > len(self._map):
            raise BadInput(f"{member.name} is not where the zip says it is: copy or download the zip again.")
        name_length, extra_length = struct.unpack_from("<HH", self._map, member.offset + 26)
        start = member.offset + 30 + name_length + extra_length
        contents = self._map[start : start + member.stored]
        if member.method == zipfile.ZIP_DEFLATED:
            try:
                contents = zlib.decompressobj(-15).decompress(contents, member.size + 1)
            except zlib.error as problem:
                raise BadInput(f"{member.name} is damaged inside the zip ({problem}): copy it again.") from None
        elif member.method != zipfile.ZIP_STORED:
            raise BadInput(f"{member.name} is compressed by zip method {member.method}: stored or deflated is needed.")
        if len(contents) != member.size or zlib.crc32(contents) != member.crc:
            raise BadInput(f"{member.name} is damaged inside the zip (its checksum differs): copy the zip again.")
        return contents


def central_directory_sha256(path: Path) -> str:
    """A fingerprint of all names, sizes and CRCs in the archive, without reading the files themselves.

    Source: PKWARE APPNOTE 6.3.10, 4.3.12 to 4.3.16 (the central directory stands at the end; ZIP64 included).
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail_length = min(size, 65_536 + 22 + 20 + 56)
        file.seek(size - tail_length)
        tail = file.read(tail_length)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            raise BadInput(f"{path} is not a whole zip file (its end is missing): copy or download it again.")
        length, start = struct.unpack_from("<II", tail, at + 12)
        wide = tail.rfind(b"PK\x06\x06", 0, at)
        if wide >= 0 and 0xFFFFFFFF in (length, start):
            length, start = struct.unpack_from("<QQ", tail, wide + 40)
        file.seek(min(start, size))
        digest = hashlib.sha256(file.read(min(length, size)))
    digest.update(str(size).encode())
    return digest.hexdigest()
