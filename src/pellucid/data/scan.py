"""Which files lie below a folder, in a fixed order, and a fingerprint that tells when any of them changes."""

from __future__ import annotations

import hashlib
import os
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
        found: list[tuple[str, int, int]] = []
        _walk(str(root), "", set(), found)
        found.sort()
    except OSError as problem:
        raise BadInput(f"{problem.filename} cannot be read ({problem.strerror}): check its permissions.") from None
    text = "\n".join([f"{path}\0{size}\0{changed}" for path, size, changed in found])
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    return FolderScan(root, [path for path, _, _ in found], digest.hexdigest())


def _walk(folder: str, prefix: str, seen: set[tuple[int, int]], found: list[tuple[str, int, int]]) -> None:
    """Add path, size and modification time of each file below the folder; 60,000 files are to take a quarter second."""
    facts = os.stat(folder)  # noqa: PTH116 - os.scandir is several times faster than pathlib on 60,000 files
    if (facts.st_dev, facts.st_ino) in seen and facts.st_ino:
        return
    seen.add((facts.st_dev, facts.st_ino))
    below: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == "." or name == "__MACOSX":
                continue
            if entry.is_file(follow_symlinks=False):  # nearly always
                facts = entry.stat()
                found.append((prefix + name, facts.st_size, facts.st_mtime_ns))
            elif entry.is_symlink() and _leads_nowhere(entry.path):
                found.append((prefix + name, 0, 0))
            elif entry.is_dir():
                below.append((entry.path, f"{prefix}{name}/"))
            elif entry.is_file():
                facts = entry.stat()
                found.append((prefix + name, facts.st_size, facts.st_mtime_ns))
    for path, deeper in sorted(below):
        _walk(path, deeper, seen, found)


def _leads_nowhere(link: str) -> bool:
    try:
        os.stat(link)  # noqa: PTH116 - as above
    except OSError:
        return True
    return False
