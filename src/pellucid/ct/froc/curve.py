"""From matched marks to the FROC curve: false positives a scan against the share of nodules that are found."""

from dataclasses import dataclass

import numpy as np

from pellucid.ct.froc.matching import Matched
from pellucid.shapes import Float, Int64

FP_PER_SCAN = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Where LUNA16 reads the curve; CPM is the mean of the sensitivities there (Niemeijer et al. 2011)."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Matched marks, the surest first.

    Attributes:
        matched: as they came.
        order: which entry is surest, second, ...
        last: of each different probability, the last place in that order.
    """

    matched: Matched
    order: Int64[np.ndarray, "entry"]
    last: Int64[np.ndarray, "probability"]


def rank(matched: Matched) -> Ranked:
    """Sort once, so that each resample only has to count."""
    order = np.argsort(-matched.probability, kind="stable")
    falls = np.append(np.diff(matched.probability[order]) != 0, [True] * (len(order) > 0))
    return Ranked(matched, order, np.flatnonzero(falls))


def count(
    ranked: Ranked, times: Int64[np.ndarray, "scan"]
) -> tuple[Int64[np.ndarray, "point"], Int64[np.ndarray, "point"]]:
    """False marks and found nodules at and above each probability, from none at all to all.

    Args:
        times: how often each scan counts; 1 each, or what a resample drew.
    """
    weight = times[ranked.matched.scan[ranked.order]]
    found = np.cumsum(weight * ranked.matched.found[ranked.order])[ranked.last]
    false_marks = np.cumsum(weight)[ranked.last] - found
    return np.append(0, false_marks), np.append(0, found)


def sensitivities(ranked: Ranked, times: Int64[np.ndarray, "scan"]) -> Float[np.ndarray, "7"]:
    """The curve at LUNA16's seven rates of false positives, between its points by a straight line.

    Beyond its last point the curve stays level.
    """
    false_marks, found = count(ranked, times)
    nodules = (times * ranked.matched.nodules).sum()
    return np.asarray(np.interp(FP_PER_SCAN, false_marks / times.sum(), found / nodules), float)


def corners(
    false_marks: Int64[np.ndarray, "point"], found: Int64[np.ndarray, "point"]
) -> tuple[Int64[np.ndarray, "corner"], Int64[np.ndarray, "corner"]]:
    """The curve without points that repeat the step before them, as scikit-learn's roc_curve leaves them out.

    >>> corners(np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 1, 1, 1, 2]))
    (array([0, 0, 3, 3]), array([0, 1, 1, 2]))
    """
    if len(found) <= 3:
        return false_marks, found
    turns = (np.diff(false_marks[1:], 2) != 0) | (np.diff(found[1:], 2) != 0)
    kept = np.concatenate([[True, True], turns, [True]])
    return false_marks[kept], found[kept]
