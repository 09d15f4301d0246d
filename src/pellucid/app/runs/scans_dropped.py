"""A CT study that was dropped where single images belong: recognised, so that the way to its own page can be told."""

from __future__ import annotations

import io
import shlex
import zipfile
import zlib

LOOKED_AT = 20
"""Files of a zip that are looked at. Chosen by us: a study's README and folders come before its slices."""


def hint_of_scan(content: bytes, name: str) -> str:
    """How to open it, as a sentence; empty where it is neither DICOM nor a zip with DICOM files.

    Args:
        content: of the file.
        name: what it is called.

    >>> hint_of_scan(bytes(128) + b"DICM", "slice.dcm")
    'If it is of a CT study, open the whole study with: pellucid play --scan STUDY (its zip or folder)'
    >>> hint_of_scan(b"no image", "notes.txt")
    ''
    """
    if _is_dicom(content[:132]):
        return "If it is of a CT study, open the whole study with: pellucid play --scan STUDY (its zip or folder)"
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()][:LOOKED_AT]
            if not any(_is_dicom(_beginning(archive, one)) for one in files):
                return ""
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError):  # RuntimeError: encrypted, unknown method
        return ""
    return f"It holds DICOM files: if it is a CT study, open it with: pellucid play --scan {shlex.quote(name)}"


def _beginning(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with archive.open(one) as file:
        return file.read(132)


def _is_dicom(beginning: bytes) -> bool:
    """Source: DICOM PS3.10 7.1, File Preamble and DICOM Prefix."""
    return beginning[128:132] == b"DICM"
