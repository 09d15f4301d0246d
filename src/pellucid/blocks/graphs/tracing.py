"""Read a model's code by running it once on stand-ins for tensors, then run what was read and see every value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.proxy import TraceError
from torch.utils._pytree import tree_leaves, tree_map

from pellucid.blocks.graphs.formulas import formula_of_call, formula_of_module
from pellucid.blocks.graphs.seen import Seen

ALONE = "model"
"""How a model that is one block, such as a single Linear, is called in its graph."""


class Untraceable(Exception):
    """Said to whoever traces, and no error: the code does something that stand-ins cannot go along with."""


class _Blocks(fx.Tracer):
    """torch's own modules are one block each, and so are pellucid's without parts; all others are looked into."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours = type(m).__module__.startswith("pellucid.") and not [*m.children()]
        return ours or super().is_leaf_module(m, module_qualified_name)


def trace(model: nn.Module) -> fx.GraphModule:
    """The steps of a model's code.

    Raises:
        Untraceable: it decides by its data, or does what a stand-in for a tensor cannot.
    """
    tracer = _Blocks()
    root = nn.Sequential()
    if tracer.is_leaf_module(model, ALONE):
        root.add_module(ALONE, model)
    else:
        root = model  # type: ignore[assignment]
    try:
        return fx.GraphModule(root, tracer.trace(root))
    except (TraceError, TypeError, ValueError, RuntimeError, AttributeError, LookupError) as problem:
        raise Untraceable(str(problem)) from None


class _Watcher(fx.Interpreter):
    """Runs step after step; keeps what each gave, and passes a copy on, so that none can be overwritten."""

    def __init__(self, steps: fx.GraphModule) -> None:
        super().__init__(steps, garbage_collect_values=False)
        self.gave: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        found = super().run_node(n)
        if n.op == "output":
            return found
        self.gave[n] = found
        return tree_map(lambda part: part.clone() if isinstance(part, Tensor) else part, found)


def traced(steps: fx.GraphModule, model: nn.Module, inputs: list[Tensor]) -> tuple[list[Seen], Any]:
    """Run what was read, on these inputs.

    Args:
        steps: of `trace`.
        model: whose steps they are.
        inputs: one a stand-in, in their order.
    Returns:
        What each step took and gave; what came out of the model.
    Raises:
        Untraceable: the steps hold for other inputs only.
    """
    watcher = _Watcher(steps)
    try:
        outputs = watcher.run(*inputs)
    except (TypeError, ValueError, RuntimeError, LookupError) as problem:
        raise Untraceable(str(problem)) from None
    tensors = {node: _tensors(gave) for node, gave in watcher.gave.items()}
    names = _names([node for node, parts in tensors.items() if parts])
    by_node = {node.name: names.get(node, node.name) for node in steps.graph.nodes}
    seen = [_seen(steps, node, tensors, names, by_node) for node in names]
    return seen, outputs


def _seen(
    steps: fx.GraphModule,
    node: fx.Node,
    tensors: dict[fx.Node, tuple[Tensor, ...]],
    names: dict[fx.Node, str],
    by_node: dict[str, str],
) -> Seen:
    kind, formula, weights = _told(steps, node, by_node)
    taken = [source for source in node.all_input_nodes if source in names]
    return Seen(
        name=names[node],
        kind=kind,
        formula=formula,
        shapes_in=tuple(tuple(part.shape) for source in taken for part in tensors[source]),
        gave=tensors[node],
        sources=tuple(names[source] for source in taken),
        weights=weights,
        group=_group(node),
    )


def _told(steps: fx.GraphModule, node: fx.Node, by_node: dict[str, str]) -> tuple[str, str, tuple[nn.Parameter, ...]]:
    """Kind, formula and parameters of a step."""
    if node.op == "placeholder":
        return "input", "what goes in", ()
    if node.op == "get_attr":
        held = _attribute(steps, str(node.target))
        if isinstance(held, nn.Parameter):
            return "parameter", "learned", (held,)
        return "constant", "fixed", ()
    if node.op == "call_module":
        module = steps.get_submodule(str(node.target))
        return type(module).__name__, formula_of_module(module), tuple(module.parameters())
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    words = fx.node.map_arg((node.args, node.kwargs), lambda source: _Word(by_node[source.name]))
    return name, formula_of_call(name, words[0], words[1]), ()


class _Word(str):
    """The name of another step, in a formula."""

    __repr__ = str.__str__


def _attribute(steps: nn.Module, path: str) -> Any:
    found: Any = steps
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _group(node: fx.Node) -> str:
    if node.op == "call_module":
        return str(node.target).rpartition(".")[0]
    stack = node.meta.get("nn_module_stack") or {}
    return str(next(reversed(stack.values()))[0]) if stack else ""


def _names(nodes: list[fx.Node]) -> dict[fx.Node, str]:
    """Modules by their path, inputs as the code calls them, all else as torch numbers it; each once."""
    names: dict[fx.Node, str] = {}
    for node in nodes:
        own = node.name if node.op in ("call_function", "call_method") else str(node.target).lstrip("*")
        taken = set(names.values())
        names[node] = next(name for name in _numbered(own) if name not in taken)
    return names


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _tensors(gave: Any) -> tuple[Tensor, ...]:
    return tuple(part for part in tree_leaves(gave) if isinstance(part, torch.Tensor))
