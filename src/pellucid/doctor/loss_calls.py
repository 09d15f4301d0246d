"""Reading a call of one of torch's loss functions: what it was given, and what came out as a mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pellucid.doctor.guessing import how_often, level_of_counts, level_of_guessing
from pellucid.doctor.looking import LossCall
from pellucid.doctor.noting import Notes

MOST_VALUES = 2**18
"""Values of a tensor that are copied to be looked at, whole cases at a time. Chosen by us: 1 MB in float32."""

LOSSES = {
    "cross_entropy": 6,
    "nll_loss": 6,
    "mse_loss": 4,
    "l1_loss": 4,
    "smooth_l1_loss": 4,
    "huber_loss": 2,
    "binary_cross_entropy": 5,
    "binary_cross_entropy_with_logits": 5,
}
"""Names in torch.nn.functional, each with the place of its argument `reduction`."""

OVER_CLASSES = ("cross_entropy", "nll_loss")
"""Losses that take a column for each class, and one label a case."""


def copied(tensor: Tensor) -> Tensor:
    """The first cases of a tensor, as a copy in ordinary memory that nobody else will change."""
    tensor = tensor.detach()
    if tensor.dim() and tensor.numel() > MOST_VALUES:
        tensor = tensor[: max(1, MOST_VALUES * len(tensor) // tensor.numel())]
    return tensor.clone() if tensor.is_cpu else tensor.cpu()


def before_a_loss(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], notes: Notes) -> LossCall | None:
    """What a loss function is about to be given, noted first because the call may raise, and on a GPU end it all."""
    given = args[0] if args else kwargs.get("input")
    target = args[1] if len(args) > 1 else kwargs.get("target")
    if not isinstance(given, Tensor) or not isinstance(target, Tensor):
        return None
    place = LOSSES[name]
    reduction = args[place] if len(args) > place else kwargs.get("reduction", "mean")
    ignored = int(args[4] if len(args) > 4 else kwargs.get("ignore_index", -100)) if name in OVER_CLASSES else -100
    records, made = given.requires_grad, notes.marked(given)
    looked_at = copied(given), copied(target)
    counts: dict[int, int] = {}
    if name in OVER_CLASSES and given.dim() > 1 and not target.is_floating_point():
        counts = how_often(looked_at[1])
    guessing = level_of_counts(counts) if counts else level_of_guessing(name, *looked_at)
    return LossCall(name, *looked_at, str(reduction), math.nan, records, made, ignored, guessing, counts)


def mean_of(result: Tensor, call: LossCall, cases: int) -> float:
    """The loss as a mean, whatever its reduction."""
    if call.reduction == "mean" and not result.dim():
        return float(result.item())
    with torch.no_grad():
        value = result.detach().float()
        return float(value.mean()) / (cases if call.reduction == "sum" else 1)


def cases_of(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """How many numbers a loss sums up: the labels of a loss over classes, else the values of its input."""
    given = args[0] if args else kwargs["input"]
    target = args[1] if len(args) > 1 else kwargs["target"]
    if name in OVER_CLASSES:
        return max(1, len(target) if target.is_floating_point() else target.numel())
    return max(1, int(given.numel()))


def labels_of(losses: Sequence[LossCall]) -> tuple[dict[int, int], int]:
    """How often each label occurs in the last loss over classes, and how many columns that was given."""
    for call in reversed(losses):
        if call.name in OVER_CLASSES and call.given is not None and call.target is not None and call.given.dim() == 2:
            if call.target.dim() != 1 or call.target.is_floating_point():
                return {}, call.given.shape[1]
            counts = call.counts or how_often(call.target)
            return {label: times for label, times in counts.items() if label != call.ignored}, call.given.shape[1]
        if call.target is not None and call.name.startswith("binary_cross_entropy"):
            target = call.target
            if target.dim() and target.numel() == len(target) and bool(((target == 0) | (target == 1)).all()):
                ones = int(target.sum())
                return {0: len(target) - ones, 1: ones}, 0
    return {}, 0
