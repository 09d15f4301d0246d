"""A small network as a graph: one node a neuron, one edge a weight, every slope by the chain rule by hand."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pellucid.blocks.binary_losses import (
    binary_cross_entropy,
    binary_cross_entropy_slope,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_slope,
)
from pellucid.blocks.by_hand import Activations, backward, forward, slope_of_inputs
from pellucid.blocks.graphs.graph import Graph
from pellucid.blocks.graphs.numbers import Numbers, numbers_of, written
from pellucid.blocks.graphs.parts import Edge, Node, Parameter
from pellucid.blocks.losses import cross_entropy, cross_entropy_slope
from pellucid.blocks.network import Layer
from pellucid.errors import BadInput
from pellucid.shapes import Float

MOST_NEURONS = 60
"""Neurons, inputs among them, that are drawn one by one. Chosen by us: more cannot be told apart."""

_SIGN = {"identity": "", "sigmoid": "σ(Σ), ", "relu": "max(0, Σ), ", "tanh": "tanh(Σ), "}


def neuron_graph(layers: Sequence[Layer], inputs: Float[Tensor, " feature"], label: int | None = None) -> Graph:
    """A network neuron by neuron, for one case.

    Args:
        layers: from first to last. One output is a probability after a sigmoid, a logit without; several are logits.
        inputs: the case.
        label: 1 or 0 for one output, else the class index; without it there are no slopes.
    Raises:
        BadInput: too many neurons to draw, inputs that do not fit, or a label that does not.

    >>> unit = Layer(torch.tensor([[2.0, -1.0]]), torch.tensor([0.5]), "sigmoid")
    >>> neuron_graph([unit], torch.tensor([1.0, 2.5]), label=1)["p"].value.said()
    '0.5'
    """
    widths = [len(inputs), *(len(layer.bias) for layer in layers)]
    if not layers or sum(widths) > MOST_NEURONS:
        raise BadInput(f"The network has {sum(widths)} neurons; from 1 layer to {MOST_NEURONS} neurons can be drawn.")
    activations = forward(layers, inputs[None])
    outputs = activations.logits
    values = [*activations.inputs, outputs]
    names = _names(layers, widths)
    slopes: list[Tensor | None] = [None] * len(values)
    of_weights: list[Tensor] = []
    loss = None
    if label is not None:
        loss, formula, slope = _lost(layers[-1], outputs, label)
        rest = [
            (layers[k:], Activations(activations.inputs[k:], activations.sums[k:], outputs)) for k in range(len(layers))
        ]
        slopes = [*(slope_of_inputs(later, kept, slope) for later, kept in rest), slope]
        of_weights = backward(layers, activations, slope)
    nodes = [_node(name, "input", "what goes in", values[0], slopes[0], k) for k, name in enumerate(names[0])]
    edges = []
    for number, layer in enumerate(layers):
        turned = of_weights[2 * number : 2 * number + 2]
        for k, name in enumerate(names[number + 1]):
            told = f"{_SIGN[layer.activation]}Σ = {written(activations.sums[number][0, k].item())}"
            learned = _learned(layer, turned, number, k)
            nodes.append(_node(name, layer.activation, told, values[number + 1], slopes[number + 1], k, learned))
            for j, source in enumerate(names[number]):
                slope_of_weight = turned[0][k, j].item() if turned else None
                edges.append(Edge(source, name, layer.weight[k, j].item(), slope_of_weight))
    if loss is not None:
        took = ((),) * widths[-1]
        one = numbers_of(torch.ones((), dtype=loss.dtype))
        nodes.append(Node("loss", "loss", formula, took, ((),), (), numbers_of(loss), one))
        edges += [Edge(source, "loss") for source in names[-1]]
    return Graph(
        title=f"Network {'-'.join(map(str, widths))}",
        nodes=tuple(nodes),
        edges=tuple(edges),
        slope_of="loss" if loss is not None else "",
        scalar=True,
    )


def _lost(last: Layer, outputs: Tensor, label: int) -> tuple[Tensor, str, Tensor]:
    """The loss that goes with the last layer, its formula, and how it changes with each output."""
    if len(last.bias) > 1:
        if last.activation != "identity":
            raise BadInput(f"Several outputs go through {last.activation}; logits were needed: leave it out.")
        labels = torch.tensor([label])
        formula = f"-log softmax of output {label + 1}"
        return cross_entropy(outputs, labels), formula, cross_entropy_slope(outputs, labels)
    labels = torch.full_like(outputs, label)
    if last.activation == "sigmoid":
        formula = "-log p, label 1" if label == 1 else "-log(1 - p), label 0"
        return binary_cross_entropy(outputs, labels), formula, binary_cross_entropy_slope(outputs, labels)
    if last.activation == "identity":
        formula = f"-log σ({'' if label == 1 else '-'}a), label {label}"
        slope = binary_cross_entropy_with_logits_slope(outputs, labels)
        return binary_cross_entropy_with_logits(outputs, labels), formula, slope
    raise BadInput(f"The one output goes through {last.activation}; sigmoid or identity was needed for a label.")


def _names(layers: Sequence[Layer], widths: Sequence[int]) -> list[list[str]]:
    """x1, x2 ...; h1, h2 ... (h1.1 where there are several hidden layers); p, a, or z1, z2 ..."""
    hidden = ["h"] if len(layers) == 2 else [f"h{number}." for number in range(1, len(layers))]
    single = "p" if layers[-1].activation == "sigmoid" else "a"
    last = [single] if widths[-1] == 1 else [f"z{k}" for k in range(1, widths[-1] + 1)]
    heads = zip(["x", *hidden], widths, strict=False)
    return [*([f"{head}{k}" for k in range(1, width + 1)] for head, width in heads), last]


def _learned(layer: Layer, turned: Sequence[Tensor], number: int, k: int) -> tuple[Parameter, ...]:
    """The weights and the bias of one neuron."""
    own = {"weight": layer.weight[k], "bias": layer.bias[k]}
    slopes: list[Numbers | None] = [numbers_of(slope[k]) for slope in turned]
    return tuple(
        Parameter(f"layer{number + 1}.{name}[{k}]", tuple(held.shape), numbers_of(held), slope)
        for (name, held), slope in zip(own.items(), slopes or [None, None], strict=True)
    )


def _node(
    name: str,
    kind: str,
    formula: str,
    values: Tensor,
    slopes: Tensor | None,
    k: int,
    parameters: tuple[Parameter, ...] = (),
) -> Node:
    slope = None if slopes is None else numbers_of(slopes[0, k])
    took = tuple(parameter.shape for parameter in parameters[:1])
    return Node(name, kind, formula, took, ((),), parameters, numbers_of(values[0, k]), slope)
