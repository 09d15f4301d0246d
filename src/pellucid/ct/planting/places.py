"""Where a nodule may be planted: deep in the lung, at its wall, or at a vessel; never on what stands already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.ct.lungs import Lungs
from pellucid.ct.lungs.ball import grow, shrink
from pellucid.ct.lungs.boxes import bounding_box
from pellucid.data.volumes import Frame, Volume
from pellucid.data.volumes.parts import connected_components, simple_itk
from pellucid.shapes import Bool, Float, Int64

Place = Literal["centre", "pleura", "near vessels"]
PLACES: tuple[Place, ...] = ("centre", "pleura", "near vessels")
DEEP_MM = 20.0  # "centre" lies at least so far from the wall
TOUCH_MM = 0.5  # half a voxel of the working grid: nearer than that, two surfaces touch
FREE_MM = 3.0  # chosen by us: a nodule that shall not touch a vessel or the wall stays so far from it
FROM_LUMPS_MM = 10.0  # chosen by us: from the surface of a planted nodule to a lump that is there already
FROM_ENDS_MM = 5.0  # chosen by us: from its surface to the ends of the scan
DENSE_HU = -400.0  # half-way between aerated lung (-850) and soft tissue (40)
NOT_WALL_MM = 5.0  # chosen by us: dense parts nearer to the lung's wall may be the wall itself, moved by a breath
VESSEL_MM = 3  # the thinnest vessel that counts
LONGEST_LUMP_MM = 40.0  # what reaches farther is a vessel: a nodule has 30 mm at most (Fleischner Society 2008)
MOST_DENSE = 0.1  # chosen by us: the share of a nodule's ball that may be dense before; it must stand in lung


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is known of each voxel inside the lungs before anything is planted.

    Attributes:
        frame: of the working grid.
        index_irc: slice, row and column of each voxel.
        from_wall_mm, from_vessel_mm, from_lump_mm: distance from its centre to the nearest surface.
        from_end_mm: to the nearest end of the scan.
        dense: the whole grid's voxels that are dense.
    """

    frame: Frame
    index_irc: Int64[np.ndarray, "voxel 3"]
    from_wall_mm: Float[np.ndarray, " voxel"]
    from_vessel_mm: Float[np.ndarray, " voxel"]
    from_lump_mm: Float[np.ndarray, " voxel"]
    from_end_mm: Float[np.ndarray, " voxel"]
    dense: Bool[np.ndarray, "slice row column"]

    def allowed(self, place: Place, diameter_mm: float) -> Int64[np.ndarray, " voxel"]:
        """Numbers of the voxels in which a nodule of this size may have its centre."""
        radius = diameter_mm / 2
        free = (self.from_lump_mm > radius + FROM_LUMPS_MM) & (self.from_end_mm > radius + FROM_ENDS_MM)
        if place == "near vessels":
            free &= np.abs(self.from_vessel_mm - radius) <= TOUCH_MM
            free &= self.from_wall_mm > radius + FREE_MM
        else:
            free &= self.from_vessel_mm > radius + FREE_MM
            free &= self.from_wall_mm > DEEP_MM if place == "centre" else np.abs(self.from_wall_mm - radius) <= TOUCH_MM
        return np.flatnonzero(free)

    def stands_in_lung(self, centre_irc: Float[np.ndarray, " axis"], diameter_mm: float) -> bool:
        """Whether hardly anything dense is where the nodule would be."""
        first = np.ceil(centre_irc - diameter_mm / 2).astype(int).clip(0)
        last = np.floor(centre_irc + diameter_mm / 2).astype(int) + 1
        there = self.dense[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
        off = np.indices(there.shape) + (first - centre_irc)[:, None, None, None]
        ball = (off**2).sum(axis=0) <= (diameter_mm / 2) ** 2
        return bool(there[ball].mean() <= MOST_DENSE)


def survey(working: Volume, lungs: Lungs, marks_xyz_mm: Sequence[tuple[float, float, float]]) -> Ground:
    """Look the lungs over, once, before the first nodule is planted.

    Args:
        working: the scan on the working grid.
        lungs: of it.
        marks_xyz_mm: what the pipeline marks in the scan as it is; nothing is planted near them.
    """
    inside = lungs.inside
    near = bounding_box(inside, 1)
    here = inside[near]
    dense = here & (working.voxels_hu[near] > DENSE_HU)
    from_wall = _distance(~here)
    vessels, lumps = _vessels_and_lumps(dense, from_wall > NOT_WALL_MM)
    for slice_row_column in np.rint(working.frame.to_irc(np.array(marks_xyz_mm, float).reshape(-1, 3))).astype(int):
        inner = slice_row_column - [one.start for one in near]
        if ((inner >= 0) & (inner < lumps.shape)).all():
            lumps[tuple(inner)] = True
    index = np.argwhere(here) + np.array([one.start for one in near])
    ends = np.minimum(index, np.array(inside.shape) - 1 - index).min(axis=1)
    return Ground(
        working.frame, index, from_wall[here], _distance(vessels)[here], _distance(lumps)[here],
        ends.astype(np.float32), working.voxels_hu > DENSE_HU,
    )  # fmt: skip


def _vessels_and_lumps(
    dense: Bool[np.ndarray, "slice row column"], off_wall: Bool[np.ndarray, "slice row column"]
) -> tuple[Bool[np.ndarray, "slice row column"], Bool[np.ndarray, "slice row column"]]:
    """Dense parts at least 3 mm thick: those of far-reaching pieces (off the wall) are vessels, others lumps."""
    cc3d = connected_components()

    radius = (VESSEL_MM - 1) / 2  # in voxels, to each side of the middle one
    thick = grow(shrink(dense, radius), radius) & dense
    pieces = cc3d.connected_components(dense, connectivity=26)
    boxes = cc3d.statistics(pieces)["bounding_boxes"]
    long = np.array([max(side.stop - side.start for side in box) > LONGEST_LUMP_MM for box in boxes])
    long[0] = False
    far = long[pieces]
    return thick & far & off_wall, thick & ~far


def _distance(to: Bool[np.ndarray, "slice row column"]) -> Float[np.ndarray, "slice row column"]:
    """From each voxel's centre to the surface of the nearest voxel that is set; 0 within, 10 m where none is set."""
    sitk = simple_itk()

    if not to.any():
        return np.full(to.shape, 1e4, np.float32)
    image = sitk.GetImageFromArray(to.astype(np.uint8))
    far = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(image, False, False, False))
    return np.asarray(np.maximum(far - 0.5, 0.0))
