"""Where the heat of one size is higher than everywhere around."""

from __future__ import annotations

import itertools

import numpy as np

from pellucid.shapes import Float, Int


def peaks_of(heat: Float[np.ndarray, "slice row column"]) -> Int[np.ndarray, "peak 3"]:
    """Voxels above 0 that none of their 26 neighbours outdoes.

    Returns:
        Slice, row and column of each, in the order of the array.

    >>> heat = np.zeros((4, 5, 6), np.float32)
    >>> heat[1, 2, 3], heat[1, 2, 4], heat[3, 0, 0] = 0.5, 0.4, 0.6
    >>> peaks_of(heat).tolist()
    [[1, 2, 3], [3, 0, 0]]
    """
    padded = np.pad(heat, 1)
    flat = padded.ravel()
    top = np.flatnonzero(flat)
    strides = (padded.shape[1] * padded.shape[2], padded.shape[2], 1)
    for steps in itertools.product((-1, 0, 1), repeat=3):
        top = top[flat[top + int(np.dot(steps, strides))] <= flat[top]]
    return np.stack(np.unravel_index(top, padded.shape), axis=1) - 1
