"""The scan as it is, nothing planted: its blur, its lungs, and what is marked. Searched once, and kept in a file."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.ct.grid import working_copy
from pellucid.ct.lungs import Lungs
from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.edges import measure_blur
from pellucid.ct.planting.kept import FIRST_LOOK, read_kept, write_kept
from pellucid.ct.planting.searching import Find, Xyz, marks_of
from pellucid.data.volumes import Volume
from pellucid.shapes import UInt8


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """What planting needs to know of the scan as it is.

    Attributes:
        working: the scan on the working grid.
        lungs: on the same grid.
        marks_xyz_mm: what the pipeline marks, nothing planted.
        blur: of the scan.
    """

    working: Volume
    lungs: Lungs
    marks_xyz_mm: tuple[Xyz, ...]
    blur: Blur


def first_look(
    volume: Volume, find: Find, *, blur: Blur | None = None, out: Path | None = None, finder: str = ""
) -> FirstLook:
    """Search the scan as it is, or read what an earlier search of it left.

    Args:
        volume: the scan.
        find: the whole pipeline; it is not called where the folder holds what it found before.
        blur: of the scan; None: measured.
        out: where it is kept; None: nowhere.
        finder: names the pipeline (its version and weights).
    Raises:
        BadInput: no lungs; a blur that cannot be measured; what is kept there is damaged, or of another scan or
            pipeline; it cannot be written.
    """
    key = f"{_fingerprint(volume)} {finder} {blur!r}"
    kept = read_kept(out, FIRST_LOOK, key, lambda held: _read(volume, held))
    if kept is not None:
        return kept
    blur = blur or measure_blur(volume)  # first: where it cannot be measured, nobody waits for the search
    searched = find(volume)
    found = FirstLook(searched.working, searched.lungs, marks_of(searched), blur)
    masks = np.stack([found.lungs.inside.astype(np.uint8), found.lungs.side])
    packed = b64encode(zlib.compress(masks.tobytes())).decode("ascii")
    facts = {"blur": asdict(blur), "marks_xyz_mm": found.marks_xyz_mm, "lungs": packed}
    write_kept(out, FIRST_LOOK, key, facts)
    return found


def _read(volume: Volume, held: dict[str, Any]) -> FirstLook:
    marks = tuple((float(x), float(y), float(z)) for x, y, z in held["marks_xyz_mm"])
    working = working_copy(volume)
    inside, side = _unpacked(held["lungs"], working.voxels_hu.shape)
    return FirstLook(working, Lungs(inside.astype(bool), side), marks, Blur(**held["blur"]))


def _unpacked(packed: str, shape: tuple[int, ...]) -> UInt8[np.ndarray, "mask slice row column"]:
    """Both masks; never more bytes than they have, whatever the file unfolds to."""
    size = 2 * int(np.prod(shape))
    try:
        masks = zlib.decompressobj().decompress(b64decode(packed, validate=True), size)
    except zlib.error as problem:
        raise ValueError(str(problem)) from None
    return np.frombuffer(masks, np.uint8).reshape(2, *shape)


def _fingerprint(volume: Volume) -> str:
    """A hash of the voxels and of where they lie."""
    frame = volume.frame
    places = [part.tolist() for part in (frame.origin_xyz_mm, frame.spacing_xyz_mm, frame.direction)]
    found = hashlib.sha256(np.ascontiguousarray(volume.voxels_hu).data)
    found.update(json.dumps(places).encode())
    return found.hexdigest()
