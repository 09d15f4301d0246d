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
from pellucid.explain.multiplication import Multiplied, multiplied
from pellucid.explain.pixels import Pixels, pixels_of
from pellucid.explain.sums import Sum, added_up
from pellucid.explain.units import Unit, open_units
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
    multiplied: Multiplied | None
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
        if self.multiplied is not None:
            yield self.multiplied.sum

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sums": [one.as_dict() for one in self.sums()],
            "bias": self.bias,
            "units": [unit.as_dict() for unit in self.units],
            "pixels": None if self.pixels is None else self.pixels.as_dict(),
            "against_the_next_class": None if self.against is None else self.against.as_dict(),
            "one_convolution": None if self.multiplied is None else self.multiplied.as_dict(),
        }


def take_apart(asked: Asked, klass: int) -> Arithmetic:
    """From the probability of a class down to its pixels.

    Args:
        asked: the image, and the model.
        klass: the class, by number.
    Raises:
        PellucidError: something does not add up.
    """
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
    pixels, against, spelled = _by_pixels(asked, way, logits, (klass, rival)) if is_affine(way) else (None, None, None)
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
        multiplied=spelled,
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
    told = f"{weight.shape[1]:,} {'units' if len(way) > 2 else 'pixels'} x weights and the bias"
    for name, row, logit in zip(output_names(asked.classes, len(logits)), terms, logits.tolist(), strict=True):
        yield added_up(f"logit of {name}", told, row, logit, float(np.abs(logits).max()))


def _by_pixels(
    asked: Asked, way: Sequence[Passed], logits: np.ndarray, two: tuple[int, int | None]
) -> tuple[Pixels, Pixels | None, Multiplied | None]:
    """The logit of a class, the same less its rival's, and one output of the first convolution."""
    scale, (klass, rival) = float(np.abs(logits).max()), two
    rows = np.eye(len(logits))
    targets = torch.from_numpy(np.stack([rows[klass], rows[klass] - (0 if rival is None else rows[rival])]))
    found = affine(way, targets)
    seen = (way[0].given.numpy(), asked.stored, asked.trained.scaling)
    name, value = asked.classes[klass], float(logits[klass])
    pixels = pixels_of(f"logit of {name} by pixels", found, 0, *seen, value, scale)
    spelled = multiplied(way, targets[:1], scale)
    if rival is None:
        return pixels, None, spelled
    told = f"logit of {name} less that of {asked.classes[rival]}"
    return pixels, pixels_of(told, found, 1, *seen, value - float(logits[rival]), scale), spelled


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
