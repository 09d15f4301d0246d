"""An image's way through a trained model in float64, block by block: what each block was given, and what it gave."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.data import Scaling
from pellucid.shapes import Float, Shaped


@dataclass(frozen=True, slots=True)
class Passed:
    """One block, and the numbers that went in and came out for one image."""

    name: str
    """As in the model, such as block1.convolution."""
    block: nn.Module
    given: Float[Tensor, " 1 *before"]
    gave: Float[Tensor, " 1 *after"]

    @property
    def kind(self) -> str:
        """The block's class."""
        return type(self.block).__name__


def in_float64(model: nn.Module) -> nn.Module:
    """A copy of the model that computes in float64, on the CPU, and overwrites nothing that it is given."""
    exact = copy.deepcopy(model).cpu().double().eval().requires_grad_(False)
    for block in exact.modules():
        if isinstance(block, nn.ReLU):
            block.inplace = False
    return exact


def scaled(
    stored: Shaped[np.ndarray, "1 channel row column"], scaling: Scaling
) -> Float[np.ndarray, "1 channel row column"]:
    """(stored - mean) / deviation of each channel, in float64.

    >>> scaled(np.array([[[[7, 9]]]], np.uint8), Scaling("standardise", (5.0,), (4.0,)))
    array([[[[0.5, 1. ]]]])
    """
    mean, deviation = (np.array(numbers, np.float64)[:, None, None] for numbers in (scaling.mean, scaling.deviation))
    return np.asarray((stored.astype(np.float64) - mean) / deviation)


def walk(model: nn.Module, inputs: Float[Tensor, " 1 *shape"]) -> tuple[Passed, ...]:
    """All blocks in the order in which they are passed.

    Args:
        model: in float64; an nn.Sequential, whose parts may be such again.
        inputs: one image, scaled.

    >>> model = nn.Sequential(nn.Linear(2, 1), nn.ReLU()).double()
    >>> [passed.kind for passed in walk(model, torch.zeros(1, 2, dtype=torch.float64))]
    ['Linear', 'ReLU']
    """
    way, given = [], inputs
    with torch.no_grad():
        for name, block in _blocks(model, ""):
            gave = block(given.clone())
            way.append(Passed(name, block, given, gave))
            given = gave
    return tuple(way)


def _blocks(model: nn.Module, above: str) -> Iterator[tuple[str, nn.Module]]:
    if not isinstance(model, nn.Sequential):
        yield above, model
        return
    for name, part in model.named_children():
        yield from _blocks(part, f"{above}.{name}" if above else name)
