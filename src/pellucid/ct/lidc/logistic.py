"""Logistic regression by Newton's method, its intervals aware that nodules of one patient are alike."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pellucid.errors import BadInput
from pellucid.shapes import Bool, Float, Int

MOST_STEPS = 50
CLOSE = 1e-10  # a step that moves no coefficient by more is the last


def fit_logistic(
    features: Float[np.ndarray, "case feature"], positive: Bool[np.ndarray, " case"], groups: Int[np.ndarray, " case"]
) -> tuple[Float[np.ndarray, " coefficient"], Float[np.ndarray, "coefficient coefficient"]]:
    """The likeliest coefficients, without any penalty, and how they vary from sample to sample.

    Args:
        features: of about unit size.
        positive: what is to be told from them.
        groups: whose case it is; whole groups are taken as drawn.
    Returns:
        intercept and slopes, and their covariance.
    Raises:
        BadInput: the features tell the two apart without fail, or are the same to a factor; there is no best answer.
    Source: Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, 4.4.1 (Newton's method); Liang
        and Zeger 1986, Longitudinal data analysis using generalized linear models, Biometrika 73:13 (covariance).
    """
    design = np.column_stack([np.ones(len(features)), features])
    weights = np.zeros(design.shape[1])
    step = np.ones_like(weights)
    for _ in range(MOST_STEPS):
        p = expit(design @ weights)
        bend = design.T @ (design * (p * (1 - p))[:, None])
        if np.linalg.cond(bend) > 1e12:
            break
        step = np.linalg.solve(bend, design.T @ (positive - p))
        weights = weights + step
        if np.abs(step).max() < CLOSE:
            break
    if not np.abs(step).max() < CLOSE:
        raise BadInput("The rating model has no best fit: these nodules are too few or too much alike. Give more.")
    total = np.zeros((int(groups.max()) + 1, len(weights)))
    np.add.at(total, groups, design * (positive - p)[:, None])
    inverse = np.linalg.inv(bend)
    return weights, np.asarray(inverse @ (total.T @ total) @ inverse)
