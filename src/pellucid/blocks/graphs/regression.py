"""Linear and logistic regression as graphs in which each node is one number; every slope is worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pellucid.blocks.activations import sigmoid, sigmoid_slope
from pellucid.blocks.binary_losses import binary_cross_entropy, binary_cross_entropy_slope
from pellucid.blocks.graphs.graph import Graph
from pellucid.blocks.graphs.numbers import numbers_of
from pellucid.blocks.graphs.parts import Edge, Node, Parameter
from pellucid.blocks.losses import mean_squared_error, mean_squared_error_slope
from pellucid.errors import BadInput
from pellucid.shapes import Float


@dataclass(frozen=True, slots=True)
class _Number:
    """A node before it is drawn: what it is called, what it is, and how the last node changes with it."""

    name: str
    kind: str
    formula: str
    value: Tensor
    slope: Tensor
    sources: tuple[str, ...] = ()


def linear_regression_graph(
    weights: Float[Tensor, " weight"], inputs: Float[Tensor, " feature"], target: float | int | None = None
) -> Graph:
    """y = t0 * 1 + t1 * x1 + t2 * x2 ..., product by product, and its squared error.

    Args:
        weights: t0, t1, t2 ...: one more than there are inputs; t0 is the bias.
        inputs: x1, x2 ... of one case.
        target: what y should have been; without it the slopes are those of y itself.
    Raises:
        BadInput: not one weight more than inputs.

    >>> graph = linear_regression_graph(torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0, 4.0]), target=5.0)
    >>> [(name, graph[name].value.said(), graph[name].slope.said()) for name in ("y", "t1", "loss")]
    [('y', '5.5', '1'), ('t1', '-1', '3'), ('loss', '0.25', '1')]
    """
    y, last, slope = _sum(weights, inputs), [], torch.ones(1, dtype=weights.dtype)
    if target is not None:
        wanted = torch.tensor([float(target)], dtype=weights.dtype)
        slope = mean_squared_error_slope(y, wanted)
        last = [_Number("target", "label", "what y should be", wanted, -slope)]
        last += [_loss("(y - target)²", mean_squared_error(y, wanted), ("y", "target"))]
    return _graph("Linear regression", [*_products(weights, inputs, "y", y, slope), *last])


def logistic_regression_graph(
    weights: Float[Tensor, " weight"], inputs: Float[Tensor, " feature"], label: float | int | None = None
) -> Graph:
    """a = t0 * 1 + t1 * x1 + t2 * x2 ..., p = 1 / (1 + exp(-a)), and its binary cross-entropy.

    Args:
        weights: t0, t1, t2 ...: one more than there are inputs; t0 is the bias.
        inputs: x1, x2 ... of one case.
        label: 1 or 0; without it the slopes are those of p itself.
    Raises:
        BadInput: not one weight more than inputs, or a label that is not between 0 and 1.

    >>> graph = logistic_regression_graph(torch.tensor([0.0, 2.0]), torch.tensor([0.0]), label=1)
    >>> graph["p"].value.said(), graph["a"].slope.said()  # p - label
    ('0.5', '-0.5')
    """
    a, last, slope = _sum(weights, inputs), [], torch.ones(1, dtype=weights.dtype)
    p = sigmoid(a)
    if label is not None:
        wanted = torch.tensor([float(label)], dtype=weights.dtype)
        slope = binary_cross_entropy_slope(p, wanted)
        log_no, log_yes = (torch.log(share).clamp(min=-100.0) for share in (sigmoid(-a), p))  # as the loss itself does
        of_label = log_no - log_yes  # the loss is a straight line in the label
        last = [_Number("label", "label", "1: yes, 0: no", wanted, of_label)]
        formula = "-label · log p - (1 - label) · log(1 - p)"
        last += [_loss(formula, binary_cross_entropy(p, wanted), ("p", "label"))]
    bent = _Number("p", "sigmoid", "1 / (1 + exp(-a))", p, slope, ("a",))
    return _graph("Logistic regression", [*_products(weights, inputs, "a", a, sigmoid_slope(slope, a)), bent, *last])


def _sum(weights: Tensor, inputs: Tensor) -> Tensor:
    if len(weights) != len(inputs) + 1:
        raise BadInput(
            f"There are {len(weights)} weights for {len(inputs)} inputs; {len(inputs) + 1} were needed: "
            "t0, which stands alone, and one for each input."
        )
    return (weights[:1] + (weights[1:] * inputs).sum()).detach()


def _products(weights: Tensor, inputs: Tensor, name: str, total: Tensor, slope: Tensor) -> list[_Number]:
    """Weights, inputs, their products, and the sum; a sum hands its slope to each part, a product its other factor."""
    factors = torch.cat([torch.ones_like(weights[:1]), inputs.to(weights.dtype)])
    called = ["1", *(f"x{number}" for number in range(1, len(factors)))]
    leaves, products = [], []
    for number, (t, x, other) in enumerate(zip(weights[:, None], factors[:, None], called, strict=True)):
        leaves.append(_Number(f"t{number}", "weight", "learned", t, slope * x))
        leaves.append(_Number(other, "input" if number else "constant", "what goes in", x, slope * t))
        products.append(
            _Number(f"t{number}·{other}", "product", f"t{number} · {other}", t * x, slope, (f"t{number}", other))
        )
    parts = tuple(product.name for product in products)
    return [*leaves, *products, _Number(name, "sum", " + ".join(parts), total, slope, parts)]


def _loss(formula: str, value: Tensor, sources: tuple[str, ...]) -> _Number:
    return _Number("loss", "loss", formula, value, torch.ones(1, dtype=value.dtype), sources)


def _graph(title: str, numbers: list[_Number]) -> Graph:
    nodes = []
    for one in numbers:
        value, slope = numbers_of(one.value.reshape(())), numbers_of(one.slope.reshape(()))
        learned = (Parameter(one.name, (), value, slope),) if one.kind == "weight" else ()
        took = ((),) * len(one.sources)
        nodes.append(Node(one.name, one.kind, one.formula, took, ((),), learned, value, slope))
    edges = tuple(Edge(source, one.name) for one in numbers for source in one.sources)
    return Graph(title, tuple(nodes), edges, slope_of=numbers[-1].name, scalar=True)
