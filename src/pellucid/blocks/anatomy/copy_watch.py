"""Watching for operations that copied without a word, where one could believe that they gave a view."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from pellucid.blocks.anatomy.copy_words import WATCHED, Copied, describe
from pellucid.blocks.anatomy.sharing import shares_storage

BETWEEN = ("torch", "jaxtyping", "beartype")  # whose calls stand between an operation and the line that asked for it


class CopyWatch(TorchFunctionMode):
    """What `watch_copies` gives: `found` holds a `Copied` for each place and size that copied, in order."""

    def __init__(self) -> None:
        """Nothing was found yet."""
        super().__init__()
        self._found: dict[tuple[object, ...], Copied] = {}

    @property
    def found(self) -> list[Copied]:
        """Every copy, the earliest first; those of one line and size are counted together."""
        return list(self._found.values())

    def lines(self) -> list[str]:
        """Each copy in words; one sentence where there was none."""
        return [line for copied in self.found for line in copied.lines()] or ["No operation copied without a word."]

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Let the operation run as it is, and look whether its result lies in another storage."""
        made = func(*args, **(kwargs or {}))
        operation = getattr(func, "__name__", "")
        if operation in WATCHED and not _asked_for(operation, args, kwargs or {}):
            given = next((value for value in (*args, *(kwargs or {}).values()) if isinstance(value, Tensor)), None)
            if given is not None and isinstance(made, Tensor) and _apart(given, made):
                self._note(describe(operation, given, made, _place()))
        return made

    def _note(self, copied: Copied) -> None:
        key = (copied.operation, copied.where, copied.size, copied.bytes_copied)
        before = self._found.get(key)
        self._found[key] = replace(before, times=before.times + 1) if before else copied


def watch_copies() -> CopyWatch:
    """Watch the operations within a with-block; nothing that they compute is changed.

    Listed are those that give a view where they can (reshape, flatten, contiguous, to, an index) but could not this
    time, and those that give one in NumPy (flip). What copies by its name (clone, tensor, cat) is not.

    Returns:
        the watch; after the block read its `found` or print its `lines()`.

    >>> notes = torch.tensor([[4, 1], [5, 3], [2, 1]])
    >>> with watch_copies() as watch:
    ...     row_by_row = notes.reshape(6)  # a view
    ...     column_by_column = notes.T.reshape(6)  # a copy
    >>> [(copied.operation, copied.size, copied.bytes_copied) for copied in watch.found]
    [('reshape', (2, 3), 48)]
    >>> watch.found[0].copy_meant
    'x.contiguous().view(6)'
    """
    return CopyWatch()


def _asked_for(operation: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Whether a new storage was asked for by name: to(..., copy), or a matrix with a vector as its diagonal."""
    if operation == "diag":
        given = args[0] if args else named.get("input")
        return isinstance(given, Tensor) and given.ndim == 1
    flags = [one for one in args if isinstance(one, bool)]  # those of to(): non_blocking, then copy
    return bool(named.get("copy")) or (operation == "to" and len(flags) == 2 and flags[1])


def _apart(given: Tensor, made: Tensor) -> bool:
    """Whether numbers were copied: both tensors store some, and not in the same place."""
    both = (given, made)
    if made is given or not made.numel() or any(one.is_meta or one.layout != torch.strided for one in both):
        return False
    return not shares_storage(given, made)


def _place() -> str:
    """File and line of the call: of the nearest that is neither torch's own, nor this file's, nor a shape checker's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _between(frame):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _between(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__"))
    return module == __name__ or module.partition(".")[0] in BETWEEN
