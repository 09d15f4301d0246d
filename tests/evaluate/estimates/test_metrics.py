"""Point values against scikit-learn and torchmetrics; variances against the sums over all pairs, written out."""

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle
from torchmetrics import MeanAbsoluteError
from torchmetrics import classification as torchs

from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.auroc_interval import usual_variance
from pellucid.evaluate.estimates.believing import f1_score, negative_predictive_value, positive_predictive_value
from pellucid.evaluate.estimates.grouped import t_quantile
from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.estimates.means import mean_rate
from pellucid.evaluate.estimates.metrics import (
    confusion_table,
    mean_absolute_error,
    quadratic_weighted_kappa,
    roc_curve,
)


def tied_scores(cases=240, classes=3, seed=3):
    draw = np.random.default_rng(seed)
    truth = draw.choice(classes, cases, p=[0.6, 0.3, 0.1])
    scores = draw.normal(size=(cases, classes)) + 1.2 * (truth[:, None] == np.arange(classes))
    return np.round(scores, 1), truth, truth[:, None] == np.arange(classes)


def pairs_written_out(scores, positive):
    x, y = scores[positive][:, None], scores[~positive][None, :]
    return (x > y) + 0.5 * (x == y)


def test_areas_are_those_of_scikit_learn():
    scores, _, positive = tied_scores()
    ours = rank(scores, positive)
    for k in range(3):
        assert ours.estimates[k].value == pytest.approx(oracle.roc_auc_score(positive[:, k], scores[:, k]), abs=1e-12)
    assert ours.macro().value == pytest.approx(oracle.roc_auc_score(positive, scores, average="macro"), abs=1e-12)


@pytest.fixture
def double(monkeypatch):
    """torchmetrics turns its counts into float32 before it divides; here into float64, to be compared to 1e-9."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def near(theirs):
    return pytest.approx(np.asarray(theirs, float), abs=1e-9)


def values(estimates):
    return np.array([estimate.value for estimate in estimates])


@pytest.mark.parametrize("seed", range(3))
def test_areas_are_those_of_torchmetrics_also_with_ties(double, seed):
    scores, truth, positive = tied_scores(seed=seed)
    p = np.round(np.exp(scores) / np.exp(scores).sum(1, keepdims=True), 2)  # thousands of ties
    ours, given = rank(p, positive), (torch.tensor(p), torch.tensor(truth))
    assert values(ours.estimates) == near(torchs.MulticlassAUROC(3, average=None)(*given))
    assert ours.macro().value == near(torchs.MulticlassAUROC(3, average="macro")(*given))
    labels = positive ^ (np.random.default_rng(seed).random(positive.shape) < 0.2)  # several labels in one case
    many = torch.tensor(p), torch.tensor(labels).long()
    assert values(rank(p, labels).estimates) == near(torchs.MultilabelAUROC(3, average=None)(*many))
    assert rank(p, labels).macro().value == near(oracle.roc_auc_score(labels, p, average="macro"))
    two = torchs.BinaryAUROC()(torch.tensor(p[:, 1]), torch.tensor(truth == 1).long())
    assert ours.estimates[1].value == near(two)


@pytest.mark.parametrize("seed", range(3))
def test_rates_of_classes_are_those_of_torchmetrics_and_scikit_learn(double, seed):
    scores, truth, positive = tied_scores(seed=seed)
    called = scores.argmax(1)
    told, both, given = called[:, None] == np.arange(3), (called == truth), (torch.tensor(called), torch.tensor(truth))
    ours = {
        "sensitivity": [rate_estimate(told[positive[:, k], k]) for k in range(3)],
        "specificity": [rate_estimate(~told[~positive[:, k], k]) for k in range(3)],
        "ppv": [positive_predictive_value(told[:, k], positive[:, k]) for k in range(3)],
        "npv": [negative_predictive_value(told[:, k], positive[:, k]) for k in range(3)],
        "f1": [f1_score(told[:, k], positive[:, k]) for k in range(3)],
    }
    theirs = {
        "sensitivity": torchs.MulticlassRecall(3, average=None)(*given),
        "specificity": torchs.MulticlassSpecificity(3, average=None)(*given),
        "ppv": torchs.MulticlassPrecision(3, average=None)(*given),
        "npv": torchs.MulticlassNegativePredictiveValue(3, average=None)(*given),
        "f1": torchs.MulticlassF1Score(3, average=None)(*given),
    }
    for name, estimates in ours.items():
        assert values(estimates) == near(theirs[name]), name
    assert values(ours["sensitivity"]) == near(oracle.recall_score(truth, called, average=None))
    assert values(ours["specificity"]) == near([oracle.recall_score(~positive[:, k], ~told[:, k]) for k in range(3)])
    assert values(ours["ppv"]) == near(oracle.precision_score(truth, called, average=None))
    assert values(ours["f1"]) == near(oracle.f1_score(truth, called, average=None))
    assert rate_estimate(both).value == near(oracle.accuracy_score(truth, called))
    assert rate_estimate(both).value == near(torchs.MulticlassAccuracy(3, average="micro")(*given))
    assert mean_rate(both, positive).value == near(oracle.balanced_accuracy_score(truth, called))
    assert mean_rate(both, positive).value == near(torchs.MulticlassAccuracy(3, average="macro")(*given))
    kappa = torchs.MulticlassCohenKappa(3, weights="quadratic")(*given)
    assert quadratic_weighted_kappa(truth, called).value == near(kappa)
    assert quadratic_weighted_kappa(truth, called).value == near(
        oracle.cohen_kappa_score(truth, called, weights="quadratic")
    )
    assert mean_absolute_error(truth, called, 3).value == near(oracle.mean_absolute_error(truth, called))
    assert mean_absolute_error(truth, called, 3).value == near(MeanAbsoluteError()(*(x.double() for x in given)))
    table = confusion_table(truth, called, 3)
    np.testing.assert_array_equal(table, oracle.confusion_matrix(truth, called))
    np.testing.assert_array_equal(table, torchs.MulticlassConfusionMatrix(3)(*given))


def test_delong_variance_is_that_of_the_sums_over_all_pairs():
    scores, _, positive = tied_scores()
    ours = rank(scores, positive)
    for k in range(3):
        pairs = pairs_written_out(scores[:, k], positive[:, k])
        m, n = pairs.shape
        of_positives, of_negatives = pairs.mean(1).var(ddof=1) / m, pairs.mean(0).var(ddof=1) / n
        variance, area = of_positives + of_negatives, pairs.mean()
        assert ours.covariance[k, k] == pytest.approx(variance, rel=1e-9)
        freedom = variance**2 / (of_positives**2 / (m - 1) + of_negatives**2 / (n - 1))
        wrong = (1 - area) * min(m, n)
        measured, usual = t_quantile(freedom) ** 2 * variance, usual_variance(area, m, n)
        reach = (wrong * measured + 0.1 * 1.959964**2 * max(variance, usual)) / (wrong + 0.1) / usual
        for limit in (ours.estimates[k].low, ours.estimates[k].high):
            assert (limit - area) ** 2 == pytest.approx(reach * usual_variance(limit, m, n), rel=1e-6)


def test_grouped_variance_is_obuchowskis_written_out():
    scores, _, positive = tied_scores()
    groups = np.arange(240) // 7
    s, y = scores[:, 1], positive[:, 1]
    pairs = pairs_written_out(s, y)
    m, n, area, count = *pairs.shape, pairs.mean(), groups.max() + 1
    of_positive, of_negative = np.zeros(240), np.zeros(240)
    of_positive[y], of_negative[~y] = pairs.mean(1) - area, pairs.mean(0) - area
    s10 = s01 = s11 = 0.0
    for g in range(count):
        one, other = of_positive[groups == g].sum(), of_negative[groups == g].sum()
        s10, s01, s11 = s10 + one**2, s01 + other**2, s11 + one * other
    i10, i01 = len(set(groups[y])), len(set(groups[~y]))
    s10, s01, s11 = s10 * i10 / (i10 - 1) / m, s01 * i01 / (i01 - 1) / n, s11 * count / (count - 1)
    assert rank(scores, positive, groups).covariance[1, 1] == pytest.approx(s10 / m + s01 / n + 2 * s11 / (m * n))


def test_groups_of_one_change_no_area_and_no_limit():
    scores, truth, positive = tied_scores()
    alone, grouped = rank(scores, positive), rank(scores, positive, np.random.default_rng(1).permutation(240) + 5)
    for one, other in zip([*alone.estimates, alone.macro()], [*grouped.estimates, grouped.macro()], strict=True):
        assert one.as_dict() == pytest.approx(other.as_dict(), rel=1e-12)
    right = truth != 1  # two classes perfect, one all wrong: the corners
    assert mean_rate(right, positive, np.arange(240)) == mean_rate(right, positive)


def test_doubling_every_case_narrows_the_interval_only_if_the_groups_are_not_told():
    scores, _, positive = tied_scores()
    once = rank(scores, positive).estimates[1]
    double = np.tile(scores, (2, 1)), np.tile(positive, (2, 1))
    told, untold = rank(*double, np.tile(np.arange(240), 2)).estimates[1], rank(*double).estimates[1]
    assert told.high - told.low == pytest.approx(once.high - once.low, rel=0.01)
    assert untold.high - untold.low == pytest.approx((once.high - once.low) / np.sqrt(2), rel=0.02)


@pytest.mark.slow
def test_covariance_between_classes_is_what_a_jackknife_finds():
    scores, _, positive = tied_scores()
    left_out = np.array(
        [[e.value for e in rank(np.delete(scores, i, 0), np.delete(positive, i, 0)).estimates] for i in range(240)]
    )
    jackknife = (left_out - left_out.mean(0)).T @ (left_out - left_out.mean(0)) * 239 / 240
    np.testing.assert_allclose(rank(scores, positive).covariance, jackknife, rtol=0.06, atol=2e-6)


def test_mean_absolute_error_has_the_t_interval_worked_out_by_hand():
    found = mean_absolute_error(np.zeros(4, int), np.array([0, 1, 1, 2]), 5)
    half = 3.182446305284263 * np.sqrt(2 / 3 / 4)  # t quantile for 3 degrees of freedom; variance 2/3
    assert (found.value, found.low, found.high) == pytest.approx((1.0, max(0, 1 - half), 1 + half))
    assert 0 < mean_absolute_error(np.zeros(50, int), np.zeros(50, int), 5).high < 0.4  # all right is not all known


def test_roc_curve_runs_through_scikit_learns_points_and_keeps_its_area_when_thinned():
    scores, _, positive = tied_scores()
    alarms, found, _ = oracle.roc_curve(positive[:, 0], scores[:, 0], drop_intermediate=False)
    corners, theirs = roc_curve(scores[:, 0], positive[:, 0]), np.stack([alarms, found], 1)
    assert np.abs(corners[:, None] - theirs).max(2).min(1).max() < 1e-12  # each corner is one of theirs
    assert oracle.auc(*corners.T) == pytest.approx(oracle.auc(alarms, found), abs=1e-12)
    draw = np.random.default_rng(0)
    truth, many = draw.random(20000) < 0.3, draw.normal(size=20000)
    curve = roc_curve(many + truth, truth)
    assert len(curve) <= 200
    assert (curve[0] == 0).all()
    assert (curve[-1] == 1).all()
    assert oracle.auc(*curve.T) == pytest.approx(oracle.roc_auc_score(truth, many + truth), abs=1e-3)
