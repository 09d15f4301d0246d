"""Reading calls of torch that are no losses: softmax by hand, labels compared with guesses, updates by hand, ReLUs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pellucid.doctor.looking import LossCall, Operation, Rectified
from pellucid.doctor.loss_calls import copied
from pellucid.doctor.noting import Notes

PAIRED = ("eq", "ne", "sub", "rsub", "mul")
"""Operations that mistakenly meet (N,) with (N, 1): comparing, differences, products."""

SAME = ("squeeze", "unsqueeze", "flatten", "reshape", "view", "contiguous", "float", "double", "to", "detach", "type")
"""Operations that leave values what they are: a mark goes on to their result."""

ROUNDING = 1e-2
"""Sums of exponentials are off by no more than this, in parts. Chosen by us: bfloat16 rounds to 1 part in 256."""


def read_operation(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: object, notes: Notes) -> None:
    """Note what this call shows."""
    if not isinstance(result, Tensor) or not args or not isinstance(args[0], Tensor):
        return
    if name in PAIRED and len(args) > 1 and isinstance(args[1], Tensor):
        _pair(name, args[0], args[1], result, notes)
    reader = READERS.get(name)
    if reader is not None:
        reader(args, result, notes)
    elif name in SAME:
        _same(args, result, notes)


def _pair(name: str, left: Tensor, right: Tensor, result: Tensor, notes: Notes) -> None:
    if not notes.in_forward and (operation := spread_operation(name, left, right, result)) is not None:
        notes.operations.append(operation)


def spread_operation(name: str, left: Tensor, right: Tensor, result: Tensor) -> Operation | None:
    """(N,) that met (N, 1) by mistake; None where it did not, or was meant to."""
    if sorted((left.dim(), right.dim())) != [1, 2]:
        return None
    flat, column = (left, right) if left.dim() == 1 else (right, left)
    if len(flat) < 2 or column.shape != (len(flat), 1) or flat.data_ptr() == column.data_ptr():
        return None
    if name not in ("eq", "ne") and torch.is_grad_enabled() and left.requires_grad == right.requires_grad:
        return None  # a loss takes a guess, which learns, and a label, which does not
    first, second = flat.detach(), column.detach()[:, 0]
    counting = torch.arange(len(flat), device=flat.device)
    if any(bool((tensor == counting).all()) for tensor in (first, second)) or bool((first == second).all()):
        return None  # a one-hot code by hand, or a table of which cases share a label
    remark = "metric" if name in ("eq", "ne") else "loss"
    return Operation(name, (tuple(left.shape), tuple(right.shape)), tuple(result.shape), remark)


def _exp(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    notes.mark(args[0], notes.marked(args[0]) or "logits")
    notes.mark(result, "exponentials", id(args[0]))


def _sum(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if notes.marked(args[0]) == "exponentials" and result.dim():
        notes.mark(result, "sum of exponentials", notes.source(args[0]))
        if result.numel() and (remark := _shelter(args[0], result.detach())):
            notes.operations.append(Operation("exp", (tuple(args[0].shape),), tuple(result.shape), remark))


def _shelter(exponentials: Tensor, sums: Tensor) -> str:
    """Of numbers whose largest was taken off first, the exponentials sum to 1 at least, and to their count at most."""
    least, most = (float(bound) for bound in torch.aminmax(sums))
    if math.isinf(most):
        return "overflowed"
    count = exponentials.numel() / sums.numel()
    return "may overflow" if most > count * (1 + ROUNDING) or least < 1 - ROUNDING else ""


def _log(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if notes.marked(args[0]) == "sum of exponentials":
        notes.mark(result, "log of the sum of exponentials", notes.source(args[0]))
    elif notes.marked(args[0]) == "probabilities":
        notes.mark(result, "log-probabilities")


def _logsumexp(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    notes.mark(args[0], notes.marked(args[0]) or "logits")
    notes.mark(result, "log of the sum of exponentials", id(args[0]))


def _sub(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    left, right = args[0], args[1] if len(args) > 1 else None
    if notes.marked(right).endswith("sum of exponentials") and notes.source(right) == id(left):
        notes.mark(result, "log-probabilities")
        if not notes.marked(right).startswith("log"):
            shapes = tuple(tuple(tensor.shape) for tensor in (left, right) if isinstance(tensor, Tensor))
            notes.operations.append(Operation("sub", shapes, tuple(result.shape), "forgot the log"))
    _update(args, notes)


def _div(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if notes.marked(args[0]) == "exponentials" and len(args) > 1:
        if notes.marked(args[1]) == "sum of exponentials":
            notes.mark(result, "probabilities")
    else:
        _slope(args, result, notes)


def _probabilities(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    notes.mark(result, "probabilities")


def _log_probabilities(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    notes.mark(result, "log-probabilities")


def _sigmoid(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    notes.mark(result, "sigmoid")


def _same(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if notes.marked(args[0]):
        notes.mark(result, notes.marked(args[0]), notes.source(args[0]))


def _picked(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    """log_p[rows, labels]: the by-hand way to the log-probability of each case's own class."""
    index = args[1] if len(args) > 1 else None
    if not isinstance(index, tuple) or len(index) != 2 or not isinstance(index[1], Tensor):
        return
    _by_hand(args[0], index[1], result, notes)


def _gathered(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if len(args) > 2 and args[1] in (1, -1) and isinstance(args[2], Tensor) and args[2].shape[1:] == (1,):
        _by_hand(args[0], args[2][:, 0], result, notes)


def _by_hand(log_p: Tensor, labels: Tensor, result: Tensor, notes: Notes) -> None:
    if notes.marked(log_p) not in ("log-probabilities", "probabilities") or log_p.dim() != 2:
        return
    if labels.is_floating_point() or labels.shape != log_p.shape[:1] or notes.in_forward:
        return
    value = -float(result.detach().float().mean())
    notes.losses.append(LossCall("nll_loss", copied(log_p), copied(labels), "none", value, log_p.requires_grad))


def _slope(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if any(notes.marked(tensor) == "slope" for tensor in args):
        notes.mark(result, "slope")


def _update(args: Sequence[Any], notes: Notes) -> None:
    recorded = torch.is_grad_enabled() and args[0].requires_grad
    if recorded and any(notes.marked(tensor) == "slope" for tensor in args[1:]):
        what, _, name = notes.marked(args[0]).partition(" ")
        notes.recorded_updates += [name] if what == "weight" else []


def _add(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    _update(args, notes)
    _slope(args, result, notes)


def _relu(args: Sequence[Any], result: Tensor, notes: Notes) -> None:
    if (notes.in_forward or notes.by_hand) and result.dim() > 1:
        others = [axis for axis in range(result.dim()) if axis != 1]
        greatest = result.detach().amax(others).tolist()
        silent = frozenset(unit for unit, value in enumerate(greatest) if value <= 0)
        notes.rectified.append(Rectified(len(notes.rectified) + 1, len(result), silent, len(greatest)))


READERS: dict[str, Callable[[Sequence[Any], Tensor, Notes], None]] = {
    "exp": _exp,
    "sum": _sum,
    "log": _log,
    "logsumexp": _logsumexp,
    "sub": _sub,
    "add": _add,
    "mul": _slope,
    "rmul": _slope,
    "neg": _slope,
    "div": _div,
    "softmax": _probabilities,
    "log_softmax": _log_probabilities,
    "sigmoid": _sigmoid,
    "getitem": _picked,
    "gather": _gathered,
    "relu": _relu,
}
