"""Paired differences: against McNemar, a likelihood maximised by search, sums written out, and a published example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import t, ttest_rel

from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.difference import (
    apart,
    mean_difference,
    mean_rate_difference,
    ranking_difference,
    rate_difference,
    tango,
)
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate
from pellucid.evaluate.estimates.means import mean_rate

Z2 = 1.959963984540054**2


def two_models(cases=300, seed=5):
    """Two rankings of the same cases, which err alike."""
    draw = np.random.default_rng(seed)
    positive = draw.random((cases, 1)) < 0.4
    shared = draw.normal(size=(cases, 1)) + 1.5 * positive
    return tuple(np.round(shared + 0.7 * draw.normal(size=(cases, 1)), 1) for _ in "ab"), positive


def right_by(*runs):
    """Whether each case is right, from (how often, right) pairs."""
    return np.repeat([right for _, right in runs], [often for often, _ in runs]).astype(bool)


def test_tangos_interval_of_the_airway_example_is_the_published_one():
    # 1 and 7 of 21 children changed one way and the other; -0.517 to -0.026 in Fagerland, Lydersen and Laake 2014,
    # Recommended tests and confidence intervals for paired binomial proportions, Statistics in Medicine 33:2850
    assert [round(limit, 3) for limit in tango(1 / 21, 7 / 21, 21)] == [-0.517, -0.026]


@pytest.mark.parametrize(("won", "lost", "cases"), [(9, 2, 60), (0, 3, 40), (30, 25, 80), (1, 0, 500)])
def test_each_limit_is_196_standard_errors_off_at_the_likeliest_chance_to_lose(won, lost, cases):
    for gap in tango(won / cases, lost / cases, cases):

        def unlikely(q, gap=gap):
            shares, counts = np.array([q + gap, q, 1 - 2 * q - gap]), np.array([won, lost, cases - won - lost])
            return -float((counts[counts > 0] * np.log(shares[counts > 0])).sum())

        ends = max(0.0, -gap) + 1e-12, (1 - gap) / 2 - 1e-12
        likely = minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
        variance = (2 * likely + gap - gap**2) / cases
        assert ((won - lost) / cases - gap) ** 2 == pytest.approx(Z2 * variance, rel=1e-4)


@given(won=st.integers(0, 60), lost=st.integers(0, 60))
def test_no_difference_is_held_just_when_mcnemar_does_not_reject_it(won, lost):
    low, high = tango(won / 200, lost / 200, 200)
    assert (low <= 0 <= high) == ((won - lost) ** 2 <= Z2 * (won + lost))
    mirrored = tango(lost / 200, won / 200, 200)
    np.testing.assert_allclose(mirrored, (-high, -low), atol=1e-12)
    assert -1 <= low <= (won - lost) / 200 <= high <= 1


def test_two_models_that_never_disagree_are_not_known_to_be_equal():
    right = np.arange(100) < 90
    same = rate_difference(right, right)
    assert same.value == 0
    assert same.high == -same.low == pytest.approx(Z2 / (100 + Z2))
    one_group = rate_difference(right, ~right, np.zeros(100, int))
    assert (one_group.low, one_group.high) == (-1, 1)


def test_models_that_err_alike_are_told_apart_where_their_own_intervals_overlap():
    a, b = right_by((180, True), (20, False)), right_by((168, True), (32, False))
    assert rate_estimate(a).low < rate_estimate(b).high
    assert rate_difference(a, b).low > 0
    independent = rate_difference(a, np.roll(b, 100))
    assert independent.high - independent.low > 1.5 * (rate_difference(a, b).high - rate_difference(a, b).low)


def test_cases_copied_ten_times_say_no_more_about_a_difference_if_the_groups_are_told():
    a, b = right_by((60, True), (340, True), (600, True)), right_by((60, False), (340, True), (600, True))
    b[60:80] = True
    a[60:80] = False
    once, groups = rate_difference(a, b), np.repeat(np.arange(1000), 10)
    ten = rate_difference(np.repeat(a, 10), np.repeat(b, 10), groups)
    assert (ten.low, ten.high) == pytest.approx((once.low, once.high), abs=0.001)
    assert rate_difference(a, b, np.arange(1000)[::-1]) == once


def test_balanced_difference_is_the_difference_of_balanced_accuracies_and_knows_of_groups():
    draw = np.random.default_rng(2)
    asked = draw.choice(3, 400, p=[0.7, 0.2, 0.1])[:, None] == np.arange(3)
    a, b = draw.random((2, 400)) < [[0.9], [0.8]]
    found = mean_rate_difference(a, b, asked)
    assert found.value == pytest.approx(mean_rate(a, asked).value - mean_rate(b, asked).value)
    parts = [rate_difference(a[part], b[part]) for part in asked.T]
    assert found.low == pytest.approx(found.value - np.sqrt(sum((p.value - p.low) ** 2 for p in parts)) / 3)
    copied = mean_rate_difference(*(np.repeat(x, 4, axis=0) for x in (a, b, asked)), np.repeat(np.arange(400), 4))
    assert copied.high - copied.low == pytest.approx(found.high - found.low, rel=0.05)


def test_limits_of_a_difference_are_movers_written_out():
    found = apart(Estimate(0.9, 0.84, 0.93, 9), Estimate(0.7, 0.66, 0.72, 9), 0.5)
    assert found.low == pytest.approx(0.2 - np.sqrt(0.06**2 + 0.02**2 - 2 * 0.5 * 0.06 * 0.02))
    assert found.high == pytest.approx(0.2 + np.sqrt(0.03**2 + 0.04**2 - 2 * 0.5 * 0.03 * 0.04))


def test_with_many_cases_a_difference_of_areas_has_delongs_standard_error():
    (a, b), positive = two_models(4000)
    found, y = ranking_difference(a, b, positive), positive[:, 0]
    pairs = [(s[y] > s[~y].T) + 0.5 * (s[y] == s[~y].T) for s in (a, b)]
    gap = pairs[0] - pairs[1]
    assert found.value == pytest.approx(gap.mean(), abs=1e-12)
    error = np.sqrt(gap.mean(1).var(ddof=1) / gap.shape[0] + gap.mean(0).var(ddof=1) / gap.shape[1])
    assert (found.high - found.low) / 2 == pytest.approx(np.sqrt(Z2) * error, rel=0.02)


@pytest.mark.slow
def test_a_macro_difference_has_the_spread_that_leaving_groups_out_shows():
    draw = np.random.default_rng(8)
    label, groups = draw.choice(3, 1200, p=[0.6, 0.3, 0.1]), np.arange(1200) // 3
    positive = label[:, None] == np.arange(3)
    shared = draw.normal(size=(1200, 3)) + 1.5 * positive + draw.normal(size=(400, 3))[groups]
    a, b = (shared + 0.7 * draw.normal(size=(1200, 3)) for _ in "ab")
    found = ranking_difference(a, b, positive, groups)
    gaps = []
    for left_out in range(0, 400, 4):  # four groups at a time
        kept = groups // 4 != left_out // 4
        gaps.append(rank(a[kept], positive[kept]).macro().value - rank(b[kept], positive[kept]).macro().value)
    error = np.sqrt(99 / 100 * ((np.array(gaps) - np.mean(gaps)) ** 2).sum())
    assert (found.high - found.low) / 2 == pytest.approx(t.ppf(0.975, 99) * error, rel=0.2)


def test_two_perfect_rankings_may_differ_by_what_either_may_have_missed():
    positive = np.arange(100)[:, None] >= 60
    scores = np.arange(100.0)[:, None]
    found, own = ranking_difference(scores, scores**2, positive), rank(scores, positive).estimates[0]
    assert found.value == 0
    assert (found.low, found.high) == pytest.approx((own.low - 1, 1 - own.low))


def test_a_difference_of_areas_turns_round_with_the_models():
    (a, b), positive = two_models()
    there, back = (ranking_difference(*pair, positive, np.arange(300) // 3) for pair in ((a, b), (b, a)))
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert ranking_difference(a, b, np.zeros((300, 1), bool)).value is None


def test_mean_difference_is_the_paired_t_interval_and_a_group_counts_once():
    draw = np.random.default_rng(4)
    a, b = draw.exponential(size=(2, 50))
    theirs, found = ttest_rel(a, b).confidence_interval(), mean_difference(a, b)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    copied = mean_difference(np.repeat(a, 6), np.repeat(b, 6), np.repeat(np.arange(50), 6))
    assert (copied.low, copied.high) == pytest.approx((found.low, found.high))
    alone = mean_difference(a, b, np.zeros(50, int))
    assert alone.low is None
    assert "single" in alone.reason
