"""The ladder of models: what each computes, for every number of channels, size and output."""

import pytest
import torch

from pellucid.errors import BadInput
from pellucid.learn import Settings, build_model
from pellucid.learn.models import GlobalPool, count_parameters


@pytest.mark.parametrize("size", [8, 28, 64, 100])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_every_model_answers_each_case_on_its_own(name, channels, size):
    model = build_model(Settings(model=name), channels, size, 5).eval()
    inputs = torch.randn(3, channels, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together, alone = model(inputs), torch.cat([model(inputs[i : i + 1]) for i in range(3)])
        other = model(inputs.flip(1) if channels > 1 else -inputs)
    assert together.shape == (3, 5)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(together, other)  # every model looks at its inputs


def test_parameters_counted_by_hand():
    def count(**told: object) -> int:
        return count_parameters(build_model(Settings(**told), 3, 8, 5))

    assert count(model="linear") == 3 * 8 * 8 * 5 + 5
    assert count(model="mlp", hidden=(7, 6)) == (192 * 7 + 7) + (7 * 6 + 6) + (6 * 5 + 5)
    norms = 2 * (32 + 64 + 128)
    assert count(model="cnn") == 3 * 32 * 9 + 32 * 64 * 9 + 64 * 128 * 9 + norms + 2 * 128 * 5 + 5


def test_the_linear_model_is_one_product_and_one_sum():
    model = build_model(Settings(model="linear"), 1, 2, 3)
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    wanted = model.logits.weight @ torch.tensor([1.0, 2.0, 3.0, 4.0]) + model.logits.bias
    torch.testing.assert_close(model(image)[0], wanted)


def test_the_strongest_response_and_the_mean_are_taken_wherever_they_are():
    responses = torch.tensor([[[[1.0, 5.0], [2.0, 0.0]], [[-3.0, -1.0], [-2.0, -9.0]]]])
    assert GlobalPool()(responses).tolist() == [[5.0, -1.0, 2.0, -3.75]]


def test_first_weights_are_as_told():
    zeros = build_model(Settings(model="linear", start="zeros"), 1, 8, 3)
    assert all((weight == 0).all() for weight in zeros.parameters())
    torch.manual_seed(0)
    wide = build_model(Settings(model="linear", start="normal"), 1, 64, 10)
    assert wide.logits.weight.std().item() == pytest.approx(1, abs=0.02)
    torch.manual_seed(0)
    usual = build_model(Settings(model="linear"), 1, 64, 10)
    assert usual.logits.weight.abs().max().item() <= 64**-1


def test_images_too_small_for_the_cnn_are_named_and_nothing_smaller_breaks():
    for size in range(1, 8):
        with pytest.raises(BadInput, match=f"Images of {size} x {size} pixels are too small for the cnn"):
            build_model(Settings(model="cnn"), 1, size, 2)
    for size in range(8, 66):
        model = build_model(Settings(model="cnn"), 1, size, 2).train()
        assert model(torch.randn(1, 1, size, size)).isfinite().all()  # one case alone, its norms in training


def test_a_model_that_is_none_is_named():
    with pytest.raises(BadInput, match="'resnet' is none of linear, mlp, cnn"):
        build_model(Settings(model="resnet"), 1, 8, 2)
