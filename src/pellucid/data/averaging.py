"""Shrinking a side of an image: how much of each wider cell each pixel covers."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float


def area_shares(pixels: int, cells: int) -> Float[np.ndarray, "cell pixel"]:
    """The matrix that averages a row of pixels over equal cells; a pixel across an edge counts for both by its share.

    >>> area_shares(8, 4)[1].tolist()
    [0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]
    """
    edges, pixel = np.linspace(0, pixels, cells + 1), np.arange(pixels)
    covered = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.asarray(np.maximum(covered, 0) * cells / pixels, np.float32)
