"""Right and left: which air is of which lung, parted where the two touch."""

from __future__ import annotations

import numpy as np

from pellucid.ct.lungs.air import pieces
from pellucid.ct.lungs.ball import shrink, squared_distance
from pellucid.ct.lungs.blocks import MM
from pellucid.shapes import Bool, Int, UInt8

APART_MM = 60.0  # chosen by us: the middles of two lungs are at least this far apart (a lung is 80 to 120 mm wide)
WIDEST_CONTACT_MM = 32.0  # chosen by us: twice as far as lungs usually touch in front, from front to back
SMALLER_SHARE = 0.1  # chosen by us: a lung with less than a tenth of the air is not parted from the other
BOTH_SHARE = 0.3  # chosen by us: a piece with this much on each side of the body is both lungs


def part_sides(lung: Bool[np.ndarray, "slice row column"], middle: float) -> UInt8[np.ndarray, "slice row column"]:
    """1 in the patient's right lung, 2 in the left, 0 elsewhere.

    Args:
        lung: air of the lungs, in blocks.
        middle: column of the body's middle.
    """
    numbers, count = pieces(lung)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = [int(number) for number in np.argsort(-sizes)[:count]]
    columns = np.arange(lung.shape[2])
    per_column = {number: (numbers == number).sum(axis=(0, 1)) for number in kept}
    centres = {number: float(per_column[number] @ columns) / sizes[number] for number in kept}
    middle = _between(kept, centres, sizes, middle)
    side = np.zeros(lung.shape, np.uint8)
    for number in kept:
        piece = numbers == number
        on_left = per_column[number][columns > middle].sum() / sizes[number]
        if SMALLER_SHARE < on_left < 1 - SMALLER_SHARE:
            side[piece] = _parted(piece, middle, on_left)[piece]
        else:
            side[piece] = 1 if centres[number] <= middle else 2
    return side


def _between(kept: list[int], centres: dict[int, float], sizes: Int[np.ndarray, " piece"], middle: float) -> float:
    """The body's middle; where two lungs lie on one side of it (the body may be cut off), the column between them."""
    if not kept:
        return middle
    large = [centres[number] for number in kept if sizes[number] >= SMALLER_SHARE * sizes[kept[0]]]
    low, high = min(large), max(large)
    return middle if low <= middle <= high or (high - low) * MM < APART_MM else (low + high) / 2


def _parted(
    piece: Bool[np.ndarray, "slice row column"], middle: float, on_left: float
) -> UInt8[np.ndarray, "slice row column"]:
    """One piece of air as right and left: cut where it is thinnest, else at the middle, else all on its larger side."""
    for radius in range(1, round(WIDEST_CONTACT_MM / 2 / MM) + 1):
        seeds = _two_seeds(shrink(piece, radius), int(piece.sum()))
        if seeds is not None:
            reach = radius + 6  # chosen by us: 12 mm beyond what was shrunk away
            to_right, to_left = (squared_distance(seed, reach) for seed in seeds)
            columns = np.arange(piece.shape[2])
            nearer_left = (to_left < to_right) | ((to_left == to_right) & (columns > middle))
            return np.where(nearer_left, 2, 1).astype(np.uint8)
    if BOTH_SHARE < on_left < 1 - BOTH_SHARE:
        return np.broadcast_to(np.where(np.arange(piece.shape[2]) > middle, 2, 1), piece.shape).astype(np.uint8)
    return np.full(piece.shape, 2 if on_left > 0.5 else 1, np.uint8)


def _two_seeds(
    cores: Bool[np.ndarray, "slice row column"], whole: int
) -> tuple[Bool[np.ndarray, "slice row column"], Bool[np.ndarray, "slice row column"]] | None:
    """The right and the left core, if what is left of a piece falls apart side by side."""
    numbers, count = pieces(cores)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    sizes[0] = 0
    large = [number for number in np.argsort(-sizes) if sizes[number] >= SMALLER_SHARE / 2 * whole]
    if len(large) < 2:
        return None
    columns = np.arange(cores.shape[2])
    centres = [float((numbers == number).sum(axis=(0, 1)) @ columns) / sizes[number] for number in large]
    if (max(centres) - min(centres)) * MM < APART_MM:
        return None
    between = (max(centres) + min(centres)) / 2
    right = [number for number, centre in zip(large, centres, strict=True) if centre <= between]
    left = [number for number, centre in zip(large, centres, strict=True) if centre > between]
    return np.isin(numbers, right), np.isin(numbers, left)
