"""The files that may hold a scan: below a folder, inside a zip, or one alone; each is read when it is asked for."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pellucid.data.archives import Member, ZipBytes, members
from pellucid.data.dicom_opening import is_dicom
from pellucid.errors import BadInput

HEAD_BYTES = 2**16  # chosen by us: the header of a slice has some 10 kB; where it is longer, the whole file is read
# Chosen by us: a study of ten series of 1,000 slices, ten times over.
MOST_FILES = 100_000
# Chosen by us: an enhanced file of 4,000 frames of 512 x 512.
MOST_BYTES_A_FILE = 2**31
MOST_BYTES_UNFOLDED = 2**34  # chosen by us: thirty series of 1,000 slices


@dataclass(frozen=True, slots=True)
class Files:
    """Files by their names, and how their bytes are read.

    Attributes:
        source: the folder, the zip or the file.
        names: of each file, below `source`; sorted.
        inside, archive, heads, entries: where `source` is a zip, what finds and unfolds its members.
    """

    source: Path
    names: tuple[str, ...]
    inside: dict[str, Member] | None = None
    archive: ZipBytes | None = None
    heads: zipfile.ZipFile | None = None
    entries: dict[int, zipfile.ZipInfo] | None = None

    def whole(self, name: str) -> bytes:
        """All bytes of a file.

        Raises:
            BadInput: it cannot be read, or is larger than any scan.
        """
        if self.archive and self.inside:
            return self.archive(self.inside[name])
        return self._read(name, MOST_BYTES_A_FILE)

    def head(self, name: str) -> bytes:
        """Its first bytes: no more than HEAD_BYTES; none where it is no DICOM file."""
        contents = self._head_in_zip(name) if self.archive else self._read(name, HEAD_BYTES)
        return contents if is_dicom(contents) else b""

    def _head_in_zip(self, name: str) -> bytes:
        """Only as much is unfolded as is needed; its checksum is left to `whole`."""
        if self.inside is None or self.heads is None or self.entries is None:
            return b""
        try:
            with self.heads.open(self.entries[self.inside[name].offset]) as member:
                return member.read(HEAD_BYTES)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError):
            return self.whole(name)[:HEAD_BYTES]  # which says what is wrong with it

    def _read(self, name: str, most: int) -> bytes:
        path = self.source / name if self.source.is_dir() else self.source
        try:
            with path.open("rb") as file:
                if most > HEAD_BYTES and os.fstat(file.fileno()).st_size > most:
                    raise BadInput(f"{path} has more than {most:,} bytes: no scan is as large; leave it out.")
                return file.read(most)
        except OSError as problem:
            raise BadInput(f"{path} cannot be read ({problem.strerror}); make it readable, or leave it out.") from None


@contextmanager
def files_of(path: Path) -> Iterator[Files]:
    """The files below a folder (links to folders are not followed), in a zip, or the file itself.

    Raises:
        BadInput: nothing there, an unreadable zip, or more files than any study has.
    """
    if path.is_dir():
        yield Files(path, _below(path))
    elif path.suffix.lower() == ".zip":
        inside = {member.name: member for member in members(path)}
        _check_number(path, len(inside))
        if sum(member.size for member in inside.values()) > MOST_BYTES_UNFOLDED:
            raise BadInput(f"{path} unfolds to more than {MOST_BYTES_UNFOLDED:,} bytes; zip the one series alone.")
        with ZipBytes(path) as archive, zipfile.ZipFile(path) as heads:
            entries = {entry.header_offset: entry for entry in heads.infolist()}
            yield Files(path, tuple(sorted(inside)), inside, archive, heads, entries)
    elif path.is_file():
        yield Files(path, (path.name,))
    else:
        raise BadInput(f"There is no {path}: name a folder or a zip of DICOM files, or a .mhd, .nii, .nii.gz or .nrrd.")


def _below(folder: Path) -> tuple[str, ...]:
    found: list[str] = []
    for place, _, names in os.walk(folder):
        found += [str((Path(place) / name).relative_to(folder)) for name in names if (Path(place) / name).is_file()]
        _check_number(folder, len(found))
    return tuple(sorted(found))


def _check_number(path: Path, number: int) -> None:
    if number > MOST_FILES:
        raise BadInput(f"{path} holds more than {MOST_FILES:,} files; name the folder of one study.")
