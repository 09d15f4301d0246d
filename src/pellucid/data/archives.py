"""Images inside a .zip, read where they lie: never unpacked to disk, bounded, and no path that climbs out."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

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
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error) as problem:
        raise BadInput(f"{path} is not a whole zip file ({problem}): copy or download it again.") from None
    result = []
    for info in found:
        if info.is_dir():
            continue
        name = info.filename.replace("\\", "/")  # some Windows programs write them
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise BadInput(f"{path} holds a path that climbs out of it ({name!r}): do not trust this archive.")
        if info.flag_bits & 1:
            raise BadInput(f"{path} is encrypted ({name!r}): unlock it first, and zip it again without a password.")
        result.append(
            Member(name, info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC)
        )
    return result


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

    def __init__(self, path: Path) -> None:
        self.path = path
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
        if member.size > MOST_BYTES_A_MEMBER:
            raise BadInput(f"{member.name} unfolds to {member.size:,} bytes: at most {MOST_BYTES_A_MEMBER:,} are read.")
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
