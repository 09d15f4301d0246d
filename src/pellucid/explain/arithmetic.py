"""A probability taken apart: into logits, into units x weights, into pixels x weights, each level shown to add up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pellucid.evaluate.answers import output_names
from pellucid.explain.asking import Asked
from pellucid.explain.going_back import affine, is_affine
from pellucid.explain.norms import Constant, constants_of_norms
from pellucid.explain.one_place import Followed, followed
from pellucid.explain.one_unit import OpenedUnit, opened_unit
from pellucid.explain.pixels import Pixels, checked_place, pixels_of
from pellucid.explain.sums import Sum, added_up, pixels_in_words
from pellucid.explain.units import Unit, UnitTerm, every_unit, open_units
from pellucid.explain.walk import Passed, in_float64, scaled, walk
from pellucid.shapes import Float

SMALLEST = 1e-6
"""Probabilities below this may be off by as much as this one: those near 1e-308 have no digits left. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Every level from the probability of one class down, in float64."""

    klass: int
    rival: int | None
    """The next likeliest class; None for multi-label tasks, whose labels do not compete."""
    temperature: float
    logits: Float[np.ndarray, " output"]
    probabilities: Float[np.ndarray, " klass"]
    probability: Sum
    of_logits: tuple[Sum, ...]
    """Each logit from what the last layer is given."""
    bias: float
    given: int
    """How many numbers the last layer is given."""
    units: tuple[Unit, ...]
    """None for a linear model, whose last layer is given the pixels themselves."""
    pixels: Pixels | None
    """The class's logit by pixels; None where no exact weights lead there (through a sigmoid or tanh)."""
    against: Pixels | None
    """The same for the class's logit less its rival's, which decides between the two."""
    every_unit: tuple[UnitTerm, ...]
    unit: OpenedUnit | None
    """The first layer's unit that says most, opened wholly; None where that layer convolves or is the only one."""
    place: Followed | None
    """The place of the first convolution's that says most; None where nothing convolves."""
    norms: tuple[Constant, ...]
    """Where the constants of batch normalisations come from."""
    blocks: tuple[str, ...]
    """The model's, in order."""

    def sums(self) -> Iterator[Sum]:
        """Every sum that was shown to add up."""
        yield self.probability
        yield from self.of_logits
        yield from (unit.made_of for unit in self.units)
        for pixels in (self.pixels, self.against):
            if pixels is not None:
                yield from (pixels.sum, pixels.sum_stored)
        if self.unit is not None:
            yield self.unit.sum
        yield from self.place.sums if self.place is not None else ()
        yield from (constant.sum for constant in self.norms)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sums": [one.as_dict() for one in self.sums()],
            "bias": self.bias,
            "units": [unit.as_dict() for unit in self.units],
            "pixels": None if self.pixels is None else self.pixels.as_dict(),
            "against_the_next_class": None if self.against is None else self.against.as_dict(),
            "every_unit": [unit.as_dict() for unit in self.every_unit],
            "one_unit": None if self.unit is None else self.unit.as_dict(),
            "one_place": None if self.place is None else self.place.as_dict(),
            "constants_of_norms": [constant.as_dict() for constant in self.norms],
        }


def take_apart(asked: Asked, klass: int, at: Sequence[int] | None = None) -> Arithmetic:
    """From the probability of a class down to its pixels.

    Args:
        asked: the image, and the model.
        klass: the class, by number.
        at: row and column (and channel) of a pixel to follow.
    Raises:
        BadInput: there is no such place in the image.
        PellucidError: something does not add up.
    """
    checked_place(at, asked.stored.shape[1:], asked.resized)
    model, inputs = in_float64(asked.trained.learner.model), scaled(asked.stored, asked.trained.scaling)
    way = walk(model, torch.from_numpy(inputs))
    with torch.no_grad():
        logits = model(torch.from_numpy(inputs))[0].numpy()  # at one go, which is not how the parts are found
    scale, count = float(np.abs(logits).max()), len(asked.classes)
    p = asked.calibration.probabilities(logits[None, :count], asked.answer.task)[0]
    others = [] if asked.several else [other for other in range(count) if other != klass]
    rival = max(others, key=lambda other: float(p[other]), default=None)
    weight, bias = _last(way)
    own = len(way) > 2  # else the last layer is given the pixels, flattened
    straight = is_affine(way)
    target = torch.eye(len(logits), dtype=torch.float64)[klass : klass + 1]
    pixels, against = _by_pixels(asked, way, logits, (klass, rival), at) if straight else (None, None)
    constants = () if pixels is None else pixels.constants
    return Arithmetic(
        klass=klass,
        rival=rival,
        temperature=asked.calibration.temperature,
        logits=logits,
        probabilities=p,
        probability=_probability(asked, logits[:count], klass, float(p[klass])),
        of_logits=tuple(_of_logits(asked, way, logits)),
        bias=float(bias[klass]),
        given=weight.shape[1],
        units=open_units(way, weight[klass], scale) if own else (),
        pixels=pixels,
        against=against,
        every_unit=every_unit(way, weight[klass]) if own else (),
        unit=opened_unit(way, target, scale) if straight else None,
        place=followed(way, target, scale) if straight else None,
        norms=tuple(constants_of_norms(way, target, constants, scale)) if straight else (),
        blocks=tuple(passed.name for passed in way),
    )


def _last(way: Sequence[Passed]) -> tuple[Tensor, Tensor]:
    """Weights and biases of the layer of the logits."""
    block: Any = way[-1].block
    return block.weight, block.bias


def _of_logits(asked: Asked, way: Sequence[Passed], logits: np.ndarray) -> Iterator[Sum]:
    """Every logit from what the last layer is given."""
    weight, bias = _last(way)
    terms = torch.cat((weight * way[-1].given[0], bias[:, None]), 1).numpy()
    numbers = f"{weight.shape[1]:,} units" if len(way) > 2 else pixels_in_words(*asked.stored.shape[1:])
    told = f"{numbers} x weights and the bias"
    for name, row, logit in zip(output_names(asked.classes, len(logits)), terms, logits.tolist(), strict=True):
        yield added_up(f"logit of {name}", told, row, logit, float(np.abs(logits).max()))


def _by_pixels(
    asked: Asked,
    way: Sequence[Passed],
    logits: np.ndarray,
    two: tuple[int, int | None],
    at: Sequence[int] | None,
) -> tuple[Pixels, Pixels | None]:
    """The logit of a class, and the same less its rival's."""
    scale, (klass, rival) = float(np.abs(logits).max()), two
    rows = np.eye(len(logits))
    targets = torch.from_numpy(np.stack([rows[klass], rows[klass] - (0 if rival is None else rows[rival])]))
    found = affine(way, targets)
    seen = (way[0].given.numpy(), asked.stored, asked.trained.scaling)
    name, value = asked.classes[klass], float(logits[klass])
    pixels = pixels_of(f"logit of {name} by pixels", found, 0, *seen, value, scale, at)
    if rival is None:
        return pixels, None
    told = f"logit of {name} less that of {asked.classes[rival]}"
    return pixels, pixels_of(told, found, 1, *seen, value - float(logits[rival]), scale, at)


def _probability(asked: Asked, logits: np.ndarray, klass: int, value: float) -> Sum:
    """By the formula, in Python's own numbers."""
    name = asked.classes[klass]
    cooled = [float(logit) / asked.calibration.temperature for logit in logits]
    told = "exp(logit / temperature), as a share of all classes'"
    if asked.several:  # a sigmoid is the share against exp(0)
        cooled, klass, told = [cooled[klass], 0.0], 0, "1 / (1 + exp(-logit / temperature))"
    shares = [math.exp(logit - max(cooled)) for logit in cooled]
    p = shares[klass] / math.fsum(shares)
    return added_up(f"probability of {name}", told, np.array([p]), value, SMALLEST)
