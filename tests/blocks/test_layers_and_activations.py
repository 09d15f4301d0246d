"""Values against torch.nn.functional, slopes against autograd, on shapes whose sides differ."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pellucid import blocks
from pellucid.errors import BadInput

Block = Callable[..., Tensor]
ACTIVATIONS: dict[str, tuple[Block, Block, Block]] = {
    "relu": (blocks.relu, blocks.relu_slope, F.relu),
    "sigmoid": (blocks.sigmoid, blocks.sigmoid_slope, F.sigmoid),
    "tanh": (blocks.tanh, blocks.tanh_slope, F.tanh),
    "softmax": (blocks.softmax, blocks.softmax_slope, lambda x: F.softmax(x, -1)),
    "log_softmax": (blocks.log_softmax, blocks.log_softmax_slope, lambda x: F.log_softmax(x, -1)),
}
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
repeatable = settings(max_examples=25, deadline=None, derandomize=True)
shapes = st.sampled_from([(1, 1), (1, 7), (5, 1), (3, 4), (2, 3, 5), (64, 6)])


def draw(*shape: int, seed: int = 0, spread: float = 3.0) -> Tensor:
    return spread * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@every_activation
@repeatable
@given(shape=shapes, seed=st.integers(0, 10**6), spread=st.sampled_from([0.01, 1.0, 10.0]))
def test_value_is_torchs_and_slope_is_autograds(name: str, shape: tuple[int, ...], seed: int, spread: float) -> None:
    value, slope, torchs = ACTIVATIONS[name]
    x = draw(*shape, seed=seed, spread=spread).requires_grad_()
    slope_of_output = draw(*shape, seed=seed + 1)
    expected = torchs(x)
    (expected_slope,) = torch.autograd.grad(expected, x, slope_of_output)
    torch.testing.assert_close(value(x.detach()), expected.detach(), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(slope(slope_of_output, x.detach()), expected_slope, rtol=1e-9, atol=1e-12)


@every_activation
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value_and_slope_stay_finite_and_right_at_1e4(name: str, dtype: torch.dtype) -> None:
    value, slope, torchs = ACTIVATIONS[name]
    x = torch.tensor([[-1e4, 1e4, 0.0], [1e4, -1e4, 1e4]], dtype=dtype)
    torch.testing.assert_close(value(x), torchs(x))
    assert value(x).isfinite().all()
    assert slope(torch.ones_like(x), x).isfinite().all()


def test_relu_has_no_slope_at_exactly_0() -> None:
    assert blocks.relu_slope(torch.tensor([1.0, 1.0, 1.0]), torch.tensor([-0.0, 0.0, 1e-30])).tolist() == [0, 0, 1]


def test_tanh_keeps_the_digits_of_a_small_float32() -> None:
    x = torch.tensor([1e-6, -3e-4])
    torch.testing.assert_close(blocks.tanh(x), torch.tanh(x.double()).float(), rtol=2e-7, atol=0)


@repeatable
@given(seed=st.integers(0, 10**6), shift=st.floats(-1e3, 1e3))
def test_softmax_rows_sum_to_1_and_a_shift_of_all_logits_changes_nothing(seed: int, shift: float) -> None:
    x = draw(5, 3, seed=seed)
    torch.testing.assert_close(blocks.softmax(x).sum(-1), torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(blocks.softmax(x + shift), blocks.softmax(x), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(blocks.log_softmax(x).exp(), blocks.softmax(x))


@repeatable
@given(cases=st.integers(1, 5), features=st.integers(1, 9), outputs=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_linear_is_torchs_and_its_three_slopes_are_autograds(
    cases: int, features: int, outputs: int, seed: int
) -> None:
    inputs, weight, bias = draw(cases, features, seed=seed), draw(outputs, features, seed=seed + 1), draw(outputs)
    slope_of_output = draw(cases, outputs, seed=seed + 2)
    watched = [tensor.clone().requires_grad_() for tensor in (inputs, weight, bias)]
    expected = F.linear(*watched)
    torch.testing.assert_close(blocks.linear(inputs, weight, bias), expected.detach())
    slopes = blocks.linear_slope(slope_of_output, inputs, weight)
    for slope, autograds in zip(slopes, torch.autograd.grad(expected, watched, slope_of_output), strict=True):
        torch.testing.assert_close(slope, autograds)


def test_linear_slopes_are_written_into_the_tensors_of_out() -> None:
    slope_of_output, inputs = draw(5, 2), draw(5, 3, seed=1)
    out = (torch.full((2, 3), 7.0, dtype=torch.float64), torch.full((2,), 7.0, dtype=torch.float64))
    of_weight, of_bias = blocks.linear_slope_of_weights(slope_of_output, inputs, out=out)
    assert of_weight is out[0]
    assert of_bias is out[1]
    torch.testing.assert_close(of_weight, torch.einsum("co,cf->of", slope_of_output, inputs))
    torch.testing.assert_close(of_bias, torch.einsum("co->o", slope_of_output))


def test_linear_names_both_counts_when_the_features_do_not_fit() -> None:
    with pytest.raises(BadInput, match=r"Each case has 784 features; the weight has 4096 columns"):
        blocks.linear(torch.zeros(2, 784), torch.zeros(6, 4096), torch.zeros(6))
