"""Every level of the arithmetic: numbers worked out by hand, autograd's weights, and errors where a sum is wrong."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import nn

from pellucid.data import Scaling
from pellucid.errors import BadInput, PellucidError
from pellucid.explain import going_back
from pellucid.explain.arithmetic import take_apart
from pellucid.explain.asking import Asked
from pellucid.explain.going_back import affine
from pellucid.explain.multiplication import one_output
from pellucid.explain.pixels import pixels_of
from pellucid.explain.sums import added_up
from pellucid.explain.walk import in_float64, walk
from pellucid.learn import Learner, build_model, loss_of
from pellucid.learn.settings import Settings


def settled(model: nn.Module) -> nn.Module:
    """The model in float64, its batch normalisations as if they had seen lopsided images."""
    generator = torch.Generator().manual_seed(1)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            for numbers in (part.running_mean, part.bias.data):
                numbers.normal_(generator=generator)
            for numbers in (part.running_var, part.weight.data):
                numbers.uniform_(0.5, 2.0, generator=generator)
    return in_float64(model)


@pytest.fixture
def image():
    return torch.randn(1, 3, 24, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def with_model(asked: Asked, model: nn.Module) -> Asked:
    trained = asked.trained
    learner = Learner(model, loss_of("multi-class"), trained.learner.optimizer)
    return dataclasses.replace(asked, trained=dataclasses.replace(trained, learner=learner))


def test_two_pixels_by_hand():
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 1)).double().requires_grad_(False)
    model[1].weight[:] = torch.tensor([[2.0, -3.0]])
    model[1].bias[:] = 0.5
    stored = np.array([[[[10, 20]]]], np.uint8)
    inputs = np.array([[[[2.5, 7.5]]]])  # (10 - 5) / 2, (20 - 5) / 2
    found = affine(walk(model, torch.from_numpy(inputs)), torch.ones(1, 1, dtype=torch.float64))
    pixels = pixels_of("it", found, 0, inputs, stored, Scaling("standardise", (5.0,), (2.0,)), -17.0, 17.0)
    assert pixels.terms.tolist() == [[[5.0, -22.5]]]
    assert pixels.constants == (("1", 0.5),)
    assert pixels.sum.total == -17.0
    assert pixels.constant_stored == 3.0  # 0.5 - (1 x 5 - 1.5 x 5): then 1 x 10 - 1.5 x 20 + 3 = -17
    assert pixels.sum_stored.total == -17.0
    first = pixels.largest[0]
    assert (first.row, first.column, first.stored, first.scaled) == (0, 1, 20, 7.5)
    assert (first.weight, first.per_step, first.adds) == (-3.0, -1.5, -22.5)


@pytest.mark.parametrize("settings", [Settings(model="mlp", hidden=(9, 7)), Settings(model="cnn")], ids=["mlp", "cnn"])
def test_the_pixels_weights_are_those_of_autograd(settings, image):
    torch.manual_seed(0)
    model = settled(build_model(settings, 3, 24, 4))
    found = affine(walk(model, image), torch.eye(4, dtype=torch.float64))
    inputs = image.clone().requires_grad_()
    logits = model(inputs)[0]
    for klass in range(4):
        (slope,) = torch.autograd.grad(logits[klass], inputs, retain_graph=True)
        torch.testing.assert_close(found.weights[klass].reshape(3, 24, 24), slope[0], atol=1e-12, rtol=0)
    constants = sum(adds for _, adds in found.constants)
    torch.testing.assert_close((found.weights * image).flatten(1).sum(1) + constants, logits, atol=1e-10, rtol=0)


def test_what_a_layer_adds_is_what_is_lost_when_its_constants_are_taken_away(image):
    """With the gates as they fell, which a shift so small does not move."""
    torch.manual_seed(0)
    model = settled(build_model(Settings(model="cnn"), 3, 24, 2))
    named = dict(affine(walk(model, image), torch.eye(2, dtype=torch.float64)).constants)
    before = model(image)[0]
    share = 1e-7
    model.block1.norm.bias *= 1 - share
    lost = (before - model(image)[0]) / share
    _, shift = going_back.normalising(model.block1.norm)
    mean_part = shift - model.block1.norm.bias  # the other part of that constant, which stayed
    weights = affine(walk(model, image)[-6:], torch.eye(2, dtype=torch.float64)).weights  # of what block1's norm gave
    stayed = weights.sum((2, 3)) @ mean_part
    torch.testing.assert_close(lost + stayed, named["block1.norm"], atol=1e-5, rtol=0)


def test_overlapping_maxima_pass_their_weights_to_the_pixels_that_won():
    model = nn.Sequential(nn.MaxPool2d(3, 1), nn.Flatten(), nn.Linear(4, 1)).double().requires_grad_(False)
    pixels = torch.arange(16.0, dtype=torch.float64).reshape(1, 1, 4, 4)
    pixels[0, 0, 1, 1] = 99.0  # wins all four windows
    found = affine(walk(model, pixels), torch.ones(1, 1, dtype=torch.float64))
    assert found.weights[0, 0, 1, 1].item() == pytest.approx(model[2].weight.sum().item())
    assert found.weights.count_nonzero() == 1


def test_one_output_of_a_convolution_is_its_patch_times_its_kernel():
    torch.manual_seed(0)
    block = nn.Conv2d(2, 3, 3, stride=2, padding=1).double().requires_grad_(False)
    image = torch.randn(1, 2, 7, 9, dtype=torch.float64)
    one = one_output("stem", block, image, block(image), (2, 2, 4), 1.0)
    full = sum(correlate2d(image[0, k], block.weight[2, k], "same") for k in range(2)) + block.bias[2].item()
    assert one.sum.total == pytest.approx(full[4, 8], abs=1e-12)
    assert one.corner == (3, 7)
    np.testing.assert_array_equal(one.patch[:, :, 2], 0)  # hangs over the right edge
    np.testing.assert_array_equal(one.patch[:, :, :2], image[0, :, 3:6, 7:9])


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_a_runs_every_sum_agrees_with_an_independent_forward_pass(trained, asked_about, model):
    asked = asked_about(trained(model))
    found = take_apart(asked, 0)
    scaling, exact = asked.trained.scaling, in_float64(asked.trained.learner.model)
    mean, deviation = (torch.tensor(x, dtype=torch.float64)[:, None, None] for x in (scaling.mean, scaling.deviation))
    logits = exact((torch.from_numpy(asked.stored.astype(np.float64)) - mean) / deviation)[0]
    np.testing.assert_allclose(found.logits, logits.numpy(), atol=1e-12)
    assert max(abs(one.difference) for one in found.sums()) <= 1e-9 * np.abs(found.logits).max()
    assert found.pixels.terms.sum() + sum(adds for _, adds in found.pixels.constants) == pytest.approx(logits[0].item())
    difference = (logits[0] - logits[found.rival]).item()
    assert found.against.sum.total == pytest.approx(difference, abs=1e-9)
    loose = 0.03 if asked.run.facts["precision"] == "bfloat16" else 1e-4
    np.testing.assert_allclose(asked.logits, found.logits, rtol=loose, atol=loose)
    np.testing.assert_allclose(asked.answer.probabilities[0], found.probabilities, atol=loose)


def test_a_units_parts_and_weight_are_the_models(trained, asked_about):
    asked = asked_about(trained("mlp"))
    model, found = in_float64(asked.trained.learner.model), take_apart(asked, 1)
    scaled = (asked.stored.astype(np.float64) - asked.trained.scaling.mean[0]) / asked.trained.scaling.deviation[0]
    hidden = model.hidden1(torch.from_numpy(scaled).flatten(1))[0]
    adds = (hidden.relu() * model.logits.weight[1]).numpy()
    assert [unit.number for unit in found.units] == np.argsort(-np.abs(adds), kind="stable")[:6].tolist()
    for unit in found.units:
        assert unit.before == pytest.approx(hidden[unit.number].item())
        assert unit.made_of.total == pytest.approx(unit.before)
        assert unit.adds == pytest.approx(adds[unit.number])
    rest = found.of_logits[1].total - found.bias - sum(unit.adds for unit in found.units)
    assert rest == pytest.approx(adds.sum() - sum(adds[unit.number] for unit in found.units))


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_curved_units_are_made_of_pixels_but_no_logit_is(trained, asked_about, activation):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 5), activation(), nn.Linear(5, 3))
    found = take_apart(with_model(asked_about(trained("mlp")), model), 0)
    assert found.pixels is None
    for unit in found.units:
        assert unit.value == pytest.approx(activation()(torch.tensor(unit.before, dtype=torch.float64)).item())
        assert unit.pixels is not None


def test_units_above_curved_units_are_made_of_those(trained, asked_about):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 5), nn.Tanh(), nn.Linear(5, 4), nn.Sigmoid(), nn.Linear(4, 3))
    found = take_apart(with_model(asked_about(trained("mlp")), model), 0)
    assert {unit.made_of.terms for unit in found.units} == {6}  # five units and a bias
    assert all(unit.pixels is None for unit in found.units)


def test_labels_that_do_not_compete_have_a_sigmoid_each_and_no_next_class(several, asked_about):
    asked = asked_about(several, several.parent / "own.png")
    found = take_apart(asked, 2)
    assert found.rival is None
    assert found.against is None
    expected = 1 / (1 + np.exp(-found.logits[2] / found.temperature))
    assert found.probability.total == pytest.approx(expected, abs=1e-12)


def test_arithmetic_that_does_not_add_up_is_refused(trained, asked_about, monkeypatch):
    monkeypatch.setitem(going_back.BACK, nn.ReLU, lambda passed, weights: (weights, None))  # all gates open
    with pytest.raises(PellucidError, match="must agree to 1e-09"):
        take_apart(asked_about(trained("cnn")), 0)


def test_weights_that_are_no_numbers_are_refused(trained, asked_about):
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    model[1].weight.data[0, 0] = float("nan")
    with pytest.raises(PellucidError, match="finite numbers"):
        take_apart(with_model(asked_about(trained("mlp")), model), 0)


def test_a_block_without_exact_weights_is_named():
    model = nn.Sequential(nn.Linear(2, 2), nn.GELU()).double()
    with pytest.raises(BadInput, match="1 is a GELU"):
        affine(walk(model, torch.ones(1, 2, dtype=torch.float64)), torch.eye(2, dtype=torch.float64))


def test_a_sum_may_be_off_by_a_billionth_and_no_more():
    assert added_up("it", "parts", np.array([1.0, 5e-10]), 1.0, 1.0).difference == pytest.approx(5e-10)
    with pytest.raises(PellucidError, match=r"it is 1\.0, and its 2 terms sum to"):
        added_up("it", "parts", np.array([1.0, 2e-9]), 1.0, 1.0)
