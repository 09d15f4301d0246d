"""Edges, bars, spots and plain brightness, measured in nine fields of an image by filters that nobody had to train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pellucid.shapes import Float

SCALES_PX = (1.0, 2.0, 4.0)
"""Deviations of the Gaussians, in pixels: about octaves apart, as in Leung and Malik's bank. Chosen by us: of an image
of at most 64 pixels a side, the largest filter sees a quarter."""

ORIENTATIONS = 4
"""0, 45, 90 and 135 degrees. Chosen by us: six, as Leung and Malik have, cost half as much again."""

FIELDS = 3
"""Responses are averaged in 3 x 3 fields. Chosen by us: with one field for all, X-rays and digits came out worse."""

LEAST_POSITIONS = 8
"""A filter is evaluated at every second deviation, but at 8 positions a side at least. Chosen by us: a response that
smooth says little more between them."""


REACH = 6.0
"""Deviations at which a Gaussian is cut off. Chosen by us: at 4, scipy's default, a second derivative no longer sums to
0, and answers to brightness."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Gaussian, first and second derivative of one deviation, as matrices that filter a column or a row of pixels."""

    down: Float[np.ndarray, "3 vertical row"]
    across: Float[np.ndarray, "3 horizontal column"]


def filter_bank(rows: int, columns: int) -> tuple[Scale, ...]:
    """The filters for images of this size; what lies beyond the edge is the image mirrored.

    Args:
        rows: pixels down, 1 or more.
        columns: pixels across, 1 or more.

    >>> [scale.down.shape for scale in filter_bank(64, 48)]
    [(3, 32, 64), (3, 16, 64), (3, 8, 64)]
    """
    return tuple(Scale(_derivatives(rows, sigma), _derivatives(columns, sigma)) for sigma in SCALES_PX)


def _derivatives(pixels: int, sigma_px: float) -> Float[np.ndarray, "3 position pixel"]:
    """Filtering is linear: filtered unit vectors are the columns of the filter's matrix. Times sigma to the order, so
    that all scales answer in grey levels (Lindeberg's normalised derivatives)."""
    apart = max(1, min(round(2 * sigma_px), pixels // LEAST_POSITIONS))
    at = np.arange((pixels - 1) % apart // 2, pixels, apart)
    unit = np.eye(pixels)
    filtered = [gaussian_filter1d(unit, sigma_px, axis=0, order=order, truncate=REACH)[at] for order in range(3)]
    return np.stack([matrix * sigma_px**order for order, matrix in enumerate(filtered)]).astype(np.float32)


def filter_responses(
    images: Float[np.ndarray, "case row column"], bank: tuple[Scale, ...]
) -> Float[np.ndarray, "case feature"]:
    """How strongly each filter answers in each field of each image.

    For each scale: edges (first derivative) and bars (second derivative) in four orientations, the Laplacian of
    Gaussian, and the Gaussian itself, each averaged over 3 x 3 fields, all but the Gaussian without their signs; and
    the deviation of the Gaussian over the image.

    Args:
        images: grey levels.
        bank: `filter_bank` for their size.
    Returns:
        91 numbers a scale, in grey levels: [filter, field] row by row, then the deviation. Filters in the order edges
        by angle, bars by angle, Laplacian, Gaussian. (Fewer for images of fewer than three pixels a side.)
    Source: Leung and Malik (2001), Int. J. Computer Vision 43, 29-44, for the bank; Freeman and Adelson (1991), IEEE
        PAMI 13, 891-906: a derivative of a Gaussian at any angle is a sum of those along the axes.

    >>> step = np.repeat(np.repeat(np.array([[[0.0, 100.0]]], np.float32), 16, axis=1), 8, axis=2)  # dark | bright
    >>> middle = filter_responses(step, filter_bank(16, 16))[0, :90].reshape(10, 9)[:, 4]  # scale 1, centre field
    >>> [round(float(response)) for response in middle[:4]]  # angle at which brightness rises: 0, 45, 90, 135
    [17, 12, 0, 12]
    """
    pixels = np.ascontiguousarray(images.astype(np.float32, copy=False).transpose(1, 2, 0))  # [row, column, case]
    found = []
    for scale in bank:
        maps = _steered(_along_axes(pixels, scale))
        found += [_mean_in_fields(maps), maps[-1].std((0, 1))[None]]
    return np.ascontiguousarray(np.concatenate(found).T)


def _along_axes(pixels: Float[np.ndarray, "row column case"], scale: Scale) -> Float[np.ndarray, "6 down across case"]:
    """G, G_x, G_y, G_xx, G_yy, G_xy: derivatives across (x) and down (y), at the filters' positions."""
    (down, rows), columns, cases = scale.down.shape[1:], scale.across.shape[2], pixels.shape[2]
    vertical = scale.down.reshape(-1, rows) @ pixels.reshape(rows, -1)
    smooth, first, second = vertical.reshape(3, down, columns, cases)
    g, gx, gxx = scale.across
    basis = np.empty((6, down, scale.across.shape[1], cases), np.float32)
    for number, (across, of) in enumerate(
        ((g, smooth), (gx, smooth), (g, first), (gxx, smooth), (g, second), (gx, first))
    ):
        np.matmul(across, of, out=basis[number])
    return basis


def _steered(basis: Float[np.ndarray, "6 down across case"]) -> Float[np.ndarray, "filter down across case"]:
    angle = np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS
    c, s, none = np.cos(angle), np.sin(angle), np.zeros(ORIENTATIONS)
    edges = np.stack([none, c, s, none, none, none], 1)
    bars = np.stack([none, none, none, c * c, s * s, 2 * c * s], 1)
    weights = np.concatenate([edges, bars, [[0, 0, 0, 1, 1, 0]], [[1, 0, 0, 0, 0, 0]]]).astype(np.float32)
    maps: np.ndarray = (weights @ basis.reshape(6, -1)).reshape(-1, *basis.shape[1:])
    np.abs(maps[:-1], out=maps[:-1])
    return maps


def _mean_in_fields(maps: Float[np.ndarray, "filter down across case"]) -> Float[np.ndarray, "feature case"]:
    bands = [band.mean(1) for band in np.array_split(maps, min(FIELDS, maps.shape[1]), axis=1)]
    fields = [field.mean(1) for band in bands for field in np.array_split(band, min(FIELDS, maps.shape[2]), axis=1)]
    return np.stack(fields, 1).reshape(-1, maps.shape[-1])
