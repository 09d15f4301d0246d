"""Slices as they were made -> a right-angled, even volume: doubled ones dropped, tilt and uneven spacing resampled."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from pellucid.data.volumes.frame import Frame
from pellucid.data.volumes.stacking import Stack, is_even, usual_gap_mm
from pellucid.data.volumes.units import AIR_HU, check_voxels
from pellucid.errors import BadInput
from pellucid.shapes import Float, Int16

# Chosen by us: slices that drift by less than a tenth of a pixel from first to last are not moved; it would only blur.
STRAIGHT = 0.1
TILT_TOLD_DEG = 1.0  # chosen by us: a stated tilt that differs by less is the same
THIN = 2.0  # chosen by us: slices twice as far apart as they are thick leave half of the lung unseen


def evened(
    voxels: Int16[np.ndarray, "slice row column"], stack: Stack
) -> tuple[Int16[np.ndarray, "even wider_row wider_column"], Frame, tuple[str, ...]]:
    """The volume on right-angled, even axes, its frame, and what was done to make it so.

    Raises:
        BadInput: two slices at one place that differ.
    """
    voxels, heights, shifts, told = _once(voxels, stack)
    told += told_of_headers(stack)
    spacing = np.array(stack.spacing_rc_mm)
    origin = np.array(stack.headers[0].position_xyz_mm)
    if not _lie_straight(shifts, stack):
        least = shifts.min(axis=0)
        voxels = _straightened(voxels, shifts / spacing)
        origin = origin + stack.direction[:, [1, 0]] @ least
    gap = float(heights[-1] / (len(heights) - 1))
    if not is_even(heights):
        voxels, gap, sentence = _spread(voxels, heights)
        told += (sentence,)
    return voxels, Frame(origin, np.array([spacing[1], spacing[0], gap]), stack.direction), told


def _once(
    voxels: Int16[np.ndarray, "slice row column"], stack: Stack
) -> tuple[
    Int16[np.ndarray, "place row column"], Float[np.ndarray, " place"], Float[np.ndarray, "place 2"], tuple[str, ...]
]:
    """Each place once, with the height and the shift of each."""
    heights, headers = stack.heights_mm, stack.headers
    keep = np.diff(heights, prepend=-np.inf) > 0
    for number in np.flatnonzero(~keep):
        moved = np.abs(stack.shifts_rc_mm[number] - stack.shifts_rc_mm[number - 1]).max()
        if moved > STRAIGHT * min(stack.spacing_rc_mm) or not np.array_equal(voxels[number], voxels[number - 1]):
            kinds = sorted({header.acquisition for header in headers} - {""})
            several = f"; its acquisitions are {', '.join(kinds[:6])}" if len(kinds) > 1 else ""
            raise BadInput(
                f"Two slices lie at the same place and differ: {headers[number - 1]} and {headers[number]} "
                f"({headers[number].position_xyz_mm} mm){several}. Keep one acquisition in the folder."
            )
    doubled = int(len(keep) - keep.sum())
    if not doubled:
        return voxels, heights, stack.shifts_rc_mm, ()
    told = (f"{doubled} slices stood in the series twice, with the same pixels; each is used once.",)
    return voxels[keep], heights[keep], stack.shifts_rc_mm[keep], told


def told_of_headers(stack: Stack) -> tuple[str, ...]:
    """What is told of a scan before its pixels are read: what lies between slices unseen, and a tilted gantry.

    Args:
        stack: of the series; doubled slices may be in it.
    Returns:
        Sentences; none where nothing is to be told.
    """
    told = []
    heights, first = np.unique(stack.heights_mm, return_index=True)
    shifts = stack.shifts_rc_mm[first]
    thickest = max((header.thickness_mm or 0.0 for header in stack.headers), default=0.0)
    if thickest and usual_gap_mm(heights) >= THIN * thickest:
        told.append(
            f"Slices {thickest:g} mm thick lie {usual_gap_mm(heights):.2f} mm apart: what is between them was not seen."
        )
    stated = stack.headers[0].tilt_deg
    shown = tilt_deg(heights, shifts)
    if stated is not None and all(abs(abs(stated) - angle) > TILT_TOLD_DEG for angle in (shown, _leaning_deg(stack))):
        told.append(
            f"The header states a gantry tilt of {stated:g} degrees, the slices' positions show {shown:.1f}: positions "
            "count."
        )
    if not _lie_straight(shifts, stack):
        told.append(_tilt_sentence(heights, shifts))
    return tuple(told)


def _lie_straight(shifts: Float[np.ndarray, "place 2"], stack: Stack) -> bool:
    """Whether no slice needs to be moved to lie above the first."""
    return bool(np.abs(shifts / np.array(stack.spacing_rc_mm)).max() <= STRAIGHT)


def _leaning_deg(stack: Stack) -> float:
    """Angle between the slices and the nearest of the patient's planes: slices may lean and lie straight, too."""
    return float(np.degrees(np.arccos(min(1.0, np.abs(stack.direction[:, 2]).max()))))


def tilt_deg(heights: Float[np.ndarray, " place"], shifts: Float[np.ndarray, "place 2"]) -> float:
    """Angle between the slices' normal and the line from the first slice's corner to the last's.

    >>> round(tilt_deg(np.array([0.0, 10.0]), np.array([[0.0, 0.0], [10.0, 0.0]])), 6)
    45.0
    """
    return float(np.degrees(np.arctan2(np.linalg.norm(shifts[-1]), heights[-1])))


def _tilt_sentence(heights: Float[np.ndarray, " place"], shifts: Float[np.ndarray, "place 2"]) -> str:
    on_line = np.outer(heights / heights[-1], shifts[-1])
    if np.abs(shifts - on_line).max() > 1.0:  # chosen by us: a millimetre off the line is no rounding
        return "The slices do not lie straight above each other: each is moved to its place, interpolating linearly."
    return (
        f"The gantry was tilted by {tilt_deg(heights, shifts):.1f} degrees: the slices are resampled onto right-angled "
        "axes, interpolating linearly."
    )


def _straightened(
    voxels: Int16[np.ndarray, "place row column"], shifts: Float[np.ndarray, "place 2"]
) -> Int16[np.ndarray, "place wider_row wider_column"]:
    """Each slice moved within its plane, on a canvas wide enough for all; what no slice covers is air.

    Args:
        shifts: of each slice, in rows and columns (not mm).
    """
    from scipy import ndimage

    moved = shifts - shifts.min(axis=0)
    size = np.array(voxels.shape[1:]) + np.ceil(moved.max(axis=0) - 1e-6).astype(int)
    check_voxels((len(voxels), *size.tolist()), "The scan, straightened,")
    result = np.full((len(voxels), *size), AIR_HU, np.int16)
    for plane, place, by in zip(voxels, result, moved, strict=True):
        values = ndimage.affine_transform(
            plane.astype(np.float32), np.ones(2), -by, tuple(size), order=1, mode="constant", cval=AIR_HU
        )
        place[:] = np.floor(values + 0.5)
    return result


def _spread(
    voxels: Int16[np.ndarray, "place row column"], heights: Float[np.ndarray, " place"]
) -> tuple[Int16[np.ndarray, "even row column"], float, str]:
    """Evenly spaced slices from the first to the last, each between its two neighbours; their distance; a sentence."""
    count = max(2, round(float(heights[-1]) / usual_gap_mm(heights)) + 1)
    check_voxels((count, *voxels.shape[1:]), "The scan, evenly spaced,")
    even = np.linspace(0.0, float(heights[-1]), count)
    after = np.clip(np.searchsorted(heights, even, side="right"), 1, len(heights) - 1)
    result = np.empty((count, *voxels.shape[1:]), np.int16)
    for place, height, upper in zip(result, even, after, strict=True):
        share = np.float32((height - heights[upper - 1]) / (heights[upper] - heights[upper - 1]))
        below, above = voxels[upper - 1].astype(np.float32), voxels[upper].astype(np.float32)
        place[:] = np.floor(below + share * (above - below) + np.float32(0.5))
    gaps = [f"{gap:.2f}" for gap in sorted({round(high - low, 2) for low, high in pairwise(heights.tolist())})]
    shown = ", ".join(gaps) if len(gaps) <= 4 else f"{gaps[0]} to {gaps[-1]}"
    sentence = (
        f"The slices lie unevenly ({shown} mm apart): resampled to {even[1]:.2f} mm, interpolating linearly between "
        "neighbours."
    )
    return result, float(even[1]), sentence
