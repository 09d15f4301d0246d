"""How far a call can be believed: predictive values and F1 of one class, with their 95% intervals."""

import numpy as np

from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate, undefined
from pellucid.shapes import Bool


def positive_predictive_value(
    called: Bool[np.ndarray, " case"], positive: Bool[np.ndarray, " case"], groups: Groups = None
) -> Estimate:
    """Of the cases that were called this class, the share that are of it (PPV, precision).

    It holds only where the class is as frequent as in these cases: where a disease is rarer, more calls are wrong.

    Args:
        called: whether the case was called this class.
        positive: whether it is of this class.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the share, 0 to 1, on the called cases; not defined where none was called.

    >>> print(positive_predictive_value(np.arange(100) < 20, np.arange(100) < 18))
    0.900 (0.699 to 0.982)
    """
    return _among(called, positive, groups, "no case was called this class")


def negative_predictive_value(
    called: Bool[np.ndarray, " case"], positive: Bool[np.ndarray, " case"], groups: Groups = None
) -> Estimate:
    """Of the cases that were not called this class, the share that are not of it (NPV); as PPV, it goes with frequency.

    Args:
        called: whether the case was called this class.
        positive: whether it is of this class.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the share, 0 to 1, on the cases not called; not defined where all were called.

    >>> print(negative_predictive_value(np.arange(100) < 20, np.arange(100) < 24))
    0.950 (0.878 to 0.980)
    """
    return _among(~called, ~positive, groups, "every case was called this class")


def f1_score(called: Bool[np.ndarray, " case"], positive: Bool[np.ndarray, " case"], groups: Groups = None) -> Estimate:
    """F1 of a class: the harmonic mean of PPV and sensitivity.

    Among the cases that are of the class or were called it, a share F* is both, and F1 is 2 F* / (1 + F*): so the
    limits of that share, a rate like any other, give those of F1.

    Args:
        called: whether the case was called this class.
        positive: whether it is of this class.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        0 to 1; not defined where no case is of the class and none was called it.
    Source: Hand, Christen and Kirielle 2021, F*: an interpretable transformation of the F-measure, Machine Learning
        110:451.

    >>> print(f1_score(np.arange(100) < 20, np.arange(100) < 18))
    0.947 (0.823 to 0.991)
    """
    share = _among(called | positive, called & positive, groups, "no case is of this class or was called it")
    if share.value is None or share.low is None or share.high is None:
        return share
    value, low, high = (2 * part / (1 + part) for part in (share.value, share.low, share.high))
    return Estimate(value, low, high, share.cases)


def _among(asked: Bool[np.ndarray, " case"], right: Bool[np.ndarray, " case"], groups: Groups, reason: str) -> Estimate:
    """The share of the asked cases that are right; not defined, for that reason, where none is asked."""
    if not asked.any():
        return undefined(reason)
    return rate_estimate(right[asked], None if groups is None else groups[asked])
