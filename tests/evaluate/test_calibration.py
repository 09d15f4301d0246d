"""Calibration against scipy's minimiser, numbers worked out by hand, and the law that conformal coverage follows."""

import json

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.stats import betabinom

from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.evaluate.calibration import MISSED, Calibration, calibrate, familiarity, looks_of, probabilities_of


def drawn(cases: int, classes: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times too large, and labels that follow the true probabilities."""
    generator = np.random.default_rng(seed)
    true = generator.normal(0, 1.5, (cases, classes))
    labels = (softmax(true, axis=1).cumsum(1) < generator.random((cases, 1))).sum(1)
    return (true * temperature).astype(np.float32), labels


def drawn_labels(cases: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    true = generator.normal(-1, 2, (cases, 4))
    return true * temperature, (generator.random(true.shape) < expit(true)).astype(np.int64)


def least(loss) -> float:
    """The temperature of the least loss, found by scipy."""
    found = minimize_scalar(lambda logarithm: loss(np.exp(logarithm)), bounds=(-3, 3), method="bounded")
    return float(np.exp(found.x))


@pytest.mark.parametrize(("classes", "true"), [(2, 3.0), (5, 0.4), (3, 1.0)])
def test_the_temperature_is_that_of_the_least_cross_entropy(classes, true):
    logits, labels = drawn(400, classes, true)
    rows = np.arange(len(labels))
    by_scipy = least(lambda t: -log_softmax(logits.astype(float) / t, axis=1)[rows, labels].mean())
    task = "binary" if classes == 2 else "multi-class"
    assert calibrate(logits, labels, task).temperature == pytest.approx(by_scipy, rel=1e-4)


def test_for_labels_it_is_that_of_the_least_binary_cross_entropy():
    logits, labels = drawn_labels(300, 2.5)
    by_scipy = least(lambda t: (np.logaddexp(0, logits / t) - labels * logits / t).mean())
    assert calibrate(logits, labels, "multi-label").temperature == pytest.approx(by_scipy, rel=1e-4)


@pytest.mark.parametrize("true", [0.5, 1.0, 4.0])
def test_the_temperature_that_logits_were_made_with_is_found_again(true):
    logits, labels = drawn(40_000, 4, true)
    assert calibrate(logits, labels, "multi-class").temperature == pytest.approx(true, rel=0.03)
    logits, labels = drawn_labels(20_000, true)
    assert calibrate(logits, labels, "multi-label").temperature == pytest.approx(true, rel=0.03)


def test_models_that_are_always_right_or_always_wrong_get_bounded_temperatures():
    logits = np.array([[9.0, 0.0], [0.0, 9.0]] * 5)
    assert 0.05 <= calibrate(logits, np.array([0, 1] * 5), "binary").temperature < 0.5
    assert calibrate(logits, np.array([1, 0] * 5), "binary").temperature == pytest.approx(20.0)


def test_the_order_of_the_classes_in_each_case_is_kept():
    logits, labels = drawn(50, 6, 3.0)
    p = calibrate(logits, labels, "multi-class").probabilities(logits, "multi-class")
    np.testing.assert_array_equal(p.argsort(1), logits.argsort(1))
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-12)


@pytest.mark.parametrize("cases", [19, 20, 39, 40, 57, 59, 60, 139, 399, 400])
def test_the_quantile_is_the_score_of_the_rank_that_whole_numbers_give(cases):
    generator = np.random.default_rng(cases)
    logits = generator.normal(0, 1, (2 * cases, 2))
    labels = np.repeat([0, 1], cases)
    found = calibrate(logits, labels, "binary")
    p = found.probabilities(logits, "binary")
    rank = -(-19 * (cases + 1) // 20)  # ceil(0.95 (n + 1)), without rounding errors
    for k in (0, 1):
        assert found.quantiles[k] == sorted(1 - p[labels == k, k])[rank - 1]


def test_too_few_cases_of_a_class_promise_nothing_and_the_class_is_always_possible():
    logits, _ = drawn(37, 2, 1.0)
    labels = np.repeat([0, 1], [18, 19])  # 19 is the least n with ceil(0.95 (n + 1)) <= n
    found = calibrate(logits, labels, "binary")
    assert found.quantiles[0] is None
    assert found.quantiles[1] is not None
    sets = found.sets(np.array([[1e-9, 1 - 1e-9], [0.5, 0.5], [1.0, 0.0]]))
    assert sets[:, 0].all()


def test_sets_by_hand():
    calibration = Calibration(1.0, (0.5, 0.25, None), MISSED, 0.0)
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.75, 0.15], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    wanted = [[True, False, True], [False, True, True], [True, False, True], [False, False, True]]
    assert calibration.sets(p).tolist() == wanted  # the third case has class 0 as its likeliest, though 0.6 > 0.5


def test_no_set_is_empty_however_strict_the_quantiles_are():
    p = np.random.default_rng(0).dirichlet(np.ones(5), 200)
    sets = Calibration(1.0, (0.0,) * 5, MISSED, 0.0).sets(p)
    assert sets.any(1).all()
    assert sets[np.arange(200), p.argmax(1)].all()


def test_each_class_is_covered_as_often_as_the_beta_binomial_law_says():
    """Of m new cases of a class, those whose set holds it follow a beta-binomial law (Vovk 2012, section 3)."""
    each, new, splits = 59, 200, 60
    rank = 57  # ceil(0.95 * 60)
    covered = []
    for seed in range(splits):
        generator = np.random.default_rng(seed)
        labels = np.repeat([0, 1, 2], each + new)
        logits = generator.normal(0, 1, (len(labels), 3)) + 1.2 * np.eye(3)[labels]
        learned = np.tile(np.arange(each + new) < each, 3)
        # the scores' order must not depend on the cases: take the temperature as it is, and fit the quantiles only
        found = calibrate(logits[learned], labels[learned], "multi-class")
        sets = found.sets(probabilities_of(logits[~learned], "multi-class", found.temperature))
        held = sets[np.arange(3 * new), labels[~learned]].reshape(3, new).sum(1)
        covered.append(held)
    law = betabinom(new, rank, each + 1 - rank)
    counts = np.concatenate(covered)
    assert law.ppf(1e-4) <= counts.min()
    mean, error = law.mean(), law.std() / np.sqrt(len(counts))
    # sets also hold the likeliest class and so may cover a little more, never less
    assert mean - 4 * error <= counts.mean() <= mean + 0.01 * new + 4 * error


def test_familiarity_is_torchs_logsumexp():
    logits = np.random.default_rng(0).normal(0, 30, (50, 7))
    by_torch = torch.logsumexp(torch.from_numpy(logits), 1).numpy()
    np.testing.assert_allclose(familiarity(logits), by_torch, rtol=1e-12)
    np.testing.assert_allclose(familiarity(np.array([[1000.0, 1000.0]])), [1000 + np.log(2)])


def test_a_hundredth_of_the_calibration_cases_and_weaker_answers_are_unlike_training():
    logits, labels = drawn(1000, 3, 1.0)
    found = calibrate(logits, labels, "multi-class")
    assert found.unlike_training(logits).sum() == 10
    assert found.unlike_training(np.full((1, 3), -40.0)).tolist() == [True]
    assert found.unlike_training(np.full((1, 3), 40.0)).tolist() == [False]


def test_what_json_keeps_is_the_same_calibration():
    logits, labels = drawn(60, 3, 2.0)
    labels[labels == 2] = 0
    labels[0] = 2
    found = calibrate(logits, labels, "multi-class")
    assert None in found.quantiles
    assert Calibration.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_multi_label_case_may_have_an_empty_set():
    assert not Calibration(1.0, (0.0,) * 3, MISSED, 0.0).sets(np.array([[0.9, 0.2, 0.1]]), "multi-label").any()


def test_looks_are_the_mean_and_deviation_of_the_scaled_pixels():
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 6, 7)).astype(np.uint8)
    scaling = Scaling("standardise", (100.0, 120.0, 90.0), (50.0, 60.0, 70.0))
    scaled = (images - np.reshape(scaling.mean, (1, 3, 1, 1))) / np.reshape(scaling.deviation, (1, 3, 1, 1))
    wanted = np.stack([scaled.mean((1, 2, 3)), scaled.std((1, 2, 3))], 1)
    np.testing.assert_allclose(looks_of(images, np.arange(5), scaling), wanted, rtol=1e-5)


def test_an_image_far_brighter_or_flatter_than_all_others_is_unlike_them():
    generator = np.random.default_rng(1)
    images = generator.normal(100, 20, (200, 1, 8, 8)).clip(0, 255).astype(np.uint8)
    scaling, rows = Scaling("by_255", (0.0,), (255.0,)), np.arange(200)
    logits = generator.normal(0, 1, (200, 2))
    found = calibrate(logits, generator.integers(0, 2, 200), "binary", looks_of(images, rows, scaling))
    odd = np.stack([np.full((1, 8, 8), 100), np.full((1, 8, 8), 250), images[0]]).astype(np.uint8)
    unlike = found.unlike_training(np.full((3, 2), 9.0), looks_of(odd, np.arange(3), scaling))
    assert unlike.tolist() == [True, True, False]
    assert Calibration.from_dict(found.as_dict()) == found


@pytest.mark.parametrize("spoilt", [{"looks": 3}, {"quantiles": None}, {}])
def test_a_calibration_of_another_make_is_refused_in_one_line(spoilt):
    facts = Calibration(1.0, (0.5,), MISSED, 0.0).as_dict() | spoilt
    if not spoilt:
        del facts["temperature"]
    with pytest.raises(BadInput, match="is not as this version of pellucid writes it"):
        Calibration.from_dict(facts)
