"""Thresholds by hand, against scipy's exact bounds, and by how often their true error exceeds what was asked."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.trust.abstention import (
    LEVELS,
    Level,
    check_dial,
    choose_thresholds,
    confidence_of,
    error_curve,
    is_wrong,
)
from pellucid.evaluate.trust.thresholds import climb, lowest_passing, needed_units, upper_bound


def two_classes(confidence, wrong):
    """Answers of a binary task that are so sure, all of them the first class, and labels that say which are wrong."""
    return np.stack([confidence, 1 - confidence], 1), np.asarray(wrong).astype(int)


@pytest.mark.parametrize(("errors", "units"), [(0, 1), (0, 59), (3, 200), (200, 200), (7, 5000)])
def test_the_bound_is_scipys_clopper_and_pearson(errors, units):
    theirs = binomtest(errors, units, alternative="less").proportion_ci(0.95, method="exact").high
    assert upper_bound(errors, units) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("asked", LEVELS)
def test_so_many_cases_without_an_error_are_needed_and_one_less_is_too_few(asked):
    needed = needed_units(asked)
    assert upper_bound(0, needed) <= asked < upper_bound(0, needed - 1)
    falling = np.linspace(1, 0.5, needed)
    enough = lowest_passing(asked, climb(falling, np.zeros(needed, bool)))
    assert enough == (0.0, pytest.approx(upper_bound(0, needed)))
    assert lowest_passing(asked, climb(falling[1:], np.zeros(needed - 1, bool))) is None


def test_sixty_cases_by_hand():  # one start, at 59, with all of the doubt
    wrong = np.zeros(61, bool)
    falling = np.linspace(1, 0.7, 61)
    wrong[60] = True
    assert lowest_passing(0.05, climb(falling, wrong))[0] == falling[59]
    wrong[59] = True
    assert lowest_passing(0.05, climb(falling, wrong))[0] == falling[58]
    wrong[58] = True
    assert lowest_passing(0.05, climb(falling, wrong)) is None


def test_an_early_mistake_does_not_silence_the_model():
    """Of the starts for 200 cases at 5%, which are 72 and 120 and share the doubt, the second can bear a mistake."""
    wrong = np.zeros(200, bool)
    wrong[3] = True
    assert upper_bound(1, 120, 0.025) <= 0.05 < upper_bound(1, 72, 0.025)
    passed = lowest_passing(0.05, climb(np.linspace(1, 0.5, 200), wrong))
    assert passed == (0.0, pytest.approx(upper_bound(1, 200, 0.025)))


def test_whoever_failed_once_does_not_get_another_try_further_on():
    wrong = np.arange(120) == 59  # from the only start, 59, one case on; with 93 cases the mistake could be borne
    assert upper_bound(1, 120) < 0.05 < upper_bound(1, 60)
    falling = np.linspace(1, 0.5, 120)
    assert lowest_passing(0.05, climb(falling, wrong))[0] == falling[58]


def test_two_starts_share_the_doubt():
    """150 cases at 5% start at 72 and 104; one mistake in 104 would pass with all of the doubt, and not with half."""
    wrong = np.isin(np.arange(150), [3, 104])
    assert upper_bound(1, 104) <= 0.05 < upper_bound(1, 104, 0.025)
    assert lowest_passing(0.05, climb(np.linspace(1, 0.5, 150), wrong)) is None


def test_equal_confidences_are_answered_together_or_not_at_all():
    falling, wrong = np.repeat([0.99, 0.9], [100, 60]), np.repeat([False, True], [150, 10])
    assert lowest_passing(0.05, climb(falling, wrong))[0] == 0.99
    ladder = climb(falling[::-1], wrong[::-1])
    assert set(zip(ladder.threshold, ladder.answered, ladder.wrong, strict=True)) == {(0.99, 100, 0), (0.0, 160, 10)}


def test_the_ladder_counts_a_patient_from_the_surest_image_and_as_wrong_from_the_surest_mistake():
    draw = np.random.default_rng(0)
    confidence, wrong, groups = draw.random(50).round(1), draw.random(50) < 0.3, draw.integers(0, 12, 50) * 5
    ladder = climb(confidence, wrong, groups)
    for place, threshold in enumerate(np.sort(confidence)[::-1]):
        answered = confidence >= threshold
        assert ladder.answered[place] == len(set(groups[answered]))
        assert ladder.wrong[place] == len(set(groups[answered & wrong]))
        assert ladder.threshold[place] == (0 if answered.all() else threshold)


def test_confidence_and_mistakes_by_hand():
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    assert confidence_of(p, "multi-class").tolist() == [0.5, 0.8]
    assert confidence_of(p, "multi-label").tolist() == [0.5, 0.8]
    assert confidence_of(p + np.array([[0.3, 0, 0]]), "multi-label").tolist() == pytest.approx([0.7, 0.6])
    assert is_wrong(p, np.array([0, 1]), "multi-class").tolist() == [False, True]
    assert is_wrong(p, np.array([[1, 0, 0], [1, 0, 1]]), "multi-label").tolist() == [False, True]


def exceeded(truth, simulate, repeats):
    """How often a threshold is given, and how often its true error exceeds the level, among all repeats."""
    given = np.zeros((2, len(LEVELS)), int)
    for _ in range(repeats):
        for place, one in enumerate(choose_thresholds(*simulate())):
            if one.threshold is not None:
                given[:, place] += 1, truth(one.threshold) > one.asked
    return given


@pytest.mark.slow
def test_the_true_error_exceeds_the_level_in_five_of_a_hundred_repeats_at_most():
    draw = np.random.default_rng(1)

    def simulate():
        confidence = 1 - 0.5 * draw.random(1500) ** 2  # and answers are right with just that chance
        return *two_classes(confidence, draw.random(1500) > confidence), "binary", None

    # error below a threshold t: the mean of 1 - c over c >= t, which is a third of 1 - t
    given, over = exceeded(lambda t: (1 - max(t, 0.5)) / 3, simulate, 500)
    assert (given[2:] > [200, 450, 490]).all()
    assert all(binomtest(int(one), 500, 0.05, alternative="greater").pvalue > 0.001 for one in over)


def test_nor_does_it_where_the_surest_answers_are_the_worst():
    draw = np.random.default_rng(2)
    edges, risk, share = np.array([0.98, 0.65, 0.5]), np.array([0.2, 0.02, 0.3]), np.array([0.04, 0.66, 0.3])

    def simulate():
        confidence = 0.5 + 0.5 * draw.random(2000)
        chance = risk[np.searchsorted(-edges, -confidence)]
        return *two_classes(confidence, draw.random(2000) < chance), "binary", None

    def truth(threshold):
        held = np.clip((np.array([1, *edges[:2]]) - max(threshold, 0.5)) * 2, 0, share)
        return float(held @ risk / held.sum())

    given, over = exceeded(truth, simulate, 300)
    assert given[3] > 20
    assert all(binomtest(int(one), 300, 0.05, alternative="greater").pvalue > 0.001 for one in over)


def patients(count, size, draw):
    """Images of one patient share how hard they are; an answer is right with about its confidence."""
    hard = np.repeat(draw.random(count), size)
    confidence = 1 - 0.5 * np.clip(hard * (0.5 + draw.random(count * size)) / 1.5, 0, 1) ** 3
    wrong = np.repeat(draw.random(count), size) > confidence  # whoever is hard is wrong in many images
    return confidence, wrong, np.repeat(np.arange(count), size)


def test_of_patients_with_an_answer_no_more_than_asked_get_a_wrong_one():
    draw = np.random.default_rng(3)
    confidence, wrong, groups = patients(40_000, 5, draw)
    truth = climb(confidence, wrong, groups)
    rising = truth.threshold[::-1]

    def simulate():
        confidence, wrong, groups = patients(300, 5, draw)
        return *two_classes(confidence, wrong), "binary", groups

    def error(threshold):
        place = len(rising) - 1 - np.searchsorted(rising, threshold)
        return truth.wrong[place] / truth.answered[place]

    given, over = exceeded(error, simulate, 200)
    assert (given[3:] > 100).all()
    assert all(binomtest(int(one), 200, 0.05, alternative="greater").pvalue > 0.001 for one in over)


def test_the_check_counts_what_goes_to_a_person_and_what_is_wrong_of_the_rest():
    confidence, wrong = np.linspace(0.99, 0.6, 40), np.arange(40) % 10 == 3
    groups = np.arange(40) // 4
    levels = [Level(0.05, confidence[29], 0.04, 200, 59), Level(0.01, None, None, 200, 299), Level(0.1, 0.0, 0.1, 9, 9)]
    some, none, everything = check_dial(*two_classes(confidence, wrong), "binary", groups, levels)
    assert some["to_person"] == rate_estimate(np.arange(40) >= 30, groups).as_dict()
    assert some["error"] == rate_estimate(wrong[:30], groups[:30]).as_dict()
    assert some["groups_error"] == rate_estimate(np.isin(np.arange(8), [0, 3, 5])).as_dict()
    assert some["verdict"] == "broken"
    assert some["told"] == (
        "At 5% error, 25.0% of images go to a person; of the others 10.00% are wrong, and 37.50% of the groups with an "
        "answer have a wrong one."
    )
    assert none["to_person"]["value"] == 1
    assert none["error"]["reason"] == "no image is answered"
    assert none["verdict"] == "none"
    assert none["told"] == (
        "At 1% error no threshold can be promised: 299 calibration groups without an error are needed, there are 200."
    )
    assert everything["to_person"]["value"] == 0
    json.dumps([some, none, everything], allow_nan=False)


@pytest.mark.parametrize(("errors", "verdict"), [(1, "kept"), (2, "kept"), (4, "unclear"), (9, "broken")])
def test_a_promise_is_broken_only_where_the_whole_interval_lies_above_it(errors, verdict):
    data = two_classes(np.linspace(0.99, 0.6, 100), np.arange(100) < errors)
    assert check_dial(*data, "binary", None, [Level(0.02, 0.0, 0.01, 500, 149)])[0]["verdict"] == verdict


def test_the_curve_passes_through_every_share_and_its_error():
    draw = np.random.default_rng(4)
    confidence = 0.5 + draw.permutation(300) / 600
    wrong = draw.random(300) > confidence
    curve = error_curve(*two_classes(confidence, wrong), "binary", points=1000)
    assert len(curve) == 281
    for share, error in curve[::40].tolist():
        answered = confidence >= np.sort(confidence)[::-1][round(share * 300) - 1]
        assert answered.sum() == round(share * 300)
        assert error == pytest.approx(wrong[answered].mean())
    assert len(error_curve(*two_classes(confidence, wrong), "binary")) == 200
    same = error_curve(*two_classes(np.full(300, 0.9), wrong), "binary")
    np.testing.assert_allclose(same, [[1.0, wrong.mean()]])
    assert error_curve(np.empty((0, 2)), np.empty(0, int), "binary").shape == (0, 2)


def test_what_json_keeps_is_the_same_dial():
    draw = np.random.default_rng(5)
    confidence = 1 - 0.5 * draw.random(500) ** 2
    levels = choose_thresholds(*two_classes(confidence, draw.random(500) > confidence), "binary")
    assert {one.threshold is None for one in levels} == {True, False}
    assert tuple(Level.from_dict(json.loads(json.dumps(one.as_dict()))) for one in levels) == levels


@pytest.mark.parametrize("facts", [{}, {"asked": 0.1, "threshold": "high", "bound": None, "units": 3, "needed": 9}])
def test_a_dial_of_another_make_is_refused(facts):
    with pytest.raises(BadInput, match="not as this version of pellucid writes it"):
        Level.from_dict(facts)
