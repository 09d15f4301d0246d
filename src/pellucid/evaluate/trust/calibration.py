"""What the calibration part teaches: probabilities that mean what they say, sets that hold the truth, and the dial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.trust.abstention import Level, choose_thresholds, confidence_of
from pellucid.evaluate.trust.conformal import ClassLimit, fit_limits, sets
from pellucid.shapes import Bool, Float, Int

COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures that are tried. Chosen by us: twenty times too sure, twenty times too timid."""

PRIOR = 0.5
"""Deviation of the temperature's logarithm, as expected beforehand. Chosen by us: on four splits of breastmnist and of
lidc_nodule_slices 0.3 to 0.5 had the least held-out loss, 0.1 and none at all more; with thousands of cases it is
nothing."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted on the calibration part, and how it is applied to logits.

    `temperature` divides logits (Guo et al., On Calibration of Modern Neural Networks, 2017); `limits` say from which
    probability on a class is in a case's set, `levels` from which confidence on a case is answered.
    """

    temperature: float
    limits: tuple[ClassLimit, ...]
    levels: tuple[Level, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "temperature": self.temperature,
            "limits": [limit.as_dict() for limit in self.limits],
            "levels": [level.as_dict() for level in self.levels],
        }

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> Calibration:
        """What `as_dict` gave.

        Raises:
            BadInput: something else.
        """
        try:
            limits = tuple(ClassLimit.from_dict(limit) for limit in facts["limits"])
            levels = tuple(Level.from_dict(level) for level in facts["levels"])
            return Calibration(float(facts["temperature"]), limits, levels)
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(
                f"The weights' calibration is not as this version of pellucid writes it ({problem}): train again."
            ) from None

    def probabilities(self, logits: Float[np.ndarray, "case klass"], task: str) -> Float[np.ndarray, "case klass"]:
        """Calibrated: softmax, or for multi-label a sigmoid of each label."""
        return probabilities_of(logits, task, self.temperature)

    def sets(self, probabilities: Float[np.ndarray, "case klass"], task: str) -> Bool[np.ndarray, "case klass"]:
        """Which classes each case may be of."""
        return sets(probabilities, self.limits, task)

    def answered(
        self, probabilities: Float[np.ndarray, "case klass"], task: str, asked: float
    ) -> Bool[np.ndarray, " case"] | None:
        """True where the model is confident enough for the asked error; None where no threshold can promise it.

        Raises:
            BadInput: the dial has no such level.
        """
        threshold = self.level(asked).threshold
        return None if threshold is None else confidence_of(probabilities, task) >= threshold

    def level(self, asked: float) -> Level:
        """What the dial does for one asked error.

        Raises:
            BadInput: the dial has no such level.
        """
        level = next((level for level in self.levels if math.isclose(level.asked, asked)), None)
        if level is None:
            known = ", ".join(f"{level.asked:g}" for level in self.levels)
            raise BadInput(f"An error of {asked:g} was asked for; the dial has {known}: take one of them.")
        return level


def probabilities_of(
    logits: Float[np.ndarray, "case klass"], task: str, temperature: float = 1.0
) -> Float[np.ndarray, "case klass"]:
    """Softmax (multi-label: sigmoid) of logits / temperature, in float64.

    >>> probabilities_of(np.array([[0.0, 0.0]]), "binary")
    array([[0.5, 0.5]])
    """
    cooled = logits.astype(np.float64) / temperature
    return np.asarray(expit(cooled) if task == "multi-label" else softmax(cooled, axis=1))


def calibrate(
    logits: Float[np.ndarray, "case klass"],
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"],
    task: str,
    groups: Groups = None,
) -> Calibration:
    """Fit temperature, sets and dial on the calibration part alone.

    Args:
        logits: of the calibration cases.
        labels: their classes (multi-label: a 0/1 matrix).
        task: of the data set.
        groups: their patients or exams, as numbers; None: cases are independent.

    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    >>> calibrate(logits, np.array([0, 0, 0, 0]), "binary").temperature > 1  # too sure: 3 of 4 are right
    True
    """
    temperature = fit_temperature(logits, labels, task, groups)
    p = probabilities_of(logits, task, temperature)
    return Calibration(temperature, fit_limits(p, labels, task, groups), choose_thresholds(p, labels, task, groups))


def fit_temperature(
    logits: Float[np.ndarray, "case klass"],
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"],
    task: str,
    groups: Groups = None,
    prior: float = PRIOR,
) -> float:
    """The temperature of the least cross-entropy, held back from extremes where cases are few; to six digits.

    Few cases, all of them called rightly, would ask for a temperature next to 0 and probabilities of exactly 1. So the
    logarithm of the temperature is taken to be near 0 beforehand (normal, with a deviation of `prior`), and each case,
    or each whole group, counts as one observation against that.

    Args:
        logits: of the calibration cases.
        labels: their classes (multi-label: a 0/1 matrix).
        task: of the data set.
        groups: their patients or exams, as numbers; None: cases are independent.
        prior: deviation of the temperature's logarithm that is expected beforehand; infinite: no matter which.

    >>> fit_temperature(np.tile([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]], (500, 1)), np.zeros(1500, int), "binary")
    2.81425
    """
    units = len(labels) if groups is None else len(np.unique(groups))
    exact, low, high = logits.astype(np.float64), np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(40):  # halve the bracket of the slope's change of sign
        middle = (low + high) / 2
        inverse = float(np.exp(middle))
        rises = units * inverse * _slope(exact, labels, task, inverse) + middle / prior**2 > 0
        low, high = (low, middle) if rises else (middle, high)
    return float(f"{np.exp(-(low + high) / 2):.6g}")


def _slope(logits: np.ndarray, labels: np.ndarray, task: str, inverse: float) -> float:
    p = probabilities_of(logits, task, 1 / inverse)
    if task == "multi-label":
        return float(((p - labels) * logits).mean())
    right = np.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return float(((p * logits).sum(1) - right).mean())
