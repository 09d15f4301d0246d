"""Coarser grids of whole cubes of voxels, on which large balls are looked for, and the way back."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float, Int, Shaped


def coarser(values: Shaped[np.ndarray, "slice row column"], step: int) -> Float[np.ndarray, "slices rows columns"]:
    """Means over cubes of step voxels; the last cubes are filled up with the volume's edge.

    >>> coarser(np.arange(8.0).reshape(2, 2, 2), 2)
    array([[[3.5]]], dtype=float32)
    """
    values = values.astype(np.float32, copy=False)
    if step == 1:
        return values
    values = np.pad(values, [(0, -length % step) for length in values.shape], mode="edge")
    for axis in range(3):
        parts = [values[(slice(None),) * axis + (slice(first, None, step),)] for first in range(step)]
        values = np.sum(parts, axis=0) / np.float32(step)
    return values


def finer(values: Shaped[np.ndarray, "slices rows columns"], step: int, shape: tuple[int, ...]) -> np.ndarray:
    """Each cube's value for all its voxels, cut to the shape of the finer grid.

    >>> finer(np.array([[[3.5, 4.5]]]), 2, (1, 2, 3)).tolist()
    [[[3.5, 3.5, 4.5], [3.5, 3.5, 4.5]]]
    """
    if step > 1:
        for axis in range(3):
            values = values.repeat(step, axis)
    return values[: shape[0], : shape[1], : shape[2]]


def cubes_blur(step: int) -> float:
    """How much a mean over cubes of `step` voxels blurs: its variance along each axis, in cubes squared."""
    return (1 - 1 / step**2) / 12


def middles_irc(cubes: Int[np.ndarray, "cube 3"], step: int) -> Int[np.ndarray, "cube 3"]:
    """The voxel in the middle of each cube (of the eight around it, the one with the larger indices)."""
    return cubes * step + step // 2
