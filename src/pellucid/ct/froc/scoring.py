"""Marks and truth in, LUNA16's figures out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pellucid.ct.froc.curve import corners, count, rank, sensitivities
from pellucid.ct.froc.figures import Score, at_threshold
from pellucid.ct.froc.matching import MARKS_PER_SCAN, Matched, match
from pellucid.ct.froc.resampling import check_resamples, draw_intervals
from pellucid.ct.froc.tables import read_places, refuse_twice
from pellucid.ct.froc.truth import Truth, check_scans, read_truth
from pellucid.errors import BadInput


def score(marks: Path, truth: Path, *, bootstrap: int = 0, seed: int = 0, threshold: float | None = None) -> Score:
    """Score marks on scans as the LUNA16 challenge does.

    The rules, in the order in which they work:
    1. Only scans in seriesuids.csv count, and all of them do: one without marks or nodules still divides the false
       positives.
    2. A scan with more than 100 marks keeps those above its 101st highest probability (what ties with that one goes).
    3. A mark hits a finding if it is less than half a diameter from its centre. An excluded finding of diameter -1
       (below 3 mm, no nodule, or marked by too few readers) is taken as 10 mm wide.
    4. A nodule that is hit is found, at the highest probability of its marks; its other marks are left out.
    5. A mark on an excluded finding and on no nodule is left out. All other marks are false positives.
    6. Going down the probabilities, each point of the curve has the false positives a scan and the share of nodules
       found by then. A nodule that no mark hits is never found, so the curve may end below 1.
    7. Sensitivities are read at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives a scan, by straight lines between points.

    Args:
        marks: a CSV table with seriesuid, coordX, coordY, coordZ (mm in the patient) and probability (on any scale).
        truth: a folder with annotations.csv and annotations_excluded.csv (diameter_mm instead of the probability), and
            seriesuids.csv.
        bootstrap: resamples of the scans for 95% intervals, 100 or more; 0 for none.
        seed: of the resamples.
        threshold: also count what the marks of this probability and more find.
    Raises:
        BadInput: a file or column is missing, a number is none, a mark or nodule stands there twice, a mark lies in a
            scan that seriesuids.csv does not name, there is no nodule to find, or the bootstrap cannot be done.
    Source: Setio et al. 2017, Medical Image Analysis 42:1-13 (LUNA16), and the challenge's evaluation script.

    >>> from tempfile import TemporaryDirectory
    >>> places, nodule = "seriesuid,coordX,coordY,coordZ,", "scan,-40,10,-180,"
    >>> with TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     for file, text in {
    ...         "annotations.csv": f"{places}diameter_mm\\n{nodule}8\\n",
    ...         "annotations_excluded.csv": f"{places}diameter_mm\\n",
    ...         "seriesuids.csv": "scan\\nanother\\n",
    ...         "marks.csv": f"{places}probability\\n{nodule}0.9\\nanother,0,0,0,0.95\\n",
    ...     }.items():
    ...         _ = (folder / file).write_text(text)
    ...     found = score(folder / "marks.csv", folder)
    >>> found.sensitivity  # the false mark comes first: nothing is found before half a false positive a scan
    (0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    """
    known, placed = read_truth(truth), read_places(marks, "probability")
    refuse_twice(placed, "mark")
    check_scans(placed, known.seriesuids)
    scans = len(known.seriesuids)
    check_resamples(bootstrap, scans)
    matched = match(known.seriesuids, placed, known.nodules, known.excluded)
    if not matched.nodules.any():
        raise BadInput(f"{truth} holds no nodule in the {scans} scans of seriesuids.csv: without one, no sensitivity.")
    ranked, once = rank(matched), np.ones(scans, np.int64)
    found = sensitivities(ranked, once)
    false_marks, hits = corners(*count(ranked, once))
    counts = int(matched.found.sum()), int(matched.nodules.sum())
    return Score(
        sensitivity=tuple(found.tolist()),
        cpm=float(found.mean()),
        true_positives=counts[0],
        false_positives=len(matched.found) - counts[0],
        false_negatives=counts[1] - counts[0],
        candidates=matched.candidates,
        nodules=counts[1],
        ignored_on_excluded=matched.ignored_on_excluded,
        ignored_double=matched.ignored_double,
        scans=scans,
        curve_fp_per_scan=false_marks / scans,
        curve_sensitivity=hits / counts[1],
        intervals=draw_intervals(ranked, resamples=bootstrap, seed=seed) if bootstrap else None,
        told=tuple(_told(known, matched)),
        at=None if threshold is None else at_threshold(matched, threshold),
    )


def _told(known: Truth, matched: Matched) -> list[str]:
    told = []
    outside = len(known.nodules.seriesuids) - int(matched.nodules.sum())
    if outside:
        told.append(f"{outside:,} nodules lie in scans that seriesuids.csv does not name: they do not count.")
    if matched.tied:
        told.append(
            f"{matched.tied:,} scans have marks whose probability ties with the {MARKS_PER_SCAN + 1}st highest: "
            f"by LUNA16's rule all of these were left out, so fewer than {MARKS_PER_SCAN} count there."
        )
    return told
