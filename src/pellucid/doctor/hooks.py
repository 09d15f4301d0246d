"""Hooks that stay at home: a model that is copied or saved while it is watched takes nothing of the doctor with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from torch.compiler import is_compiling


class Hook:
    """Calls a function of the doctor, and never raises: `stumble` is given what the function raised.

    A copy of it does nothing, and `on_copy` hears of the copying.

    Copies are the method of a standard class that takes anything and returns None, so that a model saved whole can be
    loaded where there is no pellucid.

    >>> from copy import deepcopy
    >>> heard = []
    >>> hook = Hook(heard.append, heard.append, on_copy=lambda: heard.append("copied"))
    >>> deepcopy(hook)("unheard", "by anyone"), hook("heard")
    (None, None)
    >>> heard
    ['copied', 'heard']
    """

    def __init__(
        self,
        call: Callable[..., None],
        stumble: Callable[[Exception], None],
        on_copy: Callable[[], None] | None = None,
    ) -> None:
        self._call = call
        self._stumble = stumble
        self._on_copy = on_copy

    def __call__(self, *given: Any) -> None:
        """Never in code that is being compiled: it would be compiled, too."""
        if is_compiling():
            return
        try:
            self._call(*given)
        except Exception as stumbled:  # noqa: BLE001 - the loop must go on, whatever befalls who watches it
            self._stumble(stumbled)

    def __deepcopy__(self, memo: dict[int, Any]) -> Callable[..., None]:
        if self._on_copy is not None:
            self._on_copy()
        return nullcontext().__exit__

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (nullcontext(), "__exit__")
