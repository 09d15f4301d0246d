"""Calibration error, Brier score and log loss against torchmetrics and scikit-learn; bins and intervals by hand."""

import json

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import ttest_1samp
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as log_loss_of_sklearn
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.trust.reliability import (
    brier_score,
    expected_calibration_error,
    log_loss,
    mean_of_cases,
    measure_reliability,
    reliability_bins,
)

pytestmark = pytest.mark.filterwarnings("ignore:torch.searchsorted")  # torchmetrics hands it columns


def drawn(cases, classes, sharpness, seed=0):
    """Over- or under-confident probabilities, and labels that follow the true ones."""
    draw = np.random.default_rng(seed)
    true = draw.normal(0, 1.5, (cases, classes))
    labels = (softmax(true, axis=1).cumsum(1) < draw.random((cases, 1))).sum(1)
    return softmax(true * sharpness, axis=1), labels


def drawn_labels(cases, seed=0):
    draw = np.random.default_rng(seed)
    p = draw.random((cases, 4))
    return p, (draw.random(p.shape) < p**2).astype(np.int64)


@pytest.fixture(autouse=True)
def _torchmetrics_in_double_precision(monkeypatch):
    """It rounds confidences by `.float()`, and agrees to 1e-7 only for that reason."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)


def theirs(p, labels):
    found = multiclass_calibration_error(
        torch.from_numpy(p), torch.from_numpy(labels), num_classes=p.shape[1], n_bins=15, norm="l1"
    )
    return float(found)


@pytest.mark.parametrize(("classes", "sharpness"), [(2, 3.0), (2, 0.3), (6, 2.0), (6, 60.0)])
@pytest.mark.parametrize("cases", [1, 7, 1000])
def test_calibration_error_is_torchmetrics(cases, classes, sharpness):
    p, labels = drawn(cases, classes, sharpness)
    task = "binary" if classes == 2 else "multi-class"
    assert expected_calibration_error(p, labels, task).value == pytest.approx(theirs(p, labels), abs=1e-9)


def test_calibration_error_is_torchmetrics_on_the_edges_of_bins_and_at_one():
    top = np.array([0.6, 0.8, 1.0, 1.0, 0.6, 0.8, 0.9999, 14 / 15])
    p, labels = np.stack([top, 1 - top], 1), np.array([0, 1, 0, 1, 1, 0, 1, 0])
    assert expected_calibration_error(p, labels, "binary").value == pytest.approx(theirs(p, labels), abs=1e-9)


def test_calibration_error_of_labels_is_the_mean_of_torchmetrics_binary_errors():
    p, labels = drawn_labels(500)
    each = [
        float(binary_calibration_error(torch.from_numpy(p[:, k]), torch.from_numpy(labels[:, k]), n_bins=15))
        for k in range(4)
    ]
    assert expected_calibration_error(p, labels, "multi-label").value == pytest.approx(np.mean(each), abs=1e-9)


@pytest.mark.parametrize("cases", [30, 3000])
def test_the_error_that_perfect_probabilities_would_show_is_what_they_do_show(cases):
    p, _ = drawn(cases, 3, 1.0)
    draw = np.random.default_rng(1)
    shown = []
    for _ in range(400):
        labels = (p.cumsum(1) < draw.random((cases, 1))).sum(1)
        shown.append(expected_calibration_error(p, labels, "multi-class").value)
    said = float(expected_calibration_error(p, labels, "multi-class").reason.split("about ")[1].split()[0])
    assert said == pytest.approx(np.mean(shown), rel=0.05)


def test_brier_score_is_sklearns():
    p, labels = drawn(700, 2, 2.0)
    assert brier_score(p, labels, "binary").value == pytest.approx(brier_score_loss(labels, p[:, 1]), abs=1e-9)
    p, labels = drawn(700, 5, 2.0)
    both = brier_score(p, labels, "multi-class").value, brier_score(p, labels, "ordinal").value
    assert both == pytest.approx((brier_score_loss(labels, p, labels=list(range(5))),) * 2, abs=1e-9)
    p, labels = drawn_labels(300)
    each = [brier_score_loss(labels[:, k], p[:, k]) for k in range(4)]
    assert brier_score(p, labels, "multi-label").value == pytest.approx(np.mean(each), abs=1e-9)


def test_log_loss_is_sklearns_even_where_a_mistake_was_certain():
    p, labels = drawn(700, 5, 2.0)
    wanted = log_loss_of_sklearn(labels, p, labels=list(range(5)))
    assert log_loss(p, labels, "multi-class").value == pytest.approx(wanted, abs=1e-9)
    p, labels = np.array([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]]), np.array([1, 1, 1])
    assert log_loss(p, labels, "binary").value == pytest.approx(log_loss_of_sklearn(labels, p, labels=[0, 1]), abs=1e-9)
    p, labels = drawn_labels(300)
    p[0, 0], labels[0, 0] = 0.0, 1
    each = [log_loss_of_sklearn(labels[:, k], p[:, k]) for k in range(4)]
    assert log_loss(p, labels, "multi-label").value == pytest.approx(np.mean(each), abs=1e-9)


def test_a_mean_has_scipys_t_interval():
    numbers = np.random.default_rng(0).gamma(2, 0.1, 60)
    theirs = ttest_1samp(numbers, 0).confidence_interval(0.95)
    ours = mean_of_cases(numbers, 9.0)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_ten_copies_of_each_case_in_one_group_say_no_more_than_the_case():
    numbers = np.random.default_rng(0).gamma(2, 0.1, 60)
    copies = mean_of_cases(np.repeat(numbers, 10), 9.0, np.repeat(np.arange(60), 10) * 7 - 3)
    alone = mean_of_cases(numbers, 9.0)
    assert (copies.value, copies.low, copies.high) == pytest.approx((alone.value, alone.low, alone.high), abs=1e-12)


def test_one_group_or_equal_numbers_are_not_taken_for_certainty():
    assert mean_of_cases(np.array([0.1, 0.3]), 2.0, np.array([5, 5])).as_dict()["high"] == 2.0
    same = mean_of_cases(np.zeros(50), 2.0)
    assert same.low == 0
    assert same.high == pytest.approx(2 * 1.959964**2 / (50 + 1.959964**2), rel=1e-6)  # Wilson's, no success in 50


@pytest.mark.parametrize("size", [1, 8])
def test_the_brier_scores_interval_holds_the_truth(size):
    draw, held, groups = np.random.default_rng(3), 0, None if size == 1 else np.arange(400) // size
    for _ in range(600):
        p = np.repeat(draw.beta(2, 2, 400 // size), size)
        labels = (np.repeat(draw.random(400 // size), size) < p).astype(int)  # a group's cases are all alike
        found = brier_score(np.stack([1 - p, p], 1), labels, "binary", groups)
        held += found.low <= 0.2 <= found.high  # E p(1-p) of Beta(2, 2)
    assert 0.93 <= held / 600 <= 0.975


def test_bins_by_hand():
    top = np.array([0.81, 0.85, 0.86, 0.95, 1.0])  # the edges are 0.8, 0.8667, 0.9333, 1
    p, labels = np.stack([1 - top, top], 1), np.array([1, 0, 1, 1, 1])
    bins = reliability_bins(p, labels, "binary")
    assert [confidence for confidence, _ in bins] == pytest.approx([0.84, 0.95, 1.0])
    assert bins[0][1] == rate_estimate(np.array([True, False, True]))
    assert [accuracy.cases for _, accuracy in bins] == [3, 1, 1]


def test_bins_know_groups_and_the_labels_of_one_case():
    p, labels = np.full((40, 2), [0.1, 0.9]), np.repeat([1, 0, 1, 1], 10)
    grouped = reliability_bins(p, labels, "binary", np.arange(40) // 10)[0][1]
    assert grouped == rate_estimate(labels == 1, np.arange(40) // 10)
    truth = np.repeat(labels[:, None], 2, 1)
    by_label = reliability_bins(np.full((40, 2), 0.7), truth, "multi-label")[0][1]
    assert by_label == rate_estimate(np.repeat(labels == 1, 2), np.repeat(np.arange(40), 2))


def test_the_gap_of_the_bins_weighted_by_their_cases_is_the_calibration_error():
    p, labels = drawn(900, 4, 2.0)
    bins = reliability_bins(p, labels, "multi-class")
    gap = sum(accuracy.cases * abs(accuracy.value - confidence) for confidence, accuracy in bins) / 900
    assert expected_calibration_error(p, labels, "multi-class").value == pytest.approx(gap, abs=1e-12)


def test_all_is_json_and_nothing_is_measured_on_no_cases():
    p, labels = drawn(50, 3, 1.0)
    json.dumps(measure_reliability(p, labels, "multi-class", np.arange(50) // 5), allow_nan=False)
    empty = measure_reliability(p[:0], labels[:0], "multi-class")
    assert [empty[name]["reason"] for name in ("expected_calibration_error", "brier_score", "log_loss")] == [
        "no cases"
    ] * 3
    assert empty["bins"] == []
