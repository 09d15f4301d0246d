"""How sure an area under a ROC curve is: limits that stay inside 0 and 1, also where hardly a pair is ranked wrongly."""

import numpy as np

from pellucid.evaluate.grouped import t_quantile

RANKING_DOUBT = 0.05  # wrongly ranked cases' worth of belief in the usual variance; chosen by us


def ranking_interval(
    area: float, variance: float, freedom: float | int, cases: tuple[int, int], held: tuple[int, int]
) -> tuple[float, float]:
    """x"""
    normal, usual = t_quantile(np.inf) ** 2, usual_variance(area, *held)
    if usual == 0 or variance == 0:  # nothing is ranked wrongly, or nothing is known of the spread
        return _limit(area, 0.0, normal, held), _limit(area, 1.0, normal, held)
    ratio = variance / usual
    wrong = min(area, 1 - area) * min(cases)
    reach = (wrong * t_quantile(freedom) ** 2 * ratio + RANKING_DOUBT * normal * max(1.0, ratio)) / (wrong + RANKING_DOUBT)
    return _limit(area, 0.0, reach, held), _limit(area, 1.0, reach, held)


def usual_variance(area: float, positives: int, negatives: int) -> float:
    """Squared standard error that an area under the ROC curve has when scores spread exponentially.

    Args:
        area: under the ROC curve, 0 to 1.
        positives: how many positives there are.
        negatives: how many negatives; both numbers enter as they are, and their mean where the formula has one of them.
    Source: Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic (ROC)
        curve, Radiology 143:29; with the mean of both numbers in it as in Newcombe 2006 (see `ranking_interval`).

    >>> round(usual_variance(0.9, 50, 50), 6)
    0.001032
    """
    half = (positives + negatives) / 2 - 1
    shape = 1 + half * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * shape / (positives * negatives)


def _limit(area: float, edge: float, reach: float, held: tuple[int, int]) -> float:
    if area == edge:
        return edge
    outside, inside = edge, area
    for _ in range(50):  # halving: 2**-50 is below what a float shows
        guess = (outside + inside) / 2
        too_far = (area - guess) ** 2 > reach * usual_variance(guess, *held)
        outside, inside = (guess, inside) if too_far else (outside, guess)
    return (outside + inside) / 2
