"""The settings of a block that are not its usual ones: a short formula holds only where there are none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn

SAME_NUMBERS = ("inplace", "device", "dtype", "bias", "_stacklevel")
"""Settings that say where numbers go, or that another word of the formula tells of."""


def is_known(block: Callable[..., Any]) -> bool:
    """Whether it is torch's or this package's own: another may bear the same name and compute something else.

    >>> is_known(nn.ReLU()), is_known(len)
    (True, False)
    """
    if isinstance(block, partial):
        return is_known(block.func)
    home = getattr(block, "__module__", None) or ""
    return home.partition(".")[0] in ("torch", "pellucid")


def settings_of(block: Callable[..., Any]) -> dict[str, Any]:
    """The settings of a module of torch's, or of a partial, that differ from the usual ones.

    >>> settings_of(nn.Softplus(beta=2)), settings_of(nn.CrossEntropyLoss())
    ({'beta': 2}, {})
    """
    if isinstance(block, partial):
        return {**settings_of(block.func), **block.keywords}
    if not isinstance(block, nn.Module):
        return {}
    found = {}
    for name, usual in inspect.signature(type(block)).parameters.items():
        has = getattr(block, name, None)
        if usual.default is inspect.Parameter.empty or name in SAME_NUMBERS or isinstance(has, nn.Parameter):
            continue
        if hasattr(block, name) and not _alike(has, usual.default):
            found[name] = has
    return found


def _alike(has: Any, usual: Any) -> bool:
    if isinstance(has, Tensor):
        return False
    return bool(has == usual) or (isinstance(has, tuple) and bool(has) and set(has) == {usual})


def said(settings: Mapping[str, Any]) -> str:
    """Settings as they are written in code, each after a comma.

    >>> said({"reduction": "sum", "beta": 2.0})
    ', reduction=sum, beta=2'
    """
    return "".join(f", {name}={_word(value)}" for name, value in settings.items())


def _word(value: Any) -> str:
    if isinstance(value, Tensor):
        if value.numel() > 4:
            return f"{value.numel():,} numbers"
        return f"({', '.join(f'{one:.4g}' for one in value.flatten().tolist())})"
    return f"{value:g}" if isinstance(value, float) else str(value)
