"""Growing, shrinking and closing a shape by a ball: what lies nearer than its radius."""

from __future__ import annotations

import math

import numpy as np

from pellucid.shapes import Bool, Shaped

LARGEST_IN_A_BYTE = 11  # twice its square still fits in 8 bits


def squared_distance(
    mask: Bool[np.ndarray, "slice row column"], radius: float | int
) -> Shaped[np.ndarray, "slice row column"]:
    """Squared distance of each voxel to the nearest one of the mask, in voxels; exact up to the radius, then larger.

    Squared distances add up along the axes, so each axis is done by itself, with twice as many shifts as the
    radius has voxels.

    Args:
        mask: the shape; nothing lies beyond the array.
        radius: in voxels.
    Returns:
        Whole numbers (8 bits for small radii, else 16).
    Source: Saito and Toriwaki, Pattern Recognition 27 (1994): 1551-1565.

    >>> squared_distance(np.array([[[True, False, False]]]), 2).tolist()
    [[[0, 1, 4]]]
    """
    reach = math.floor(radius)
    kind = np.uint8 if reach <= LARGEST_IN_A_BYTE else np.uint16
    far = np.iinfo(kind).max - reach**2
    squared = np.where(mask, kind(0), kind(far))
    for axis in range(3):
        before = np.moveaxis(squared, axis, 0)
        after_whole = squared.copy()
        after = np.moveaxis(after_whole, axis, 0)
        spare = np.empty_like(squared)
        moved_whole = np.moveaxis(spare, axis, 0)
        for step in range(1, min(reach, len(before) - 1) + 1):
            moved = np.add(before, kind(step**2), out=moved_whole)
            np.minimum(after[step:], moved[:-step], out=after[step:])
            np.minimum(after[:-step], moved[step:], out=after[:-step])
        squared = after_whole
    return squared


def grow(mask: Bool[np.ndarray, "slice row column"], radius: float | int) -> Bool[np.ndarray, "slice row column"]:
    """All within a ball's radius (in voxels) of the mask: its dilation."""
    return squared_distance(mask, radius) <= radius**2


def shrink(mask: Bool[np.ndarray, "slice row column"], radius: float | int) -> Bool[np.ndarray, "slice row column"]:
    """All of the mask farther than the radius from what is not of it: its erosion. The array's ends do not count."""
    return squared_distance(~mask, radius) > radius**2


def close(mask: Bool[np.ndarray, "slice row column"], radius: float | int) -> Bool[np.ndarray, "slice row column"]:
    """The mask with every bay filled into which a ball of this radius (in voxels) does not fit: its closing.

    >>> close(np.array([[[True, False, True, False, False, False, True]]]), 1).astype(int).tolist()
    [[[1, 1, 1, 0, 0, 0, 1]]]
    """
    return shrink(grow(mask, radius), radius)
