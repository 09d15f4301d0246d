"""Peaks of the heat map -> lumps: one for each that no likelier lump holds already."""

from __future__ import annotations

import numpy as np

from pellucid.ct.findings import SIDES, Lump, Side
from pellucid.ct.likeness import Likeness
from pellucid.ct.lumps.growing import Grown, grow
from pellucid.ct.lungs import Lungs
from pellucid.data.volumes import Volume

MOST_LUMPS = 800  # chosen by us, on phantoms: twice as many hold hardly any nodule more
# Fainter than this above the lung around it, HU, there is no spot: ground glass stands out by 100 at least.
LEAST_CONTRAST_HU = 75.0
FREE = 255  # of voxels that no lump has taken; else the smallest size (its number) of the lumps that have
# A lump that is two sizes larger (1.8 times as wide) may be a knot of vessels with a nodule in it: what stands out of
# it, less than this share of its surroundings being as dense, is a lump of its own. Chosen by us: a bump on a large
# nodule has half its surroundings dense, a nodule on a vessel a tenth to a third.
LARGER, MOST_HEMMED_IN = 2, 0.4
COMPACT = 0.85  # a ball's diameter over its outline's longest side is 1, an ellipsoid's twice as long as thick 0.63
SOLID_HU = -400  # denser on the mean than this, and "solid" is said; ground glass lies at about -700 to -500 HU


def group(likeness: Likeness, working: Volume, lungs: Lungs) -> list[Lump]:
    """The lumps of a heat map, the likeliest first.

    From each peak, in the order of their likeness, a lump is grown on the scan itself; a peak that lies in a likelier
    lump belongs to that one, and so does one whose own lump would lie mostly in it or at its rim.

    Args:
        likeness: the heat map (`ct.likeness.nodule_likeness`).
        working: the scan on the working grid.
        lungs: its lungs.
    Returns:
        At most 800 lumps, numbered from 1.
    Raises:
        MissingPart: connected-components-3d is not installed.
    """
    taken = np.full(lungs.inside.shape, FREE, np.uint8)
    lumps: list[Lump] = []
    peaks = zip(
        likeness.peaks_irc.tolist(), likeness.peaks_likeness.tolist(), likeness.peaks_size.tolist(), strict=True
    )
    for (slice_, row, column), height, size in peaks:
        if taken[slice_, row, column] < size + LARGER:
            continue
        grown = grow(working.voxels_hu, lungs.inside, (slice_, row, column), likeness.sizes_mm[size])
        if grown.top_hu - grown.around_hu < LEAST_CONTRAST_HU or _taken(taken, grown, size):
            continue
        _take(taken, grown, 0 if _compact(grown) else size)
        side = SIDES[int(lungs.side[slice_, row, column]) - 1]
        lumps.append(_lump(len(lumps) + 1, grown, height, likeness.sizes_mm[size], side, working))
        if len(lumps) == MOST_LUMPS:
            break
    return lumps


def _taken(taken: np.ndarray, grown: Grown, size: int) -> bool:
    """Whether most of it is lumps already: such of about its size, or a large one that it does not stand out of."""
    by = taken[grown.box][grown.outline]
    if 2 * np.count_nonzero(by < size + LARGER) > by.size:
        return True
    return bool(2 * np.count_nonzero(by < FREE) > by.size) and grown.hemmed_in > MOST_HEMMED_IN


def _compact(grown: Grown) -> bool:
    """Whether it is one body about as long as wide, not a knot: the ball of its volume is nearly as wide as it."""
    return bool(_diameter(grown) >= COMPACT * max(grown.outline.shape))


def _diameter(grown: Grown) -> float:
    """Of the ball of its volume, in voxels, which are millimetres."""
    return float(np.cbrt(6 * np.count_nonzero(grown.outline) / np.pi))


def _take(taken: np.ndarray, grown: Grown, size: int) -> None:
    """Write the size on the lump and the voxels that touch it: its blurred rim is no lump of its own."""
    low = [max(at - 1, 0) for at in grown.corner_irc]
    wide = np.pad(grown.outline, 1)
    for axis in range(3):
        wide = wide | np.roll(wide, 1, axis) | np.roll(wide, -1, axis)
    wide = wide[tuple(slice(at - corner + 1, None) for at, corner in zip(low, grown.corner_irc, strict=True))]
    view = taken[tuple(slice(at, at + length) for at, length in zip(low, wide.shape, strict=True))]
    wide = wide[tuple(slice(length) for length in view.shape)]
    view[wide] = np.minimum(view[wide], size)


def _lump(number: int, grown: Grown, likeness: float, size_mm: float, side: Side, working: Volume) -> Lump:
    voxels = np.argwhere(grown.outline)
    x, y, z = working.frame.to_xyz_mm((grown.corner_irc + voxels.mean(axis=0))[None])[0].tolist()
    diameter_mm = _diameter(grown)
    mean_hu = float(working.voxels_hu[grown.box][grown.outline].mean())
    why = (
        f"A {'solid' if mean_hu > SOLID_HU else 'hazy'}, ball-like spot of about {diameter_mm:.0f} mm; its middle is "
        f"{grown.top_hu - grown.around_hu:.0f} HU denser than the lung around it ({grown.around_hu:.0f} HU)."
    )
    outline = np.ascontiguousarray(grown.outline)
    return Lump(number, (x, y, z), diameter_mm, mean_hu, side, likeness, size_mm, why, grown.corner_irc, outline)
