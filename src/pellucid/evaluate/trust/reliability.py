"""Whether probabilities mean what they say: calibration error, Brier score, log loss, and the bins of a diagram.

Call `measure_reliability` twice, on probabilities before and after calibration, to see what the calibration did. What
counts as one answer depends on the task. Binary, multi-class and ordinal: the likeliest class, which is right or wrong
with the confidence p of that class; so a binary case is taken as two classes with p and 1 - p, of which the greater
counts. Multi-label: each label of each case, which is present or absent with the probability p of its presence.
"""

from typing import Any

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from pellucid.evaluate.estimates.grouped import Groups, t_quantile
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate, undefined, wilson
from pellucid.shapes import Bool, Float, Int

BINS = 15  # of equal width: Guo et al. 2017, On Calibration of Modern Neural Networks; also torchmetrics' default

Probabilities = Float[np.ndarray, "case klass"]
Labels = Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]


def measure_reliability(
    probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None
) -> dict[str, Any]:
    """All that is said of a model's probabilities, for JSON.

    Args:
        probabilities: of each class, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are taken as independent.
    Returns:
        `expected_calibration_error`, `brier_score` and `log_loss` as `Estimate.as_dict` gives them; `bins`, each with
        its mean `confidence` and its `accuracy`.

    >>> found = measure_reliability(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 0]), "binary")
    >>> round(found["brier_score"]["value"], 2), [one["confidence"] for one in found["bins"]]
    (0.41, [0.9])
    """
    bins = reliability_bins(probabilities, labels, task, groups)
    return {
        "expected_calibration_error": expected_calibration_error(probabilities, labels, task).as_dict(),
        "brier_score": brier_score(probabilities, labels, task, groups).as_dict(),
        "log_loss": log_loss(probabilities, labels, task, groups).as_dict(),
        "bins": [{"confidence": confidence, "accuracy": accuracy.as_dict()} for confidence, accuracy in bins],
    }


def expected_calibration_error(probabilities: Probabilities, labels: Labels, task: str) -> Estimate:
    """How far confidence and accuracy lie apart on average, over 15 bins of equal width.

    Args:
        probabilities: of each class, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: multi-label takes the mean of the labels' own errors.
    Returns:
        0 (every bin's confidence is its accuracy) to 1. No interval: a few cases give even perfect probabilities a
        large error, which resampling would only add to; the reason says how large it would be with these cases.
    Source: Guo et al. 2017, On Calibration of Modern Neural Networks. The same as torchmetrics'
        multiclass_calibration_error, for multi-label the mean of its binary_calibration_error, with norm l1.

    >>> round(expected_calibration_error(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]), "binary").value, 3)
    0.45
    """
    if len(labels) == 0:
        return undefined("no cases")
    confidence, right = answers(probabilities, labels, task)
    columns = list(zip(confidence.T, right.T, strict=True))
    value = float(np.mean([_calibration_error(*column) for column in columns]))
    chance = float(np.mean([_error_by_chance(column) for column, _ in columns]))
    reason = f"no interval is computed; perfect probabilities would show about {chance:.4f} on {len(labels):,} cases"
    return Estimate(value, None, None, len(labels), reason)


def brier_score(probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None) -> Estimate:
    """Mean squared distance between probabilities and what was the case: 0 is perfect.

    Args:
        probabilities: of each class, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary: (p - y)^2 of the second class alone, 0 to 1. Multi-class and ordinal: the sum of squares over all
            classes, 0 to 2. Multi-label: the mean of (p - y)^2 over labels, 0 to 1.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the mean over cases, with a t interval.
    Source: Brier 1950, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78:1. As
        scikit-learn's brier_score_loss, which also halves the sum for two classes.

    >>> brier_score(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([1, 0]), "binary").value
    0.125
    """
    squares = (probabilities - _truth(probabilities, labels)) ** 2
    if task == "binary":
        return mean_of_cases(squares[:, 1], 1.0, groups)
    if task == "multi-label":
        return mean_of_cases(squares.mean(1), 1.0, groups)
    return mean_of_cases(squares.sum(1), 2.0, groups)


def log_loss(probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None) -> Estimate:
    """Mean of -log(p of what was the case): 0 is perfect, and a mistake made with certainty costs the most, 36.

    Args:
        probabilities: of each class, 0 to 1; taken as at least 2.2e-16 and at most 1 - 2.2e-16.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: multi-label takes the mean over labels, each present or absent.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the mean over cases in nats, with a t interval.
    Source: as scikit-learn's log_loss.

    >>> round(log_loss(np.array([[0.5, 0.5]]), np.array([1]), "binary").value, 4)
    0.6931
    """
    least = np.finfo(np.float64).eps
    p, truth = np.clip(probabilities.astype(np.float64), least, 1 - least), _truth(probabilities, labels)
    if task == "multi-label":
        return mean_of_cases(-(xlogy(truth, p) + xlog1py(1 - truth, -p)).mean(1), -float(np.log(least)), groups)
    return mean_of_cases(-xlogy(truth, p).sum(1), -float(np.log(least)), groups)


def reliability_bins(
    probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None
) -> list[tuple[float, Estimate]]:
    """The points of a reliability diagram: mean confidence and accuracy of the answers in each bin that has some.

    Args:
        probabilities: of each class, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: multi-label puts all labels of all cases into the same bins: mean probability and share present.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        by rising confidence; the accuracies' intervals take a group's answers (and a case's labels) together.

    >>> reliability_bins(np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]]), np.array([0, 0, 1]), "binary")[1][0]
    0.9
    """
    confidence, right = answers(probabilities, labels, task)
    cases, count = confidence.shape
    clusters = groups if groups is not None or count == 1 else np.arange(cases)
    cluster = None if clusters is None else np.repeat(clusters, count)
    confidence, right = confidence.ravel(), right.ravel()
    place = _bin_of(confidence)
    return [
        (
            float(confidence[place == k].mean()),
            rate_estimate(right[place == k], None if cluster is None else cluster[place == k]),
        )
        for k in np.unique(place).tolist()
    ]


def answers(
    probabilities: Probabilities, labels: Labels, task: str
) -> tuple[Float[np.ndarray, "case answer"], Bool[np.ndarray, "case answer"]]:
    """Each answer's confidence, and whether it came true: one answer a case, or for multi-label one for each label.

    >>> [column.tolist() for column in answers(np.array([[0.2, 0.8]]), np.array([0]), "binary")]
    [[[0.8]], [[False]]]
    """
    if task == "multi-label":
        return probabilities.astype(np.float64), labels == 1
    right = probabilities.argmax(1) == labels
    return probabilities.max(1, keepdims=True).astype(np.float64), right[:, None]


def mean_of_cases(numbers: Float[np.ndarray, " case"], most: float | int, groups: Groups = None) -> Estimate:
    """A mean over cases with a 95% t interval, whole groups taken as clusters.

    Args:
        numbers: one for each case, 0 to `most`.
        most: the greatest that there can be.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the mean; its interval is cut at 0 and `most`. One group alone says nothing of others: 0 to `most`. Where all
        numbers are the same a t interval would have no width, and Wilson's for their share of `most` is given.
    Source: Cochran 1977, Sampling Techniques, 3rd edition: the standard error of a ratio, as the mean of cases drawn
        in groups is one (numbers over cases).

    >>> print(mean_of_cases(np.array([0.0, 1.0, 2.0, 3.0]), 3.0))
    1.500 (0.000 to 3.000)
    """
    cases = len(numbers)
    if cases == 0:
        return undefined("no cases")
    value = float(numbers.mean())
    group = np.arange(cases) if groups is None else np.unique(groups, return_inverse=True)[1]
    total = np.bincount(group, numbers - value)
    count = len(total)
    if count == 1:
        return Estimate(value, 0.0, float(most), cases)
    if np.ptp(numbers) == 0:
        low, high = (most * limit for limit in wilson(value / most, count))
        return Estimate(value, low, high, cases)
    half = float(np.sqrt(count / (count - 1) * (total @ total))) / cases * t_quantile(count - 1)
    return Estimate(value, max(0.0, value - half), min(float(most), value + half), cases)


def _truth(probabilities: Probabilities, labels: Labels) -> Float[np.ndarray, "case klass"]:
    """1 where a class is the case's own."""
    if labels.ndim == 2:
        return np.asarray(labels, np.float64)
    return np.asarray(labels[:, None] == np.arange(probabilities.shape[1]), np.float64)


def _bin_of(confidence: Float[np.ndarray, " answer"]) -> Int[np.ndarray, " answer"]:
    """From 0 on; a bin holds its lower edge, not its upper one, so that p = 1 has a bin of its own (torchmetrics')."""
    place: np.ndarray = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence, side="right") - 1
    return place


def _calibration_error(confidence: Float[np.ndarray, " answer"], right: Bool[np.ndarray, " answer"]) -> float:
    return float(np.abs(np.bincount(_bin_of(confidence), confidence - right)).sum() / len(right))


def _error_by_chance(confidence: Float[np.ndarray, " answer"]) -> float:
    """The calibration error that is to be expected where each answer comes true with just its confidence.

    A bin of n answers with mean confidence p then adds the mean distance of a binomial number from n p (De Moivre
    1730: 2 n p (1 - p) times the chance of floor(n p) among n - 1), over all answers.
    """
    place = _bin_of(confidence)
    counts = np.bincount(place)
    held = counts > 0
    n, p = counts[held], np.bincount(place, confidence)[held] / counts[held]
    mode = np.minimum(np.floor(n * p), n - 1)
    ways = gammaln(n) - gammaln(mode + 1) - gammaln(n - mode)
    chance = np.exp(ways + xlogy(mode, p) + xlog1py(n - 1 - mode, -p))
    return float((2 * n * p * (1 - p) * chance).sum() / len(confidence))
