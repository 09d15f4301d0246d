"""How good predictions are, as numbers: areas under ROC curves, mean rates, errors in classes, confusion."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from .intervals import Estimate, Groups, mean_estimate, ranking_interval, rate_estimate, t_quantile, undefined, wilson

CURVE_POINTS = 200  # chosen by us, because a plot a few hundred pixels wide shows no more


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
        areas from 0 to 1 (ties count one half), intervals on the logit scale with a t quantile (Satterthwaite), and
        the covariance that the classes have because the same cases enter each.
    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837; Sun and Xu 2014 (fast); Obuchowski 1997,
        Biometrics 53:567 (groups).

    >>> print(rank(np.array([[0.1], [0.4], [0.3], [0.8]]), np.array([[False], [False], [True], [True]])).estimates[0])
    0.750 (0.001 to 1.000)
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
    estimates = []
    for k, area in enumerate(areas):
        if np.isnan(area):
            estimates.append(undefined("all cases are of this class" if positive[:, k].any() else "no cases", cases))
            continue
        low, high = 0.0, 1.0
        if count > 1:
            known = max(0.0, float(covariance[k, k])) if held[:, k].min() > 1 else 0.0
            inside = int(positive[:, k].sum()), int((~positive[:, k]).sum())
            freedom = _freedom(variances[:, k], held[:, k])
            low, high = ranking_interval(float(area), known, freedom, inside, (int(held[0, k]), int(held[1, k])))
        estimates.append(Estimate(float(area), low, high, cases))
    return Ranking(estimates, covariance)


def _freedom(variances: Float[np.ndarray, "2"], held: Int[np.ndarray, "2"]) -> float:
    """Satterthwaite's degrees of freedom of the sum of the positives' and the negatives' variance."""
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
    asked = asked[:, asked.any(0)]
    if asked.shape[1] == 0:
        return undefined("no cases")
    estimates = [rate_estimate(right[part], None if groups is None else np.asarray(groups)[part]) for part in asked.T]
    if groups is None:
        return mean_estimate(estimates, np.eye(len(estimates)), cases=len(right))
    _, group = np.unique(groups, return_inverse=True)
    error = asked * (right[:, None] - np.array([estimate.value for estimate in estimates], float))
    in_groups = np.stack([np.bincount(group, column) for column in error.T], 1)
    held = np.stack([np.bincount(group, column) > 0 for column in asked.T], 1).astype(float)
    correlation = correlation_of(in_groups.T @ in_groups) * (held.T @ held > 0)  # parts that share no group: 0
    return mean_estimate(estimates, correlation, cases=len(right))


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


def mean_absolute_error(
    truth: Int[np.ndarray, " case"], predicted: Int[np.ndarray, " case"], classes: int, groups: Groups = None
) -> Estimate:
    """How many classes a prediction is off by, on average, for classes that have an order.

    Args:
        truth: class of each case, 0 to classes - 1.
        predicted: predicted class of each case.
        classes: how many there are.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        0 to classes - 1, with a t interval on cases or groups; where all errors are equal that has no width, and the
        Wilson interval of the error's share of the largest possible one is given.
    Source: Cochran 1977, Sampling Techniques, section 2.11 (mean of cases drawn in groups).

    >>> print(mean_absolute_error(np.array([0, 1, 2, 3]), np.array([0, 1, 3, 1]), 4))
    0.750 (0.000 to 2.273)
    """
    if len(truth) == 0:
        return undefined("no cases")
    error = np.abs(truth - predicted).astype(float)
    value, cases, top = float(error.mean()), len(error), float(classes - 1)
    group = np.arange(cases) if groups is None else np.unique(groups, return_inverse=True)[1]
    total = np.bincount(group, error - value)
    if len(total) == 1:
        return Estimate(value, 0.0, top, cases)
    half = np.sqrt(len(total) / (len(total) - 1) * (total @ total)) / cases * t_quantile(len(total) - 1)
    if np.ptp(error) == 0:
        low, high = (top * limit for limit in wilson(value / top, len(total)))
        return Estimate(value, low, high, cases)
    return Estimate(value, float(max(0.0, value - half)), float(min(top, value + half)), cases)


def quadratic_weighted_kappa(truth: Int[np.ndarray, " case"], predicted: Int[np.ndarray, " case"]) -> Estimate:
    """Agreement beyond chance for classes with an order: 1 is perfect, 0 is chance; an error costs its square.

    Args:
        truth: class of each case.
        predicted: predicted class of each case.
    Returns:
        -1 to 1, without an interval; not defined where all cases and predictions are of one class.
    Source: Cohen 1968, Psychological Bulletin 70:213.

    >>> quadratic_weighted_kappa(np.array([0, 1, 2, 2]), np.array([0, 1, 2, 1])).value
    0.8
    """
    if len(truth) == 0:
        return undefined("no cases")
    observed = float(((truth - predicted) ** 2).mean())
    chance = float(truth.var() + predicted.var() + (truth.mean() - predicted.mean()) ** 2)
    if chance == 0:
        return undefined("all cases and all predictions are of one class", len(truth))
    return Estimate(1 - observed / chance, None, None, len(truth), "no interval is computed for kappa")


def confusion_table(
    truth: Int[np.ndarray, " case"], predicted: Int[np.ndarray, " case"], classes: int
) -> Int[np.ndarray, "truth predicted"]:
    """How often each class (row) was called each class (column).

    >>> confusion_table(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)


def roc_curve(
    scores: Float[np.ndarray, " case"], positive: Bool[np.ndarray, " case"], *, points: int = CURVE_POINTS
) -> Float[np.ndarray, "point 2"]:
    """The ROC curve, ready to plot: how many positives are found, at each price in false alarms.

    Args:
        scores: higher means more likely positive.
        positive: which cases are.
        points: at most so many; the corners that bend the curve most are kept, and always both ends.
    Returns:
        false positive rate and true positive rate of each point, from (0, 0) to (1, 1); no points where only one
        kind of case is there.

    >>> roc_curve(np.array([0.1, 0.4, 0.3, 0.8]), np.array([False, False, True, True]))
    array([[0. , 0. ],
           [0. , 0.5],
           [0.5, 0.5],
           [0.5, 1. ],
           [1. , 1. ]])
    """
    if positive.all() or not positive.any():
        return np.empty((0, 2))
    values, place = np.unique(-scores, return_inverse=True)
    found, alarms = (np.cumsum(np.bincount(place, chosen, len(values))) for chosen in (positive, ~positive))
    curve = np.vstack([[0.0, 0.0], np.stack([alarms / alarms[-1], found / found[-1]], 1)])
    steps = np.diff(curve, axis=0)
    bend = np.abs(steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0])
    curve = curve[np.concatenate([[True], bend > 1e-15, [True]])]
    while len(curve) > points:  # drop the corners that change the area least, a tenth at a time, never two neighbours
        before, after = np.diff(curve[:-1], axis=0), np.diff(curve[1:], axis=0)
        bend = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        order = 1 + np.argsort(bend, kind="stable")[: max(1, len(bend) // 4)]
        order = order[order % 2 == order[0] % 2][: len(curve) - points]
        curve = np.delete(curve, order, axis=0)
    return curve
