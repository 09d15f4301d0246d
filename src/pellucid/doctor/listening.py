"""Hearing of two kinds of calls of torch, going backward and comparing, without seeing all the others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import update_wrapper
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch._C import _len_torch_function_stack
from torch.compiler import is_compiling

Wrap = Callable[[Callable[..., Any], list[Any]], Callable[..., Any]]

COMPARING = ("__eq__", "__ne__")
"""What `==` and `!=` call. The methods eq and ne are seen in looks."""

FORWARD = nn.Module._call_impl.__code__
"""What runs while a module is being asked."""


def hear_backward(before: Callable[[object], None], after: Callable[[], None]) -> list[Callable[[], None]]:
    """From now on, call `before` with what goes backward, and `after` when it is back.

    Returns:
        What to call to hear no more, in any order.
    """
    listener, running = (before, after), set[int]()

    def wrap(original: Callable[..., Any], listeners: list[Any]) -> Callable[..., Any]:
        return _backward(original, listeners, running)

    return [_hear(Tensor, "backward", wrap, listener), _hear(torch.autograd, "backward", wrap, listener)]


def in_forward() -> bool:
    """Whether a module is just being asked, in this thread: what it compares inside is no accuracy."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code is FORWARD:
            return True
        frame = frame.f_back
    return False


def hear_comparisons(of: Callable[[Tensor, Tensor, Tensor], None]) -> list[Callable[[], None]]:
    """From now on, call `of` with two tensors of unlike dimensions that were compared, and the result.

    Returns:
        What to call to hear no more, in any order.

    >>> heard = []
    >>> stop = hear_comparisons(lambda one, other, result: heard.append((*one.shape, *other.shape)))
    >>> torch.ones(3) == torch.ones(3), torch.ones(3) == 1, torch.ones(3) == torch.ones(2, 1)
    (tensor([True, True, True]), tensor([True, True, True]), tensor([[True, True, True], [True, True, True]]))
    >>> heard
    [(3, 2, 1)]
    >>> for one in stop:
    ...     one()
    >>> "__eq__" in vars(Tensor)
    False
    """

    def heard(one: Tensor, other: Tensor, result: Tensor) -> None:
        of(one, other, result)

    return [_hear(Tensor, name, _comparison, heard) for name in COMPARING]


def _hear(owner: object, name: str, wrap: Wrap, listener: Any) -> Callable[[], None]:
    """Put a wrapper in the place of a function, once however many listen; the last who stops puts all back."""
    wrapper = vars(owner).get(name)
    listeners: list[Any] | None = getattr(wrapper, "listeners", None)
    if listeners is None:
        listeners = []
        original, inherited = getattr(owner, name), name not in vars(owner)
        wrapper = update_wrapper(wrap(original, listeners), original)
        wrapper.__dict__.update(listeners=listeners, put_back=(original, inherited))
        setattr(owner, name, wrapper)
    listeners.append(listener)

    def stop() -> None:
        if listener in listeners:
            listeners.remove(listener)
        if not listeners and vars(owner).get(name) is wrapper:
            original, inherited = getattr(wrapper, "put_back")  # noqa: B009 - a function has no such attribute to mypy
            if inherited:
                delattr(owner, name)
            else:
                setattr(owner, name, original)

    return stop


def _backward(original: Callable[..., Any], listeners: list[Any], running: set[int]) -> Callable[..., Any]:
    def backward(*args: Any, **kwargs: Any) -> Any:
        me = threading.get_ident()
        if me in running:  # Tensor.backward calls torch.autograd.backward, and so does checkpointing on its way
            return original(*args, **kwargs)
        running.add(me)
        heard = tuple(listeners)
        try:
            for before, _ in heard:
                before(args[0] if args else None)
            result = original(*args, **kwargs)
        finally:
            running.discard(me)
        for _, after in heard:
            after()
        return result

    return backward


def _comparison(original: Callable[..., Any], listeners: list[Any]) -> Callable[..., Any]:
    def compare(one: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(one, *args, **kwargs)
        if is_compiling():
            return result
        other = args[0] if args else None
        if isinstance(other, Tensor) and _unlike(one, other):
            for listener in tuple(listeners):
                listener(one, other, result)
        return result

    return compare


def _unlike(one: Tensor, other: Tensor) -> bool:
    if not _len_torch_function_stack():
        return one.dim() != other.dim()
    with torch._C.DisableTorchFunction():  # others' modes shall not see what we ask
        return one.dim() != other.dim()
