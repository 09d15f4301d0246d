"""How a number deep in a model is made of what came in: an exact weighted sum, once every gate is as it fell.

For one image a ReLU either lets a number through or stops it, and a maximum takes one of its numbers. With these gates
as they fell, every block only multiplies by fixed weights and adds fixed constants. So a unit's value is a weighted sum
of the pixels plus what each block's constants add; both are found by going back through the blocks, last to first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d_with_indices
from torch.nn.grad import conv2d_input

from pellucid.errors import BadInput
from pellucid.explain.walk import Passed
from pellucid.learn.models import GlobalPool
from pellucid.shapes import Float

Back = tuple[Tensor, Tensor | None]
"""Weights of what a block was given, and what its constants add to each target."""


@dataclass(frozen=True, slots=True)
class Affine:
    """target = sum(weights * inputs) + the sum of its constants."""

    weights: Float[Tensor, " target *shape"]
    constants: tuple[tuple[str, Float[Tensor, " target"]], ...]
    """What each block adds, by its name; from the last to the first."""


def affine(way: Sequence[Passed], weights: Float[Tensor, " target *shape"]) -> Affine:
    """Weights of what the first block was given, for targets that are weighted sums of what the last one gave.

    Args:
        way: blocks in the order in which they were passed.
        weights: for each target, of every number that the last block gave.
    Raises:
        BadInput: a block among them is neither linear nor a gate (see `is_affine`).

    >>> from pellucid.explain.walk import walk
    >>> model = nn.Sequential(nn.Linear(2, 1), nn.ReLU()).double()
    >>> way = walk(model, torch.ones(1, 2, dtype=torch.float64))
    >>> found = affine(way, torch.ones(1, 1, dtype=torch.float64))
    >>> torch.allclose(found.weights.sum() + found.constants[0][1][0], way[-1].gave.sum())
    True
    """
    constants = []
    with torch.no_grad():
        for passed in reversed(way):
            if not is_affine([passed]):
                raise BadInput(f"{passed.name} is a {passed.kind}, through which no exact weights lead to the pixels.")
            weights, adds = BACK[type(passed.block)](passed, weights)
            constants += [] if adds is None else [(passed.name, adds)]
    return Affine(weights, tuple(constants))


def is_affine(way: Sequence[Passed]) -> bool:
    """True where all blocks are linear, or gates that let through or stop."""
    return all(type(passed.block) in BACK for passed in way)


def _linear(passed: Passed, weights: Tensor) -> Back:
    block: Any = passed.block
    return weights @ block.weight, None if block.bias is None else weights @ block.bias


def _convolution(passed: Passed, weights: Tensor) -> Back:
    block: Any = passed.block
    shape = [len(weights), *passed.given.shape[1:]]
    back = conv2d_input(shape, block.weight, weights, block.stride, block.padding, block.dilation, block.groups)  # type: ignore[no-untyped-call]
    return back, None if block.bias is None else (weights.sum((2, 3)) @ block.bias)


def _normalisation(passed: Passed, weights: Tensor) -> Back:
    block: Any = passed.block
    factor, shift = normalising(block)
    return weights * factor[:, None, None], weights.sum((2, 3)) @ shift


def normalising(block: nn.BatchNorm2d) -> tuple[Float[Tensor, " channel"], Float[Tensor, " channel"]]:
    """What batch normalisation does once it has learned: the factor and the shift of each channel.

    Source: Ioffe and Szegedy, Batch Normalization, 2015, algorithm 2.

    >>> factor, shift = normalising(nn.BatchNorm2d(1, eps=0.0).double().eval())
    >>> factor.item(), shift.item()
    (1.0, 0.0)
    """
    if block.running_mean is None or block.running_var is None:
        raise BadInput("A batch normalisation without running statistics is no fixed factor and shift.")
    factor = (block.running_var + block.eps).rsqrt()
    factor = factor if block.weight is None else factor * block.weight
    shift = -block.running_mean * factor
    return factor, shift if block.bias is None else shift + block.bias


def _relu(passed: Passed, weights: Tensor) -> Back:
    return weights * (passed.given > 0), None


def _max_pool(passed: Passed, weights: Tensor) -> Back:
    block: Any = passed.block
    _, taken = max_pool2d_with_indices(
        passed.given, block.kernel_size, block.stride, block.padding, block.dilation, block.ceil_mode
    )
    return _put(passed, weights.flatten(2), taken.flatten(2)), None


def _global_pool(passed: Passed, weights: Tensor) -> Back:
    of_maxima, of_means = weights.chunk(2, 1)
    pixels = passed.given.flatten(2)
    taken = pixels.argmax(2, keepdim=True)
    back = _put(passed, of_maxima[..., None], taken) + of_means[..., None, None] / pixels.shape[2]
    return back, None


def _put(passed: Passed, weights: Tensor, places: Tensor) -> Tensor:
    """All weights at the places that a maximum was taken from, 0 elsewhere."""
    back = weights.new_zeros(len(weights), *passed.given.flatten(2).shape[1:])
    back.scatter_add_(2, places.expand(len(weights), -1, -1), weights)
    return back.reshape(len(weights), *passed.given.shape[1:])


def _same(passed: Passed, weights: Tensor) -> Back:
    return weights.reshape(len(weights), *passed.given.shape[1:]), None


BACK: dict[type[nn.Module], Callable[[Passed, Tensor], Back]] = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _normalisation,
    nn.ReLU: _relu,
    nn.MaxPool2d: _max_pool,
    GlobalPool: _global_pool,
    nn.Flatten: _same,
    nn.Identity: _same,
    nn.Dropout: _same,
}
"""How each block is gone back through."""
