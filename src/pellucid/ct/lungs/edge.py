"""Draw a lung's edge at 1 mm, after all else was done on blocks of 2 mm."""

from __future__ import annotations

import numpy as np

from pellucid.ct.lungs.air import EDGE_HU
from pellucid.ct.lungs.ball import close, grow, shrink
from pellucid.ct.lungs.blocks import MM, voxels
from pellucid.ct.lungs.boxes import Box, bounding_box
from pellucid.ct.lungs.wall import MIDDLE_RADIUS_MM
from pellucid.shapes import Bool, Int16

NEAR_BLOCKS = 1.5  # the edge of the lung lies at most this far from a block's that is mostly lung


def refine(
    voxels_hu: Int16[np.ndarray, "slice row column"],
    mended: Bool[np.ndarray, "half_slice half_row half_column"],
    air: Bool[np.ndarray, "half_slice half_row half_column"],
    forbidden: Bool[np.ndarray, "half_slice half_row half_column"],
) -> tuple[Box, Bool[np.ndarray, "boxed_slice boxed_row boxed_column"]]:
    """The lung's voxels, and the box of the scan in which they lie.

    Args:
        voxels_hu: the scan on the working grid.
        mended: blocks of the lung with its wall mended.
        air: those of them that are mostly air; at the edge each of their voxels is judged by itself.
        forbidden: blocks that are not to be entered (airways, the other lung, gas in the gut).
    """
    place = bounding_box(mended, round(MIDDLE_RADIUS_MM / MM) + 2)  # room for the ball
    mended, air, forbidden = mended[place], air[place], forbidden[place]
    box: Box = tuple(
        slice(2 * edge.start, min(2 * edge.stop, size)) for edge, size in zip(place, voxels_hu.shape, strict=True)
    )  # type: ignore[assignment]
    hu = voxels_hu[box]
    shape = hu.shape
    sure = shrink(mended, 1) | (mended & ~air)
    near = grow(mended, NEAR_BLOCKS) & ~forbidden
    light = voxels(near, shape) & (hu < EDGE_HU)
    closed = close(light | voxels(sure, shape), MIDDLE_RADIUS_MM)
    inside = closed | grow(closed & ~light, 1)  # where a dense part meets the wall, the ball sags by up to a voxel
    return box, inside & ~voxels(forbidden, shape)
