"""How good predictions are, as numbers and as a curve: errors in classes, agreement, confusion, the ROC curve."""

import numpy as np

from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import Estimate, undefined, wilson
from pellucid.evaluate.estimates.means import half_width
from pellucid.shapes import Bool, Float, Int

CURVE_POINTS = 200  # chosen by us, because a plot a few hundred pixels wide shows no more


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

    >>> print(mean_absolute_error(np.array([0, 1, 2, 3]), np.array([0, 1, 3, 1]), 4))
    0.750 (0.000 to 2.273)
    """
    if len(truth) == 0:
        return undefined("no cases")
    error = np.abs(truth - predicted).astype(float)
    value, cases, top = float(error.mean()), len(error), float(classes - 1)
    half, count = half_width(error, groups), cases if groups is None else len(np.unique(groups))
    if np.ptp(error) == 0 and count > 1:
        low, high = (top * limit for limit in wilson(value / top, count))
        return Estimate(value, low, high, cases)
    return Estimate(value, max(0.0, value - half), min(top, value + half), cases)


def quadratic_weighted_kappa(truth: Int[np.ndarray, " case"], predicted: Int[np.ndarray, " case"]) -> Estimate:
    """Agreement beyond chance for classes with an order: 1 is perfect, 0 is chance; an error costs its square.

    Args:
        truth: class of each case.
        predicted: predicted class of each case.
    Returns:
        -1 to 1, without an interval; not defined where all cases and predictions are of one class.
    Source: Cohen 1968, Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial
        credit, Psychological Bulletin 70:213.

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
