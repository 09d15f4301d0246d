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
MOST_FILES = 100_000  # chosen by us: a study of ten series of 1,000 slices, ten times over
MOST_BYTES_A_FILE = 2**31  # chosen by us: an enhanced file of 4,000 frames of 512 x 512
MOST_BYTES_UNFOLDED = 2**34  # chosen by us: thirty series of 1,000 slices


@dataclass(frozen=True, slots=True)
class Zipped:
    """A zip's members by their names, and what unfolds them: `archive` whole ones, `heads` only how they begin."""

    members: dict[str, Member]
    archive: ZipBytes
    heads: zipfile.ZipFile
    entries: dict[int, zipfile.ZipInfo]

    def whole(self, name: str) -> bytes:
        """All bytes of a member."""
        return self.archive(self.members[name])

    def head(self, name: str) -> bytes:
        """Only as much is unfolded as is needed; its checksum is left to `whole`."""
        try:
            with self.heads.open(self.entries[self.members[name].offset]) as member:
                return member.read(HEAD_BYTES)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError):
            return self.whole(name)[:HEAD_BYTES]  # which says what is wrong with it


@dataclass(frozen=True, slots=True)
class Files:
    """Files by their names, and how their bytes are read.

    Attributes:
        source: the folder, the zip or the file.
        names: of each file, below `source`; sorted.
        zipped: what reads them where `source` is a zip.
    """

    source: Path
    names: tuple[str, ...]
    zipped: Zipped | None = None

    def whole(self, name: str) -> bytes:
        """All bytes of a file.

        Raises:
            BadInput: it cannot be read, or is larger than any scan.
        """
        return self.zipped.whole(name) if self.zipped else self._read(name, MOST_BYTES_A_FILE)

    def head(self, name: str) -> bytes:
        """Its first bytes: no more than HEAD_BYTES; none where it is no DICOM file."""
        contents = self.zipped.head(name) if self.zipped else self._read(name, HEAD_BYTES)
        return contents if is_dicom(contents) else b""

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
        BadInput: nothing there, an unreadable folder or zip, a zip with a name twice, or more files than any study has.
    """
    if path.is_dir():
        yield Files(path, _below(path))
    elif not path.is_file():
        raise BadInput(f"There is no {path}: name a folder or a zip of DICOM files, or a .mhd, .nii, .nii.gz or .nrrd.")
    elif path.suffix.lower() == ".zip":
        found = members(path)
        _check_number(path, len(found))
        inside = {member.name: member for member in found}
        if len(inside) < len(found):
            raise BadInput(f"{path} holds {len(found) - len(inside)} names twice, so files may be lost; zip it again.")
        if sum(member.size for member in inside.values()) > MOST_BYTES_UNFOLDED:
            raise BadInput(f"{path} unfolds to more than {MOST_BYTES_UNFOLDED:,} bytes; zip the one series alone.")
        with ZipBytes(path, MOST_BYTES_A_FILE) as archive, zipfile.ZipFile(path) as heads:
            entries = {entry.header_offset: entry for entry in heads.infolist()}
            yield Files(path, tuple(sorted(inside)), Zipped(inside, archive, heads, entries))
    else:
        yield Files(path, (path.name,))


def _below(folder: Path) -> tuple[str, ...]:
    found: list[str] = []
    for place, _, names in os.walk(folder, onerror=_unreadable):
        found += [str((Path(place) / name).relative_to(folder)) for name in names if (Path(place) / name).is_file()]
        _check_number(folder, len(found))
    return tuple(sorted(found))


def _unreadable(problem: OSError) -> None:
    """A folder that is passed over could hold slices."""
    raise BadInput(f"{problem.filename} cannot be read ({problem.strerror}); make it readable, or leave it out.")


def _check_number(path: Path, number: int) -> None:
    if number > MOST_FILES:
        raise BadInput(f"{path} holds more than {MOST_FILES:,} files; name the folder of one study.")
