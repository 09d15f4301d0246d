"""Models as graphs: what hooks see, what autograd says, and nothing of the model changed."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional

from pellucid.blocks.graphs import graph_of
from pellucid.blocks.graphs.model_graph import ORDER_ONLY
from pellucid.errors import BadInput
from pellucid.learn.losses import loss_of
from pellucid.learn.models import build_model
from pellucid.learn.settings import Settings


class Residual(nn.Module):
    """Functional calls, a parameter of its own, a block used twice, a sum and a join of branches."""

    def __init__(self):
        super().__init__()
        self.stem, self.twice, self.last = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(8, 3)
        self.scale = nn.Parameter(torch.tensor([1.5]))

    def forward(self, images):
        begun = torch.relu(self.stem(images))
        went = self.twice(torch.tanh(self.twice(begun))) + begun
        joined = torch.cat([went, begun * self.scale], 1)
        return self.last(torch.flatten(joined.mean((2, 3)), 1))


class Decides(nn.Module):
    """Which way it goes depends on the numbers."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.other = nn.Linear(3, 3), nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        hidden = self.first(x)
        return self.second(hidden) if hidden.sum() < 1e6 else self.other(hidden)


class Overwrites(nn.Module):
    """Its activation and its sum are written over what they were given."""

    def __init__(self):
        super().__init__()
        self.one, self.bend, self.two = nn.Linear(3, 3), nn.ReLU(inplace=True), nn.Linear(3, 2)

    def forward(self, x):
        hidden = self.one(x)
        self.bend(hidden)
        hidden += 1
        return self.two(hidden)


def ladder(name):
    torch.manual_seed(0)
    return build_model(Settings(model=name), 1, 12, 5)


MODELS = [lambda: ladder("linear"), lambda: ladder("mlp"), lambda: ladder("cnn"), Residual]
IMAGES, LABELS = torch.randn(3, 1, 12, 12, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 2, 1])


def by_hooks(model, inputs, labels):
    """What each leaf took and gave, and the slope of what it gave, by torch alone."""
    model = copy.deepcopy(model).eval()
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    seen = {}

    def keep(name):
        def hook(_, took, gave):
            gave.retain_grad()
            seen.setdefault(name, []).append((took[0].shape, gave))

        return hook

    for name, module in model.named_modules():
        if not [*module.children()]:
            module.register_forward_hook(keep(name))
    inputs = inputs.clone().requires_grad_()
    functional.cross_entropy(model(inputs), labels).backward()
    return seen, inputs.grad, {name: weight.grad for name, weight in model.named_parameters()}


def assert_told(numbers, tensor):
    double = tensor.detach().double()
    expected = [double.mean(), double.min(), double.max(), double.norm()]
    found = [numbers.mean, numbers.lowest, numbers.highest, numbers.norm]
    assert found == pytest.approx([number.item() for number in expected], rel=1e-4, abs=1e-8)
    assert numbers.shape == tuple(tensor.shape)
    corner = tensor.detach()
    while corner.ndim > 2:
        corner = corner[0]
    torch.testing.assert_close(numbers.corner, corner[:3] if corner.ndim < 2 else corner[:3, :3])
    assert (numbers.whole is None) == (tensor.numel() > 1024)
    if numbers.whole is not None:
        torch.testing.assert_close(numbers.whole, tensor.detach())


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("case", [1, None])
def test_values_slopes_and_shapes_are_those_that_hooks_and_autograd_see(make, case):
    model = make()
    rows = slice(None) if case is None else slice(case, case + 1)
    graph = graph_of(model, IMAGES, LABELS, functional.cross_entropy, case=case)
    seen, slope_of_inputs, slopes = by_hooks(model, IMAGES[rows], LABELS[rows])
    for name, runs in seen.items():
        for number, (took, gave) in enumerate(runs, 1):
            node = graph[name if number == 1 else f"{name} ({number})"]
            assert node.shapes_in == (tuple(took),)
            assert node.shapes_out == (tuple(gave.shape),)
            assert_told(node.value, gave)
            assert_told(node.slope, gave.grad)
    assert_told(graph.nodes[0].slope, slope_of_inputs)
    assert graph.parameters.keys() == slopes.keys()
    for name, parameter in graph.parameters.items():
        assert_told(parameter.slope, slopes[name])
    assert not graph.notes


@pytest.mark.parametrize("make", [*MODELS, Decides, Overwrites])
def test_as_many_parameters_are_counted_as_the_model_has(make):
    model = make()
    inputs = torch.randn(1, 3) if make in (Decides, Overwrites) else IMAGES
    assert graph_of(model, inputs).parameter_count == sum(weight.numel() for weight in model.parameters())


def test_functions_between_the_blocks_are_nodes_with_slopes_of_their_own():
    graph = graph_of(Residual(), IMAGES, LABELS, functional.cross_entropy)
    kinds = [node.kind for node in graph.nodes]
    assert kinds == [
        *("input", "Conv2d", "relu", "Conv2d", "tanh", "Conv2d", "add", "parameter", "mul", "cat", "mean", "flatten"),
        *("Linear", "cross_entropy"),
    ]
    assert graph.sources("add") == ["twice (2)", "relu"]
    assert graph["add"].formula == "y = twice (2) + relu"
    assert graph["mul"].formula == "y = relu · scale"
    # A sum hands its slope on; the mean over 144 places shares its slope among them.
    torch.testing.assert_close(graph["add"].slope.whole, graph["twice (2)"].slope.whole)
    share = graph["mean"].slope.whole[0, :4] / 144
    torch.testing.assert_close(graph["add"].slope.whole[0, :, 0, 0], share)
    assert graph["scale"].slope.whole.item() == pytest.approx(graph.parameters["scale"].slope.whole.item())


def test_code_that_decides_by_its_data_is_shown_in_the_order_in_which_it_ran_and_says_so():
    model, inputs, labels = Decides(), torch.randn(2, 3), torch.tensor([1, 0])
    graph = graph_of(model, inputs, labels, functional.cross_entropy, case=None)
    assert [node.name for node in graph.nodes] == ["input", "first", "second", "loss"]
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("input", "first"),
        ("first", "second"),
        ("second", "loss"),
    ]
    assert graph.notes == (ORDER_ONLY,)
    assert ORDER_ONLY.split()[0] in graph.as_svg()
    assert [held.name for held in graph.elsewhere] == ["other.weight", "other.bias"]
    seen, slope_of_inputs, _ = by_hooks(model, inputs, labels)
    assert_told(graph["input"].slope, slope_of_inputs)
    for name in ("first", "second"):
        assert_told(graph[name].value, seen[name][0][1])
        assert_told(graph[name].slope, seen[name][0][1].grad)


def test_what_is_written_over_is_shown_as_it_was_before():
    model, inputs = Overwrites(), torch.randn(1, 3, generator=torch.Generator().manual_seed(3))
    graph = graph_of(model, inputs, torch.tensor([1]), functional.cross_entropy)
    hidden = model.one(inputs).detach()
    torch.testing.assert_close(graph["one"].value.whole, hidden)
    torch.testing.assert_close(graph["bend"].value.whole, hidden.clamp(min=0))
    torch.testing.assert_close(graph["two"].value.whole, model(inputs).detach())


@pytest.mark.parametrize("training", [False, True])
def test_the_model_its_slopes_its_mode_and_torchs_random_state_stay_as_they_were(training):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten(), nn.Linear(200, 3))
    model.train()[2].eval()
    model(IMAGES).sum().backward()
    calls = []
    model[0].register_forward_hook(lambda *_: calls.append("seen"))
    before = copy.deepcopy(model.state_dict()), [weight.grad.clone() for weight in model.parameters()]
    modes, random = [module.training for module in model.modules()], torch.get_rng_state()
    inputs = IMAGES.clone().requires_grad_()
    graph_of(model, inputs, LABELS, functional.cross_entropy, case=None, training=training)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[0][name]), name
    for weight, grad in zip(model.parameters(), before[1], strict=True):
        assert torch.equal(weight.grad, grad)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)
    assert inputs.grad is None
    assert not calls


def test_dropout_and_normalisation_follow_the_mode_that_is_asked_for():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
    inputs = 7 + torch.randn(50, 4)
    still, moving = (graph_of(model, inputs, case=None, training=training) for training in (False, True))
    torch.testing.assert_close(still["0"].value.whole, inputs / (1 + 1e-5) ** 0.5)
    torch.testing.assert_close(still["1"].value.whole, still["0"].value.whole)
    assert moving["0"].value.mean == pytest.approx(0, abs=1e-5)
    assert 0.3 < (moving["1"].value.whole == 0).double().mean() < 0.7
    assert still["1"].formula == "y = x (dropout is off)"


def test_one_case_is_the_same_alone_and_among_others():
    model = ladder("cnn")
    alone = graph_of(model, IMAGES[2:], LABELS[2:], functional.cross_entropy)
    among = graph_of(model, IMAGES, LABELS, functional.cross_entropy, case=2)
    assert alone.as_dict() == among.as_dict()


def test_weights_that_two_blocks_share_count_once():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    graph = graph_of(model, torch.randn(1, 4))
    assert graph.parameter_count == 16 + 4 + 4
    assert [held.name for held in graph["2"].parameters] == ["0.weight", "2.bias"]


def test_frozen_weights_have_no_slope_and_all_blocks_still_do():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).requires_grad_(False)
    graph = graph_of(model, torch.randn(1, 4), torch.tensor([1]), functional.cross_entropy)
    assert all(node.slope is not None for node in graph.nodes)
    assert all(held.slope is None for held in graph.parameters.values())


def test_a_model_that_is_one_block_and_whole_numbers_that_go_in():
    graph = graph_of(nn.Embedding(5, 2), torch.tensor([[3, 1]]))
    assert [node.kind for node in graph.nodes] == ["input", "Embedding"]
    assert list(graph.parameters) == ["weight"]
    assert graph["input"].value.said() == "3, 1"


def test_several_inputs_and_several_outputs():
    graph = graph_of(nn.LSTM(3, 2, batch_first=True), torch.randn(2, 4, 3))
    assert graph.nodes[-1].shapes_out[0] == (1, 4, 2)
    bilinear = nn.Bilinear(2, 3, 4)
    graph = graph_of(bilinear, [torch.ones(2, 2), torch.ones(2, 3)])
    assert graph.nodes[-1].shapes_in == ((1, 2), (1, 3))
    torch.testing.assert_close(graph.nodes[-1].value.whole, bilinear(torch.ones(1, 2), torch.ones(1, 3)).detach())


def test_within_no_grad_there_are_slopes_too():
    with torch.no_grad():
        graph = graph_of(ladder("mlp"), IMAGES, LABELS, loss_of("multi-class"))
    assert graph.nodes[0].slope is not None
    assert graph["loss"].kind == "cross-entropy"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inputs": torch.zeros(1, 3, 12, 12)}, r"refuses inputs of shape \(1, 3, 12, 12\)"),
        ({"inputs": IMAGES, "case": 3}, "no case 3"),
        ({"inputs": IMAGES, "loss": functional.cross_entropy}, "loss without labels"),
        (
            {"inputs": IMAGES, "labels": LABELS, "loss": nn.CrossEntropyLoss(reduction="none"), "case": None},
            "one number",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(given, told):
    with pytest.raises(BadInput, match=told) as problem:
        graph_of(ladder("cnn"), **given)
    assert "\n" not in str(problem.value)


def test_large_tensors_are_not_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph = graph_of(nn.Sequential(nn.Flatten(), nn.Linear(10_000, 2)), torch.randn(1, 1, 100, 100))
    assert graph["0"].value.whole is None
    assert graph["1"].parameters[0].value.corner.shape == (2, 3)
