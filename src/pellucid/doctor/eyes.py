"""Eyes: while they are open, every call of torch in the loop passes before them, unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.overrides import TorchFunctionMode

from pellucid.doctor.loss_calls import LOSSES, before_a_loss, cases_of, copied, mean_of
from pellucid.doctor.noting import Notes
from pellucid.doctor.operations import SAME, read_operation

BACKWARD = (Tensor.backward, torch.autograd.backward)
GRADIENT = vars(torch._C.TensorBase)["grad"].__get__
LOOKED_THROUGH = (*SAME, "get", "set", "len", "size", "dim", "zeros_like", "ones_like", "permute", "transpose")
"""Calls that are not yet computing with the inputs."""

ALIASES = {"isub": "sub", "iadd": "add", "imul": "mul", "truediv": "div", "itruediv": "div"}
"""Operators that torch names otherwise than their functions."""


class Eyes(TorchFunctionMode):
    """Notes what passes, where there are notes to write in; what goes wrong in noting is kept, and never raised."""

    def __init__(self, stumble: Callable[[Exception], None]) -> None:
        super().__init__()
        self.notes: Notes | None = None
        self.around_backward: tuple[Callable[[object], None], Callable[[], None]] | None = None
        self._stumble = stumble

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Hand the call on; note what it was."""
        if is_compiling():
            return func(*args, **(kwargs or {}))
        notes = self.notes
        if notes is not None and func in BACKWARD and self.around_backward is not None:
            return self._backward(func, args, kwargs or {}, *self.around_backward)
        if notes is None or notes.shut or notes.full:
            return func(*args, **kwargs) if kwargs else func(*args)
        name = getattr(func, "__name__", "").strip("_")
        if name in LOSSES:
            return self._loss(name, func, args, kwargs or {}, notes)
        result = func(*args, **kwargs) if kwargs else func(*args)
        try:
            _note(ALIASES.get(name, name), func, args, kwargs or {}, result, notes)
        except Exception as stumbled:  # noqa: BLE001 - the loop must go on, whatever befalls who watches it
            self._stumble(stumbled)
            notes.shut = True
        return result

    def _backward(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        before: Callable[[object], None],
        after: Callable[[], None],
    ) -> Any:
        before(args[0] if args else None)
        result = func(*args, **kwargs)
        after()
        return result

    def _loss(
        self, name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], notes: Notes
    ) -> Any:
        call = None
        if not notes.in_forward:
            try:
                call = before_a_loss(name, args, kwargs, notes)
            except Exception as stumbled:  # noqa: BLE001 - as above
                self._stumble(stumbled)
        if call is not None:
            notes.losses.append(call)
        try:
            result = func(*args, **kwargs)
        except Exception as refused:
            if call is not None:
                notes.losses[-1] = replace(call, refused=str(refused) or type(refused).__name__)
            raise
        if call is not None:
            try:
                notes.losses[-1] = replace(call, value=mean_of(result, call, cases_of(name, args, kwargs)))
            except Exception as stumbled:  # noqa: BLE001 - as above
                self._stumble(stumbled)
        return result


def _note(
    name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: object, notes: Notes
) -> None:
    if name == "get" and func == GRADIENT and isinstance(result, Tensor):
        notes.mark(result, "slope")
        return
    if notes.by_hand and notes.inputs is None and name in ("matmul", "mm", "linear", "addmm", "conv2d"):
        _inputs_by_hand(args, notes)
    if not notes.first_operation and args and notes.marked(args[0]) == "inputs" and name not in LOOKED_THROUGH:
        notes.first_operation = name
    if result is not None and args and result is args[0] and name not in (*SAME, "sub", "add", "relu"):
        notes.unmark(result)  # it was changed in place, and is no longer what it was
        return
    read_operation(name, args, kwargs, result, notes)


def _inputs_by_hand(args: Sequence[Any], notes: Notes) -> None:
    """Without a module, the inputs are what is first multiplied with a weight that learns."""
    tensors = [tensor for tensor in args if isinstance(tensor, Tensor)]
    for left, right in pairwise(tensors):
        if right.requires_grad and not left.requires_grad and left.is_floating_point():
            notes.inputs = copied(left) if notes.early else None
            return
