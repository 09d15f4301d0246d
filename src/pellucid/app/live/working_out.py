"""The arithmetic behind one number that a block gave for an image: products and their sum, or what else it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import nn

from pellucid.explain.multiplication import one_output
from pellucid.explain.norms import norm_of
from pellucid.explain.sums import added_up
from pellucid.explain.walk import Passed
from pellucid.learn.models import GlobalPool

MOST_TERMS = 10
"""Products that are written out, the largest first. Chosen by us: what fits on a page; the rest are summed."""

Spot = tuple[int, ...]
"""Unit; or channel, row, column."""


def worked_out(passed: Passed, spot: Spot, before: Passed | None = None) -> tuple[str, ...]:
    """How a block made one number, a line each; nothing is shown that does not add up.

    Args:
        passed: the block, what it was given and what it gave, in float64.
        spot: where in what it gave.
        before: the block that was passed before it; None: it is the first.
    Raises:
        PellucidError: the terms do not sum to what the block gave.

    >>> import torch
    >>> block = nn.Linear(2, 1).double().requires_grad_(False)
    >>> _ = block.weight.copy_(torch.tensor([[2.0, -1.0]])), block.bias.fill_(0.5)
    >>> given = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    >>> print(*worked_out(Passed("logits", block, given, block(given)), (0,)), sep=chr(10))
    +3 x +2 = +6 (input 0)
    +4 x -1 = -4 (input 1)
    bias +0.5
    sum +2.5
    """
    block, value = passed.block, float(passed.gave[0][spot])
    if isinstance(block, nn.Linear):
        return _of_layer(passed, block, spot[0], value, before)
    if isinstance(block, nn.Conv2d):
        return _of_convolution(passed, block, spot, value)
    if isinstance(block, nn.BatchNorm2d):
        norm, channel, given = norm_of(passed.name, block), spot[0], float(passed.given[0][spot])
        factor, shift = float(norm.factor[channel]), float(norm.shift[channel])
        added_up(passed.name, "two terms", np.array([given * factor, shift]), value, abs(value))
        return (
            f"given {given:+.6g}, less the mean that training met, divided by the deviation, times gamma, plus beta:",
            f"{given:+.6g} x {factor:+.6g} {shift:+.6g} = {value:+.6g}",
        )
    if isinstance(block, nn.ReLU):
        return (f"max(0, {float(passed.given[0][spot]):+.6g}) = {value:.6g}",)
    if isinstance(block, nn.MaxPool2d):
        kernel: Any = block.kernel_size
        (channel, row, column), side = spot, int(kernel)
        window = passed.given[0, channel, row * side : (row + 1) * side, column * side : (column + 1) * side]
        return (f"the largest of {', '.join(f'{one:+.6g}' for one in window.flatten().tolist())} = {value:+.6g}",)
    if isinstance(block, GlobalPool):
        channels = passed.given.shape[1]
        kind, channel = ("largest", spot[0]) if spot[0] < channels else ("mean", spot[0] - channels)
        return (f"the {kind} of the {passed.given[0, 0].numel()} numbers of map {channel} = {value:+.6g}",)
    return (f"{value:+.6g}",)


def _of_layer(passed: Passed, block: nn.Linear, unit: int, value: float, before: Passed | None) -> tuple[str, ...]:
    given, weights = passed.given[0].numpy(), block.weight.detach()[unit].numpy()
    bias = float(block.bias[unit])  # all of `pellucid.learn.build_model` have one
    products = given * weights
    added_up(f"{passed.name} {unit}", "products", np.append(products, bias), value, abs(value) + 1)
    return _lines(given, weights, _names(len(given), before), bias, value)


def _names(count: int, before: Passed | None) -> list[str]:
    """What each input of a layer is: a pixel, or what a block gave."""
    if before is None:
        return [f"input {at}" for at in range(count)]
    if not isinstance(before.block, nn.Flatten):
        return [f"{before.name} {at}" for at in range(count)]
    channels, *size = before.given.shape[1:]
    colour = ["", "red ", "green ", "blue "] if channels == 3 else ["", *(f"channel {at} " for at in range(channels))]
    return [
        f"{colour[channel + 1] if channels > 1 else ''}pixel row {row}, column {column}"
        for channel, row, column in np.ndindex(channels, *size)
    ]


def _of_convolution(passed: Passed, block: nn.Conv2d, spot: Spot, value: float) -> tuple[str, ...]:
    place: Any = spot
    found = one_output(passed.name, block, passed.given, passed.gave, place, abs(value) + 1)
    top, left = found.corner
    several = len(found.patch) > 1
    names = [
        f"{f'channel {channel}, ' if several else ''}row {top + row}, column {left + column}"
        for channel, row, column in np.ndindex(*found.patch.shape)
    ]
    return _lines(found.patch.ravel(), found.kernel.ravel(), names, None if block.bias is None else found.bias, value)


def _lines(
    given: np.ndarray, weights: np.ndarray, names: Sequence[str], bias: float | None, value: float
) -> tuple[str, ...]:
    """The largest products, the sum of the rest, the bias and the sum of all."""
    products = given * weights
    order = np.argsort(-np.abs(products), kind="stable")
    shown, rest = np.sort(order[:MOST_TERMS]), order[MOST_TERMS:]
    lines = [f"{given[at]:+.6g} x {weights[at]:+.6g} = {products[at]:+.6g} ({names[at]})" for at in shown]
    if len(rest):
        lines.append(f"{len(rest)} smaller products: {products[rest].sum():+.6g}")
    return (*lines, *([] if bias is None else [f"bias {bias:+.6g}"]), f"sum {value:+.6g}")
