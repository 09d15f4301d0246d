"""A short formula stands only where the numbers follow it: other settings are named beside it."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from pellucid.blocks.graphs import graph_of
from pellucid.blocks.graphs.formulas import formula_of_module

X = torch.tensor([[1.0, -2.0, 3.0]])
CROSS = "y = -log softmax(x)[label], mean; label 2"


def formula_of(call):
    class Model(nn.Module):
        def forward(self, x):
            return call(x)

    return graph_of(Model(), X).nodes[-1].formula


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        (functional.cross_entropy, CROSS),
        (nn.CrossEntropyLoss(), CROSS),
        (nn.CrossEntropyLoss(reduction="sum"), "y = CrossEntropyLoss(x, label, reduction=sum); label 2"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "y = CrossEntropyLoss(x, label, label_smoothing=0.1); label 2"),
        (
            nn.CrossEntropyLoss(weight=torch.tensor([0.5, 1, 2])),
            "y = CrossEntropyLoss(x, label, weight=(0.5, 1, 2)); label 2",
        ),
        (
            partial(functional.cross_entropy, label_smoothing=0.1),
            "y = cross_entropy(x, label, label_smoothing=0.1); label 2",
        ),
    ],
)
def test_a_loss_names_its_settings(loss, formula):
    assert graph_of(nn.Linear(3, 3), X, torch.tensor([2]), loss)["loss"].formula == formula


def test_positive_weights_are_named_and_a_loss_of_ones_own_is_not_taken_for_torchs():
    loss = nn.BCEWithLogitsLoss(pos_weight=torch.full((3,), 2.0))
    graph = graph_of(nn.Linear(3, 3), X, torch.ones(1, 3), loss)
    assert graph["loss"].formula.startswith("y = BCEWithLogitsLoss(x, label, pos_weight=(2, 2, 2))")

    def mse_loss(x, label):
        return (x - label).abs().sum()

    assert graph_of(nn.Linear(3, 3), X, X, mse_loss)["loss"].formula.startswith("y = mse_loss(x, label)")


@pytest.mark.parametrize(
    ("call", "formula"),
    [
        (lambda x: torch.add(x, x), "y = x + x"),
        (lambda x: torch.add(x, x, alpha=2), "y = add(x, x, alpha=2)"),
        (lambda x: torch.div(x, x), "y = x / x"),
        (lambda x: torch.div(x, x, rounding_mode="floor"), "y = div(x, x, rounding_mode=floor)"),
        (lambda x: functional.softplus(x), "y = log(1 + exp(x))"),
        (lambda x: functional.softplus(x, 2), "y = softplus(x, 2)"),
        (lambda x: functional.relu(x), "y = max(0, x)"),
        (lambda x: torch.softmax(x, 1), "y = exp(x) / Σ exp(x) (Σ along axis 1)"),
        (lambda x: functional.softmax(x, dim=0), "y = exp(x) / Σ exp(x) (Σ along axis 0)"),
        (lambda x: x.log_softmax(-1), "y = x - log Σ exp(x) (Σ along axis -1)"),
        (lambda x: torch.flatten(x, 1), "y = x, its numbers in one row a case"),
        (lambda x: torch.flatten(x, start_dim=1), "y = x, its numbers in one row a case"),
        (lambda x: x.flatten(), "y = flatten(x)"),
    ],
)
def test_a_call_names_its_settings(call, formula):
    assert formula_of(call) == formula


class Softmax(nn.Module):
    """Somebody's, of torch's name."""


class Own(nn.MaxPool2d):
    """Somebody's, that computes something else."""

    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("module", "formula"),
    [
        (nn.Softplus(), "y = log(1 + exp(x))"),
        (nn.Softplus(beta=2), "y = Softplus(x, beta=2)"),
        (nn.Flatten(), "y = x, its numbers in one row a case"),
        (nn.Flatten(0), "y = Flatten(x, start_dim=0)"),
        (nn.Softmax(0), "y = exp(x) / Σ exp(x) (Σ along axis 0)"),
        (Softmax(), "y = Softmax(x)"),
        (Own(2), "y = Own(x)"),
        (nn.GELU(approximate="tanh"), "y = GELU(x, approximate=tanh)"),
        (nn.ReLU(inplace=True), "y = max(0, x)"),
        (nn.Conv2d(1, 1, 3), "y = w * x + b (w: 3×3 a channel)"),
        (
            nn.Conv2d(1, 1, 3, padding=1, dilation=2, padding_mode="reflect"),
            "y = w * x + b (w: 3×3 a channel, edge 1, dilation 2, padding_mode reflect)",
        ),
        (nn.MaxPool2d(2), "y = largest x of each 2×2"),
        (nn.MaxPool2d((2, 3)), "y = largest x of each 2×3"),
        (nn.MaxPool1d(2), "y = largest x of each 2"),
        (nn.MaxPool2d(3, 2, 1), "y = largest x of each 3×3 (stride 2, padding 1)"),
        (nn.AvgPool3d(2), "y = mean x of each 2×2×2"),
        (nn.AvgPool1d(3, 1), "y = mean x of each 3 (stride 1)"),
        (nn.AvgPool2d(3, 1, 1, count_include_pad=False),
         "y = mean x of each 3×3 (stride 1, padding 1, count_include_pad False)"),
        (nn.LayerNorm(3, elementwise_affine=False), "y = (x - μ) / √(σ² + ε) (μ, σ of the last 1 axes)"),
    ],
)  # fmt: skip
def test_a_module_names_its_settings(module, formula):
    assert formula_of_module(module) == formula


def test_hooks_of_ones_own_are_left_out_and_counted_and_do_not_run():
    model, calls = nn.Sequential(nn.Linear(3, 3), nn.ReLU()), []
    plain = graph_of(model, X)
    model[0].register_forward_hook(lambda module, took, gave: calls.append("after") or gave * 2)
    model[1].register_forward_pre_hook(lambda module, took: calls.append("before"))
    graph = graph_of(model, X)
    assert not calls
    assert "2 hooks were left out of this graph" in graph.notes[0]
    assert torch.equal(graph.nodes[-1].value.whole, plain.nodes[-1].value.whole)
    assert not plain.notes
    model(X)
    assert calls == ["after", "before"]  # the model itself keeps its own


def test_hooks_by_which_torch_makes_a_weight_are_kept():
    model = nn.utils.spectral_norm(nn.Linear(3, 3)).eval()
    graph = graph_of(model, X)
    assert not graph.notes
    torch.testing.assert_close(graph.nodes[-1].value.whole, model(X).detach())
