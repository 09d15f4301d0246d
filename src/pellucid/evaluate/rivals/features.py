"""An image as a row of numbers that people thought of: filter responses, a histogram of brightness, local patterns."""

from __future__ import annotations

import numpy as np

from pellucid.data.averaging import area_shares
from pellucid.evaluate.rivals.filters import Scale, filter_responses
from pellucid.shapes import Float, Int, Integer

LARGEST_PX = 64
"""Images with more pixels a side are first averaged down to so many. Chosen by us, for speed."""

LARGEST_FOR_PATTERNS_PX = 24
"""The same for local binary patterns, which take most of the time. Chosen by us: 32 took half as long again, and were
better nowhere by more than chance; 16 were worse on all of three sets."""

BINS = 16
"""Of the histogram, most of them equally full in training, so that 8 bits and Hounsfield units are served alike."""

NEIGHBOURS, RADIUS_PX = 8, 1
"""Of local binary patterns: the smallest operator of Ojala et al. (2002), IEEE PAMI 24, 971-987; 10 patterns."""

AT_ONCE = 2**18
"""Pixels in work at a time, 64 images of 64 x 64. Chosen by us: with more or fewer it took longer."""


def features(
    images: Integer[np.ndarray, "case channel row column"],
    edges: Float[np.ndarray, " edge"],
    bank: tuple[Scale, ...],
) -> Float[np.ndarray, "case feature"]:
    """Filter responses of the mean of the channels, a histogram of each channel, local patterns of the mean.

    Args:
        images: stored pixels, at most LARGEST_PX a side (`shrunk`).
        edges: of the histogram, from `histogram_edges`.
        bank: `filter_bank` for their size.

    >>> from pellucid.evaluate.rivals.filters import filter_bank
    >>> flat = np.full((2, 1, 8, 8), 7, np.uint8)
    >>> features(flat, np.array([3.0, 7.0]), filter_bank(8, 8)).shape  # 273 responses, 3 bins, 10 patterns
    (2, 286)
    """
    grey = images.mean(1, dtype=np.float32)
    histograms = [histogram(images[:, channel], edges) for channel in range(images.shape[1])]
    return np.concatenate([filter_responses(grey, bank), *histograms, local_patterns(grey)], axis=1, dtype=np.float32)


def shrunk(
    images: Integer[np.ndarray, "case channel row column"], largest: int = LARGEST_PX
) -> Integer[np.ndarray, "case channel row2 column2"]:
    """Images of at most `largest` pixels a side, averaged over areas and rounded; smaller ones as they are.

    >>> shrunk(np.array([[[[0, 1, 10, 20], [1, 2, 30, 40]]]], np.int16), largest=2)
    array([[[[ 0, 15], [ 2, 35]]]], dtype=int16)
    """
    if max(images.shape[2:]) <= largest:
        return images
    rounded: np.ndarray = np.rint(averaged(images.astype(np.float32), largest)).astype(images.dtype)
    return rounded


def averaged(images: Float[np.ndarray, "*any row column"], largest: int) -> Float[np.ndarray, "*any row2 column2"]:
    """Images averaged over areas, pixels cut by a border shared between its sides; never made larger."""
    rows, columns = images.shape[-2:]
    if max(rows, columns) <= largest:
        return images
    down, across = area_shares(rows, min(rows, largest)), area_shares(columns, min(columns, largest))
    return np.asarray(down @ images @ across.T)


def histogram_edges(images: Integer[np.ndarray, "case channel row column"]) -> Float[np.ndarray, " edge"]:
    """Edges of at most BINS bins: one for the commonest value alone (the background), the others equally full.

    >>> histogram_edges(np.array([[[[0, 0, 0], [1, 2, 3]]]], np.uint8)).round(2)[:4]
    array([0.  , 1.  , 1.14, 1.29])
    """
    values, counts = np.unique(images, return_counts=True)
    commonest = float(values[counts.argmax()])
    others = images[images != values[counts.argmax()]]
    parted = np.quantile(others, np.arange(1, BINS - 2) / (BINS - 2)) if len(others) else []
    return np.unique([commonest, commonest + 1, *parted])


def histogram(
    pixels: Integer[np.ndarray, "case row column"], edges: Float[np.ndarray, " edge"]
) -> Float[np.ndarray, "case bin"]:
    """Share of each image's pixels below the first edge, from the first to below the second, ..., from the last on.

    >>> histogram(np.array([[[0, 1], [2, 3]]], np.uint8), np.array([1.0, 3.0]))
    array([[0.25, 0.5 , 0.25]])
    """
    low, high = int(pixels.min()), int(pixels.max())
    bin_of_value = np.searchsorted(edges, np.arange(low, high + 1), side="right")
    return _shares(bin_of_value[pixels.astype(np.int32) - low], len(edges) + 1)


def local_patterns(grey: Float[np.ndarray, "case row column"]) -> Float[np.ndarray, "case pattern"]:
    """Share of each uniform local binary pattern among the pixels that have all their neighbours.

    Each image by a call of its own: in one tall picture of many, roundings of the rows' numbers decide ties.

    Args:
        grey: brightness; averaged down to LARGEST_FOR_PATTERNS_PX, and rounded, as patterns of noise say nothing.

    >>> local_patterns(np.zeros((1, 8, 8), np.float32))[0].tolist()  # 8: all eight neighbours are as bright
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    from skimage.feature import local_binary_pattern

    images = np.rint(averaged(grey, LARGEST_FOR_PATTERNS_PX)).astype(np.int32)
    codes = [
        local_binary_pattern(image, NEIGHBOURS, RADIUS_PX, "uniform")  # type: ignore[no-untyped-call]
        for image in images
    ]
    inside = np.stack(codes)[:, RADIUS_PX:-RADIUS_PX, RADIUS_PX:-RADIUS_PX]
    return _shares(inside.astype(np.int64), NEIGHBOURS + 2)


def _shares(codes: Int[np.ndarray, "case row column"], kinds: int) -> Float[np.ndarray, "case kind"]:
    apart = codes.reshape(len(codes), -1) + kinds * np.arange(len(codes))[:, None]
    counts = np.bincount(apart.ravel(), minlength=kinds * len(codes)).reshape(-1, kinds)
    shares: np.ndarray = counts / max(1, apart.shape[1])
    return shares
