"""Colours of the page's pictures: those that colour-blind readers tell apart, and from the greys of a scan."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float, UInt8

# Okabe and Ito 2008, Color Universal Design: sky blue, reddish purple and yellow. They are drawn on a scan,
# which is dark on any page, and so do not follow the page.
RIGHT, LEFT, MARK = "#56b4e9", "#cc79a7", "#f0e442"

# The heat map from its least to its greatest value: through vermilion to yellow, so that it grows ever brighter (hot
# and hotter differ without any sense of colour) and ever less transparent. The steps are chosen by us.
STEPS = np.array([0.0, 0.5, 1.0])
HEAT = np.array([[120, 30, 0, 0], [213, 94, 0, 170], [240, 228, 66, 230]], float)


def heat_colours(values: Float[np.ndarray, "row column"]) -> UInt8[np.ndarray, "row column 4"]:
    """Red, green, blue and opacity of each value of the heat map; 0 is not seen at all.

    Args:
        values: 0 to 1.

    >>> heat_colours(np.array([[0.0, 0.5, 1.0]])).tolist()
    [[[120, 30, 0, 0], [213, 94, 0, 170], [240, 228, 66, 230]]]
    """
    return np.stack([np.interp(values, STEPS, column) for column in HEAT.T], axis=-1).astype(np.uint8)


def lung_colours(side: UInt8[np.ndarray, "row column"]) -> UInt8[np.ndarray, "row column 4"]:
    """A thin tint over the right (1) and the left (2) lung; nothing elsewhere (0)."""
    tints = [[0, 0, 0, 0], *([*bytes.fromhex(colour[1:]), 80] for colour in (RIGHT, LEFT))]
    tinted: UInt8[np.ndarray, "row column 4"] = np.array(tints, np.uint8)[side]
    return tinted
