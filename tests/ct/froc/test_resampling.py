"""Intervals by resampling scans: against the binomial law, against scans drawn and scored one set after another."""

import numpy as np
import pytest

from pellucid.ct.froc.curve import FP_PER_SCAN, rank, sensitivities
from pellucid.ct.froc.matching import Matched
from pellucid.ct.froc.resampling import check_resamples, draw_intervals
from pellucid.errors import BadInput


def matched(scan, probability, found, nodules):
    columns = np.array(scan, np.int64), np.array(probability, float), np.array(found, bool)
    return Matched(*columns, np.array(nodules, np.int64), len(scan), 0, 0, 0)


def study(seed=0, scans=60):
    """Two nodules a scan at most, found or not, and false marks."""
    draw = np.random.default_rng(seed)
    nodules = draw.integers(3, size=scans)
    hits = [draw.integers(each + 1) for each in nodules]
    false_marks = draw.integers(12, size=scans)
    scan = np.concatenate([np.repeat(np.arange(scans), hits), np.repeat(np.arange(scans), false_marks)])
    found = np.arange(len(scan)) < sum(hits)
    return matched(scan, draw.integers(1, 40, len(scan)) / 40 + 0.2 * found, found, nodules)


def test_one_nodule_a_scan_gives_the_binomial_interval():
    scans, found = 400, 300
    marks = matched(range(found), np.full(found, 0.5), np.ones(found), np.ones(scans))
    drawn = draw_intervals(rank(marks), resamples=4000, seed=1)
    deviation = np.sqrt(0.75 * 0.25 / scans)  # of a share of 400: 0.0217
    np.testing.assert_allclose(drawn.cpm, 0.75 + np.array([-1.96, 1.96]) * deviation, atol=0.003)
    np.testing.assert_allclose(drawn.sensitivity, [drawn.cpm] * 7, atol=1e-12)


def test_each_resample_is_what_scans_written_out_as_often_as_drawn_give():
    marks = study()
    times = np.bincount(np.random.default_rng(5).integers(60, size=60), minlength=60)
    copies = [(scan, np.flatnonzero(marks.scan == scan)) for scan in np.repeat(np.arange(60), times)]
    entries = np.concatenate([own for _, own in copies])
    written = matched(
        np.repeat(np.arange(60), [len(own) for _, own in copies]),
        marks.probability[entries],
        marks.found[entries],
        marks.nodules[np.repeat(np.arange(60), times)],
    )
    expected = sensitivities(rank(written), np.ones(60, np.int64))
    assert 0.2 < expected[0] < expected[-1]
    np.testing.assert_allclose(sensitivities(rank(marks), times), expected, atol=1e-12)


def test_the_ends_are_luna16s_order_statistics():
    ranked, draw = rank(study()), np.random.default_rng(7)
    sets = [np.bincount(draw.integers(60, size=60), minlength=60) for _ in range(200)]
    values = np.array([sensitivities(ranked, times) for times in sets])
    drawn = draw_intervals(ranked, resamples=200, seed=7)
    np.testing.assert_array_equal(drawn.sensitivity, np.sort(values, 0)[[5, 195]].T)
    np.testing.assert_array_equal(drawn.cpm, np.sort(values.mean(1))[[5, 195]])
    assert len(drawn.sensitivity) == len(FP_PER_SCAN)


def test_scans_are_drawn_whole_so_that_nodules_of_one_scan_widen_the_interval():
    apart = matched(range(200), np.full(200, 0.5), np.ones(200), np.ones(400))
    together = matched(np.repeat(np.arange(20), 10), np.full(200, 0.5), np.ones(200), np.full(40, 10))
    width = [np.ptp(draw_intervals(rank(marks), resamples=1000, seed=0).cpm) for marks in (apart, together)]
    assert width[1] / width[0] == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_same_seed_gives_the_same_and_another_does_not():
    ranked = rank(study())
    first, again, other = (draw_intervals(ranked, resamples=100, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.sensitivity != other.sensitivity


def test_sets_without_any_nodule_are_drawn_anew():
    marks = matched([0], [0.5], [True], [1, 0, 0, 0])  # a third of all sets leave out the one scan with a nodule
    assert draw_intervals(rank(marks), resamples=100, seed=0).cpm == (1, 1)


@pytest.mark.parametrize(
    ("resamples", "scans", "said"), [(-1, 9, "too few"), (99, 9, "0 .no interval., or 100"), (100, 1, "names one scan")]
)
def test_what_cannot_be_resampled_is_refused(resamples, scans, said):
    with pytest.raises(BadInput, match=said):
        check_resamples(resamples, scans)
    check_resamples(0, 1)
    check_resamples(100, 2)
