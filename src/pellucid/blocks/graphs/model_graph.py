"""Any small model as a graph of blocks, with the values and slopes that one input gives at each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from pellucid.blocks.graphs.graph import Graph
from pellucid.blocks.graphs.loss_formulas import formula_of_loss, name_of_loss
from pellucid.blocks.graphs.running import in_order
from pellucid.blocks.graphs.seen import Seen, assemble
from pellucid.blocks.graphs.tracing import Untraceable, trace, traced
from pellucid.errors import BadInput
from pellucid.shapes import Shaped

ORDER_ONLY = (
    "The model's code cannot be traced (it decides by its data): its parts stand in the order in which they ran, "
    "and what is done between them is not shown."
)
"""Said where forward hooks were the only way to see the model."""


def graph_of(
    model: nn.Module,
    inputs: Shaped[Tensor, "*shape"] | Sequence[Tensor],
    labels: Shaped[Tensor, "*labels"] | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
    *,
    case: int | None = 0,
    training: bool = False,
) -> Graph:
    """A model as a graph: every block's formula, shapes and parameters, and its value and slope for these inputs.

    All is computed on a copy: the model, its slopes, mode and buffers, and torch's random state stay as they are.

    Args:
        model: its code is traced; where it decides by its data, its parts are shown in the order in which they ran.
        inputs: as the model takes them, cases first; several in a list or tuple.
        labels: what `loss` is given beside the outputs, cases first.
        loss: loss(outputs, labels), one number. Without it there are no slopes.
        case: the one case that goes through the model, alone; None: all of them together.
        training: run it as in training: dropout drops, and normalisation looks at these very cases.
    Returns:
        The graph, from the inputs to the outputs, or to the loss.
    Raises:
        BadInput: there is no such case, the model refuses the inputs, or the loss is not one number.

    >>> model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    >>> [node.formula for node in graph_of(model, torch.tensor([[3.0, 4.0]])).nodes]
    ['what goes in', 'y = x Wᵀ + b', 'y = 1 / (1 + exp(-x))']
    """
    if loss is not None and labels is None:
        raise BadInput("A loss without labels was given: pass the labels of these cases, too.")
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    with torch.inference_mode(False), torch.enable_grad():
        shown, left_out = _copied(model)
        shown.train(training)
        given = [_chosen(part, case, "inputs") for part in given]
        chosen = None if labels is None else _chosen(labels, case, "labels")
        seen, outputs, notes = _seen(shown, given)
        lost = None
        if loss is not None and chosen is not None:
            one, lost = _lost(loss, outputs, chosen, seen)
            seen = [*seen, one]
        return assemble(type(model).__name__, shown, seen, lost, (*notes, *left_out))


def _seen(model: nn.Module, given: list[Tensor]) -> tuple[list[Seen], Any, tuple[str, ...]]:
    """What ran, and what came out: by tracing the code where that gives the model's own outputs, else by hooks."""
    with _same_draws(model) as again:
        try:
            own = model(*[part.clone() for part in given])
        except (RuntimeError, TypeError, ValueError, IndexError) as problem:
            shapes = ", ".join(str(tuple(part.shape)) for part in given)
            told = " ".join(str(problem).split())
            raise BadInput(f"The model refuses inputs of shape {shapes} ({told}): pass what it learned from.") from None
        again()
        started = [part.detach().clone().requires_grad_(part.is_floating_point()) for part in given]
        try:
            seen, outputs = traced(trace(model), model, started)
        except Untraceable:
            pass
        else:
            if _alike(own, outputs):
                return seen, outputs, ()
        again()
        return *in_order(model, started), (ORDER_ONLY,)


def _lost(loss: Callable[[Any, Any], Any], outputs: Any, labels: Tensor, seen: list[Seen]) -> tuple[Seen, Tensor]:
    lost = loss(outputs, labels)
    if not isinstance(lost, Tensor) or lost.numel() != 1:
        found = tuple(lost.shape) if isinstance(lost, Tensor) else type(lost).__name__
        raise BadInput(f"The loss gives {found}; one number was needed: take the mean over the cases.")
    name = name_of_loss(loss)
    told = f"; label {', '.join(f'{label:g}' for label in labels.flatten().tolist())}" if labels.numel() < 5 else ""
    gave = {id(part): one.name for one in seen for part in one.gave}
    leaves = [part for part in tree_leaves(outputs) if isinstance(part, Tensor)]
    sources = tuple(gave[id(part)] for part in leaves if id(part) in gave)
    return (
        Seen(
            name="loss" if "loss" not in {one.name for one in seen} else "the loss",
            kind=name,
            formula=formula_of_loss(name, loss) + told,
            shapes_in=tuple(tuple(part.shape) for part in leaves),
            gave=(lost,),
            sources=sources or (seen[-1].name,),
        ),
        lost,
    )


def _chosen(part: Tensor, case: int | None, what: str) -> Tensor:
    part = part.detach()
    if case is None:
        return part
    if part.ndim == 0 or not 0 <= case < len(part):
        raise BadInput(f"There is no case {case} in {what} of shape {tuple(part.shape)}: choose one, or case=None.")
    return part[case : case + 1]


def _copied(model: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The model without hooks, but for torch's own (weight_norm makes a weight by one); a note where some are gone."""
    try:
        copied = copy.deepcopy(model)
    except (RuntimeError, TypeError) as problem:
        told = " ".join(str(problem).split())
        raise BadInput(f"The model cannot be copied, so as to look into it ({told}): build it anew.") from None
    count = 0
    for module in copied.modules():  # whoever watches the model is not to see its copy run
        kinds = (module._forward_pre_hooks, module._forward_hooks, module._backward_hooks, module._backward_pre_hooks)
        for hooks in kinds:
            for key in [key for key, hook in hooks.items() if not _is_torchs(hook)]:
                del hooks[key]
                count += 1
    if not count:
        return copied, ()
    said = "1 hook was" if count == 1 else f"{count} hooks were"
    return copied, (f"The model's {said} left out of this graph: what it would be with them is not shown.",)


def _is_torchs(hook: Callable[..., Any]) -> bool:
    return str(getattr(hook, "__module__", "")).startswith(("torch.nn.utils.", "torch.nn.modules."))


@contextmanager
def _same_draws(model: nn.Module) -> Iterator[Callable[[], None]]:
    """Dropout draws alike after each call of what this yields, and nothing is drawn from the caller's own generator."""
    gpus = sorted({weight.device.index or 0 for weight in model.parameters() if weight.device.type == "cuda"})
    with torch.random.fork_rng(devices=gpus):
        seed = torch.initial_seed()

        def again() -> None:
            torch.manual_seed(seed)

        again()
        yield again


def _alike(some: Any, others: Any) -> bool:
    pairs = zip(tree_leaves(some), tree_leaves(others), strict=False)
    return all(
        not isinstance(one, Tensor)
        or (isinstance(other, Tensor) and one.shape == other.shape and torch.allclose(one, other, equal_nan=True))
        for one, other in pairs
    )
