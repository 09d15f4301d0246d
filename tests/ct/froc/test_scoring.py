"""LUNA16's figures: on its own files, on cases worked out by hand, and on a slow retelling of its rules."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from pellucid.ct.froc import score

PLACE = "seriesuid,coordX,coordY,coordZ"


@pytest.fixture
def scored(tmp_path):
    """Score rows of (seriesuid, x, y, z, probability or diameter)."""

    def run(marks, nodules, excluded=(), scans=("a", "b", "c", "d"), **asked):
        tables = {"marks": marks, "annotations": nodules, "annotations_excluded": excluded}
        for name, rows in tables.items():
            heading = f"{PLACE},{'probability' if name == 'marks' else 'diameter_mm'}"
            lines = [heading, *(",".join(map(repr_or_text, row)) for row in rows)]
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
        (tmp_path / "seriesuids.csv").write_text("\n".join(scans) + "\n")
        return score(tmp_path / "marks.csv", tmp_path, **asked)

    return run


def repr_or_text(cell):
    return cell if isinstance(cell, str) else repr(cell)


def test_a_curve_worked_out_by_hand(scored):
    nodules = [("a", 0, 0, 0, 10), ("a", 50, 0, 0, 10), ("b", 0, 0, 0, 10), ("c", 0, 0, 0, 10)]
    marks = [
        ("a", 1, 0, 0, 0.9),  # 1 of 4 found, no false mark
        ("b", 99, 0, 0, 0.8),  # 1 false mark in 4 scans: 0.25 a scan
        ("b", 0, 1, 0, 0.7),  # 2 of 4 found
        ("d", 0, 0, 0, 0.6),  # 0.5 a scan
        ("c", 30, 0, 0, 0.5),  # 0.75 a scan
        ("c", 0, 0, 1, 0.4),  # 3 of 4 found; the nodule at x = 50 never is
    ]
    found = scored(marks, nodules)
    assert found.curve_fp_per_scan.tolist() == [0, 0, 0.25, 0.25, 0.75, 0.75]
    assert found.curve_sensitivity.tolist() == [0, 0.25, 0.25, 0.5, 0.5, 0.75]
    assert found.sensitivity == (0.25, 0.5, 0.5, 0.75, 0.75, 0.75, 0.75)
    assert found.cpm == pytest.approx((0.25 + 2 * 0.5 + 4 * 0.75) / 7)
    assert (found.true_positives, found.false_positives, found.false_negatives, found.nodules) == (3, 3, 1, 4)


def test_at_a_threshold_the_marks_that_reach_it_are_counted(scored):
    nodules = [("a", 0, 0, 0, 10), ("b", 0, 0, 0, 10)]
    marks = [("a", 0, 0, 0, 0.9), ("b", 99, 0, 0, 0.5), ("d", 0, 0, 0, 0.4), ("b", 0, 0, 0, 0.4), ("c", 9, 0, 0, 0.3)]
    at = [scored(marks, nodules, threshold=one).as_dict()["at_threshold"] for one in (0.95, 0.5, 0.4)]
    assert [(one["found"], one["false_positives"]) for one in at] == [(0, 0), (1, 1), (2, 2)]
    assert [(one["sensitivity"], one["fp_per_scan"]) for one in at] == [(0, 0), (0.5, 0.25), (1, 0.5)]
    said = "Marks of probability 0.5 and more: 1 found (0.500), 0.25 false ones a scan."
    assert said in scored(marks, nodules, threshold=0.5).lines()
    assert "at_threshold" not in scored(marks, nodules).as_dict()


def test_between_points_the_curve_is_a_straight_line(scored):
    marks = [("a", 0, 0, 0, 0.9), *((scan, 99, 0, 0, 0.5) for scan in "abcd"), ("b", 0, 0, 0, 0.5)]
    found = scored(marks, [("a", 0, 0, 0, 10), ("b", 0, 0, 0, 10)])  # from 0, 0.5 straight to 1, 1
    assert found.sensitivity[:4] == (0.5 + 0.125 / 2, 0.5 + 0.25 / 2, 0.5 + 0.5 / 2, 1.0)


def test_a_mark_on_the_rim_does_not_hit_and_one_just_within_does(scored):
    assert scored([("a", 5.0, 0, 0, 0.9)], [("a", 0, 0, 0, 10)]).true_positives == 0
    assert scored([("a", 4.999, 0, 0, 0.9)], [("a", 0, 0, 0, 10)]).true_positives == 1
    assert scored([("a", 3, 3, 3, 0.9)], [("a", 0, 0, 0, 10)]).true_positives == 0  # 5.2 mm away along the diagonal


def test_the_highest_of_several_marks_stands_for_the_nodule(scored):
    marks = [("a", 0, 0, 0, 0.2), ("b", 9, 9, 9, 0.5), ("a", 1, 0, 0, 0.9), ("a", 2, 0, 0, 0.4)]
    found = scored(marks, [("a", 0, 0, 0, 10)])
    assert (found.ignored_double, found.false_positives, found.candidates) == (2, 1, 4)
    assert found.curve_sensitivity.tolist() == [0, 1, 1]  # found at 0.9, before the false mark at 0.5


def test_marks_on_excluded_findings_are_left_out_and_those_without_diameter_are_ten_mm_wide(scored):
    excluded = [("a", 0, 0, 0, -1), ("a", 0, 0, 0, -1), ("b", 0, 0, 0, 4)]
    marks = [("a", 4.9, 0, 0, 0.9), ("a", 5.1, 0, 0, 0.8), ("b", 1.9, 0, 0, 0.7), ("b", 2.1, 0, 0, 0.6)]
    found = scored(marks, [("c", 0, 0, 0, 8)], excluded)
    assert (found.ignored_on_excluded, found.false_positives, found.nodules) == (2, 2, 1)


def test_a_mark_on_a_nodule_and_an_excluded_finding_counts_as_found(scored):
    found = scored([("a", 0, 0, 0, 0.9)], [("a", 1, 0, 0, 8)], [("a", 0, 0, 0, 8)])
    assert (found.true_positives, found.ignored_on_excluded) == (1, 0)


def test_a_mark_within_two_nodules_finds_both(scored):
    found = scored([("a", 0, 0, 0, 0.9)], [("a", 1, 0, 0, 8), ("a", -1, 0, 0, 8)])
    assert (found.true_positives, found.ignored_double) == (2, 0)


def test_a_hundred_marks_of_a_scan_are_looked_at_and_ties_with_the_next_go(scored):
    marks = [("a", 100 + at, 0, 0, 1 - at / 1000) for at in range(100)]
    nodule = [("a", 0, 0, 0, 8)]
    assert scored([*marks, ("a", 0, 0, 0, 0.1)], nodule).true_positives == 0  # the 101st
    assert scored([*marks[:99], ("a", 0, 0, 0, 0.1)], nodule).true_positives == 1  # the 100th
    tied = scored([*marks[:99], ("a", 0, 0, 0, 0.1), ("a", 1, 0, 0, 0.1)], nodule)
    assert (tied.candidates, tied.true_positives) == (99, 0)
    assert "1 scans have marks whose probability ties" in tied.told[0]


def test_only_scans_that_are_listed_count_and_nodules_elsewhere_are_told(scored):
    found = scored([("a", 0, 0, 0, 0.9)], [("a", 0, 0, 0, 8), ("elsewhere", 0, 0, 0, 8)])
    assert found.nodules == 1
    assert found.told == ("1 nodules lie in scans that seriesuids.csv does not name: they do not count.",)


def test_no_marks_at_all_find_nothing(scored):
    found = scored([], [("a", 0, 0, 0, 8)], bootstrap=100)
    assert found.sensitivity == (0,) * 7
    assert (found.cpm, found.false_negatives, found.candidates) == (0, 1, 0)
    assert found.intervals.cpm == (0, 0)


def test_scores_on_any_scale_rank_alike(scored):
    marks = [("a", 0, 0, 0, -3.0), ("b", 9, 0, 0, 250.0), ("c", 0, 0, 0, -7.5), ("d", 5, 0, 0, -5.0)]
    nodules = [("a", 0, 0, 0, 8), ("c", 0, 0, 0, 8)]
    by_logit = scored(marks, nodules)
    by_probability = scored([(*row[:4], 1 / (1 + np.exp(-row[4] / 100)).item()) for row in marks], nodules)
    assert by_logit.sensitivity == by_probability.sensitivity == (0, 0.5, 1, 1, 1, 1, 1)


def drawn_study(seed):
    """Scans with nodules, excluded findings and marks near and far, at few different probabilities (ties)."""
    draw = np.random.default_rng(seed)
    scans = [f"scan {number}" for number in range(30)]

    def places(most):
        return [(scan, *draw.uniform(0, 30, 3).tolist()) for scan in scans for _ in range(draw.integers(most + 1))]

    nodules = [(*place, draw.uniform(4, 20)) for place in places(4)]
    excluded = [(*place, draw.choice([-1.0, 3.0, 12.0]).item()) for place in places(5)]
    marks = [(*place, draw.integers(50).item() / 50 + 0.01) for place in places(150)]
    return scans, nodules, excluded, list(dict.fromkeys(marks))


def told_slowly(scans, nodules, excluded, marks):
    """The same rules row by row, with scikit-learn's ROC curve."""
    labels, probabilities, missed, double, beside, candidates = [], [], 0, 0, 0, 0
    for scan in scans:
        own = [row for row in marks if row[0] == scan]
        if len(own) > 100:
            beyond = sorted((row[4] for row in own), reverse=True)[100]
            own = [row for row in own if row[4] > beyond]
        candidates += len(own)
        free = set(own)
        for nodule in (row for row in nodules if row[0] == scan):
            hits = [row for row in own if np.linalg.norm(np.subtract(row[1:4], nodule[1:4])) < nodule[4] / 2]
            free -= set(hits)
            double += max(0, len(hits) - 1)
            missed += not hits
            if hits:
                labels.append(1)
                probabilities.append(max(row[4] for row in hits))
        for other in (row for row in excluded if row[0] == scan):
            radius = 5 if other[4] < 0 else other[4] / 2
            hits = {row for row in free if np.linalg.norm(np.subtract(row[1:4], other[1:4])) < radius}
            beside += len(hits)
            free -= hits
        labels += [0] * len(free)
        probabilities += [row[4] for row in free]
    found, false_marks = sum(labels), len(labels) - sum(labels)
    fpr, tpr, _ = roc_curve(labels, probabilities)
    fps, sensitivity = fpr * false_marks / len(scans), tpr * found / (found + missed)
    counts = (found, false_marks, missed, candidates, beside, double, len(fps))
    return counts, np.interp([0.125, 0.25, 0.5, 1, 2, 4, 8], fps, sensitivity), fps, sensitivity


@pytest.mark.parametrize("seed", range(4))
def test_the_rules_told_slowly_and_scikit_learn_give_the_same(scored, seed):
    scans, nodules, excluded, marks = drawn_study(seed)
    counts, sensitivity, curve_fps, curve = told_slowly(scans, nodules, excluded, marks)
    found = scored(marks, nodules, excluded, scans)
    ours = found.as_dict()
    names = ("true_positives", "false_positives", "false_negatives", "candidates", "ignored_on_excluded")
    assert (*(ours[name] for name in names), found.ignored_double, ours["curve_points"]) == counts
    assert min(counts) > 0
    np.testing.assert_allclose(found.sensitivity, sensitivity, atol=1e-12)
    np.testing.assert_allclose(found.curve_fp_per_scan, curve_fps, atol=1e-12)
    np.testing.assert_allclose(found.curve_sensitivity, curve, atol=1e-12)


def test_the_dictionary_is_plain_json_and_the_lines_say_the_same(scored):
    found = scored([("a", 0, 0, 0, 0.9)], [("a", 0, 0, 0, 8), ("b", 0, 0, 0, 8)], bootstrap=100, seed=3)
    told = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert told["sensitivity"] == dict.fromkeys(["0.125", "0.25", "0.5", "1", "2", "4", "8"], 0.5)
    low, high = found.intervals.cpm
    assert told["intervals"]["cpm"] == {"low": low, "high": high}
    assert (told["intervals"]["resamples"], told["intervals"]["seed"]) == (100, 3)
    lines = found.lines()
    assert lines[8].split() == ["CPM,", "their", "mean", "0.500", f"({low:.3f}", "to", f"{high:.3f})"]
    assert "4 scans, 2 nodules: 1 found, 1 missed" in lines[9]


LUNA = Path(os.environ.get("PELLUCID_DATA", ""), "ct", "luna16")


@pytest.fixture
def luna():
    if not (LUNA / "expected_froc.json").is_file():
        pytest.skip("ct/luna16/expected_froc.json is missing: set PELLUCID_DATA to the folder that holds ct/luna16")
    return LUNA


@pytest.mark.realdata
def test_on_luna16_every_figure_is_that_of_its_own_script(luna):
    expected = json.loads((luna / "expected_froc.json").read_text())
    ours = score(luna / "detections.csv", luna).as_dict()
    assert set(ours) == set(expected) - {"source"}
    ours["sensitivity"] = list(ours["sensitivity"].values())
    for name, value in ours.items():
        np.testing.assert_allclose(value, expected[name], atol=1e-6, rtol=0, err_msg=name)


@pytest.mark.slow
@pytest.mark.realdata
def test_on_luna16_neither_the_order_of_rows_nor_spaces_matter(luna, tmp_path):
    with (luna / "detections.csv").open(newline="") as file:
        heading, *rows = csv.reader(file)
    order = np.random.default_rng(0).permutation(len(rows))
    lines = [" , ".join(heading), "", *(" , ".join(rows[number]) for number in order)]
    (tmp_path / "marks.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n")
    assert score(tmp_path / "marks.csv", luna).as_dict() == score(luna / "detections.csv", luna).as_dict()
