"""What a model's last layer is given, unit by unit: what each adds to a logit, and the pixels that each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.explain.going_back import affine, is_affine
from pellucid.explain.sums import Sum, added_up, constants_of, pixels_in_words
from pellucid.explain.walk import Passed
from pellucid.learn.models import GlobalPool
from pellucid.shapes import Float

MOST = 6
"""Units that are opened. Chosen by us: what six say is often most of a logit, and more are not read."""

ACTIVATIONS = {nn.ReLU: "ReLU", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}


@dataclass(frozen=True, slots=True)
class UnitTerm:
    """What one unit adds to a logit."""

    number: int
    name: str
    value: float
    weight: float
    """Of the explained class."""
    before: float
    """What its activation was given; the value itself where no activation stands between."""
    bias: float | None
    """Of the unit itself; None where the block before has none for it."""

    @property
    def adds(self) -> float:
        """To the logit."""
        return self.weight * self.value

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = {name: getattr(self, name) for name in ("value", "weight", "adds", "before", "bias")}
        return {"unit": self.name, **told}


@dataclass(frozen=True, slots=True)
class Unit:
    """One number that the last layer is given."""

    number: int
    name: str
    value: float
    weight: float
    """Of the explained class."""
    before: float
    """What its activation was given; the value itself where no activation stands between."""
    activation: str
    """By name; empty where none stands between."""
    made_of: Sum
    pixels: Float[np.ndarray, "channel row column"] | None
    """Weight x scaled pixel, for each; None where no exact weights lead there (through a sigmoid or tanh)."""

    @property
    def adds(self) -> float:
        """To the logit."""
        return self.weight * self.value

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "unit": self.name,
            "value": self.value,
            "weight": self.weight,
            "adds": self.adds,
            "before_activation": self.before,
            "activation": self.activation or None,
            "sum": self.made_of.as_dict(),
        }


def open_units(way: Sequence[Passed], weight: Float[Tensor, " unit"], scale: float) -> tuple[Unit, ...]:
    """The units that add most to a logit, or take most from it.

    Args:
        way: all blocks; the last is the layer of the logits.
        weight: the explained class's, of each unit.
        scale: the largest logit, which sums are measured by.
    Raises:
        PellucidError: a unit's parts do not sum to it.
    """
    values = way[-1].given[0]
    chosen = torch.argsort(-(weight * values).abs(), stable=True)[:MOST].tolist()
    below, activation = list(way[:-1]), ""
    if type(below[-1].block) in ACTIVATIONS:
        activation = ACTIVATIONS[type(below.pop().block)]
    before = below[-1].gave[0]
    made = _made_of_pixels(below, chosen, scale) if is_affine(below) else _made_of_units(below[-1], chosen, scale)
    names = [unit_name(way, number) for number in chosen]
    return tuple(
        Unit(number, name, float(values[number]), float(weight[number]), float(before[number]), activation, *parts)
        for number, name, parts in zip(chosen, names, made, strict=True)
    )


def every_unit(way: Sequence[Passed], weight: Float[Tensor, " unit"]) -> tuple[UnitTerm, ...]:
    """What each unit of the last layer's adds to a logit, in the order of their numbers.

    Args:
        way: all blocks; the last is the layer of the logits.
        weight: the explained class's, of each unit.
    """
    below = way[-3] if type(way[-2].block) in ACTIVATIONS and len(way) > 2 else way[-2]
    block: Any = below.block
    biases = block.bias.tolist() if isinstance(block, nn.Linear) and block.bias is not None else None
    values, before = way[-1].given[0].tolist(), below.gave[0].flatten().tolist()
    return tuple(
        UnitTerm(number, unit_name(way, number), value, each, before[number], biases[number] if biases else None)
        for number, (value, each) in enumerate(zip(values, weight.tolist(), strict=True))
    )


def unit_name(way: Sequence[Passed], number: int) -> str:
    """What a unit of the last layer's is called: a number; of a cnn also what was taken of the channel."""
    if not isinstance(way[-2].block, GlobalPool):
        return f"unit {number}"
    channels = way[-2].given.shape[1]
    return f"channel {number % channels}, {'strongest' if number < channels else 'mean'} response"


Made = tuple[Sum, np.ndarray | None]


def _made_of_pixels(way: Sequence[Passed], chosen: list[int], scale: float) -> list[Made]:
    values = way[-1].gave[0]
    found = affine(way, torch.eye(len(values), dtype=torch.float64)[chosen])
    terms = (found.weights * way[0].given).numpy()
    constants = torch.stack([adds for _, adds in found.constants], 1).numpy()
    return [
        (
            added_up(
                f"{way[-1].name} {number}",
                f"{pixels_in_words(*terms[at].shape)} x weights and {constants_of(constants.shape[1])}",
                np.concatenate([terms[at].ravel(), constants[at]]),
                float(values[number]),
                scale,
            ),
            terms[at],
        )
        for at, number in enumerate(chosen)
    ]


def _made_of_units(passed: Passed, chosen: list[int], scale: float) -> list[Made]:
    block: Any = passed.block
    given = passed.given[0]
    made: list[Made] = []
    for number in chosen:
        terms = torch.cat((block.weight[number] * given, block.bias[number : number + 1])).numpy()
        told = f"{len(given):,} units x weights and the bias"
        name = f"{passed.name} {number}"
        made.append((added_up(name, told, terms, float(passed.gave[0, number]), scale), None))
    return made
