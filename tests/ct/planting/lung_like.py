"""A block of lung with one thick vessel and one lump, whose distances can be worked out by hand; and a cheap search."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from pellucid.ct.lungs import Lungs
from pellucid.data.volumes import Frame, Volume

SHAPE = (100, 110, 120)
ORIGIN = np.array([-60.0, -50.0, 30.0])
INSIDE = (slice(5, 95), slice(10, 100), slice(15, 105))  # 90 mm a side
VESSEL_ROW, VESSEL_COLUMN, VESSEL_RADIUS = 55, 40, 2.5  # runs along the slices
LUMP_IRC, LUMP_RADIUS = (50, 30, 80), 4.0


@cache
def scan() -> Volume:
    """On the working grid: lung of -850 HU in soft tissue."""
    voxels = np.full(SHAPE, 40, np.int16)
    voxels[INSIDE] = -850
    slices, rows, columns = np.indices(SHAPE)
    voxels[np.hypot(rows - VESSEL_ROW, columns - VESSEL_COLUMN) <= VESSEL_RADIUS] = 40
    off = np.sqrt((slices - LUMP_IRC[0]) ** 2 + (rows - LUMP_IRC[1]) ** 2 + (columns - LUMP_IRC[2]) ** 2)
    voxels[off <= LUMP_RADIUS] = 40
    return Volume(voxels, Frame(ORIGIN, np.ones(3), np.eye(3)), "block")


@cache
def lungs() -> Lungs:
    """The block, all of it as one lung."""
    inside = np.zeros(SHAPE, bool)
    inside[INSIDE] = True
    return Lungs(inside, inside.astype(np.uint8))


@dataclass(frozen=True)
class Searched:
    findings: list
    nodules: list
    working: Volume = field(default_factory=scan)
    lungs: Lungs = field(default_factory=lungs)


def search_by_difference(as_it_is: Volume, smallest_mm: float, marks=()):
    """A pipeline that sees whatever is not in the scan as it is, and accepts it from a diameter on."""
    import cc3d

    from pellucid.ct.findings import Finding, Lump, Nodule

    def find(volume: Volume) -> Searched:
        more = volume.voxels_hu.astype(int) - as_it_is.voxels_hu
        pieces = cc3d.connected_components(more > 100, connectivity=26)
        nodules = []
        for number in range(1, int(pieces.max()) + 1):
            weight = np.where(pieces == number, more, 0).astype(float)
            index = np.argwhere(weight > 0)
            middle = (index * weight[weight > 0][:, None]).sum(axis=0) / weight.sum()
            centre = tuple(volume.frame.to_xyz_mm(middle[None])[0].tolist())
            diameter = float((6 / np.pi * weight.sum() / 890) ** (1 / 3))
            nodules.append(nodule_at(number, centre, diameter, diameter >= smallest_mm))
        nodules += [nodule_at(100 + number, mark, 5.0, True) for number, mark in enumerate(marks)]
        return Searched([Finding(one, 1.0, 1.0, 0.0, 0.5) for one in nodules if one.accepted], nodules)

    def nodule_at(number: int, centre, diameter: float, accepted: bool) -> Nodule:
        lump = Lump(number, centre, diameter, 0.0, "right", 0.5, diameter, "", (0, 0, 0), np.ones((1, 1, 1), bool))
        return Nodule(lump, 0.0, 0.9 if accepted else 0.2, accepted)

    return find
