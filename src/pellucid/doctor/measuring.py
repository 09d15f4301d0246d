"""How long gradients and weights are, and how far an update moved them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch._C import DisableTorchFunction

from pellucid.doctor.noting import Notes


def measurable(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those that have a length: numbers, and at least one."""
    return {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point() and tensor.numel()}


def norms(*tensors: Mapping[str, Tensor]) -> list[dict[str, float]]:
    """The length of each tensor, as numbers; one wait for the device, however many they are.

    >>> norms({"weight": torch.tensor([3.0, 4.0])}, {})
    [{'weight': 5.0}, {}]
    """
    with torch.no_grad(), DisableTorchFunction():
        return _read(tensors, _lengths([tensor for one in tensors for tensor in one.values()]))


def _lengths(tensors: list[Tensor]) -> list[Tensor]:
    return list(torch._foreach_norm(tensors)) if tensors else []


def _read(names: Iterable[Iterable[str]], lengths: list[Tensor]) -> list[dict[str, float]]:
    numbers = iter(_together(lengths))
    return [{name: next(numbers) for name in one} for one in names]


def _together(lengths: list[Tensor]) -> list[float]:
    if not lengths:
        return []
    try:
        return [float(number) for number in torch.stack(lengths).tolist()]
    except RuntimeError:  # they lie on several devices
        return [float(length) for length in lengths]


def gradients_of(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradients that stand there now; sparse ones are left out, and those of frozen parameters."""
    found = {}
    for name, weight in weights.items():
        slope = weight.grad if weight.is_leaf else None
        if slope is not None and weight.requires_grad and not slope.is_sparse:
            found[name] = slope
    return found


def left_over(weights: Mapping[str, Tensor]) -> float:
    """How long all gradients are together that stand there before the first backward of a step."""
    slopes = gradients_of(weights)
    return math.fsum(norms(slopes)[0].values()) if slopes else 0.0


def remember(notes: Notes, weights: Mapping[str, Tensor]) -> None:
    """Weights as they are before the update."""
    with torch.no_grad(), DisableTorchFunction():
        copies = torch._foreach_mul(list(weights.values()), 1.0) if weights else ()
        notes.before = dict(zip(weights, copies, strict=True))


def measure_gradients(notes: Notes, weights: Mapping[str, Tensor]) -> None:
    """Gradients as the update finds them, and the weights beside them; nothing is waited for."""
    with torch.no_grad(), DisableTorchFunction():
        slopes = gradients_of(weights)
        notes.lengths = (*slopes,), (*weights,), _lengths([*slopes.values(), *weights.values()])


def measure_moves(notes: Notes, weights: Mapping[str, Tensor]) -> None:
    """How far each weight is from where it was remembered; all lengths are read."""
    with torch.no_grad(), DisableTorchFunction():
        shared = [name for name, old in notes.before.items() if weights[name].shape == old.shape]
        old, now = [notes.before[name] for name in shared], [weights[name] for name in shared]
        moves = _lengths(list(torch._foreach_sub(now, old)) if shared else [])
        slopes, before, lengths = notes.lengths
        notes.gradients, notes.weights, notes.moved = _read((slopes, before, shared), [*lengths, *moves])
