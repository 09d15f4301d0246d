"""Half the resolution, for speed: blocks of 2 x 2 x 2 voxels of the working grid, and back."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Bool, Int16

MM = 2.0  # edge of a block


def blocks_hu(voxels_hu: Int16[np.ndarray, "slice row column"]) -> Int16[np.ndarray, "half_slice half_row half_column"]:
    """Mean HU of each block, within 3 HU (each of three halvings rounds down); an odd last voxel counts twice.

    >>> blocks_hu(np.array([[[-1000, -800, 40]]], np.int16)).tolist()
    [[[-900, 40]]]
    """
    halved = voxels_hu
    for axis in (2, 1, 0):
        moved = np.moveaxis(halved, axis, 0)
        even, odd = moved[::2], moved[1::2]
        if len(even) > len(odd):
            odd = np.concatenate([odd, even[-1:]])
        halved = np.moveaxis((even >> 1) + (odd >> 1), 0, axis)
    return np.ascontiguousarray(halved)


def voxels(
    blocks: Bool[np.ndarray, "half_slice half_row half_column"], shape: tuple[int, int, int]
) -> Bool[np.ndarray, "slice row column"]:
    """Each block as its voxels, cut to the shape.

    >>> voxels(np.array([[[True, False]]]), (1, 2, 3)).astype(int).tolist()
    [[[1, 1, 0], [1, 1, 0]]]
    """
    wide = np.repeat(np.repeat(blocks, 2, axis=2), 2, axis=1)
    return np.repeat(wide, 2, axis=0)[: shape[0], : shape[1], : shape[2]]
