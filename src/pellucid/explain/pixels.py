"""A logit as a weighted sum of the image's pixels, and the same in the units of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import Scaling
from pellucid.explain.going_back import Affine
from pellucid.explain.sums import Sum, added_up, constants_of
from pellucid.shapes import Float, Shaped

MOST = 12
"""Pixels that are listed. Chosen by us: nobody reads more, and the map shows all."""


@dataclass(frozen=True, slots=True)
class Term:
    """One pixel's part."""

    channel: int
    row: int
    column: int
    stored: int
    """As in the file, after resizing to the model's size."""
    scaled: float
    weight: float
    """Of the scaled pixel."""
    per_step: float
    """The same for one step of the stored value: weight / deviation."""
    adds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Pixels:
    """number = sum(weights * scaled pixels) + constants."""

    what: str
    weights: Float[np.ndarray, "channel row column"]
    terms: Float[np.ndarray, "channel row column"]
    constants: tuple[tuple[str, float], ...]
    """What each block adds whatever the pixels are (with the gates as they fell), from the last to the first."""
    largest: tuple[Term, ...]
    sum: Sum
    constant_stored: float
    """The constant where pixels are taken as stored: constants - sum(weight * mean / deviation)."""
    sum_stored: Sum

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the sums, the constants and the largest terms; all terms would be as many as there are pixels."""
        return {
            "sum": self.sum.as_dict(),
            "constants": dict(self.constants),
            "in_stored_units": {"constant": self.constant_stored, "sum": self.sum_stored.as_dict()},
            "largest": [term.as_dict() for term in self.largest],
        }


def pixels_of(
    what: str,
    found: Affine,
    target: int,
    inputs: Float[np.ndarray, "1 channel row column"],
    stored: Shaped[np.ndarray, "1 channel row column"],
    scaling: Scaling,
    value: float,
    scale: float,
) -> Pixels:
    """A number of the model's, pixel by pixel.

    Args:
        what: the number is called.
        found: the weights of the pixels, for some targets.
        target: which of them.
        inputs: the image, scaled, in float64.
        stored: the same as stored.
        scaling: from the one to the other.
        value: the number, as the model gives it.
        scale: the largest logit, which the sums are measured by.
    Raises:
        PellucidError: the terms do not sum to the number.
    """
    weights = found.weights[target].reshape(inputs.shape[1:]).numpy()
    terms = weights * inputs[0]
    constants = tuple((name, float(adds[target])) for name, adds in found.constants)
    fixed = np.array([adds for _, adds in constants])
    told = f"{terms.size:,} pixels x weights and {constants_of(len(constants))}"
    summed = added_up(what, told, np.concatenate([terms.ravel(), fixed]), value, scale)
    mean, deviation = (np.array(numbers, np.float64)[:, None, None] for numbers in (scaling.mean, scaling.deviation))
    per_step = weights / deviation
    shift = float(fixed.sum() - (per_step * mean).sum())
    as_stored = np.append((per_step * stored[0].astype(np.float64)).ravel(), shift)
    told = f"{terms.size:,} stored values x weights and one constant"
    again = added_up(f"{what}, in the file's units", told, as_stored, value, scale)
    largest = _largest(stored[0], inputs[0], weights, per_step)
    return Pixels(what, weights, terms, constants, largest, summed, shift, again)


def _largest(stored: np.ndarray, inputs: np.ndarray, weights: np.ndarray, per_step: np.ndarray) -> tuple[Term, ...]:
    order = np.argsort(-np.abs(weights * inputs), axis=None, kind="stable")[:MOST]
    places = zip(*(index.tolist() for index in np.unravel_index(order, weights.shape)), strict=True)
    return tuple(
        Term(
            channel=at[0],
            row=at[1],
            column=at[2],
            stored=int(stored[at]),
            scaled=float(inputs[at]),
            weight=float(weights[at]),
            per_step=float(per_step[at]),
            adds=float(weights[at] * inputs[at]),
        )
        for at in places
    )
