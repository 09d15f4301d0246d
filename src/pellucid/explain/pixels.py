"""A logit as a weighted sum of the image's pixels, and the same in the units of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.explain.going_back import Affine
from pellucid.explain.sums import Sum, added_up, constants_of, pixels_in_words
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
    followed: tuple[Term, ...]
    """The place that was asked for, each of its colours; none where none was."""
    per_step: Float[np.ndarray, "channel row column"]
    sum: Sum
    constant_stored: float
    """The constant where pixels are taken as stored: constants - sum(weight * mean / deviation)."""
    sum_stored: Sum

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sum": self.sum.as_dict(),
            "constants": dict(self.constants),
            "in_stored_units": {"constant": self.constant_stored, "sum": self.sum_stored.as_dict()},
            "largest": [term.as_dict() for term in self.largest],
            "followed": [term.as_dict() for term in self.followed],
            "weights": self.weights.tolist(),
            "adds": self.terms.tolist(),
            "weights_of_stored": self.per_step.tolist(),
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
    at: Sequence[int] | None = None,
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
        at: row and column (and channel) of a pixel to follow, as `checked_place` lets through.
    Raises:
        PellucidError: the terms do not sum to the number.
    """
    weights = found.weights[target].reshape(inputs.shape[1:]).numpy()
    terms = weights * inputs[0]
    constants = tuple((name, float(adds[target])) for name, adds in found.constants)
    fixed = np.array([adds for _, adds in constants])
    numbers = pixels_in_words(*terms.shape)
    told = f"{numbers} x weights and {constants_of(len(constants))}"
    summed = added_up(what, told, np.concatenate([terms.ravel(), fixed]), value, scale)
    mean, deviation = (np.array(numbers, np.float64)[:, None, None] for numbers in (scaling.mean, scaling.deviation))
    per_step = weights / deviation
    shift = float(fixed.sum() - (per_step * mean).sum())
    as_stored = np.append((per_step * stored[0].astype(np.float64)).ravel(), shift)
    told = f"the {numbers} as stored x weights and one constant"
    again = added_up(f"{what}, in the file's units", told, as_stored, value, scale)
    four = (stored[0], inputs[0], weights, per_step)
    order = np.argsort(-np.abs(terms), axis=None, kind="stable")[:MOST]
    largest = zip(*(index.tolist() for index in np.unravel_index(order, terms.shape)), strict=True)
    return Pixels(
        what=what,
        weights=weights,
        terms=terms,
        constants=constants,
        largest=tuple(_term(place, *four) for place in largest),
        followed=tuple(_term(place, *four) for place in _followed(at, len(terms))),
        per_step=per_step,
        sum=summed,
        constant_stored=shift,
        sum_stored=again,
    )


def checked_place(at: Sequence[int] | None, shape: tuple[int, int, int], resized: str = "") -> None:
    """See that a place lies in the image.

    Args:
        at: row, column and perhaps channel, from 0; None asks for none.
        shape: channels, rows, columns.
        resized: what is to be said of the image's size.
    Raises:
        BadInput: it does not.

    >>> checked_place((3, 4), (1, 8, 8))
    """
    if at is None:
        return
    channels, rows, columns = shape
    lengths = (rows, columns, channels)
    if len(at) not in (2, 3) or any(not 0 <= one < length for one, length in zip(at, lengths, strict=False)):
        colours = f", and perhaps a channel from 0 to {channels - 1}" if channels > 1 else ""
        raise BadInput(
            f"--at {','.join(map(str, at))} is no place in the image as the model sees it: give a row from 0 to "
            f"{rows - 1} and a column from 0 to {columns - 1}{colours}.{resized and ' ' + resized}"
        )


def _followed(at: Sequence[int] | None, channels: int) -> list[tuple[int, int, int]]:
    """Channel, row and column of each number of the place; all colours where no channel is told."""
    if at is None:
        return []
    row, column, *told = at
    return [(channel, row, column) for channel in (told or range(channels))]


def _term(
    place: tuple[int, int, int], stored: np.ndarray, inputs: np.ndarray, weights: np.ndarray, per_step: np.ndarray
) -> Term:
    channel, row, column = place
    return Term(
        channel=channel,
        row=row,
        column=column,
        stored=int(stored[place]),
        scaled=float(inputs[place]),
        weight=float(weights[place]),
        per_step=float(per_step[place]),
        adds=float(weights[place] * inputs[place]),
    )
