"""What every block of a model gives for some images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pellucid.shapes import Float


def activations_of(
    model: nn.Module, inputs: Float[Tensor, "case channel row column"]
) -> dict[str, Float[Tensor, case * after]]:
    """What each block gave, by its name, in the order in which they were passed; nothing is learned.

    Args:
        model: as `pellucid.learn.build_model` makes it; it is left in evaluation.
        inputs: scaled images.

    >>> model = nn.Sequential()
    >>> model.flatten, model.logits = nn.Flatten(), nn.Linear(4, 3)
    >>> {name: tuple(gave.shape) for name, gave in activations_of(model, torch.zeros(2, 1, 2, 2)).items()}
    {'logits': (2, 3)}
    """
    gave: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(_: nn.Module, __: object, after: Tensor) -> None:
            gave[name] = after.detach().float().clone()  # the next block may write over it

        return hook

    blocks = {name: block for name, block in model.named_modules() if not list(block.children())}
    hooks = [
        block.register_forward_hook(keep(name)) for name, block in blocks.items() if not isinstance(block, nn.Flatten)
    ]
    model.eval()
    try:
        with torch.inference_mode():
            model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return gave
