"""Where a mask lies, so that work is done there only."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Bool

Box = tuple[slice, slice, slice]


def bounding_box(mask: Bool[np.ndarray, "slice row column"], margin: int) -> Box:
    """The smallest box that holds the mask (not empty), and a margin of voxels around it as far as the array goes.

    >>> mask = np.zeros((5, 6, 7), bool)
    >>> mask[2, 3, 4:6] = True
    >>> bounding_box(mask, 1)
    (slice(1, 4, None), slice(2, 5, None), slice(3, 7, None))
    """
    edges = []
    for axis in range(3):
        filled = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        edges.append(slice(max(0, int(filled[0]) - margin), min(mask.shape[axis], int(filled[-1]) + 1 + margin)))
    return edges[0], edges[1], edges[2]
