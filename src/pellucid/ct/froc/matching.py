"""Which marks hit a nodule, which count for nothing, and which are false: LUNA16's rules, scan by scan."""

from dataclasses import dataclass

import numpy as np

from pellucid.ct.froc.tables import PlaceTable
from pellucid.shapes import Bool, Float, Int64

MARKS_PER_SCAN = 100
"""More marks than this on a scan are not looked at: LUNA16's evaluation script."""
DIAMETER_IF_UNKNOWN_MM = 10.0
"""Excluded findings without a diameter are written as -1; LUNA16's evaluation script takes them as 10 mm wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What the curve is drawn from, and what was left out of it.

    Attributes:
        scan: of each found nodule and each false mark, the number of its scan.
        probability: of the found nodule's highest mark, or of the false mark.
        found: True for a found nodule, False for a false mark.
        nodules: how many each scan has, found or not.
        candidates: marks that were looked at.
        ignored_on_excluded: marks on excluded findings alone.
        ignored_double: further marks on a nodule that has one already.
        tied: scans that lost more marks than the limit asks, because some tie with the first one beyond it.
    """

    scan: Int64[np.ndarray, "entry"]
    probability: Float[np.ndarray, "entry"]
    found: Bool[np.ndarray, "entry"]
    nodules: Int64[np.ndarray, "scan"]
    candidates: int
    ignored_on_excluded: int
    ignored_double: int
    tied: int


def match(seriesuids: list[str], marks: PlaceTable, nodules: PlaceTable, excluded: PlaceTable) -> Matched:
    """Compare marks with the truth.

    A mark hits what it is less than half a diameter away from. Of several hits the highest probability stands for the
    nodule. A mark within two overlapping nodules finds both.

    Args:
        seriesuids: the scans that count; rows of other scans are passed over.
        marks: with their probability; any scale, higher is surer.
        nodules, excluded: with their diameter, mm.
    """
    rows_of = [_rows_by_scan(table) for table in (marks, nodules, excluded)]
    scans: list[int] = []
    probabilities: list[float] = []
    found: list[bool] = []
    candidates = on_excluded = double = tied = 0
    for number, seriesuid in enumerate(seriesuids):
        own, true, other = (rows.get(seriesuid, []) for rows in rows_of)
        kept = highest(marks.number[own])
        tied += len(kept) < min(len(own), MARKS_PER_SCAN)
        xyz_mm, probability = marks.xyz_mm[own][kept], marks.number[own][kept]
        hits = _hits(xyz_mm, nodules.xyz_mm[true], nodules.number[true])
        on_nodule = hits.any(0)
        beside = _hits(xyz_mm, excluded.xyz_mm[other], excluded.number[other]).any(0) & ~on_nodule
        highest_hits = [float(probability[hit].max()) for hit in hits if hit.any()]
        false_marks = probability[~on_nodule & ~beside].tolist()
        candidates += len(kept)
        on_excluded += int(beside.sum())
        double += int(hits.sum()) - len(highest_hits)
        probabilities += highest_hits + false_marks
        found += [True] * len(highest_hits) + [False] * len(false_marks)
        scans += [number] * (len(highest_hits) + len(false_marks))
    counts = np.array([len(rows_of[1].get(seriesuid, [])) for seriesuid in seriesuids], np.int64)
    entries = np.array(scans, np.int64), np.array(probabilities, float), np.array(found, bool)
    return Matched(*entries, counts, candidates, on_excluded, double, tied)


def highest(probability: Float[np.ndarray, "mark"]) -> Int64[np.ndarray, "kept"]:
    """The marks of one scan that are looked at: all of 100 or fewer; else those above the 101st highest.

    >>> highest(np.array([0.2, 0.9, 0.4]))
    array([0, 1, 2])
    >>> len(highest(np.linspace(0, 1, 150))), len(highest(np.ones(150)))
    (100, 0)
    """
    if len(probability) <= MARKS_PER_SCAN:
        return np.arange(len(probability))
    first_beyond = np.sort(probability)[-1 - MARKS_PER_SCAN]
    return np.flatnonzero(probability > first_beyond)


def _hits(
    marks_xyz_mm: Float[np.ndarray, "mark 3"],
    centres_xyz_mm: Float[np.ndarray, "finding 3"],
    diameters_mm: Float[np.ndarray, "finding"],
) -> Bool[np.ndarray, "finding mark"]:
    radii_mm = np.where(diameters_mm < 0, DIAMETER_IF_UNKNOWN_MM, diameters_mm) / 2
    apart = centres_xyz_mm[:, None] - marks_xyz_mm
    return np.asarray((apart * apart).sum(-1) < (radii_mm * radii_mm)[:, None])


def _rows_by_scan(table: PlaceTable) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for number, seriesuid in enumerate(table.seriesuids):
        rows.setdefault(seriesuid, []).append(number)
    return rows
