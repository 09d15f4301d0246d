"""Conformal sets by hand, and against the exact law that their coverage follows: scipy's beta-binomial."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import betabinom, binomtest

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.trust.conformal import ClassLimit, check_sets, fit_limits, sets
from pellucid.evaluate.trust.coverage_law import coverage_chances, coverage_law, rank_of


def limit(value, units=30):
    return ClassLimit(value, units, 19)


def of_class_one(p):
    return np.stack([1 - np.asarray(p), np.asarray(p)], 1)


@pytest.mark.parametrize("missed", ["0.05", "0.1", "0.07", "0.3", "0.001"])
def test_the_rank_is_what_whole_numbers_give(missed):
    exact = Fraction(missed)
    for units in [*range(1, 400), 999, 1000, 5999]:
        assert rank_of(units, float(missed)) == math.ceil((units + 1) * (1 - exact))
    needed = fit_limits(np.ones((1, 1)), np.zeros(1, int), "multi-class", missed=float(missed))[0].needed
    assert rank_of(needed, float(missed)) == needed
    assert rank_of(needed - 1, float(missed)) > needed - 1


def test_a_limit_is_the_score_of_its_rank_and_one_case_too_few_gives_none():
    draw = np.random.default_rng(0)
    p, labels = of_class_one(draw.random(98)), np.repeat([0, 1], [18, 80])
    none, some = fit_limits(p, labels, "binary")
    assert none == ClassLimit(None, 18, 19)
    assert some == ClassLimit(sorted(1 - p[18:, 1])[76], 80, 19)  # ceil(0.95 * 81) = 77
    assert fit_limits(p, labels, "binary", missed=0.06)[0].limit == sorted(1 - p[:18, 0])[17]


def test_a_group_counts_once_by_its_worst_image_of_the_class():
    draw = np.random.default_rng(1)
    p, labels, groups = of_class_one(draw.random(120)), np.tile([0, 1, 1], 40), np.repeat(np.arange(20) * 3 + 5, 6)
    worst = [(1 - p[(groups == name) & (labels == 1), 1]).max() for name in np.unique(groups)]
    assert fit_limits(p, labels, "binary", groups)[1] == ClassLimit(sorted(worst)[19], 20, 19)  # ceil(0.95 * 21)
    labels[groups == 5] = 0
    labels[groups == 8] = 0
    assert fit_limits(p, labels, "binary", groups)[1] == ClassLimit(None, 18, 19)


def test_the_limit_of_a_label_comes_from_the_cases_that_have_it():
    draw = np.random.default_rng(2)
    p, labels = draw.random((60, 3)), np.tile([[1, 1, 0], [1, 0, 0]], (30, 1))
    first, second, third = fit_limits(p, labels, "multi-label")
    assert first == ClassLimit(sorted(1 - p[:, 0])[57], 60, 19)  # ceil(0.95 * 61) = 58
    assert second == ClassLimit(sorted(1 - p[::2, 1])[29], 30, 19)
    assert third == ClassLimit(None, 0, 19)


def test_sets_by_hand():
    limits = (limit(0.5), limit(0.25), ClassLimit(None, 3, 19))
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.75, 0.15], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    wanted = [[True, False, True], [False, True, True], [True, False, True], [False, False, True]]
    assert sets(p, limits, "multi-class").tolist() == wanted  # the third has its likeliest, though 0.6 > 0.5
    wanted[2][0] = False
    assert sets(p, limits, "multi-label").tolist() == wanted


def test_the_law_is_scipys_beta_binomial():
    for units, calibrated in [(1, 19), (40, 77), (3000, 590)]:
        rank = rank_of(calibrated)
        law = betabinom(units, rank, calibrated + 1 - rank)
        np.testing.assert_allclose(coverage_chances(units, calibrated), law.pmf(np.arange(units + 1)), atol=1e-9)
        said = coverage_law(units, units, calibrated)
        assert said["expected"] == pytest.approx(law.mean() / units)
        assert (said["low"], said["high"]) == pytest.approx((law.ppf(0.025) / units, law.ppf(0.975) / units))


def test_the_verdict_names_the_side_that_the_band_was_left_on():
    low, high = (round(1000 * coverage_law(950, 1000, 399)[end]) for end in ("low", "high"))
    said = [coverage_law(covered, 1000, 399)["verdict"] for covered in (low - 1, low, high, high + 1)]
    assert said == ["below", "within", "within", "above"]
    assert coverage_law(5, 5, 18) is None
    assert coverage_law(0, 0, 19) is None


def drawn(units, size, draw):
    """Probabilities of three classes; the images of a patient have one class and share most of their looks."""
    labels = np.repeat(draw.integers(0, 3, units), size)
    shared = np.repeat(draw.normal(0, 1, (units, 3)), size, axis=0)
    logits = shared + draw.normal(0, 0.5, (units * size, 3)) + 1.5 * np.eye(3)[labels]
    return softmax(logits, axis=1), labels, None if size == 1 else np.repeat(np.arange(units), size)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 5])
def test_coverage_lies_in_the_band_of_the_law_as_often_as_it_says(size):
    draw, within, chances, observed, expected = np.random.default_rng(3), [], [], [], []
    for _ in range(120):
        learned, fresh = drawn(240, size, draw), drawn(300, size, draw)
        limits = fit_limits(*learned[:2], "multi-class", learned[2])
        found = check_sets(*fresh[:2], "multi-class", fresh[2], limits, ["a", "b", "c"])
        for one in found["per_class"].values():
            law, m, rank = one["law"], one["law"]["units"], rank_of(one["units"])
            exact = betabinom(m, rank, one["units"] + 1 - rank)
            within.append(law["verdict"] == "within")
            chances.append(exact.cdf(law["high"] * m + 0.5) - exact.cdf(law["low"] * m - 0.5))  # 0.95 or a little more
            observed.append(law["observed"])
            expected.append(law["expected"])
    assert min(chances) >= 0.95
    assert binomtest(sum(within), len(within), np.mean(chances)).pvalue > 0.001
    error = np.std(observed) / np.sqrt(len(observed))
    assert abs(np.mean(observed) - np.mean(expected)) < 4 * error


def test_cases_taken_as_independent_though_they_come_in_groups_break_the_promise_to_patients():
    draw, whole = np.random.default_rng(4), {True: [], False: []}
    for grouped in (True, False):
        for _ in range(40):
            p, labels, groups = drawn(240, 5, draw)
            limits = fit_limits(p, labels, "multi-class", groups if grouped else None)
            p, labels, groups = drawn(300, 5, draw)
            whole[grouped].append(
                check_sets(p, labels, "multi-class", groups, limits, ["a", "b", "c"])["groups"]["value"]
            )
    assert np.mean(whole[True]) >= 0.95
    assert np.mean(whole[False]) < 0.93


def test_a_check_by_hand():
    p = np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])
    labels, groups = np.array([0, 0, 1, 1, 1]), np.array([0, 0, 1, 2, 2])
    found = check_sets(p, labels, "binary", groups, (limit(0.3), limit(0.6)), ["no", "yes"])
    # sets: {no}, {no (likeliest), yes}, {yes}, {no}, {yes}
    assert found["coverage"] == rate_estimate(np.array([True, True, True, False, True]), groups).as_dict()
    assert found["groups"] == rate_estimate(np.array([True, True, False])).as_dict()
    assert found["mean_size"]["value"] == pytest.approx(6 / 5)
    assert found["one_answer"]["value"] == pytest.approx(4 / 5)
    assert found["empty"]["value"] == 0
    yes, no = found["per_class"]["yes"], found["per_class"]["no"]
    assert yes["coverage"]["value"] == pytest.approx(2 / 3)
    assert yes["groups"]["value"] == 1 / 2
    assert yes["law"]["observed"] == 1 / 2
    assert no["coverage"]["value"] == 1
    assert no["law"]["observed"] == 0  # by the limit alone the second image misses its class
    json.dumps(found, allow_nan=False)


def test_a_check_of_labels_by_hand():
    p = np.array([[0.9, 0.1], [0.55, 0.6], [0.2, 0.8]])
    labels = np.array([[1, 0], [1, 1], [0, 0]])
    found = check_sets(p, labels, "multi-label", None, (limit(0.3), limit(0.45)), ["a", "b"])
    # sets: {a}, {b}, {b}
    assert found["coverage"] == rate_estimate(np.array([True, False, True]), np.array([0, 1, 1])).as_dict()
    assert found["one_answer"]["value"] == pytest.approx(2 / 3)  # the second is called {a, b}
    assert found["per_class"]["b"]["coverage"]["value"] == 1


def test_classes_that_are_missing_are_said_to_be():
    p, labels = np.full((30, 2), 0.5), np.zeros(30, int)
    found = check_sets(p, labels, "binary", None, fit_limits(p, labels, "binary"), ["a", "b"])
    assert found["per_class"]["b"]["coverage"]["reason"] == "no cases"
    assert found["per_class"]["b"]["law"] is None
    assert found["per_class"]["b"]["told"] == (
        "b: no guarantee possible; the calibration part has 0 cases with it, and at least 19 are needed."
    )


@pytest.mark.parametrize("one", [ClassLimit(None, 3, 19), ClassLimit(0.25, 40, 19)])
def test_what_json_keeps_is_the_same_limit(one):
    assert ClassLimit.from_dict(json.loads(json.dumps(one.as_dict()))) == one


@pytest.mark.parametrize("facts", [{}, {"limit": "wide", "units": 3, "needed": 19}, {"limit": 0.1, "units": None}])
def test_a_limit_of_another_make_is_refused(facts):
    with pytest.raises(BadInput, match="not as this version of pellucid writes it"):
        ClassLimit.from_dict(facts)
