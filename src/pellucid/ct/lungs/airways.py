"""The windpipe and the main bronchi: dark tubes that hold air but are no lung."""

from __future__ import annotations

import numpy as np

from pellucid.ct.lungs.air import IN_PLANE, largest, pieces
from pellucid.ct.lungs.ball import grow, shrink
from pellucid.ct.lungs.blocks import MM
from pellucid.ct.lungs.boxes import Box, bounding_box
from pellucid.shapes import Bool, Int16

# A windpipe is 10 to 27 mm wide (Breatnach, Abbott and Fraser, AJR 142 (1984): 903-906); its section is half to not
# much more than a circle's of that width.
SECTION_MM2 = (40.0, 700.0)
LENGTH_MM = 20.0  # chosen by us: longer than its width, so that a bubble is no tube; a windpipe is some 110 mm long
LUMEN_HU, DARK_SHARE = -900, 0.3  # air in a tube is -1000 HU, lung about -850; half of a narrow tube is blurred edge
OFF_CENTRE_MM = 60.0  # chosen by us: half a lung's width
# The windpipe is 110 mm long, the left main bronchus 50 mm, the right 25 mm (Gray's Anatomy).
BELOW_MM, BESIDE_MM = 120.0, 50.0
# Highest first; the first that does not run out into the lung is taken. As Mori et al., ICPR (1996), C: 528-532.
THRESHOLDS_HU = (-880, -910, -940, -970)
# All conducting airways hold 2 ml per kg of body weight, about 150 ml (Fowler 1948); those meant here at most half.
MOST_ADDED_ML = 75.0
NARROW_MM = 6.0  # chosen by us: narrower ones are lung's own bronchi; a main bronchus is 10 to 16 mm wide
WALL_MM = 3.0  # the wall of a main bronchus is 1 to 2 mm thick, and its inner edge is blurred


def find_airways(
    air: Bool[np.ndarray, "slice row column"], hu: Int16[np.ndarray, "slice row column"], middle: float
) -> Bool[np.ndarray, "slice row column"]:
    """Windpipe and main bronchi with their wall; nothing where none is seen.

    Args:
        air: within the body, in blocks.
        hu: of the same blocks.
        middle: column of the body's middle.
    """
    tube = _windpipe(air, hu, middle)
    if not tube.any():
        return tube
    box = _reach(tube)
    start, dark = tube[box], np.where(air[box], hu[box], 0)
    for threshold in THRESHOLDS_HU:
        grown = _joined(dark < threshold, start)
        if (grown.sum() - start.sum()) * MM**3 / 1000 <= MOST_ADDED_ML:
            narrowest = NARROW_MM / MM / 2
            wide = grow(shrink(grown, narrowest / 2), narrowest) & grown
            tube[box] = _joined(wide, start)
            break
    return grow(tube, WALL_MM / MM)


def _reach(tube: Bool[np.ndarray, "slice row column"]) -> Box:
    """The box in which the rest of the windpipe and the main bronchi may lie."""
    slices, rows, columns = bounding_box(tube, round(BESIDE_MM / MM))
    return slice(max(0, slices.start - round((BELOW_MM - BESIDE_MM) / MM)), slices.stop), rows, columns


def _joined(
    mask: Bool[np.ndarray, "slice row column"], start: Bool[np.ndarray, "slice row column"]
) -> Bool[np.ndarray, "slice row column"]:
    """The start, and what of the mask hangs together with it."""
    numbers, count = pieces(mask | start)
    joined = np.zeros(count + 1, bool)
    joined[numbers[start]] = True
    return np.asarray(joined[numbers])


def _windpipe(
    air: Bool[np.ndarray, "slice row column"], hu: Int16[np.ndarray, "slice row column"], middle: float
) -> Bool[np.ndarray, "slice row column"]:
    """The longest dark tube near the middle that begins in the upper half of the largest air space."""
    from scipy import ndimage

    sections, _ = ndimage.label(air, IN_PLANE)
    sizes = np.bincount(sections.ravel()) * MM**2
    dark = np.bincount(sections.ravel(), weights=(hu < LUMEN_HU).ravel()) * MM**2
    tubular = (sizes >= SECTION_MM2[0]) & (sizes <= SECTION_MM2[1]) & (dark >= SECTION_MM2[0] / 4)
    tubular[0] = False
    numbers, _ = pieces(tubular[sections])
    spans = np.flatnonzero(largest(air).any(axis=(1, 2)))
    best, best_length = 0, LENGTH_MM / MM
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        top, length = place[0].stop, place[0].stop - place[0].start
        if length <= best_length or top < (spans[0] + spans[-1]) / 2:
            continue
        piece = numbers[place] == number
        column = place[2].start + np.nonzero(piece)[2].mean()
        share = float((hu[place][piece] < LUMEN_HU).mean())
        if abs(column - middle) * MM <= OFF_CENTRE_MM and share >= DARK_SHARE:
            best, best_length = number, length
    return (numbers == best) if best else np.zeros_like(air)
