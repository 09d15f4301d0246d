"""The drawing and the lines say what the tensors hold, and no box stands upon another."""

import json
import pickle
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from pellucid.blocks import draw_layers
from pellucid.blocks.graphs import graph_of, linear_regression_graph, logistic_regression_graph, neuron_graph
from pellucid.learn.models import build_model
from pellucid.learn.settings import Settings

SVG = "{http://www.w3.org/2000/svg}"


class Branches(nn.Module):
    """Two ways from one block, one of which leaps over the other's blocks."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(3, 3) for _ in range(4))

    def forward(self, x):
        begun = self.a(x)
        return self.c(self.b(begun)) + self.d(begun) + begun


def graphs():
    torch.manual_seed(0)
    numbers = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0, 4.0])
    images, label, loss = torch.randn(1, 1, 28, 28), torch.tensor([3]), nn.CrossEntropyLoss()
    yield linear_regression_graph(*numbers, target=5.0)
    yield logistic_regression_graph(*numbers, label=1)
    yield neuron_graph(draw_layers([2, 2, 2], torch.Generator().manual_seed(0)), torch.tensor([1.0, 0.5]), label=1)
    for name in ("linear", "cnn"):
        yield graph_of(build_model(Settings(model=name), 1, 28, 10), images, label, loss)
    yield graph_of(Branches(), torch.randn(1, 3))


GRAPHS = list(graphs())
ALL = pytest.mark.parametrize("graph", GRAPHS, ids=[graph.title for graph in GRAPHS])


def drawn(graph, direction=None):
    root = ElementTree.fromstring(graph.as_svg(direction))
    boxes = {group.get("data-name"): group for group in root.iter(f"{SVG}g") if group.get("class") == "node"}
    return root, boxes


def text(group, kind):
    return [line.text for line in group.iter(f"{SVG}text") if line.get("class") == kind]


def read_back(said):
    return [float(number) for number in re.findall(r"(?<![\w])-?[\d.]+(?:e[-+]\d+)?", said)]


def agrees(said, numbers):
    """The words, read back, are the tensor's own numbers to the digits written."""
    few = numbers.whole is not None and numbers.whole.numel() <= 4
    expected = (
        numbers.whole.flatten().tolist() if few else [numbers.mean, numbers.lowest, numbers.highest, numbers.norm]
    )
    return read_back(said) == pytest.approx(expected, rel=5.1e-4)


@ALL
def test_the_numbers_in_the_drawing_are_the_tensors(graph):
    _, boxes = drawn(graph)
    assert list(boxes) == [node.name for node in graph.nodes]
    for node in graph.nodes:
        (value,), slopes = text(boxes[node.name], "value"), text(boxes[node.name], "slope")
        assert agrees(value, node.value), value
        assert len(slopes) == (node.slope is not None)
        assert not slopes or agrees(slopes[0], node.slope), slopes
        for line in boxes[node.name].iter(f"{SVG}text"):
            assert "…" not in "".join(line.itertext())


@ALL
def test_every_edge_is_drawn_with_a_head_and_its_weight(graph):
    root, _ = drawn(graph)
    paths = [part for part in root.iter(f"{SVG}path") if part.get("class") == "edge"]
    told = [part.find(f"{SVG}title").text.partition(",")[0] for part in paths]
    assert told == [f"{edge.source} to {edge.target}" for edge in graph.edges]
    assert len(list(root.iter(f"{SVG}polygon"))) == len(graph.edges)
    weights = [edge.weight for edge in graph.edges if edge.weight is not None]
    assert [float(said) for said in text(root, "weight")] == pytest.approx(weights, rel=5.1e-4)


@ALL
@pytest.mark.parametrize("direction", ["right", "down"])
def test_boxes_stand_apart_inside_the_page_and_arrows_go_forward(graph, direction):
    root, boxes = drawn(graph, direction)
    width, height = (float(side) for side in root.get("viewBox").split()[2:])
    places = {}
    for name, group in boxes.items():
        rect = group.find(f"{SVG}rect")
        x, y, wide, high = (float(rect.get(fact)) for fact in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
        for other, (left, top, right, bottom) in places.items():
            assert x >= right or x + wide <= left or y >= bottom or y + high <= top, f"{name} upon {other}"
        places[name] = x, y, x + wide, y + high
    along = 0 if direction == "right" else 1
    for edge in graph.edges:
        assert places[edge.source][along + 2] < places[edge.target][along]


@ALL
def test_lines_fit_a_terminal_and_say_every_value(graph):
    lines = graph.lines()
    assert max(map(len, lines)) <= 80
    whole = "\n".join(lines)
    assert not [line for line in lines if "…" in line]
    for node in graph.nodes:
        assert node.name in whole
        assert node.value.said() in whole
        assert node.slope is None or node.slope.said() in whole
        assert node.formula in whole
    assert f"{graph.parameter_count:,} parameter" in lines[0]


@ALL
def test_the_dictionary_is_json_and_holds_the_graph(graph):
    told = json.loads(json.dumps(graph.as_dict(), allow_nan=False))
    assert [node["name"] for node in told["nodes"]] == [node.name for node in graph.nodes]
    assert told["parameters"] == graph.parameter_count
    assert [(edge["source"], edge["target"]) for edge in told["edges"]] == [
        (edge.source, edge.target) for edge in graph.edges
    ]
    assert told["nodes"][0]["value"]["mean"] == graph.nodes[0].value.mean


@pytest.mark.parametrize("widths", [[2, 2, 1], [2, 4, 1], [3, 3, 1], [12, 1]])
def test_weights_and_slopes_are_written_on_paper_of_their_own_none_upon_another(widths):
    inputs = torch.linspace(-1.0, 2.0, widths[0])
    graph = neuron_graph(draw_layers(widths, torch.Generator().manual_seed(1)), inputs, label=1)
    root, _ = drawn(graph)
    weighted = [edge for edge in graph.edges if edge.weight is not None]
    labels = [group for group in root.iter(f"{SVG}g") if group.get("class") == "weight-label"]
    assert len(labels) == len(weighted)
    paper = []
    for label, edge in zip(labels, weighted, strict=True):
        rect = label.find(f"{SVG}rect")
        assert rect.get("fill").startswith("var(--paper")
        x, y, wide, high = (float(rect.get(fact)) for fact in ("x", "y", "width", "height"))
        (weight,), (slope,) = text(label, "weight"), text(label, "slope-of-weight")
        assert (float(weight), float(slope)) == pytest.approx((edge.weight, edge.slope), rel=5.1e-4)
        above, below = (float(line.get("y")) for line in label.iter(f"{SVG}text"))
        assert y + 12 <= above <= below - 14 <= y + high - 14  # 12 px letters, each line clear of the other
        for left, top, right, bottom in paper:
            assert x >= right or x + wide <= left or y >= bottom or y + high <= top
        paper.append((x, y, x + wide, y + high))
    drawn_last = [part.get("class") for part in root if part.get("class") in ("edge", "weight-label", "node")]
    assert drawn_last == sorted(drawn_last, key=["edge", "weight-label", "node"].index)  # no arrow runs over a label


def test_parts_of_a_model_are_panels_around_their_own_boxes():
    cnn = next(graph for graph in GRAPHS if len(graph.nodes) == 15)
    root, boxes = drawn(cnn)
    panels = [part for part in root.iter(f"{SVG}rect") if part.get("class") == "part"]
    groups = ("stem", "block1", "block2")
    assert len(panels) == 3
    for panel, group in zip(panels, groups, strict=True):
        top = float(panel.get("y"))
        bottom = top + float(panel.get("height"))
        inside = [name for name, box in boxes.items() if top < float(box.find(f"{SVG}rect").get("y")) < bottom]
        assert inside == [node.name for node in cnn.nodes if node.group == group]


def test_numbers_that_are_none_are_words_in_json():
    graph = graph_of(nn.Identity(), torch.tensor([[float("nan"), float("inf")]]))
    told = graph.as_dict()["nodes"][0]["value"]
    assert told["whole"] == [["nan", "inf"]]
    assert told["norm"] == "nan"


def test_a_renamed_and_a_pickled_graph_still_draw_themselves():
    renamed = replace(GRAPHS[0], title="Another")
    assert "Graph of Another" in renamed.as_svg()
    assert pickle.loads(pickle.dumps(renamed)).as_svg() == renamed.as_svg()


def test_a_notebook_gets_the_drawing():
    assert GRAPHS[0]._repr_svg_() == GRAPHS[0].as_svg()
    assert GRAPHS[0].as_svg() in GRAPHS[0]._repr_html_()
    assert repr(GRAPHS[0]) == "<graph of Linear regression: 12 nodes, 3 parameters>"
