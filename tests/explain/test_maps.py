"""Maps beside captum's and autograd's own numbers, and the check that catches a map which asks no model."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from scipy.stats import spearmanr
from torch import nn

from pellucid.explain.maps import CAM, EDGES, INTEGRATED, draw_maps
from pellucid.explain.randomising import forget, randomise, rank_correlation
from pellucid.explain.saliency import edges, grad_cam, integrated_gradients
from pellucid.explain.walk import in_float64
from pellucid.learn import build_model
from pellucid.learn.settings import Settings


@pytest.fixture
def image():
    return torch.randn(1, 1, 24, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return in_float64(build_model(Settings(model="cnn"), 1, 24, 3))


def test_what_is_missing_of_integrated_gradients_is_captums_own_convergence_delta(model, image):
    found = integrated_gradients(model, image, 1, steps=(20,))
    parts, delta = IntegratedGradients(model).attribute(
        image, target=1, n_steps=20, method="gausslegendre", return_convergence_delta=True
    )
    np.testing.assert_allclose(found.map, parts[0].numpy(), atol=1e-12)
    assert found.missing == pytest.approx(delta.item(), abs=1e-9)


def test_more_steps_are_taken_until_little_is_missing(image):
    torch.manual_seed(0)
    curved = in_float64(nn.Sequential(nn.Flatten(), nn.Linear(576, 8), nn.Tanh(), nn.Linear(8, 3)))
    curved[1].weight *= 20
    assert integrated_gradients(curved, image, 1, steps=(2,)).steps == 2
    found = integrated_gradients(curved, image, 1, steps=(2, 256))
    assert found.steps == 256
    assert abs(found.missing) < 0.01 * abs(found.logit - found.baseline_logit)


def test_a_linear_models_integrated_gradients_are_its_pixel_terms(image):
    torch.manual_seed(0)
    linear = in_float64(nn.Sequential(nn.Flatten(), nn.Linear(576, 2)))
    found = integrated_gradients(linear, image, 1)
    np.testing.assert_allclose(found.map[0], (linear[1].weight[1].reshape(24, 24) * image[0, 0]).numpy(), atol=1e-8)
    assert found.baseline_logit == pytest.approx(linear[1].bias[1].item())


def test_grad_cam_is_the_channels_weighted_by_their_mean_slope_and_never_negative(model, image):
    responses = nn.Sequential(model.stem, model.block1, model.block2)(image).requires_grad_()
    logit = nn.Sequential(model.everywhere, model.logits)(responses)[0, 2]
    (slope,) = torch.autograd.grad(logit, responses)
    expected = (slope.mean((2, 3), keepdim=True) * responses).sum(1).relu()[0].detach()
    np.testing.assert_allclose(grad_cam(model, image, 2), expected.numpy(), atol=1e-12)


def test_an_edge_detector_passed_off_as_an_explanation_is_caught(model, image):
    found = randomise("edges", model, lambda _: edges(image.numpy()))
    assert found.depends is False
    assert [(r, strength) for _, r, strength in found.stages] == [(1.0, 1.0)] * 4
    assert "does NOT depend" in found.told()


def test_a_map_that_turns_over_at_random_is_caught_too(model, image):
    """Edges with a sign that some weight decides: they show the image, and their mean correlation is about 0."""
    steep = edges(image.numpy())
    found = randomise("edges", model, lambda some: (steep - steep.mean()) * float(some.logits.bias[0].sign()))
    assert found.depends is False


def test_the_slope_of_a_model_depends_on_what_was_learned(model, image):
    def slope(some: nn.Module) -> np.ndarray:
        inputs = image.clone().requires_grad_()
        return torch.autograd.grad(some(inputs)[0, 0], inputs)[0][0, 0].numpy()

    found = randomise("slope", model, slope)
    assert found.depends is True
    assert [name for name, _, _ in found.stages] == ["logits", "block2", "block1", "stem"]


def test_a_map_of_nothing_or_of_four_cells_tells_nothing(model):
    assert randomise("nothing", model, lambda _: np.zeros((5, 5))).depends is None
    assert randomise("coarse", model, lambda some: some.logits.weight[:2, :2].numpy().copy()).depends is None


def test_randomising_leaves_the_model_and_torchs_own_randomness_alone(model):
    before, state = {name: value.clone() for name, value in model.state_dict().items()}, torch.random.get_rng_state()
    randomise("edges", model, lambda _: np.eye(3))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_forgetting_draws_all_weights_anew_and_the_same_ones_for_the_same_seed(model):
    before = model.stem.convolution.weight.clone()
    forget(model.stem, seed=3)
    once = model.stem.convolution.weight.clone()
    forget(model.stem, seed=3)
    assert (once != before).all()
    assert torch.equal(once, model.stem.convolution.weight)


def test_rank_correlation_is_scipys():
    one, other = np.random.default_rng(0).integers(0, 5, (2, 6, 7)).astype(float)  # with ties
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert rank_correlation(one, np.ones_like(one)) == 0


def test_a_runs_maps_are_checked_and_the_edges_among_them_fail(trained, asked_about):
    maps = draw_maps(asked_about(trained("cnn")), 0)
    told = {check.name: check.depends for check in maps.checks}
    assert list(told) == [INTEGRATED, CAM, EDGES]
    assert told[INTEGRATED] is True
    assert told[EDGES] is False
    assert draw_maps(asked_about(trained("mlp")), 0).cam is None
