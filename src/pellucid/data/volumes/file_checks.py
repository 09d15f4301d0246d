"""What SimpleITK would guess, or not notice, in a MetaImage, NIfTI or NRRD file: refused before it reads it."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import BadInput

# What a text header must say, for nothing to be guessed; NIfTI always has a spacing, and codes for its directions.
NEEDED = {
    "MetaImageIO": {"ElementSpacing": r"^ElementS(pacing|ize)\s*="},
    "NrrdImageIO": {"space": r"^space:", "space directions": r"^space directions:"},
}
TEXT_BYTES = 2**16  # chosen by us: text headers have some hundred bytes
DATA_FILE = re.compile(r"^\s*(?:ElementDataFile\s*[=:]|data ?file:)(.*)", re.MULTILINE | re.IGNORECASE)
CLIMBS_OUT = re.compile(r"^\s*([/\\]|\w:)|(^|[/\\\s])\.\.([/\\]|$)")  # an absolute path, or one with a step upwards
CHUNK_BYTES = 2**24  # chosen by us: 16 MiB at a time
HEADER_BYTES = (348, 540)  # NIfTI-1 and NIfTI-2 begin with one of these: nifti1.h, nifti2.h
FLOATS = {"16": "f4", "64": "f8"}  # NIfTI's datatype, as numpy calls it: nifti1.h


def check_text(path: Path, kind: str) -> None:
    """Refuse a text header that leaves spacing or directions to a guess, or whose voxels lie outside its folder.

    Args:
        path: a file of any of the formats; NIfTI has no text.
        kind: SimpleITK's reader of it.
    Raises:
        BadInput: saying what is missing, or which other file it names.
    """
    with path.open("rb") as file:
        text = file.read(TEXT_BYTES).decode("latin-1")
    for word, pattern in NEEDED.get(kind, {}).items():
        if not re.search(pattern, text, re.MULTILINE):
            raise BadInput(
                f"{path} does not say {word!r} in its header, so its millimetres are not known; convert it again."
            )
    if kind in NEEDED and (found := DATA_FILE.search(text)):
        named = found[1].strip()
        for other in (named, *(text[found.end() :].splitlines() if named.startswith("LIST") else ())):
            if CLIMBS_OUT.search(other):
                raise BadInput(f"{path} names a file outside its own folder ({other.strip()!r}); put it beside it.")


def check_nifti(reader: Any, path: Path) -> None:
    """Refuse a NIfTI file that is cut short, or holds what is no number.

    The reader fills what is missing with whatever was in memory, and makes what is no number 0, which is water.

    Args:
        reader: SimpleITK's, the header read.
        path: its file.
    Raises:
        BadInput: saying which of these.
    """
    start = int(float(reader.GetMetaData("vox_offset")))
    size = int(reader.GetMetaData("bitpix")) // 8
    missing = size * int(np.prod(np.array(reader.GetSize(), object)))
    needed, kind = start + missing, FLOATS.get(reader.GetMetaData("datatype"))
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            order = "<" if int.from_bytes(file.read(start)[:4], "little") in HEADER_BYTES else ">"
            while missing and (part := file.read(min(CHUNK_BYTES, missing))):
                missing -= len(part)
                if kind and not np.isfinite(np.frombuffer(part, order + kind, len(part) // size)).all():
                    raise BadInput(f"{path} has voxels that are no numbers (NaN or infinite); export it again.")
    except (EOFError, OSError, zlib.error):
        missing = needed
    if missing:
        raise BadInput(
            f"{path} cannot be read (it is cut short or damaged: {needed:,} bytes are needed); copy it again."
        )
