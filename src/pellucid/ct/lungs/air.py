"""Air within the body: neither the room's, nor the table's, nor gas in the gut."""

from __future__ import annotations

import numpy as np

from pellucid.ct.lungs.ball import grow, shrink
from pellucid.ct.lungs.blocks import MM
from pellucid.shapes import Bool, Int, Int16

# Halfway between lung (-850 HU) and soft tissue (+50 HU), where a blurred edge truly lies. Hu, Hoffman and Reinhardt
# (IEEE TMI 20 (2001): 490-498) found the best threshold of each scan near it.
EDGE_HU = -400
# Gas without tissue is -1000 HU; in the most emphysematous lungs about half of the voxels are below -950 (Gevenois et
# al., AJRCCM 154 (1996): 187-192), in others next to none.
GAS_HU = -960
THIN_BLOCKS = 2.0  # 4 mm: tables and clothes have shells thinner than twice this, no chest wall has
DEEP_BLOCKS = 3  # 6 mm from its edge, gas is seen unblurred
SMALLEST_PIECE_ML = 50.0  # chosen by us: smaller pieces of air beside the lungs are bubbles, gas in the gut or noise
IN_PLANE = np.array([[[0] * 3] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0] * 3] * 3], bool)


def air_in_body(
    hu: Int16[np.ndarray, "slice row column"],
) -> tuple[Bool[np.ndarray, "slice row column"], float]:
    """Air that the body encloses, and the column of the body's middle.

    Args:
        hu: in blocks.
    Returns:
        Lungs, airways and gas in the gut; and the middle (half the body's columns lie on each side), or half the width.
    """
    air = hu < EDGE_HU
    enclosed = air & ~_reached_from_the_border(air)
    body = largest(_opened(~air))
    if not body.any():
        return np.zeros_like(air), air.shape[2] / 2
    filled = ~_reached_from_the_border(~body)
    numbers, count = pieces(enclosed)
    share = np.bincount(numbers[filled], minlength=count + 1) / np.maximum(np.bincount(numbers.ravel()), 1)
    share[0] = 0
    per_column = np.cumsum(filled.sum(axis=(0, 1)))
    return np.asarray((share > 0.5)[numbers]), float(np.searchsorted(per_column, per_column[-1] / 2))


def lung_like(
    air: Bool[np.ndarray, "slice row column"], hu: Int16[np.ndarray, "slice row column"]
) -> Bool[np.ndarray, "slice row column"]:
    """The pieces of air that are large enough for a lung and denser than gas within: no stomach, no bowel."""
    numbers, count = pieces(air)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    depths = np.zeros(air.shape, np.uint8)
    for depth in range(1, DEEP_BLOCKS + 1):
        depths += shrink(air, depth)
    wanted = np.zeros(count + 1, bool)
    for number in np.flatnonzero(sizes[1:] * MM**3 >= SMALLEST_PIECE_ML * 1000) + 1:
        piece = numbers == number
        core = piece & (depths == depths[piece].max())
        wanted[number] = np.median(hu[core]) > GAS_HU
    return np.asarray(wanted[numbers])


def pieces(mask: Bool[np.ndarray, "slice row column"]) -> tuple[Int[np.ndarray, "slice row column"], int]:
    """Number the pieces of a mask from 1 (voxels that share a face belong together); and how many there are."""
    from scipy import ndimage

    numbers, count = ndimage.label(mask)
    return numbers, int(count)


def largest(mask: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """The mask's largest piece."""
    numbers, _ = pieces(mask)
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    return np.asarray((numbers == sizes.argmax()) & mask)


def _opened(tissue: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    return grow(shrink(tissue, THIN_BLOCKS), THIN_BLOCKS)


def _reached_from_the_border(mask: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """What of the mask hangs together, within its slice, with the picture's edge."""
    from scipy import ndimage

    numbers, count = ndimage.label(mask, IN_PLANE)
    at_edge = np.zeros(count + 1, bool)
    for edge in (numbers[:, 0], numbers[:, -1], numbers[:, :, 0], numbers[:, :, -1]):
        at_edge[edge] = True
    at_edge[0] = False
    return np.asarray(at_edge[numbers])
