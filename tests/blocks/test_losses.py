"""Each loss against torch.nn.functional, each slope against autograd, and every refusal in words."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pellucid import blocks
from pellucid.errors import BadInput

repeatable = settings(max_examples=25, deadline=None, derandomize=True)
sizes = st.sampled_from([(1, 1), (1, 2), (5, 2), (3, 7), (64, 6)])
seeds = st.integers(0, 10**6)


def draw(*shape: int, seed: int) -> Tensor:
    return 4 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def draw_labels(cases: int, classes: int, seed: int) -> Tensor:
    return torch.randint(classes, (cases,), generator=torch.Generator().manual_seed(seed))


def assert_as_torch(
    value: Callable[..., Tensor], slope: Callable[..., Tensor], torchs: Callable[..., Tensor], x: Tensor, *rest: Tensor
) -> None:
    watched = x.clone().requires_grad_()
    expected = torchs(watched, *(tensor if tensor.dtype == torch.int64 else tensor.double() for tensor in rest))
    expected.backward()
    torch.testing.assert_close(value(x, *rest), expected.detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(
        slope(x, *rest), watched.grad, rtol=1e-8, atol=1e-12
    )  # torch holds its 1e-12 as a float32


@repeatable
@given(size=sizes, seed=seeds)
def test_losses_of_class_indices_are_torchs(size: tuple[int, int], seed: int) -> None:
    logits, labels = draw(*size, seed=seed), draw_labels(*size, seed)
    assert_as_torch(blocks.cross_entropy, blocks.cross_entropy_slope, F.cross_entropy, logits, labels)
    assert_as_torch(blocks.nll, blocks.nll_slope, F.nll_loss, F.log_softmax(logits, 1), labels)


@repeatable
@given(size=sizes, seed=seeds)
def test_the_fused_cross_entropy_is_the_plain_one_and_spares_its_inputs(size: tuple[int, int], seed: int) -> None:
    logits, labels = draw(*size, seed=seed), draw_labels(*size, seed)
    before = logits.clone()
    loss, slope = blocks.cross_entropy_with_slope(logits, labels)
    torch.testing.assert_close(loss, blocks.cross_entropy(logits, labels))
    torch.testing.assert_close(slope, blocks.cross_entropy_slope(logits, labels))
    assert torch.equal(logits, before)


@repeatable
@given(shape=st.sampled_from([(1,), (7,), (5, 1), (3, 7), (64, 6)]), seed=seeds)
def test_losses_of_yes_or_no_are_torchs_for_one_label_or_many(shape: tuple[int, ...], seed: int) -> None:
    logits = draw(*shape, seed=seed)
    labels = draw(*shape, seed=seed + 1) > 0
    with_logits = F.binary_cross_entropy_with_logits
    value, slope = blocks.binary_cross_entropy_with_logits, blocks.binary_cross_entropy_with_logits_slope
    assert_as_torch(value, slope, with_logits, logits, labels)
    assert_as_torch(value, slope, with_logits, logits, labels.double())
    p, of_p = torch.sigmoid(logits), blocks.binary_cross_entropy_slope
    assert_as_torch(blocks.binary_cross_entropy, of_p, F.binary_cross_entropy, p, labels)


def test_sure_probabilities_cost_what_torch_says() -> None:
    sure, labels = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64), torch.tensor([True, False, False, True])
    of_p = blocks.binary_cross_entropy_slope
    assert_as_torch(blocks.binary_cross_entropy, of_p, F.binary_cross_entropy, sure, labels)
    assert blocks.binary_cross_entropy(sure, labels).item() == 50


@repeatable
@given(shape=st.sampled_from([(1,), (7,), (5, 1), (2, 3, 4)]), seed=seeds)
def test_mean_squared_error_is_torchs(shape: tuple[int, ...], seed: int) -> None:
    predictions, targets = draw(*shape, seed=seed), draw(*shape, seed=seed + 1)
    of_mse = blocks.mean_squared_error_slope
    assert_as_torch(blocks.mean_squared_error, of_mse, F.mse_loss, predictions, targets)


def test_numbers_by_hand() -> None:
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])  # probabilities 3/4, 1/4 and 1/2, 1/2
    labels = torch.tensor([1, 0])
    assert blocks.cross_entropy(logits, labels).item() == pytest.approx((math.log(4) + math.log(2)) / 2)
    expected = torch.tensor([[3 / 8, -3 / 8], [-1 / 4, 1 / 4]])
    torch.testing.assert_close(blocks.cross_entropy_slope(logits, labels), expected)
    assert blocks.binary_cross_entropy_with_logits(torch.zeros(2, 3), torch.ones(2, 3)).item() == pytest.approx(
        math.log(2)
    )


def test_losses_are_finite_at_logits_of_1e4() -> None:
    logits = torch.tensor([[1e4, -1e4], [-1e4, 1e4]])
    assert blocks.cross_entropy(logits, torch.tensor([0, 0])).item() == 1e4
    assert blocks.cross_entropy_with_slope(logits, torch.tensor([0, 0]))[0].item() == 1e4
    assert blocks.binary_cross_entropy_with_logits(logits, torch.zeros(2, 2)).item() == 5e3


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
def test_labels_of_any_integer_type_do(dtype: torch.dtype) -> None:
    logits, labels = draw(5, 3, seed=1), torch.tensor([0, 2, 1, 1, 0])
    assert blocks.cross_entropy(logits, labels.to(dtype)).item() == pytest.approx(
        F.cross_entropy(logits, labels).item()
    )


LOSSES_OF_INDICES = [blocks.cross_entropy, blocks.cross_entropy_slope, blocks.nll, blocks.nll_slope]


@pytest.mark.parametrize("loss", LOSSES_OF_INDICES)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            torch.tensor([0, 6]),
            r"^Label 6 has no column: the model gives 6 logits \(classes 0-5\)\. "
            r"Build it with classes=7, or correct the label\.$",
        ),
        (torch.tensor([-1, 0]), r"^Label -1 has no column: the model gives 6 logits \(classes 0-5\)\. Leave"),
        (torch.tensor([[1], [0]]), r"^Labels have the shape \(2, 1\); one class index a case .* labels\.squeeze\(1\)"),
        (torch.tensor([1.0, 0.0]), r"^Labels are torch\.float32; whole numbers"),
        (torch.tensor([True, False]), r"^Labels are torch\.bool; whole numbers"),
        (torch.tensor([1, 0, 2]), r"^There are 3 labels for 2 cases"),
        (torch.tensor([], dtype=torch.int64), r"^There are no labels; a mean needs"),
    ],
)
def test_labels_that_do_not_fit_are_refused_in_words(loss: Callable[..., Tensor], labels: Tensor, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        loss(torch.full((2, 6), 1 / 6).log(), labels)


@pytest.mark.parametrize(
    "loss",
    [
        blocks.binary_cross_entropy,
        blocks.binary_cross_entropy_slope,
        blocks.binary_cross_entropy_with_logits,
        blocks.binary_cross_entropy_with_logits_slope,
    ],
)
def test_labels_of_another_shape_or_range_are_refused_in_words(loss: Callable[..., Tensor]) -> None:
    with pytest.raises(BadInput, match=r"Labels have the shape \(3,\), the model's outputs \(3, 1\)"):
        loss(torch.full((3, 1), 0.5), torch.zeros(3))
    with pytest.raises(BadInput, match=r"Label 2 is not between 0 \(absent\) and 1 \(present\)"):
        loss(torch.full((3,), 0.5), torch.tensor([0, 1, 2]))


def test_a_target_of_another_shape_is_refused_where_torch_would_stretch_it() -> None:
    for loss in (blocks.mean_squared_error, blocks.mean_squared_error_slope):
        with pytest.raises(BadInput, match=r"Targets have the shape \(3, 1\), the model's outputs \(3,\)"):
            loss(torch.zeros(3), torch.zeros(3, 1))


@pytest.mark.parametrize("forgot_the_log", [lambda logits: logits, lambda logits: F.softmax(logits, 1)])
def test_nll_refuses_logits_and_probabilities(forgot_the_log: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(BadInput, match=r"exp of a row of log-probabilities sums to .*log_softmax\(logits\)"):
        blocks.nll(forgot_the_log(draw(4, 3, seed=2)), torch.tensor([0, 1, 2, 0]))


def test_binary_cross_entropy_refuses_logits() -> None:
    for loss in (blocks.binary_cross_entropy, blocks.binary_cross_entropy_slope):
        with pytest.raises(BadInput, match=r"Probability 3\.2 is not between 0 and 1"):
            loss(torch.tensor([0.5, 3.2]), torch.tensor([0, 1]))
