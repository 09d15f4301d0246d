"""Limits of areas under ROC curves near 1: by their equation, and no wider than what was ranked wrongly warrants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.auroc_interval import ranking_interval, usual_variance
from pellucid.evaluate.estimates.grouped import t_quantile
from pellucid.evaluate.estimates.means import mean_rate

SIZES = [(20, 20), (10, 590), (590, 10), (2000, 9800)]


def ranked(positives, negatives, above=()):
    """Scores in perfect order, but for some positives, each of which so many negatives stand above."""
    scores, positive = np.arange(negatives + positives, dtype=float), np.arange(negatives + positives) >= negatives
    scores[negatives : negatives + len(above)] = negatives - np.asarray(above) - 0.5
    return scores[:, None], positive[:, None]


def area(positives, negatives, above=(), groups=None):
    return rank(*ranked(positives, negatives, above), groups).estimates[0]


def width(estimate):
    return estimate.high - estimate.low


def test_a_perfect_ranking_is_held_by_the_limit_that_just_reaches_it():
    low, high = ranking_interval(1.0, 0.0, 10, (30, 50), (30, 50))
    assert high == 1
    assert 1 - low == pytest.approx(t_quantile(np.inf) * np.sqrt(usual_variance(low, 30, 50)), rel=1e-6)


def test_both_limits_lie_as_many_of_their_own_standard_errors_off():
    variance, held = 3 * usual_variance(0.9, 200, 300), (200, 300)
    low, high = ranking_interval(0.9, variance, 150, held, held)
    wrong = 0.1 * 200
    reach2 = 3 * (wrong * t_quantile(150) ** 2 + 0.1 * t_quantile(np.inf) ** 2) / (wrong + 0.1)
    for limit in (low, high):
        assert (limit - 0.9) ** 2 == pytest.approx(reach2 * usual_variance(limit, *held), rel=1e-9)
    assert low < 0.9 < high


def test_the_usual_variance_is_hanley_and_mcneils_for_equal_numbers():
    area, n = 0.8, 40
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    theirs = (area * (1 - area) + (n - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / n**2
    assert usual_variance(area, n, n) == pytest.approx(theirs)


def test_the_usual_variance_of_unequal_numbers_takes_the_rarer_as_those_that_spread():
    area, few, many = 0.9, 30, 270
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    theirs = (area * (1 - area) + (few - 1) * (q1 - area**2) + (many - 1) * (q2 - area**2)) / (few * many)
    assert usual_variance(area, few, many) == usual_variance(area, many, few) == pytest.approx(theirs)
    assert usual_variance(1 - area, few, many) == pytest.approx(theirs)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.02, 0.04, 0.1])
def test_areas_are_held_where_a_few_of_the_rare_positives_score_like_negatives(share):
    draw, held, positive = np.random.default_rng(0), 0, np.arange(600)[:, None] < 60
    for _ in range(800):
        scores = draw.random((600, 1)) + 2 * (positive & (draw.random((600, 1)) >= share))
        estimate = rank(scores, positive).estimates[0]
        held += estimate.low <= 1 - share / 2 <= estimate.high
    assert held / 800 > 0.92  # with the mean of both numbers in the usual variance 0.82


@pytest.mark.parametrize(("positives", "negatives"), SIZES)
@pytest.mark.parametrize("size", [1, 10])
def test_one_wrong_pair_changes_the_limits_next_to_nothing(positives, negatives, size):
    groups = np.r_[np.arange(negatives), negatives + np.arange(positives)] // size
    none, one = (area(positives, negatives, above, groups) for above in ((), (1,)))
    assert one.value == pytest.approx(1 - 1 / (positives * negatives), abs=1e-12)
    assert 0.5 * width(none) < width(one) < 1.02 * width(none)
    assert one.low > none.low - 0.01 * width(none)


@pytest.mark.parametrize("above", [(), (1,)])
def test_five_copies_of_each_case_say_no_more_than_one_if_the_groups_are_told(above):
    scores, positive = ranked(40, 200, above)
    once, five = rank(scores, positive), rank(np.tile(scores, (5, 1)), np.tile(positive, (5, 1)), np.arange(1200) % 240)
    assert width(five.estimates[0]) == pytest.approx(width(once.estimates[0]), rel=0.2 if above else 1e-9)


@pytest.mark.parametrize(("positives", "negatives"), SIZES)
def test_each_further_wrong_pair_moves_the_limits_a_little(positives, negatives):
    perfect = width(area(positives, negatives))
    share = np.r_[0, np.geomspace(1 / negatives, 1, 60)]  # one positive sinks from the top of the negatives to the end
    found = [area(positives, negatives, (above,)) for above in np.unique((share * negatives).astype(int))]
    assert max(map(width, found)) < 6 * perfect
    steps = -np.diff([estimate.low for estimate in found])
    assert steps.max() < perfect  # the fall is spread over all steps


@pytest.mark.slow
@given(
    positives=st.integers(10, 300),
    negatives=st.integers(10, 300),
    sunk=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    size=st.sampled_from([1, 2]),
)
def test_few_sunken_positives_say_no_worse_than_if_each_were_an_error_among_the_positives(
    positives, negatives, sunk, size
):
    groups = np.arange(negatives + positives)
    if size == 2:  # pairs of like cases, so that each stands for the other
        groups = np.r_[np.repeat(groups[:negatives], 2), np.repeat(groups[negatives:], 2)]
    sunk = np.repeat(np.ceil(np.array(sunk) * negatives), size) * size
    estimate = area(positives * size, negatives * size, sunk, groups if size == 2 else None)
    perfect, errors = area(positives, negatives), binomtest(len(sunk) // size, positives).proportion_ci()
    assert 1 - estimate.low < 1.3 * (errors.high + (1 - perfect.low))
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.floats(0, 30))
def test_limits_hold_the_area_whatever_the_groups(seed, groups, shift):
    draw = np.random.default_rng(seed)
    positive = draw.random(60) < draw.uniform(0.05, 0.95)
    scores = np.round(draw.normal(size=60) + shift * positive, 1)
    found = rank(scores[:, None], positive[:, None], draw.integers(0, groups, 60)).estimates[0]
    if found.value is not None:
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1


@pytest.mark.parametrize(("cases", "least"), [(120, 0.9), (11_790, 0.999)])
@pytest.mark.parametrize("size", [1, 5])
def test_six_classes_with_one_error_each_have_means_nearly_as_sure_as_perfect_ones(cases, least, size):
    truth, groups = np.arange(cases) % 6, np.arange(cases) % 6 + 6 * (np.arange(cases) // 6 // size)
    positive = truth[:, None] == np.arange(6)
    scores = positive + np.linspace(0, 0.5, cases)[:, None]
    right, some = np.ones(cases, bool), scores.copy()
    for k in range(6):
        others, own = np.flatnonzero(~positive[:, k]), np.flatnonzero(positive[:, k])
        some[own[k], k] = np.sort(scores[others, k])[-5 * (k + 1)]  # ranked below a few of the others
        right[own[k]] = False
    told = groups if size > 1 else None
    perfect, found = (rank(ranking, positive, told).macro() for ranking in (scores.astype(float), some))
    assert width(found) < 2 * width(perfect)
    assert size > 1 or found.low > least
    assert width(mean_rate(right, positive, told)) < 3 * width(mean_rate(np.ones(cases, bool), positive, told))
