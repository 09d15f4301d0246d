"""What each loss computes, in words and symbols: x goes in beside the label, one number comes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pellucid.blocks.graphs.own_settings import is_known, said, settings_of

_LOSSES = {
    "crossentropy": "y = -log softmax(x)[label], mean",
    "nll": "y = -x[label], mean",
    "mse": "y = (x - label)², mean",
    "l1": "y = |x - label|, mean",
    "bcewithlogits": "y = -log p of what was the case, p = σ(x), mean",
    "binarycrossentropywithlogits": "y = -log p of what was the case, p = σ(x), mean",
    "bce": "y = -log p of what was the case, p = x, mean",
    "binarycrossentropy": "y = -log p of what was the case, mean",
}


def name_of_loss(loss: Callable[..., Any]) -> str:
    """How a loss is called: its own `name`, its function's, or its class's.

    >>> from torch import nn
    >>> name_of_loss(nn.MSELoss())
    'MSELoss'
    """
    if isinstance(loss, partial):
        return name_of_loss(loss.func)
    own = getattr(loss, "name", None)
    return own if isinstance(own, str) else getattr(loss, "__name__", type(loss).__name__)


def formula_of_loss(name: str, loss: Callable[..., Any] | None = None) -> str:
    """What a loss computes.

    Args:
        name: as `name_of_loss` gives it.
        loss: the loss itself, where its settings may not be the usual ones, or it is nobody's that we know.

    >>> from torch import nn
    >>> formula_of_loss("mse_loss"), formula_of_loss("cross-entropy")
    ('y = (x - label)², mean', 'y = -log softmax(x)[label], mean')
    >>> formula_of_loss("MSELoss", nn.MSELoss(reduction="sum"))
    'y = MSELoss(x, label, reduction=sum)'
    """
    if loss is not None and not is_known(loss):
        return f"y = {name}(x, label)"
    if loss is not None and (settings := settings_of(loss)):
        return f"y = {name}(x, label{said(settings)})"
    letters = "".join(letter for letter in name.lower() if letter.isalnum()).removesuffix("loss")
    return _LOSSES.get(letters, f"y = {name}(x, label)")
