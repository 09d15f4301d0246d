"""Intervals against scipy, against sums written out plainly, by hand, and by how often they hold the truth."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, chi2

from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.grouped import effective_cases, t_quantile
from pellucid.evaluate.estimates.intervals import Estimate, modified_wilson, rate_estimate, undefined, wilson
from pellucid.evaluate.estimates.means import mean_estimate


@given(cases=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_is_scipys_wilson(cases, share):
    successes = round(share * cases)
    theirs = binomtest(successes, cases).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(successes / cases, cases), (theirs.low, theirs.high), atol=1e-12)


def test_two_errors_in_a_hundred_get_the_poisson_limit_and_four_do_not():
    assert modified_wilson(0.98, 100)[1] == pytest.approx(1 - chi2.ppf(0.05, 4) / 200)
    assert modified_wilson(0.02, 100)[0] == pytest.approx(chi2.ppf(0.05, 4) / 200)
    assert modified_wilson(97 / 100, 100)[1] == pytest.approx(1 - chi2.ppf(0.05, 6) / 200)  # 1 - 0.97 is not 0.03
    assert modified_wilson(0.96, 100) == wilson(0.96, 100)
    assert modified_wilson(1.0, 3) == wilson(1.0, 3)  # three successes are not few when there is no error


@pytest.mark.parametrize("cases", [30, 100, 600])
def test_the_true_rate_is_held_at_least_092_of_the_time_whatever_it_is(cases):
    errors = np.arange(cases + 1)
    low, high = np.array([modified_wilson(1 - k / cases, cases) for k in errors]).T
    for wrong in np.geomspace(0.01 / cases, 0.5, 300):
        held = (low <= 1 - wrong) & (1 - wrong <= high)
        assert binom.pmf(errors, cases, wrong)[held].sum() > 0.92


@given(cases=st.integers(2, 400), rate=st.floats(0, 1))
def test_the_modified_interval_never_narrows_and_holds_the_rate(cases, rate):
    (low, high), plain = modified_wilson(rate, cases), wilson(rate, cases)
    assert 0 <= low <= plain[0] + 1e-12
    assert plain[1] - 1e-12 <= high <= 1
    assert low - 1e-9 <= rate <= high + 1e-9


def test_groups_of_one_change_nothing():
    right = np.random.default_rng(0).random(200) < 0.8
    assert rate_estimate(right, np.random.default_rng(1).permutation(200)) == rate_estimate(right)


def test_groups_that_are_right_or_wrong_as_a_whole_count_as_one_case_each():
    right, groups = np.repeat([True, False] * 500, 10), np.repeat(np.arange(1000), 10)
    # design effect by hand: G/(G-1) * 1000 * 5**2 / 10000**2 over 0.25/9999, times the ratio of two t quantiles
    by_hand = 10000 / ((1000 / 999) * 25e3 / 1e8 / (0.25 / 9999)) * (t_quantile(9999) / t_quantile(999)) ** 2
    assert effective_cases(right, groups) == pytest.approx(by_hand, rel=1e-6)
    assert by_hand == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize("outcome", [[1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, -1]])
def test_one_group_of_three_that_holds_the_rarer_outcome_tells_little(outcome):
    # by hand: both spreads are 1/36, or that between groups is 0: a design effect of 1, leaned on by a quarter of the
    # worst, 2, beside the one group that tells: (1 * 1 + 0.25 * 2) / 1.25
    by_hand = 6 / 1.2 * (t_quantile(5) / t_quantile(2)) ** 2
    assert effective_cases(np.array(outcome), np.array([7, 7, 8, 8, 9, 9])) == pytest.approx(by_hand)


def test_names_of_groups_do_not_matter():
    right, groups = np.arange(60) % 7 > 1, np.arange(60) // 6
    assert effective_cases(right, groups * 1000 - 77) == effective_cases(right, groups)


def test_all_right_in_ten_groups_says_no_more_than_ten_groups_do():
    assert effective_cases(np.ones(100, bool), np.arange(100) // 10) < 10
    assert rate_estimate(np.ones(100, bool), np.zeros(100, int)).low == 0  # one group: nothing known of others


def test_the_mean_of_one_number_is_that_number():
    only = Estimate(0.9, 0.85, 0.94, 100)
    assert mean_estimate([only], np.ones((1, 1)), cases=100).as_dict() == pytest.approx(only.as_dict())
    twice = mean_estimate([only, only], np.ones((2, 2)), cases=100)
    assert twice.as_dict() == pytest.approx(only.as_dict())
    apart = mean_estimate([only, only], np.eye(2), cases=100)
    assert apart.low == pytest.approx(0.9 - 0.05 / np.sqrt(2))


def test_what_is_not_defined_is_none_with_a_reason_and_valid_json():
    text = json.dumps(undefined("no cases").as_dict(), allow_nan=False)
    assert json.loads(text) == {"value": None, "low": None, "high": None, "cases": 0, "reason": "no cases"}
    assert str(Estimate(0.5, None, None, 3)) == "0.500"


def draws_covered(truth, cases, size, area):
    draw, groups = np.random.default_rng(7), np.arange(cases) // size
    held = 0
    for _ in range(REPEATS):
        shared = draw.standard_normal(cases)[groups] if size > 1 else 0
        if area:
            positive = np.arange(cases) % 2 == 0
            scores = np.sqrt(0.8) * draw.standard_normal(cases) + np.sqrt(0.2) * shared
            scores = scores if size > 1 else draw.standard_normal(cases)
            shift = np.sqrt(2) * AREA_SHIFT[truth]
            estimate = rank((scores + shift * positive)[:, None], positive[:, None], groups).estimates[0]
        else:
            chance = truth if size == 1 else draw.beta(truth * 4, (1 - truth) * 4, cases)[groups]
            estimate = rate_estimate(draw.random(cases) < chance, groups)
        held += estimate.low <= truth <= estimate.high
    return held / REPEATS


REPEATS = 1500
AREA_SHIFT = {
    0.7: 0.5244005127080407,
    0.95: 1.6448536269514722,
}  # standard normal quantiles; by groups both kinds shift


@pytest.mark.slow
@pytest.mark.parametrize("cases", [100, 600])
@pytest.mark.parametrize("truth", [0.7, 0.95, 0.999])
@pytest.mark.parametrize("size", [1, 10])
def test_accuracy_intervals_hold_the_truth(truth, cases, size):
    covered = draws_covered(truth, cases, size, area=False)
    assert covered >= 0.93  # bench/coverage.py shows which settings are careful, near 1
    assert covered <= 0.975 or cases * (1 - truth) <= 6


@pytest.mark.slow
@pytest.mark.parametrize("cases", [100, 600])
@pytest.mark.parametrize("truth", [0.7, 0.95])
def test_areas_intervals_hold_the_truth(truth, cases):
    assert 0.93 <= draws_covered(truth, cases, 1, area=True) <= 0.975
