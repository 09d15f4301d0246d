"""How much is known from cases that come in groups: ten images of one patient say less than ten patients do."""

import numpy as np
from scipy.special import stdtrit

from pellucid.shapes import Bool, Int

Groups = Int[np.ndarray, " case"] | None

DOUBT = 0.25  # groups' worth of belief that errors come in whole groups; chosen by us, because bench/coverage.py shows
# 0.90 to 0.91 without it where only a handful of groups hold an error, and little change anywhere else


def effective_cases(outcome: Bool[np.ndarray, " case"] | Int[np.ndarray, " case"], groups: Groups = None) -> float:
    """How many independent cases carry as much knowledge of a mean outcome as these cases do, which come in groups.

    Cases of one patient resemble each other, so ten of them tell less than ten patients do. The spread between groups
    is compared with the spread that independent cases would have (the design effect, at least 1). Few groups make that
    comparison itself unsure: a t quantile answers for it, and `DOUBT` leans it towards the worst case, in which each
    group is right or wrong as a whole. Where all cases have one outcome, the worst case is taken.

    Args:
        outcome: of each case, one of a few: right or wrong; or -1, 0, 1 where two models are compared.
        groups: for each case, the number of its patient or exam; None: every case is its own group.
    Returns:
        0 (one group says nothing about others) to the number of cases.
    Source: Korn and Graubard 1998, Confidence intervals for proportions with small expected number of positive counts
        estimated from survey data, Survey Methodology 24:193; the lean is ours.

    >>> effective_cases(np.array([True, True, False, False]), np.array([0, 1, 2, 3]))
    4.0
    """
    cases = len(outcome)
    if groups is None or cases < 2:
        return float(cases)
    _, group = np.unique(groups, return_inverse=True)
    size, total = np.bincount(group), np.bincount(group, outcome)
    if len(size) == 1:
        return 0.0
    if len(size) == cases:
        return float(cases)
    mean, worst = float(outcome.mean()), float((size**2).sum()) / cases
    same = [np.bincount(group, outcome == one) == size for one in np.unique(outcome)]
    telling = min(int((~whole).sum()) for whole in same)  # groups that hold anything but the commonest outcome
    measured = 1.0
    if telling:
        spread = len(size) / (len(size) - 1) * float(((total - size * mean) ** 2).sum()) / cases**2
        measured = max(1.0, spread / (float(outcome.var()) / (cases - 1)))
    design_effect = (telling * measured + DOUBT * max(worst, measured)) / (telling + DOUBT)
    return float(cases / design_effect * (t_quantile(cases - 1) / t_quantile(len(size) - 1)) ** 2)


def t_quantile(freedom: float | int) -> float:
    """Half-width of a 95% interval, in standard errors, when the standard error rests on so many degrees of freedom.

    >>> round(t_quantile(9), 3), round(t_quantile(1e9), 3)
    (2.262, 1.96)
    """
    return float(stdtrit(freedom, 0.975))
