"""One place of one channel, followed from its patch of the image through convolution, maximum, norm and ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn.functional import max_pool2d_with_indices

from pellucid.explain.going_back import affine
from pellucid.explain.multiplication import Multiplied, one_output
from pellucid.explain.norms import Norm, norm_of
from pellucid.explain.sums import Sum, added_up
from pellucid.explain.walk import Passed
from pellucid.shapes import Float

Spot = tuple[int, int, int]
"""Channel, row, column."""


@dataclass(frozen=True, slots=True)
class Step:
    """One block that the number passed."""

    name: str
    kind: str
    place: tuple[int, int]
    """Row and column in what the block gave."""
    given: float
    gave: float
    window: Float[np.ndarray, "row column"] | None = None
    """Of a maximum: all that it was taken from."""
    norm: Norm | None = None
    channel: int = 0
    sum: Sum | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told: dict[str, Any] = {"block": self.name, "kind": self.kind, "row": self.place[0], "column": self.place[1]}
        told |= {"given": self.given, "gave": self.gave}
        told |= {} if self.window is None else {"window": self.window.tolist()}
        told |= {} if self.norm is None else {"norm": self.norm.channel_as_dict(self.channel)}
        return told


@dataclass(frozen=True, slots=True)
class Followed:
    """A place of a channel, from the image to what the next convolution is given."""

    output: Multiplied
    steps: tuple[Step, ...]
    weight: float
    """What the logit gains for each 1 of the last step's number, with the gates of this image as they fell."""

    @property
    def value(self) -> float:
        """What the last step gave."""
        return self.steps[-1].gave if self.steps else self.output.sum.value

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Of the convolution and of each norm."""
        return (self.output.sum, *(step.sum for step in self.steps if step.sum is not None))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        steps = [step.as_dict() for step in self.steps]
        return {"convolution": self.output.as_dict(), "then": steps, "value": self.value, "weight": self.weight}


def followed(way: Sequence[Passed], weights: Float[Tensor, " 1 *shape"], scale: float) -> Followed | None:
    """The place after the first convolution's blocks that adds most to a logit; None where nothing convolves.

    Args:
        way: blocks in the order in which they were passed.
        weights: the logit's, of what the last of them gave.
        scale: the largest logit, which the sums are measured by.
    Raises:
        PellucidError: something does not add up.
    """
    at = next((at for at, passed in enumerate(way) if isinstance(passed.block, nn.Conv2d)), None)
    if at is None:
        return None
    end = at + 1
    while isinstance(way[end].block, nn.MaxPool2d | nn.BatchNorm2d | nn.ReLU):
        end += 1
    folded = affine(way[end:], weights).weights[0]
    adds = folded * way[end - 1].gave[0]
    channel, row, column = map(int, np.unravel_index(int(adds.abs().argmax()), tuple(adds.shape)))
    spot, weight, steps = (channel, row, column), float(folded[channel, row, column]), []
    for passed in reversed(way[at + 1 : end]):
        step, spot = _step(passed, spot, scale)
        steps.append(step)
    block: Any = way[at].block
    output = one_output(way[at].name, block, way[at].given, way[at].gave, spot, scale)
    return Followed(output, tuple(reversed(steps)), weight)


def _step(passed: Passed, spot: Spot, scale: float) -> tuple[Step, Spot]:
    """What a block did to the number that it gave at a spot, and the spot of what it was given."""
    block, gave = passed.block, float(passed.gave[0][spot])
    if isinstance(block, nn.MaxPool2d):
        return _maximum(passed, spot)
    given = float(passed.given[0][spot])
    if not isinstance(block, nn.BatchNorm2d):
        return Step(passed.name, passed.kind, spot[1:], given, gave), spot
    norm = norm_of(passed.name, block)
    terms = np.array([given * norm.factor[spot[0]], norm.shift[spot[0]]])
    told = "its input x gamma / sigma and beta - gamma mu / sigma"
    summed = added_up(f"{passed.name} {spot[0]} at {spot[1:]}", told, terms, gave, scale)
    return Step(passed.name, passed.kind, spot[1:], given, gave, norm=norm, channel=spot[0], sum=summed), spot


def _maximum(passed: Passed, spot: Spot) -> tuple[Step, Spot]:
    block: Any = passed.block
    _, taken = max_pool2d_with_indices(
        passed.given, block.kernel_size, block.stride, block.padding, block.dilation, block.ceil_mode
    )
    channel, row, column = spot
    wide = passed.given.shape[3]
    won = (channel, int(taken[0][spot]) // wide, int(taken[0][spot]) % wide)
    (high, across), (down, right), (above, left) = (
        (each, each) if isinstance(each, int) else tuple(each)
        for each in (block.kernel_size, block.stride, block.padding)
    )
    top, start = row * down - above, column * right - left
    window = passed.given[0, channel, max(0, top) : top + high, max(0, start) : start + across].numpy()
    best = float(passed.gave[0][spot])
    return Step(passed.name, passed.kind, spot[1:], float(passed.given[0][won]), best, window), won
