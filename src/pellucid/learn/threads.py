"""How many threads a model is worth: waiting for each other costs small models more than sharing the work saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

WORK_A_THREAD = 80e6
"""Multiplications in a forward pass of one batch that are worth a thread of their own. Chosen by us: with less, two
threads gained little on two idle cores, and lost a factor of up to 25 where another program wanted one."""


def multiplications(model: nn.Module, channels: int, size: int) -> int:
    """How often a forward pass of one image multiplies a weight by a number.

    >>> multiplications(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), channels=3, size=2)
    60
    """
    counted = 0

    def count(part: nn.Module, _: object, answer: Tensor) -> None:
        nonlocal counted
        if isinstance(part, nn.Conv2d | nn.Linear):
            counted += answer[0].numel() * part.weight[0].numel()

    parts = [part for part in model.modules() if not list(part.children())]
    hooks = [part.register_forward_hook(count) for part in parts]
    was_training, device = model.training, next(model.parameters()).device
    with torch.no_grad():
        model.eval()(torch.zeros(1, channels, size, size, device=device))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return counted


def threads_worth(model: nn.Module, channels: int, size: int, batch_size: int) -> int:
    """Threads for this model and batch: at least 1, at most torch's own number; a function of nothing else.

    >>> threads_worth(nn.Sequential(nn.Flatten(), nn.Linear(4096, 6)), channels=1, size=64, batch_size=64)
    1
    """
    worth = round(multiplications(model, channels, size) * batch_size / WORK_A_THREAD)
    return max(1, min(torch.get_num_threads(), worth))


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Within it torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
