"""What was seen while a model ran, and from it the graph: values are summed up, slopes are asked of autograd."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pellucid.blocks.graphs.graph import Graph
from pellucid.blocks.graphs.numbers import Numbers, numbers_of
from pellucid.blocks.graphs.parts import Edge, Node, Parameter


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One computation, as it happened. What it gave is passed on as a copy, so that nothing overwrites it here."""

    name: str
    kind: str
    formula: str
    shapes_in: tuple[tuple[int, ...], ...]
    gave: tuple[Tensor, ...]
    sources: tuple[str, ...] = ()
    weights: tuple[nn.Parameter, ...] = ()
    group: str = ""


def assemble(title: str, model: nn.Module, seen: list[Seen], loss: Tensor | None, notes: tuple[str, ...] = ()) -> Graph:
    """The graph of all that was seen.

    Args:
        title: its name.
        model: whose parameters they are.
        seen: each after all that it took; the loss, if any, is the last.
        loss: one number, or None: then there are no slopes.
        notes: what a reader should know.
    """
    names = {id(weight): name for name, weight in model.named_parameters()}
    weights = dict(model.named_parameters())
    slopes = _slopes(loss, [*(part for one in seen for part in one.gave), *weights.values()])
    parameters = {
        name: Parameter(name, tuple(weight.shape), numbers_of(weight), _told(slopes.get(id(weight))))
        for name, weight in weights.items()
    }
    nodes = [
        Node(
            name=one.name,
            kind=one.kind,
            formula=one.formula,
            shapes_in=one.shapes_in,
            shapes_out=tuple(tuple(part.shape) for part in one.gave),
            parameters=tuple(parameters[names[key]] for key in dict.fromkeys(map(id, one.weights)) if key in names),
            value=numbers_of(one.gave[0]) if len(one.gave) == 1 and not one.gave[0].is_complex() else None,
            slope=_told(slopes.get(id(one.gave[0]))) if len(one.gave) == 1 else None,
            group=one.group,
        )
        for one in seen
    ]
    shown = {parameter.name for node in nodes for parameter in node.parameters}
    return Graph(
        title=title,
        nodes=tuple(nodes),
        edges=tuple(Edge(source, one.name) for one in seen for source in dict.fromkeys(one.sources)),
        slope_of="" if loss is None else seen[-1].name,
        elsewhere=tuple(parameter for name, parameter in parameters.items() if name not in shown),
        notes=notes,
    )


def _slopes(loss: Tensor | None, tensors: list[Tensor]) -> dict[int, Tensor]:
    """By the tensor's id; a tensor that has no say in the loss is not among them."""
    wanted = list({id(tensor): tensor for tensor in tensors if tensor.requires_grad}.values())
    if loss is None or not wanted or not loss.requires_grad:
        return {}
    found = torch.autograd.grad(loss, wanted, allow_unused=True)
    return {id(tensor): slope for tensor, slope in zip(wanted, found, strict=True) if slope is not None}


def _told(slope: Tensor | None) -> Numbers | None:
    return None if slope is None or slope.is_complex() else numbers_of(slope)
