"""How much is known from cases that come in groups: ten images of one patient say less than ten patients do."""

import numpy as np
from scipy.special import stdtrit

from pellucid.shapes import Bool, Int

Groups = Int[np.ndarray, " case"] | None

DOUBT = 0.25  # groups' worth of belief that errors come in whole groups; chosen by us, because bench/coverage.py shows
# 0.90 to 0.91 without it where only a handful of groups hold an error, and little change anywhere else


def effective_cases(right: Bool[np.ndarray, " case"], groups: Groups = None) -> float:
    """How many independent cases carry as much knowledge of a rate as these cases do, which come in groups.

    Cases of one patient resemble each other, so ten of them tell less than ten patients do. The spread between groups
    is compared with the spread that independent cases would have (the design effect, at least 1). Few groups make that
    comparison itself unsure: a t quantile answers for it, and `DOUBT` leans it towards the worst case, in which each
    group is right or wrong as a whole. Where all cases are right, or all wrong, the worst case is taken.

    Args:
        right: for each case, whether it counts as a success.
        groups: for each case, the number of its patient or exam; None: every case is its own group.
    Returns:
        0 (one group says nothing about others) to the number of cases.
    Source: Korn and Graubard 1998, Confidence intervals for proportions with small expected number of positive counts
        estimated from survey data, Survey Methodology 24:193; the lean is ours.

    >>> effective_cases(np.array([True, True, False, False]), np.array([0, 1, 2, 3]))
    4.0
    """
    cases = len(right)
    if groups is None or cases < 2:
        return float(cases)
    _, group = np.unique(groups, return_inverse=True)
    size, successes = np.bincount(group), np.bincount(group, right)
    if len(size) == 1:
        return 0.0
    if len(size) == cases:
        return float(cases)
    rate = float(right.mean())
    worst = float((size**2).sum()) / cases
    telling = min(int((successes > 0).sum()), int((successes < size).sum()))  # groups that hold the rarer outcome
    measured = 1.0
    if telling:
        spread = len(size) / (len(size) - 1) * float(((successes - size * rate) ** 2).sum()) / cases**2
        measured = max(1.0, spread / (rate * (1 - rate) / (cases - 1)))
    design_effect = (telling * measured + DOUBT * max(worst, measured)) / (telling + DOUBT)
    return float(cases / design_effect * (t_quantile(cases - 1) / t_quantile(len(size) - 1)) ** 2)


def t_quantile(freedom: float | int) -> float:
    """Half-width of a 95% interval, in standard errors, when the standard error rests on so many degrees of freedom.

    >>> round(t_quantile(9), 3), round(t_quantile(1e9), 3)
    (2.262, 1.96)
    """
    return float(stdtrit(freedom, 0.975))
