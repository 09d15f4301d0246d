"""Graphs in which each node is one number: values by hand on paper, slopes against autograd."""

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from pellucid.blocks import draw_layers
from pellucid.blocks.graphs import linear_regression_graph, logistic_regression_graph, neuron_graph
from pellucid.blocks.network import Layer
from pellucid.errors import BadInput

EXACT = {"rel": 1e-12, "abs": 1e-12}
SMALL = st.floats(-3, 3)


def value(graph, name):
    return graph[name].value.whole.item()


def slope(graph, name):
    return graph[name].slope.whole.item()


def doubles(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def watched(*tensors):
    return [tensor.clone().requires_grad_() for tensor in tensors]


def test_a_linear_regression_worked_out_on_paper():
    graph = linear_regression_graph(doubles(0.5, -1, 2), doubles(3, 4), target=5)
    values = {"t0": 0.5, "1": 1, "t1": -1, "x1": 3, "t2": 2, "x2": 4, "t0·1": 0.5, "t1·x1": -3, "t2·x2": 8}
    values |= {"y": 5.5, "target": 5, "loss": 0.25}
    slopes = {"t0": 1, "1": 0.5, "t1": 3, "x1": -1, "t2": 4, "x2": 2, "t0·1": 1, "t1·x1": 1, "t2·x2": 1}
    slopes |= {"y": 1, "target": -1, "loss": 1}  # 2 * (5.5 - 5), and from there on the chain rule
    assert {node.name: value(graph, node.name) for node in graph.nodes} == values
    assert {node.name: slope(graph, node.name) for node in graph.nodes} == slopes
    assert graph.sources("y") == ["t0·1", "t1·x1", "t2·x2"]
    assert graph.sources("t1·x1") == ["t1", "x1"]
    assert graph.parameter_count == 3


def test_without_a_target_the_slopes_are_those_of_y():
    graph = linear_regression_graph(doubles(0.5, -1, 2), doubles(3, 4))
    assert graph.slope_of == "y"
    assert [slope(graph, name) for name in ("y", "t0", "t1", "x1", "t2", "x2")] == [1, 1, 3, -1, 4, 2]


@given(st.lists(SMALL, min_size=4, max_size=4), st.lists(SMALL, min_size=3, max_size=3), SMALL)
def test_slopes_of_linear_regression_are_autograds(t, x, target):
    weights, inputs, wanted = watched(doubles(*t), doubles(*x), doubles(target))
    ((weights[0] + (weights[1:] * inputs).sum() - wanted) ** 2).sum().backward()
    graph = linear_regression_graph(doubles(*t), doubles(*x), target=target)
    assert [slope(graph, f"t{k}") for k in range(4)] == pytest.approx(weights.grad.tolist(), **EXACT)
    assert [slope(graph, f"x{k}") for k in (1, 2, 3)] == pytest.approx(inputs.grad.tolist(), **EXACT)
    assert slope(graph, "target") == pytest.approx(wanted.grad.item(), **EXACT)


@example([2.0, 3.0, 3.0], [3.0, 3.0], 0)
@given(st.lists(SMALL, min_size=3, max_size=3), st.lists(SMALL, min_size=2, max_size=2), st.sampled_from([0, 1]))
def test_slopes_of_logistic_regression_are_autograds(t, x, label):
    weights, inputs, wanted = watched(doubles(*t), doubles(*x), doubles(label))
    products = weights[1:] * inputs
    a = weights[:1] + products.sum()
    p = 1 / (1 + torch.exp(-a))
    loss = -(wanted * torch.log(p) + (1 - wanted) * torch.log(1 - p)).sum()
    of_p, of_a, of_products = torch.autograd.grad(loss, [p, a, products], retain_graph=True)
    loss.backward()
    graph = logistic_regression_graph(doubles(*t), doubles(*x), label=label)
    found = [slope(graph, name) for name in ("p", "a", "t1·x1", "t0", "t1", "t2", "x1", "x2", "label")]
    expected = [of_p.item(), of_a.item(), of_products[0].item(), *weights.grad.tolist(), *inputs.grad.tolist()]
    expected.append(-a.item())  # log(1 - p) - log(p), of which autograd loses digits where p is almost 1
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert value(graph, "p") == pytest.approx(p.item(), **EXACT)
    assert value(graph, "loss") == pytest.approx(loss.item(), rel=1e-9)


def test_slopes_of_logistic_regression_are_autograds_to_twelve_digits():
    weights, inputs = watched(doubles(0.5, -1, 2), doubles(3, 1.5))
    p = torch.sigmoid(weights[:1] + (weights[1:] * inputs).sum())
    torch.nn.functional.binary_cross_entropy(p, doubles(0)).backward()
    graph = logistic_regression_graph(doubles(0.5, -1, 2), doubles(3, 1.5), label=0)
    assert [slope(graph, f"t{k}") for k in range(3)] == pytest.approx(weights.grad.tolist(), **EXACT)
    assert [slope(graph, f"x{k}") for k in (1, 2)] == pytest.approx(inputs.grad.tolist(), **EXACT)


@pytest.mark.parametrize("make", [linear_regression_graph, logistic_regression_graph])
def test_a_weight_too_few_is_refused(make):
    with pytest.raises(BadInput, match="2 weights for 2 inputs; 3 were needed"):
        make(doubles(1, 2), doubles(1, 2))


def torch_network(layers, inputs, last):
    """Values and slopes of all neurons and weights, by autograd."""
    weights = [tensor.clone().requires_grad_() for layer in layers for tensor in (layer.weight, layer.bias)]
    rows = [inputs.clone().requires_grad_()]
    for number, layer in enumerate(layers):
        summed = torch.nn.functional.linear(rows[-1], weights[2 * number], weights[2 * number + 1])
        rows.append(summed if layer.activation == "identity" else getattr(torch, layer.activation)(summed))
        rows[-1].retain_grad()
    loss = last(rows[-1])
    loss.backward()
    return rows, weights, loss


def as_double(layers, activation):
    shaped = [Layer(layer.weight.double(), layer.bias.double(), layer.activation) for layer in layers]
    return [*shaped[:-1], Layer(shaped[-1].weight, shaped[-1].bias, activation)]


LOSSES = torch.nn.functional
CASES = [
    ([2, 2, 1], "sigmoid", "sigmoid", 1, lambda p: LOSSES.binary_cross_entropy(p, torch.ones_like(p))),
    ([3, 1], "relu", "identity", 0, lambda a: LOSSES.binary_cross_entropy_with_logits(a, torch.zeros_like(a))),
    ([4, 3, 2, 3], "tanh", "identity", 2, lambda z: LOSSES.cross_entropy(z[None], torch.tensor([2]))),
]


@pytest.mark.parametrize(("widths", "bent", "last", "label", "loss_of"), CASES)
def test_every_neuron_and_weight_has_autograds_value_and_slope(widths, bent, last, label, loss_of):
    generator = torch.Generator().manual_seed(1)
    layers = as_double(draw_layers(widths, generator, activation=bent), last)
    inputs = torch.randn(widths[0], generator=generator).double()
    graph = neuron_graph(layers, inputs, label=label)
    rows, weights, loss = torch_network(layers, inputs, loss_of)
    neurons = [node.name for node in graph.nodes if node.name != "loss"]
    expected = torch.cat(rows).tolist(), torch.cat([row.grad for row in rows]).tolist()
    assert [value(graph, name) for name in neurons] == pytest.approx(expected[0], **EXACT)
    assert [slope(graph, name) for name in neurons] == pytest.approx(expected[1], **EXACT)
    assert value(graph, "loss") == pytest.approx(loss.item(), **EXACT)
    drawn = [edge for edge in graph.edges if edge.weight is not None]
    flat = [weight.flatten() for weight in weights[::2]]
    assert [edge.weight for edge in drawn] == torch.cat(flat).tolist()
    grads = torch.cat([weight.grad.flatten() for weight in weights[::2]]).tolist()
    assert [edge.slope for edge in drawn] == pytest.approx(grads, **EXACT)
    biases = [held.slope.whole.item() for node in graph.nodes for held in node.parameters if not held.shape]
    assert biases == pytest.approx(torch.cat([weight.grad for weight in weights[1::2]]).tolist(), **EXACT)
    assert graph.parameter_count == sum(weight.numel() for weight in weights)


def test_an_edge_holds_the_weight_between_its_two_neurons():
    weight = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # lopsided: a swapped axis must show
    graph = neuron_graph([Layer(weight, torch.zeros(2))], torch.ones(3))
    found = {(edge.source, edge.target): edge.weight for edge in graph.edges}
    assert found[("x3", "z1")] == 3
    assert found[("x1", "z2")] == 4
    assert graph["z2"].slope is None


def test_more_neurons_than_can_be_told_apart_are_refused():
    layers = draw_layers([60, 10], torch.Generator().manual_seed(0))
    with pytest.raises(BadInput, match="70 neurons"):
        neuron_graph(layers, torch.zeros(60))


def test_a_label_without_an_output_is_refused():
    layers = draw_layers([2, 3], torch.Generator().manual_seed(0))
    with pytest.raises(BadInput, match="Label 3 has no column"):
        neuron_graph(layers, torch.zeros(2), label=3)
