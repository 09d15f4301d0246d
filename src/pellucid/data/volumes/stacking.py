"""How the slices of one series lie on each other, from their headers alone: in order, at right angles, evenly, whole?

Slices are ordered by where they lie along their common normal (PS3.3 C.7.6.2.1.1), never by file name or number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pellucid.data.volumes.headers import Header
from pellucid.errors import BadInput
from pellucid.shapes import Float

# Chosen by us: 0.001 moves the far end of a 250 mm slice by a quarter of a millimetre.
SAME_DIRECTION = 1e-3
SAME_PLACE_MM = 0.01  # chosen by us: no scanner makes slices as near to each other as this
# Chosen by us: positions are often written to a tenth of a millimetre; a slice and the ends that it is measured by may
# each be off by half of one.
ROUNDED_MM = 0.1
MISSING = 1.9  # chosen by us: of the usual distance; two of them less what rounding takes


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Slices in order, the same place more than once where the series holds them doubled.

    Attributes:
        headers: of each slice, in the order of their heights.
        heights_mm: of each slice along the normal, from the first; doubled slices have the same.
        shifts_rc_mm: how far each slice is moved, within its plane along rows and columns, against the first.
        direction: 3 x 3; unit vectors along which the column, row and slice index grow.
        spacing_rc_mm: between rows, between columns.
    """

    headers: tuple[Header, ...]
    heights_mm: Float[np.ndarray, " slice"]
    shifts_rc_mm: Float[np.ndarray, "slice 2"]
    direction: Float[np.ndarray, "3 3"]
    spacing_rc_mm: tuple[float, float]


def stack(headers: list[Header]) -> Stack:
    """Put slices in the order in which they lie.

    Raises:
        BadInput: slices of several studies, sizes, spacings or directions; slices missing, or only one.
    """
    _check_alike(headers)
    direction = _direction(headers)
    places = np.array([header.position_xyz_mm for header in headers])
    order = np.argsort(places @ direction[:, 2], kind="stable")
    places = places[order] - places[order[0]]
    heights = _joined(places @ direction[:, 2])
    ordered = tuple(headers[number] for number in order)
    _check_acquisitions(heights, ordered)
    _check_whole(heights, ordered)
    spacing = headers[0].spacing_rc_mm or (1.0, 1.0)
    return Stack(ordered, heights, places @ direction[:, [1, 0]], direction, (spacing[0], spacing[1]))


def _check_alike(headers: list[Header]) -> None:
    kinds: dict[str, set[str]] = {
        "studies": {header.study for header in headers},
        "frames of reference (their places cannot be compared)": {header.reference for header in headers},
        "sizes": {f"{header.rows} x {header.columns} pixels" for header in headers},
        "pixel spacings": {str(header.spacing_rc_mm) for header in headers},
    }
    for what, found in kinds.items():
        if len(found) > 1:
            said = ", ".join(sorted(found)[:3])
            raise BadInput(f"its slices are of {len(found)} {what}: {said}; keep those of one kind in the folder")
    for keyword, values in {
        "Image Position": [header.position_xyz_mm for header in headers],
        "Image Orientation": [header.orientation for header in headers],
        "Pixel Spacing": [header.spacing_rc_mm for header in headers],
    }.items():
        if lacking := sum(value is None for value in values):
            raise BadInput(f"{lacking} of its {len(headers)} slices have no {keyword}; export it with its geometry")


def _direction(headers: list[Header]) -> Float[np.ndarray, "3 3"]:
    """Right-handed unit vectors along columns, rows and slices, common to all."""
    stated = np.array([header.orientation for header in headers]).reshape(-1, 2, 3)
    if len(kinds := np.unique(stated.round(2), axis=0)) > 1 and np.ptp(stated, axis=0).max() > SAME_DIRECTION:
        raise BadInput(f"its slices face {len(kinds)} directions; keep those of one direction in the folder")
    if np.ptp(stated, axis=0).max() > SAME_DIRECTION:
        raise BadInput("its slices face slightly different directions; resample it onto one")
    along_columns, along_rows = stated[0]
    lengths = np.linalg.norm(stated[0], axis=1)
    if np.abs(lengths - 1).max() > SAME_DIRECTION or abs(along_columns @ along_rows) > SAME_DIRECTION:
        raise BadInput(f"its Image Orientation {stated[0].ravel().tolist()} is none; export it again")
    along_columns = along_columns / lengths[0]
    along_rows = along_rows - (along_rows @ along_columns) * along_columns
    along_rows = along_rows / np.linalg.norm(along_rows)
    return np.stack([along_columns, along_rows, np.cross(along_columns, along_rows)], axis=1)


def _joined(heights: Float[np.ndarray, " slice"]) -> Float[np.ndarray, " slice"]:
    """Sorted heights, those at the same place given the same number."""
    starts = np.flatnonzero(np.diff(heights, prepend=-np.inf) > SAME_PLACE_MM)
    return np.repeat(heights[starts], np.diff(starts, append=len(heights)))


def usual_gap_mm(heights: Float[np.ndarray, " place"]) -> float:
    """The most frequent distance of neighbouring slices (to a tenth of a millimetre; of several, the least).

    >>> usual_gap_mm(np.array([0.0, 3.0, 6.0, 12.0]))
    3.0
    """
    gaps = np.diff(heights)
    rounded, counts = np.unique(gaps.round(1), return_counts=True)
    return float(np.median(gaps[gaps.round(1) == rounded[counts.argmax()]]))


def _check_whole(heights: Float[np.ndarray, " slice"], headers: tuple[Header, ...]) -> None:
    """Refuse one slice alone, and gaps that a slice would fill.

    Slices are missing where a gap is about twice as wide as usual or more. Some scanners make thicker slices farther
    apart in one part of the patient: where they are thicker, the usual gap is wider in proportion.
    """
    places, first = np.unique(heights, return_index=True)
    if len(places) < 2:
        raise BadInput("it has slices at one place only; at least 2 are needed")
    gaps, usual = np.diff(places), usual_gap_mm(places)
    thickness = np.array([headers[number].thickness_mm or 0.0 for number in first])
    beside = np.maximum(thickness[:-1], thickness[1:])
    ordinary = float(np.median(beside[np.abs(gaps - usual) < 0.1])) if beside.min() > 0 else 0.0
    expected = usual * np.maximum(1.0, beside / ordinary) if ordinary else np.full(len(gaps), usual)
    holes = np.flatnonzero(gaps >= MISSING * expected)
    if len(holes):
        below = headers[first[holes[0]]].position_xyz_mm
        missing = int(sum(round(gap / usual) - 1 for gap in gaps[holes]))
        raise BadInput(
            f"slices are missing: about {missing}, at {len(holes)} places, the first after the slice at {below} mm "
            f"(a gap of {gaps[holes[0]]:.2f} mm, where {usual:.2f} mm is usual); copy the series again, whole"
        )


def _check_acquisitions(heights: Float[np.ndarray, " slice"], headers: tuple[Header, ...]) -> None:
    """Refuse acquisitions that reach into each other: they are several scans, at other moments or doses."""
    names = sorted({header.acquisition for header in headers})
    ranges = []
    for name in names:
        own = heights[[header.acquisition == name for header in headers]]
        ranges.append((float(own.min()), float(own.max()), name))
    for (_, high, one), (low, _, other) in pairwise(sorted(ranges)):
        if low <= high:
            raise BadInput(
                f"it holds {len(names)} acquisitions that lie in one another (such as number {one or 'none'} and "
                f"number {other or 'none'}); keep one of them in the folder"
            )


def is_even(places: Float[np.ndarray, " place"]) -> bool:
    """Whether the places lie on an even grid from the first to the last, to what rounding does.

    >>> is_even(np.array([0.0, 0.6, 1.3, 1.9])), is_even(np.array([0.0, 1.0, 2.5]))
    (True, False)
    """
    off = np.abs(places - np.linspace(places[0], places[-1], len(places))).max()
    return bool(off <= max(ROUNDED_MM, 0.02 * usual_gap_mm(places)))
