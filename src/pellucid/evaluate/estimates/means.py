"""Means of several measured numbers, with an interval made from theirs: balanced accuracy is one."""

from collections.abc import Callable

import numpy as np

from pellucid.evaluate.estimates.grouped import Groups, t_quantile
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate, undefined
from pellucid.shapes import Bool, Float, Int


def mean_estimate(estimates: list[Estimate], correlation: Float[np.ndarray, "part part"], *, cases: int) -> Estimate:
    """The plain mean of several measured numbers, its interval made from theirs (MOVER).

    Args:
        estimates: the numbers, each with an interval.
        correlation: between the errors of the numbers, -1 to 1; ones where unknown, which is the careful choice.
        cases: how many cases the mean rests on.
    Returns:
        the mean; its limits lie between the mean of the lower and the mean of the upper limits.
    Source: Zou and Donner 2008, Construction of confidence limits about effect measures: a general approach,
        Statistics in Medicine 27:1693.

    >>> sure, unsure = Estimate(0.9, 0.87, 0.92, 500), Estimate(0.8, 0.76, 0.83, 500)
    >>> print(mean_estimate([sure, unsure], np.eye(2), cases=1000))
    0.850 (0.825 to 0.868)
    """
    values, lows, highs = np.array([(part.value, part.low, part.high) for part in estimates], float).T
    down, up = (
        float(np.sqrt(max(0.0, part @ correlation @ part))) / len(estimates) for part in (values - lows, highs - values)
    )
    value = float(values.mean())
    return Estimate(value, max(float(lows.mean()), value - down), min(float(highs.mean()), value + up), cases)


def mean_rate(
    right: Bool[np.ndarray, " case"], asked: Bool[np.ndarray, "case part"], groups: Groups = None
) -> Estimate:
    """The plain mean of several rates, each on its own part of the cases (balanced accuracy: the parts are classes).

    Args:
        right: whether the case was answered rightly.
        asked: which part (class) a case belongs to; parts without cases are left out.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the mean, 0 to 1, with a MOVER interval from each part's own; parts are correlated through shared groups.

    >>> truth = np.repeat([0, 1], [90, 10])
    >>> print(mean_rate(np.arange(100) < 95, truth[:, None] == [0, 1]))
    0.750 (0.617 to 0.882)
    """

    def estimate(part: Bool[np.ndarray, " case"]) -> Estimate:
        return rate_estimate(right[part], None if groups is None else groups[part])

    return mean_over_parts(right, asked, groups, estimate)


def mean_over_parts(
    outcome: Bool[np.ndarray, " case"] | Int[np.ndarray, " case"],
    asked: Bool[np.ndarray, "case part"],
    groups: Groups,
    estimate: Callable[[Bool[np.ndarray, " case"]], Estimate],
) -> Estimate:
    """The plain mean of what is estimated from each part of the cases; parts are correlated through shared groups.

    Args:
        outcome: of each case, the number whose mean over a part is estimated there.
        asked: which part a case belongs to; parts without cases are left out.
        groups: for each case, the number of its patient or exam; None: cases are independent.
        estimate: gives a part's Estimate, told which cases are in it.
    Returns:
        the mean, with a MOVER interval.

    >>> right, halves = np.arange(100) < 95, np.arange(100)[:, None] // 50 == [0, 1]
    >>> print(mean_over_parts(right, halves, None, lambda part: rate_estimate(right[part])))
    0.950 (0.883 to 0.978)
    """
    asked = asked[:, asked.any(0)]
    if asked.shape[1] == 0:
        return undefined("no cases")
    estimates = [estimate(part) for part in asked.T]
    if groups is None:
        return mean_estimate(estimates, np.eye(len(estimates)), cases=len(outcome))
    _, group = np.unique(groups, return_inverse=True)
    error = asked * (outcome[:, None] - np.array([found.value for found in estimates], float))
    in_groups = np.stack([np.bincount(group, column) for column in error.T], 1)
    held = np.stack([np.bincount(group, column) > 0 for column in asked.T], 1).astype(float)
    correlation = correlation_of(in_groups.T @ in_groups) * (held.T @ held > 0)  # parts that share no group: 0
    return mean_estimate(estimates, correlation, cases=len(outcome))


def correlation_of(covariance: Float[np.ndarray, "part part"]) -> Float[np.ndarray, "part part"]:
    """Correlations from covariances; where a variance is 0 nothing is known of them, and they are taken as 1.

    >>> correlation_of(np.array([[4.0, 1.0], [1.0, 1.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    scale = np.outer(spread, spread)
    correlation = np.where(scale > 0, covariance / np.where(scale > 0, scale, 1), 1.0)
    np.fill_diagonal(correlation, 1.0)
    return np.clip(correlation, -1, 1)


def half_width(values: Float[np.ndarray, " case"], groups: Groups = None) -> float:
    """How far the 95% t interval of a mean reaches to each side; infinite where there is a single case or group.

    Args:
        values: of each case.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Source: Cochran 1977, Sampling Techniques, 3rd edition: the standard error of a ratio, as the mean of cases drawn
        in groups is one (total over cases).

    >>> round(half_width(np.array([1.0, 2.0, 3.0])), 3)
    2.484
    """
    group = np.arange(len(values)) if groups is None else np.unique(groups, return_inverse=True)[1]
    total = np.bincount(group, values - values.mean())
    count = len(total)
    if count == 1:
        return float("inf")
    return float(np.sqrt(count / (count - 1) * (total @ total)) / len(values) * t_quantile(count - 1))
