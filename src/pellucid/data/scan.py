"""Which files lie below a folder, in a fixed order, and a fingerprint that tells when any of them changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pellucid.errors import BadInput


@dataclass(frozen=True, slots=True)
class FolderScan:
    """All files below a folder, links followed once."""

    root: Path
    paths: list[str]
    key: str
    """sha256 over path, size and modification time of each file."""


def scan_folder(root: Path) -> FolderScan:
    """Walk the folder; what is hidden is left out, and a folder that links lead to again is entered only once.

    A link that leads nowhere is listed, so that reading it fails and is reported.

    Raises:
        BadInput: a folder cannot be listed.
    """
    try:
        found = sorted(_walk(str(root), "", set()))
    except OSError as problem:
        raise BadInput(f"{problem.filename} cannot be read ({problem.strerror}): check its permissions.") from None
    text = "\n".join(f"{path}\0{size}\0{changed}" for path, size, changed in found)
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    return FolderScan(root, [path for path, _, _ in found], digest.hexdigest())


def _walk(folder: str, prefix: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    facts = os.stat(folder)  # noqa: PTH116 - os.scandir is several times faster than pathlib on 60,000 files
    if (facts.st_dev, facts.st_ino) in seen and facts.st_ino:
        return
    seen.add((facts.st_dev, facts.st_ino))
    below: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_file(follow_symlinks=False):  # nearly always
                facts = entry.stat()
                yield prefix + entry.name, facts.st_size, facts.st_mtime_ns
            elif entry.is_symlink() and _leads_nowhere(entry.path):
                yield prefix + entry.name, 0, 0
            elif entry.is_dir():
                below.append((entry.path, f"{prefix}{entry.name}/"))
            elif entry.is_file():
                facts = entry.stat()
                yield prefix + entry.name, facts.st_size, facts.st_mtime_ns
    for path, deeper in sorted(below):
        yield from _walk(path, deeper, seen)


def _leads_nowhere(link: str) -> bool:
    try:
        os.stat(link)  # noqa: PTH116 - as above
    except OSError:
        return True
    return False
