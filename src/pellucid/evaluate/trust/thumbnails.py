"""An image told in few numbers: its 8 x 8 thumbnail, how much each cell of it varies, and how bright its pixels are."""

from __future__ import annotations

import numpy as np

from pellucid.data import Scaling
from pellucid.data.averaging import area_shares
from pellucid.data.side_by_side import side_by_side
from pellucid.shapes import Float, Int, Shaped

SIDE = 8
"""Cells along each side of a thumbnail. Chosen by us: rough enough to be learned from a few hundred images."""

QUANTILES = 17
"""From the darkest pixel to the brightest in sixteenths. Chosen by us."""

SORTED = 64
"""Rows and columns at most that brightness is looked at in: of larger images, every second, every third ..., since
sorting a million pixels takes long and tells no more. Chosen by us."""

AT_ONCE = 256


def thumbnails(
    stored: Shaped[np.ndarray, "stored channel row column"],
    scaling: Scaling,
    rows: Int[np.ndarray, " case"] | None = None,
) -> Float[np.ndarray, "case number"]:
    """What an image looks like from afar, in units of the training images' deviation; no model is asked.

    Args:
        stored: pixels in the stored form of the training images (uint8, int16 or uint16; gray or colour).
        scaling: of the training images.
        rows: which images to tell; by default all.
    Returns:
        For each image the means of its cells, the deviations within them (each channel, row, column), then the
        quantiles of each channel's pixels: 145 numbers where it is gray, 435 in colour.

    >>> image = np.zeros((1, 1, 16, 16), np.uint8)
    >>> image[0, 0, :2, :2] = [[0, 8], [8, 0]]
    >>> told = thumbnails(image, Scaling("by_255", (0.0,), (1.0,)))[0]
    >>> [float(told[0]), float(told[64]), float(told[127]), float(told[-1])]
    [4.0, 4.0, 0.0, 8.0]
    """
    if rows is None:
        rows = np.arange(len(stored))
    channels, *size = stored.shape[1:]
    down, across = area_shares(size[0], SIDE), area_shares(size[1], SIDE)
    mean = np.array(scaling.mean, np.float32)[:, None, None]
    deviation = np.array(scaling.deviation, np.float32)[:, None, None]
    cells = channels * SIDE * SIDE
    told = np.empty((len(rows), 2 * cells + channels * QUANTILES), np.float32)
    at_once = max(1, AT_ONCE * SORTED * SORTED // (size[0] * size[1]))

    def look(at: int) -> None:
        block, into = stored[rows[at : at + at_once]], told[at : at + at_once]
        apart = block.astype(np.float32)
        apart -= mean
        first = down @ (apart @ across.T) / deviation
        second = down @ (np.square(apart, out=apart) @ across.T) / deviation**2
        spread = np.sqrt(np.maximum(second - first**2, 0))
        into[:, :cells], into[:, cells : 2 * cells] = first.reshape(len(block), -1), spread.reshape(len(block), -1)
        into[:, 2 * cells :] = ((_quantiles(block) - mean[:, 0]) / deviation[:, 0]).reshape(len(block), -1)

    for _ in side_by_side(look, range(0, len(rows), at_once)):
        pass
    return told


def parts_of(numbers: int) -> tuple[slice, slice]:
    """Where among the numbers of `thumbnails` the cells stand, and where the quantiles.

    >>> parts_of(145)
    (slice(0, 128, None), slice(128, 145, None))
    """
    cells = 2 * SIDE * SIDE * (numbers // (2 * SIDE * SIDE + QUANTILES))
    return slice(0, cells), slice(cells, numbers)


def _quantiles(block: Shaped[np.ndarray, "case channel row column"]) -> Float[np.ndarray, "case channel quantile"]:
    apart = -(-block.shape[2] // SORTED), -(-block.shape[3] // SORTED)
    pixels = block[:, :, :: apart[0], :: apart[1]].reshape(*block.shape[:2], -1)
    ranks = np.rint(np.linspace(0, pixels.shape[2] - 1, QUANTILES)).astype(np.int64)
    return np.asarray(np.sort(pixels, axis=2, kind="stable")[:, :, ranks].astype(np.float32))  # stable: by radix, fast
