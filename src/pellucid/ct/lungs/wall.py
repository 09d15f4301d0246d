"""Mend a lung's wall: what is dense in the lung or at its wall belongs to it; ribs, heart and diaphragm do not."""

from __future__ import annotations

import numpy as np

from pellucid.ct.lungs.air import pieces
from pellucid.ct.lungs.ball import close, grow, shrink, squared_distance
from pellucid.ct.lungs.blocks import MM
from pellucid.ct.lungs.boxes import bounding_box
from pellucid.shapes import Bool

# A ball that is rolled along the wall from outside (Armato and Sensakovic, Acad Radiol 11 (2004): 1011-1021) enters no
# bay narrower than itself. Along the ribs it may be twice as wide as the largest nodule: that wall is bulged outwards,
# and nothing but nodules dents it. Next to heart, aorta and spine it must be small, or they would be filled in.
RIBS_RADIUS_MM = 30.0
MIDDLE_RADIUS_MM = 8.0
LARGEST_NODULE_MM = 30.0  # larger ones are called masses (Fleischner Society, Radiology 246 (2008): 697-722)
SKIN_BLOCKS = 1  # bays are told apart after shrinking by as much, so that small vessels do not join them
# Chosen by us: half a ball is twice as wide as deep, and the ball that rolls across sags into it by up to a third.
FLATTEST = 3.0
# By how much a bay is filled deeper whose core is left after shrinking by so much. A ball of 30 mm radius sags by 2 mm
# into a bay of 22 mm width and by 4 mm into one of 30 mm.
BASES_BLOCKS = ((1, 1.0), (2, 1.5), (3, 2.0), (4, 2.5))


def mend(lung: Bool[np.ndarray, "slice row column"], number: int) -> Bool[np.ndarray, "slice row column"]:
    """Fill the dents of one lung's wall, and what it encloses.

    Args:
        lung: one lung's air, in blocks.
        number: 1 for the right lung, whose ribs lie towards smaller columns, 2 for the left.
    Returns:
        The lung and what is dense in it and at its wall.
    """
    margin = round(RIBS_RADIUS_MM / MM) + 1
    box = bounding_box(lung, 0)
    part = np.pad(lung[box], margin)
    if box[0].start == 0:  # a scan that ends within the lung: it goes on as it was
        part[:margin] = part[margin]
    if box[0].stop == lung.shape[0]:
        part[-margin:] = part[-margin - 1]
    wide = close(part, RIBS_RADIUS_MM / MM)
    small = close(part, MIDDLE_RADIUS_MM / MM)
    bays = wide & _beside_ribs(part, number)
    bays |= (_knobs(wide & ~small & ~bays) | _knobs(wide & ~part)) & wide
    mended = part | small | bays | _bases(bays & ~part)
    whole = np.zeros_like(lung)
    whole[box] = _without_holes(mended)[margin:-margin, margin:-margin, margin:-margin]
    return whole


def _beside_ribs(lung: Bool[np.ndarray, "slice row column"], number: int) -> Bool[np.ndarray, "slice row column"]:
    """Where lung lies towards the body's middle, but not also on all other sides within the slice: along the ribs."""
    higher, lower = _after(lung, 2), np.flip(_after(np.flip(lung, 2), 2), 2)
    towards_middle, towards_ribs = (higher, lower) if number == 1 else (lower, higher)
    behind, in_front = _after(lung, 1), np.flip(_after(np.flip(lung, 1), 1), 1)
    return np.asarray(towards_middle & ~(towards_ribs & behind & in_front))


def _after(mask: Bool[np.ndarray, "slice row column"], axis: int) -> Bool[np.ndarray, "slice row column"]:
    """Where something of the mask lies at the same or a larger index along the axis."""
    return np.flip(np.maximum.accumulate(np.flip(mask, axis), axis=axis), axis)


def _knobs(bays: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """Bays as short in every direction, and as deep, as a nodule; the aorta's and the heart's are long or flat."""
    from scipy import ndimage

    largest = LARGEST_NODULE_MM / MM + 1
    depth = squared_distance(~bays, largest / 2)
    numbers, _ = pieces(depth > SKIN_BLOCKS**2)
    knobs = np.zeros_like(bays)
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        piece = numbers[place] == number
        longest = max(piece.shape) + 2 * SKIN_BLOCKS
        thickness = 2 * float(depth[place][piece].max()) ** 0.5 - 1
        if longest <= min(largest, FLATTEST * thickness):
            knobs[place] |= piece
    return grow(knobs, SKIN_BLOCKS + 1) if knobs.any() else knobs


def _bases(bays: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """The filled bays and a little of the wall below: a ball that rolls across sags into a bay, the more the wider."""
    deeper = bays.copy()
    for radius, depth in BASES_BLOCKS:
        core = shrink(bays, radius)
        if core.any():
            deeper |= grow(core, radius + depth)
    return deeper


def _without_holes(mask: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """The mask and what it encloses on all sides."""
    numbers, count = pieces(~mask)
    open_to = np.zeros(count + 1, bool)
    for axis in range(3):
        ends = np.moveaxis(numbers, axis, 0)
        open_to[ends[0]] = True
        open_to[ends[-1]] = True
    open_to[0] = False
    return np.asarray(~open_to[numbers])
