"""The temperature against scipy's minimiser; sets and dial as their own modules fit them; numbers by hand."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from pellucid.errors import BadInput
from pellucid.evaluate.trust.abstention import Level, choose_thresholds
from pellucid.evaluate.trust.calibration import PRIOR, Calibration, calibrate, fit_temperature, probabilities_of
from pellucid.evaluate.trust.conformal import fit_limits, sets


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


def held_back(temperature: float) -> float:
    """Minus the logarithm of the normal density of log(temperature), but for a constant."""
    return np.log(temperature) ** 2 / (2 * PRIOR**2)


@pytest.mark.parametrize(("classes", "true"), [(2, 3.0), (5, 0.4), (3, 1.0)])
def test_the_temperature_is_that_of_the_least_cross_entropy(classes, true):
    logits, labels = drawn(400, classes, true)
    rows = np.arange(len(labels))
    by_scipy = least(lambda t: -log_softmax(logits.astype(float) / t, axis=1)[rows, labels].sum() + held_back(t))
    task = "binary" if classes == 2 else "multi-class"
    assert calibrate(logits, labels, task).temperature == pytest.approx(by_scipy, rel=1e-4)


def test_for_labels_it_is_that_of_the_least_binary_cross_entropy():
    logits, labels = drawn_labels(300, 2.5)
    by_scipy = least(lambda t: (np.logaddexp(0, logits / t) - labels * logits / t).mean(1).sum() + held_back(t))
    assert calibrate(logits, labels, "multi-label").temperature == pytest.approx(by_scipy, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("true", [0.5, 1.0, 4.0])
def test_the_temperature_that_logits_were_made_with_is_found_again(true):
    logits, labels = drawn(40_000, 4, true)
    assert calibrate(logits, labels, "multi-class").temperature == pytest.approx(true, rel=0.03)
    logits, labels = drawn_labels(20_000, true)
    assert calibrate(logits, labels, "multi-label").temperature == pytest.approx(true, rel=0.03)


def test_few_cases_that_are_all_right_do_not_make_the_model_surer_than_it_was():
    logits = np.array([[9.0, 0.0], [0.0, 9.0]] * 5)
    right = np.array([0, 1] * 5)
    assert 0.95 < fit_temperature(logits, right, "binary") < 1
    assert fit_temperature(logits, right, "binary", prior=np.inf) < 0.5
    assert fit_temperature(np.tile(logits, (100, 1)), 1 - np.tile(right, 100), "binary") > 10  # 1,000 cases, all wrong


def test_cases_of_one_patient_count_as_one_against_what_is_expected_beforehand():
    logits, labels = drawn(400, 3, 3.0)
    alone = fit_temperature(logits, labels, "multi-class")
    in_groups = fit_temperature(logits, labels, "multi-class", np.arange(400) // 40)
    assert 1 < in_groups < alone


def test_the_order_of_the_classes_in_each_case_is_kept():
    logits, labels = drawn(50, 6, 3.0)
    p = calibrate(logits, labels, "multi-class").probabilities(logits, "multi-class")
    np.testing.assert_array_equal(p.argsort(1), logits.argsort(1))
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-12)


def test_what_json_keeps_is_the_same_calibration():
    logits, labels = drawn(60, 3, 2.0)
    labels[labels == 2] = 0
    labels[0] = 2
    found = calibrate(logits, labels, "multi-class")
    assert None in [limit.limit for limit in found.limits]
    assert Calibration.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_sets_and_dial_are_fitted_on_the_calibrated_probabilities():
    logits, labels = drawn(500, 3, 3.0)
    found = calibrate(logits, labels, "multi-class")
    p = probabilities_of(logits, "multi-class", found.temperature)
    assert found.limits == fit_limits(p, labels, "multi-class")
    assert found.levels == choose_thresholds(p, labels, "multi-class")
    np.testing.assert_array_equal(found.sets(p, "multi-class"), sets(p, found.limits, "multi-class"))


def test_whole_patients_are_one_unit():
    logits, labels = drawn(500, 2, 1.0)
    patients = np.arange(500) // 5
    found = calibrate(logits, labels, "binary", patients)
    assert {limit.units for limit in found.limits} == {len(np.unique(patients[labels == k])) for k in (0, 1)}
    assert all(level.units == 100 for level in found.levels)


def test_answers_are_given_from_the_threshold_on():
    levels = (Level(0.01, None, None, 10, 299), Level(0.05, 0.8, 0.04, 100, 59))
    calibration = Calibration(1.0, (), levels)
    p = np.array([[0.8, 0.2], [0.79, 0.21], [0.1, 0.9]])
    assert calibration.answered(p, "binary", 0.05).tolist() == [True, False, True]
    assert calibration.answered(p, "binary", 0.01) is None  # nothing was promised
    with pytest.raises(BadInput, match=r"the dial has 0\.01, 0\.05"):
        calibration.answered(p, "binary", 0.03)


@pytest.mark.parametrize("spoilt", [{"limits": 3}, {"levels": [{}]}, {"temperature": "hot"}, {}])
def test_a_calibration_of_another_make_is_refused_in_one_line(spoilt):
    facts = Calibration(1.0, (), ()).as_dict() | spoilt
    if not spoilt:
        del facts["temperature"]
    with pytest.raises(BadInput, match="as this version of pellucid writes it") as told:
        Calibration.from_dict(facts)
    assert "\n" not in str(told.value)
