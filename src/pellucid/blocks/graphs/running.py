"""A model whose code cannot be traced: its parts in the order in which they ran, seen by forward hooks."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from pellucid.blocks.graphs.formulas import formula_of_module
from pellucid.blocks.graphs.seen import Seen


def in_order(model: nn.Module, inputs: list[Tensor]) -> tuple[list[Seen], Any]:
    """Run a model and see each part that has no parts of its own; an edge leads from each to the next that ran.

    Args:
        model: its hooks are taken off again.
        inputs: as it takes them.
    Returns:
        What each part took and gave; what came out of the model.
    """
    seen = [
        Seen(f"input{number}" if len(inputs) > 1 else "input", "input", "what goes in", (), (part,))
        for number, part in enumerate(inputs, 1)
    ]
    before = tuple(one.name for one in seen)

    def watch(path: str) -> Any:
        def keep(module: nn.Module, took: Any, gave: Any) -> Any:
            sources = (seen[-1].name,) if len(seen) > len(before) else before
            runs = sum(one.name.partition(" ")[0] == path for one in seen)
            seen.append(
                Seen(
                    name=f"{path} ({runs + 1})" if runs else path,
                    kind=type(module).__name__,
                    formula=formula_of_module(module),
                    shapes_in=tuple(tuple(part.shape) for part in _tensors(took)),
                    gave=_tensors(gave),
                    sources=sources,
                    weights=tuple(module.parameters()),
                    group=path.rpartition(".")[0],
                )
            )
            return tree_map(lambda part: part.clone() if isinstance(part, Tensor) else part, gave)

        return keep

    watched = [
        module.register_forward_hook(watch(path or "model"))
        for path, module in model.named_modules()
        if not [*module.children()]
    ]
    try:
        outputs = model(*[part.clone() for part in inputs])
    finally:
        for hook in watched:
            hook.remove()
    return seen, outputs


def _tensors(gave: Any) -> tuple[Tensor, ...]:
    return tuple(part for part in tree_leaves(gave) if isinstance(part, Tensor))
