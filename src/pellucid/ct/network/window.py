"""What the network sees of a lump: a fixed physical window, 32 mm in cubes of 1 mm and 64 mm in cubes of 2 mm."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float, Int16, UInt8

EDGE = 32
"""Cubes along each side of both windows. Chosen by us: 32 mm hold the largest nodule (30 mm), 64 mm its vessels."""
SCALES = (1, 2)
"""Millimetres a cube, finest first."""
# From air to above soft tissue and contrast; bone and metal beyond look alike. Chosen by us.
LOWEST_HU, HIGHEST_HU = -1000, 400


def as_levels(voxels_hu: Int16[np.ndarray, "slice row column"]) -> UInt8[np.ndarray, "slice row column"]:
    """HU cut off at -1000 and 400 and rounded to 255 steps of 5.5 HU, which is below the noise of any scan.

    >>> as_levels(np.array([[[-1024, -300, 3000]]], np.int16))
    array([[[  0, 128, 255]]], dtype=uint8)
    """
    table = np.arange(2**16).astype(np.uint16).view(np.int16).astype(np.float32)
    levels = (np.clip(table, LOWEST_HU, HIGHEST_HU) - LOWEST_HU) * (255 / (HIGHEST_HU - LOWEST_HU)) + 0.5
    return np.asarray(np.take(levels.astype(np.uint8), voxels_hu.view(np.uint16)))


def halved(levels: UInt8[np.ndarray, "slice row column"]) -> UInt8[np.ndarray, "z y x"]:
    """Means of 2 x 2 x 2 cubes; an odd last slice, row or column is left out."""
    even = levels[tuple(slice(0, size // 2 * 2) for size in levels.shape)]
    rows = even[:, 0::2].astype(np.uint16) + even[:, 1::2]
    columns = rows[:, :, 0::2] + rows[:, :, 1::2]
    means: UInt8[np.ndarray, "z y x"] = ((columns[0::2] + columns[1::2] + 4) >> 3).astype(np.uint8)
    return means


def cut_windows(
    voxels_hu: Int16[np.ndarray, "slice row column"], centres_irc: Float[np.ndarray, "case 3"], edge: int = EDGE
) -> UInt8[np.ndarray, "case 2 edge edge edge"]:
    """Both windows around each centre, moved to whole voxels; what lies outside the scan is air.

    Args:
        voxels_hu: the working grid (1 mm cubes).
        centres_irc: slice, row and column of each centre on it.
        edge: cubes along each side.
    Returns:
        Levels 0 (-1000 HU and less) to 255 (400 HU and more); scale 0 is the fine one.

    >>> cut_windows(np.zeros((40, 50, 60), np.int16), np.array([[20.0, 20.0, 20.0]])).shape
    (1, 2, 32, 32, 32)
    """
    fine = as_levels(voxels_hu)
    windows = np.zeros((len(centres_irc), len(SCALES), edge, edge, edge), np.uint8)
    for scale, (levels, centres) in enumerate(((fine, centres_irc), (halved(fine), (centres_irc - 0.5) / 2))):
        corners = np.rint(centres - (edge - 1) / 2).astype(int)
        for case, corner in enumerate(corners):
            first, last = np.maximum(corner, 0), np.minimum(corner + edge, levels.shape)
            if (first < last).all():
                there = tuple(slice(a, b) for a, b in zip(first - corner, last - corner, strict=True))
                here = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
                windows[case, scale][there] = levels[here]
    return windows
