"""One hidden unit and one place of a convolution, opened wholly: against torch's own layers, and by hand."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, max_pool2d

from pellucid.errors import BadInput
from pellucid.explain import explain_image
from pellucid.explain.arithmetic import take_apart
from pellucid.explain.norms import norm_of
from pellucid.explain.one_place import followed
from pellucid.explain.one_unit import opened_unit
from pellucid.explain.walk import in_float64, scaled, walk
from pellucid.run import Run


def test_one_unit_by_hand():
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double().requires_grad_(False)
    model[1].weight[:] = torch.tensor([[2.0, -3.0], [1.0, 1.0]])
    model[1].bias[:] = torch.tensor([0.5, -9.0])
    model[3].weight[:] = torch.tensor([[4.0, 100.0]])
    image = torch.tensor([[[[5.0, 1.0]]]], dtype=torch.float64)
    unit = opened_unit(walk(model, image), torch.ones(1, 1, dtype=torch.float64), 1.0)
    assert unit.number == 0  # the other is shut: 5 + 1 - 9 = -3, whatever its weight
    assert unit.products.tolist() == [[[10.0, -3.0]]]
    assert (unit.bias, unit.before, unit.value, unit.folded) == (0.5, 7.5, 7.5, 4.0)


def test_a_runs_unit_has_the_weights_that_are_stored_and_the_constant_is_made_of_open_units(trained, asked_about):
    asked = asked_about(trained("mlp"))
    found, model = take_apart(asked, 1), in_float64(asked.trained.learner.model)
    unit = found.unit
    assert unit.number == found.units[0].number
    np.testing.assert_array_equal(unit.weights.ravel(), model.hidden1.weight[unit.number])
    assert unit.products.sum() + model.hidden1.bias[unit.number].item() == pytest.approx(unit.before, abs=1e-9)
    assert len(found.every_unit) == 128
    assert sum(one.adds for one in found.every_unit) + found.bias == pytest.approx(found.logits[1])
    of_open_units = sum(one.bias * one.weight for one in found.every_unit if one.before > 0)
    assert dict(found.pixels.constants)["hidden1"] == pytest.approx(of_open_units)


def test_one_place_is_what_torch_computes_there(trained, asked_about):
    asked = asked_about(trained("cnn"))
    found, stem = take_apart(asked, 0), in_float64(asked.trained.learner.model).stem
    scaling = asked.trained.scaling
    mean, deviation = (torch.tensor(x, dtype=torch.float64)[:, None, None] for x in (scaling.mean, scaling.deviation))
    image = (torch.from_numpy(asked.stored.astype(np.float64)) - mean) / deviation
    convolved = conv2d(image, stem.convolution.weight, padding=1)
    pooled = max_pool2d(convolved, 2)
    norm = stem.norm
    normed = batch_norm(pooled, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
    place = found.place
    pool, normal, gate = place.steps
    row, column = pool.place
    at = (0, place.output.channel, row, column)
    down, across = place.output.place
    assert (down // 2, across // 2) == (row, column)
    assert place.output.sum.total == pytest.approx(convolved[0, place.output.channel, down, across].item())
    window = convolved[0, place.output.channel, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    np.testing.assert_allclose(pool.window, window)
    assert pool.gave == pytest.approx(pooled[at].item())
    assert normal.gave == pytest.approx(normed[at].item())
    assert gate.gave == pytest.approx(normed[at].relu().item())


def test_a_places_weight_is_its_slope(trained, asked_about):
    asked = asked_about(trained("cnn"))
    found, model = take_apart(asked, 2), in_float64(asked.trained.learner.model)
    way = walk(model, torch.from_numpy(scaled(asked.stored, asked.trained.scaling)))
    given = next(passed.given for passed in way if passed.name == "block1.convolution").clone().requires_grad_()
    numbers = given
    for name in ("block1", "block2", "everywhere", "logits"):
        numbers = model.get_submodule(name)(numbers)
    (slope,) = torch.autograd.grad(numbers[0, 2], given)
    place = found.place
    row, column = place.steps[-1].place
    assert place.weight == pytest.approx(slope[0, place.output.channel, row, column].item(), abs=1e-9)
    assert abs(place.weight * place.value) == pytest.approx((slope * given).abs().max().item())


def test_the_constants_of_norms_are_beta_less_gamma_mu_over_sigma_times_weights(trained, asked_about):
    asked = asked_about(trained("cnn"))
    found, model = take_apart(asked, 0), in_float64(asked.trained.learner.model)
    constants = dict(found.pixels.constants)
    assert [one.norm.name for one in found.norms] == ["block2.norm", "block1.norm", "stem.norm"]
    for one in found.norms:
        norm = model.get_submodule(one.norm.name)
        sigma = (norm.running_var + norm.eps).sqrt()
        shift = (norm.bias - norm.weight * norm.running_mean / sigma).numpy()
        np.testing.assert_allclose(one.norm.shift, shift, atol=1e-12)
        assert (shift * one.weight).sum() == pytest.approx(constants[one.norm.name])


def test_a_norm_without_gamma_and_beta_has_one_and_nought():
    norm = norm_of("norm", nn.BatchNorm2d(2, affine=False).double())
    assert norm.gamma.tolist() == [1, 1]
    assert norm.beta.tolist() == [0, 0]


def test_a_place_without_a_maximum_before_the_next_layer_is_followed_too():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 1)).double().requires_grad_(False)
    image = torch.randn(1, 1, 5, 5, dtype=torch.float64)
    place = followed(walk(model, image), torch.ones(1, 1, dtype=torch.float64), 1.0)
    adds = model[3].weight.reshape(2, 3, 3) * model[1](model[0](image))[0]
    assert place.value * place.weight == pytest.approx(adds.flatten()[adds.abs().argmax()].item())


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_json_holds_every_pixel_every_unit_and_the_scaling(trained, image_of, model):
    run = Run(trained(model))
    found = json.loads(json.dumps(explain_image(run, image_of(run.path), neighbours=0).as_dict(), allow_nan=False))
    stored, mean, deviation = (
        np.array(x, float) for x in (found["stored"], found["scaling"]["mean"], found["scaling"]["deviation"])
    )
    inputs = (stored - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(found["scaled"], inputs)
    logit = max(found["logits"], key=lambda one: one["float64"])
    assert logit["name"] == found["explained"]
    pixels = found["arithmetic"]["pixels"]
    np.testing.assert_allclose(pixels["adds"], np.array(pixels["weights"]) * inputs)
    constants = sum(pixels["constants"].values())
    assert np.sum(pixels["adds"]) + constants == pytest.approx(logit["float64"])
    units = found["arithmetic"]["every_unit"]
    assert len(units) == {"linear": 0, "mlp": 128, "cnn": 256}[model]
    if units:
        told = sum(one["value"] * one["weight"] for one in units) + found["arithmetic"]["bias"]
        assert told == pytest.approx(logit["float64"])
    one = found["arithmetic"]["one_unit"]
    assert (one is not None) == (model == "mlp")
    if one:
        assert np.sum(np.array(one["weights"]) * inputs) + one["bias"] == pytest.approx(one["before_activation"])
    integrated = found["saliency"]["integrated_gradients"]
    assert np.sum(integrated["map"]) == pytest.approx(integrated["sum"])
    assert all("weights.safetensors" in line or "pixels" in line for line in found["left_out"])


def test_a_pixel_of_choice_is_followed_in_all_its_colours_or_in_one(trained, image_of, pixels_of_file):
    run, pixels = Run(trained("cnn")), pixels_of_file("cnn", 0, 3)
    found = explain_image(run, image_of(run.path), neighbours=0, at=(3, 4))
    assert [term.stored for term in found.arithmetic.pixels.followed] == pixels[3, 4].tolist()
    assert "asked for: row 3, column 4, green, stored value" in "\n".join(found.lines())
    one = explain_image(run, image_of(run.path), neighbours=0, at=(11, 0, 2))
    assert [term.stored for term in one.arithmetic.pixels.followed] == [pixels[11, 0, 2]]
    assert f"row 11, column 0, blue: stored value {pixels[11, 0, 2]}" in one.as_html()


@pytest.mark.parametrize("at", [(12, 0), (0, -1), (0, 0, 3), (1,)])
def test_a_place_beyond_the_image_is_refused(trained, image_of, at):
    run = Run(trained("cnn"))
    with pytest.raises(BadInput, match="a row from 0 to 11 and a column from 0 to 11, and perhaps a channel from 0 to"):
        explain_image(run, image_of(run.path), neighbours=0, at=at)
