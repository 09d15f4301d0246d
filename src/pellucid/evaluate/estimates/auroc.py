"""How well scores rank cases: areas under ROC curves, with the spread that they would have on other cases."""

from dataclasses import dataclass

import numpy as np

from pellucid.evaluate.estimates.auroc_interval import ranking_interval
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import Estimate, undefined
from pellucid.evaluate.estimates.means import correlation_of, mean_estimate
from pellucid.shapes import Bool, Float, Int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Areas under the ROC curves of several classes, measured on the same cases.

    Args:
        estimates: one area for each class, with its interval.
        covariance: between the errors of the areas; 0 where unknown.
    """

    estimates: list[Estimate]
    covariance: Float[np.ndarray, "klass klass"]

    def macro(self) -> Estimate:
        """The mean area over the classes that have one.

        >>> rank(np.array([[0.1], [0.4], [0.3], [0.8]]), np.array([[False], [False], [True], [True]])).macro().value
        0.75
        """
        known = [k for k, estimate in enumerate(self.estimates) if estimate.value is not None]
        if not known:
            return undefined("no class has both cases and non-cases")
        covariance = self.covariance[np.ix_(known, known)]
        return mean_estimate(
            [self.estimates[k] for k in known], correlation_of(covariance), cases=self.estimates[known[0]].cases
        )


def rank(
    scores: Float[np.ndarray, "case klass"], positive: Bool[np.ndarray, "case klass"], groups: Groups = None
) -> Ranking:
    """How well each class's score puts its cases above the others: the area under the ROC curve (AUROC).

    Args:
        scores: higher means more likely of that class; any scale.
        positive: whether the case is of that class.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        areas from 0 to 1 (ties count one half), each with its `ranking_interval` (a t quantile by Satterthwaite), and
        the covariance that the classes have because the same cases enter each.
    Source: DeLong, DeLong and Clarke-Pearson 1988, Comparing the areas under two or more correlated receiver operating
        characteristic curves, Biometrics 44:837; Obuchowski 1997, Nonparametric analysis of clustered ROC curve data,
        Biometrics 53:567 (groups).

    >>> print(rank(np.array([[0.1], [0.4], [0.3], [0.8]]), np.array([[False], [False], [True], [True]])).estimates[0])
    0.750 (0.051 to 0.994)
    """
    cases, classes = scores.shape
    group = np.arange(cases) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(group.max(initial=-1)) + 1
    areas, parts = np.full(classes, np.nan), np.zeros((2, count, classes))
    held = np.zeros((2, classes), int)
    for k in range(classes):
        if not 0 < positive[:, k].sum() < cases:
            continue
        areas[k], placement = placements(scores[:, k], positive[:, k])
        for side, chosen in enumerate((positive[:, k], ~positive[:, k])):
            parts[side, :, k] = np.bincount(group[chosen], placement[chosen] - areas[k], count) / chosen.sum()
            held[side, k] = np.count_nonzero(np.bincount(group[chosen], minlength=count))
    variances, covariance = _covariance(parts, held)
    estimates = [
        _with_limits(float(areas[k]), positive[:, k], held[:, k], variances[:, k], float(covariance[k, k]), count)
        for k in range(classes)
    ]
    return Ranking(estimates, covariance)


def _with_limits(
    area: float,
    positive: Bool[np.ndarray, " case"],
    held: Int[np.ndarray, "2"],
    variances: Float[np.ndarray, "2"],
    variance: float,
    groups: int,
) -> Estimate:
    """One class's area (nan where there is none) with its interval; a single group says nothing about others."""
    cases, positives = len(positive), int(positive.sum())
    if np.isnan(area):
        return undefined("all cases are of this class" if positives else "no cases", cases)
    if groups == 1:
        return Estimate(area, 0.0, 1.0, cases)
    known = max(0.0, variance) if held.min() > 1 else 0.0
    inside, in_groups = (positives, cases - positives), (int(held[0]), int(held[1]))
    return Estimate(area, *ranking_interval(area, known, _freedom(variances, held), inside, in_groups), cases)


def _freedom(variances: Float[np.ndarray, "2"], held: Int[np.ndarray, "2"]) -> float:
    """Degrees of freedom of the sum of the positives' and the negatives' variance.

    Source: Satterthwaite 1946, An approximate distribution of estimates of variance components, Biometrics Bulletin
        2:110.
    """
    apart = float((variances**2 / np.maximum(held - 1, 1)).sum())
    return float(variances.sum()) ** 2 / apart if apart > 0 else float(held.min())


def placements(
    scores: Float[np.ndarray, " case"], positive: Bool[np.ndarray, " case"]
) -> tuple[float, Float[np.ndarray, " case"]]:
    """The area under the ROC curve, and what each case adds to it.

    Args:
        scores: higher means more likely positive.
        positive: which cases are; both kinds must be there.
    Returns:
        the area, and for each case the share of the other kind that it is on the right side of (ties count one half);
        the area is their mean over the positives, and also over the negatives.
    Source: Sun and Xu 2014, Fast implementation of DeLong's algorithm for comparing the areas under correlated
        receiver operating characteristic curves, IEEE Signal Processing Letters 21:1389 (by sorting, not by pairs).

    >>> placements(np.array([0.1, 0.4, 0.3, 0.8]), np.array([False, False, True, True]))
    (0.75, array([1. , 0.5, 0.5, 1. ]))
    """
    values, place = np.unique(scores, return_inverse=True)
    above, below = (np.bincount(place, chosen, len(values)) for chosen in (positive, ~positive))
    of_positive = (np.cumsum(below) - below / 2) / below.sum()
    of_negative = 1 - (np.cumsum(above) - above / 2) / above.sum()
    placement = np.where(positive, of_positive[place], of_negative[place])
    return float(of_positive @ above / above.sum()), placement


def _covariance(
    parts: Float[np.ndarray, "2 group klass"], held: Int[np.ndarray, "2 klass"]
) -> tuple[Float[np.ndarray, "2 klass"], Float[np.ndarray, "klass klass"]]:
    """Obuchowski's S10, S01 and S11, over pairs of classes; without groups they are DeLong's."""
    positives, negatives = parts * np.sqrt(held / np.maximum(held - 1, 1))[:, None, :]
    both = parts[0].T @ parts[1] * (parts.shape[1] / max(parts.shape[1] - 1, 1))
    variances = np.stack([(positives**2).sum(0), (negatives**2).sum(0)])
    return variances, positives.T @ positives + negatives.T @ negatives + both + both.T
