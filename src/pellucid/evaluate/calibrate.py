"""Probabilities that mean what they say, sets that hold the truth, and inputs unlike the training images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp, softmax

from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Float, Int, Shaped

MISSED = 0.05
"""Share of cases of each class whose set may miss the true class. Chosen by us, as the complement of 95% intervals."""

UNLIKE = 0.01
"""Share of calibration cases that may be flagged as unlike the training images. Chosen by us."""

MARGIN = 0.25
"""How far beyond the calibration images' range, in parts of it, an image may look before it counts as unlike. Chosen by
us: no held-out image of Medical MNIST lies beyond it."""

COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted on the calibration part, and how it is applied to logits.

    `temperature` divides logits (Guo et al., On Calibration of Modern Neural Networks, 2017). `quantiles` holds, for
    each class, how small 1 - p of the true class stays in all but `missed` of its cases (class-conditional split
    conformal prediction: Vovk, 2012; Sadinle et al., 2019), or None where the class has too few cases for any promise.
    `familiarity_floor` bounds logsumexp of the logits from below (the energy score of Liu et al., 2020).
    """

    temperature: float
    quantiles: tuple[float | None, ...]
    missed: float
    familiarity_floor: float
    looks: tuple[tuple[float, float], ...] = ()
    """Range of the images' mean, and of their deviation, in the calibration part; wider by MARGIN on either side."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "quantiles": list(self.quantiles), "looks": [list(limits) for limits in self.looks]}

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> Calibration:
        """What `as_dict` gave.

        Raises:
            BadInput: something else.
        """
        try:
            quantiles = tuple(facts["quantiles"])
            looks = tuple((low, high) for low, high in facts["looks"])
            return Calibration(facts["temperature"], quantiles, facts["missed"], facts["familiarity_floor"], looks)
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(
                f"The weights' calibration is not as this version of pellucid writes it ({problem}): train again."
            ) from None

    def probabilities(self, logits: Float[np.ndarray, "case klass"], task: str) -> Float[np.ndarray, "case klass"]:
        """Calibrated: softmax, or for multi-label a sigmoid of each label."""
        return probabilities_of(logits, task, self.temperature)

    def sets(
        self, probabilities: Float[np.ndarray, "case klass"], task: str = "multi-class"
    ) -> Bool[np.ndarray, "case klass"]:
        """Which classes each case may be of; a class without a promise is always among them.

        Where a case has exactly one class its likeliest is always among them too; a multi-label case may have none.
        """
        limits = np.array([np.inf if quantile is None else quantile for quantile in self.quantiles])
        likeliest = probabilities == probabilities.max(1, keepdims=True)
        return np.asarray((1 - probabilities <= limits) | (likeliest & (task != "multi-label")))

    def unlike_training(
        self, logits: Float[np.ndarray, "case klass"], looks: Float[np.ndarray, "case 2"] | None = None
    ) -> Bool[np.ndarray, " case"]:
        """True where the model answers more weakly than to nearly all calibration images, or the image is far darker,
        brighter, flatter or harsher than any of them. A coarse net: what merely looks alike slips through it.
        """
        unlike = familiarity(logits) < self.familiarity_floor
        if looks is not None:
            for column, (low, high) in enumerate(self.looks):
                unlike |= (looks[:, column] < low) | (looks[:, column] > high)
        return np.asarray(unlike)


def probabilities_of(
    logits: Float[np.ndarray, "case klass"], task: str, temperature: float = 1.0
) -> Float[np.ndarray, "case klass"]:
    """Softmax (multi-label: sigmoid) of logits / temperature, in float64.

    >>> probabilities_of(np.array([[0.0, 0.0]]), "binary")
    array([[0.5, 0.5]])
    """
    cooled = logits.astype(np.float64) / temperature
    return np.asarray(expit(cooled) if task == "multi-label" else softmax(cooled, axis=1))


def familiarity(logits: Float[np.ndarray, "case klass"]) -> Float[np.ndarray, " case"]:
    """log(sum(exp(logits))): large where the model has seen the like."""
    return np.asarray(logsumexp(logits.astype(np.float64), axis=1))


def calibrate(
    logits: Float[np.ndarray, "case klass"],
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"],
    task: str,
    looks: Float[np.ndarray, "case 2"] | None = None,
) -> Calibration:
    """Fit temperature, sets and familiarity on the calibration part alone.

    Args:
        logits: of the calibration cases.
        labels: their classes (multi-label: a 0/1 matrix).
        task: of the data set.
        looks: their `looks_of`.

    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    >>> calibrate(logits, np.array([0, 0, 0, 0]), "binary").temperature > 1  # too sure: 3 of 4 are right
    True
    """
    temperature = float(f"{1 / _best_inverse(logits.astype(np.float64), labels, task):.6g}")
    p = probabilities_of(logits, task, temperature)
    positive = labels == 1 if labels.ndim == 2 else labels[:, None] == np.arange(p.shape[1])
    quantiles = tuple(_quantile(1 - p[positive[:, k], k], MISSED) for k in range(p.shape[1]))
    floor = float(np.quantile(familiarity(logits), UNLIKE))
    return Calibration(temperature, quantiles, MISSED, floor, _limits(looks) if looks is not None else ())


def _limits(looks: Float[np.ndarray, "case 2"]) -> tuple[tuple[float, float], ...]:
    low, high = looks.min(0), looks.max(0)
    margin = MARGIN * (high - low)
    return tuple(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))


def looks_of(
    stored: Shaped[np.ndarray, "stored channel row column"], rows: Int[np.ndarray, " case"], scaling: Scaling
) -> Float[np.ndarray, "case 2"]:
    """How each image looks as a whole: mean and deviation of its scaled pixels.

    >>> looks_of(np.array([[[[0, 255]]]], np.uint8), np.array([0]), Scaling("by_255", (0.0,), (255.0,)))
    array([[0.5, 0.5]])
    """
    mean, deviation = np.array(scaling.mean), np.array(scaling.deviation)
    looks = np.empty((len(rows), 2))
    for at in range(0, len(rows), 512):
        block = stored[rows[at : at + 512]].astype(np.float32)
        block = block.reshape(*block.shape[:2], -1)
        first = block.mean(2, dtype=np.float64)
        second = np.einsum("cip,cip->ci", block, block).astype(np.float64) / block.shape[2]
        scaled = ((first - mean) / deviation).mean(1)
        squares = ((second - 2 * mean * first + mean**2) / deviation**2).mean(1)
        looks[at : at + 512] = np.stack([scaled, np.sqrt(np.maximum(squares - scaled**2, 0))], 1)
    return looks


def _best_inverse(logits: np.ndarray, labels: np.ndarray, task: str) -> float:
    """1 / temperature of the least cross-entropy, convex in it: halve the bracket of its slope's change of sign."""
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(40):
        middle = (low + high) / 2
        if _slope(logits, labels, task, middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _slope(logits: np.ndarray, labels: np.ndarray, task: str, inverse: float) -> float:
    p = probabilities_of(logits, task, 1 / inverse)
    if task == "multi-label":
        return float(((p - labels) * logits).mean())
    right = np.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return float(((p * logits).sum(1) - right).mean())


def _quantile(scores: Float[np.ndarray, " case"], missed: float) -> float | None:
    """The ceil((n + 1)(1 - missed))-th smallest score; None where n is too small for there to be one."""
    rank = int(np.ceil((len(scores) + 1) * (1 - missed)))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else None
