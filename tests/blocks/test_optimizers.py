"""Each optimizer, step by step, beside torch.optim."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
import torch
from torch import Tensor

from pellucid.blocks import SGD, Adam, Optimizer
from pellucid.errors import BadInput

PAIRS: list[tuple[Optimizer, Callable[[list[Tensor]], torch.optim.Optimizer]]] = [
    (SGD(0.1), lambda w: torch.optim.SGD(w, lr=0.1)),
    (SGD(0.1, momentum=0.9), lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9)),
    (SGD(0.1, weight_decay=0.2), lambda w: torch.optim.SGD(w, lr=0.1, weight_decay=0.2)),
    (SGD(0.1, 0.5, 0.2), lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.5, weight_decay=0.2)),
    (Adam(), lambda w: torch.optim.Adam(w)),
    (Adam(0.1, 0.8, 0.95, 1e-3), lambda w: torch.optim.Adam(w, lr=0.1, betas=(0.8, 0.95), eps=1e-3)),
    (Adam(0.1, weight_decay=0.2), lambda w: torch.optim.Adam(w, lr=0.1, weight_decay=0.2)),
    (Adam(0.1, weight_decay=0.2, decoupled=True), lambda w: torch.optim.AdamW(w, lr=0.1, weight_decay=0.2)),
]


@pytest.mark.parametrize(
    ("ours", "make_torchs"), PAIRS, ids=lambda part: str(part) if isinstance(part, (SGD, Adam)) else ""
)
def test_every_step_lands_where_torchs_does(
    ours: Optimizer, make_torchs: Callable[[list[Tensor]], torch.optim.Optimizer]
) -> None:
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in [(3, 5), (3,), (2, 3, 1)]]
    watched = [weight.clone().requires_grad_() for weight in weights]
    torchs, state = make_torchs(watched), ours.start(weights)
    for number in range(1, 31):
        slopes = [torch.randn(weight.shape, generator=generator, dtype=torch.float64) for weight in weights]
        kept = [slope.clone() for slope in slopes]
        for weight, slope in zip(watched, slopes, strict=True):
            weight.grad = slope.clone()
        torchs.step()
        state = ours.step(weights, slopes, state)
        assert state.steps == number
        for weight, expected in zip(weights, watched, strict=True):
            torch.testing.assert_close(weight, expected.detach(), rtol=1e-12, atol=1e-12)
        for slope, before in zip(slopes, kept, strict=True):
            assert torch.equal(slope, before), "a step must not write into the slopes"


def test_one_flat_tensor_moves_its_views_as_separate_tensors_would() -> None:
    flat, slopes = torch.arange(6.0), torch.tensor([1.0, -2.0, 3.0, 0.0, 5.0, -6.0])
    apart = [flat[:4].clone(), flat[4:].clone()]
    adam = Adam(0.1)
    adam.step([flat], [slopes], adam.start([flat]))
    adam.step(apart, [slopes[:4], slopes[4:]], adam.start(apart))
    assert torch.equal(flat, torch.cat(apart))


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, 0.9), Adam()])
def test_a_weight_that_autograd_watches_is_refused_at_the_start(optimizer: Optimizer) -> None:
    with pytest.raises(BadInput, match=r"Weight 1 is watched by autograd.*weight\.detach\(\)"):
        optimizer.start([torch.zeros(2), torch.zeros(2, requires_grad=True)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(-0.1), "learning_rate is -0.1; a number of at least 0"),
        (lambda: SGD(float("nan")), "learning_rate is nan"),
        (lambda: SGD(0.1, momentum=1.0), "momentum is 1.0; a number from 0 to below 1"),
        (lambda: Adam(square_momentum=-0.5), "square_momentum is -0.5"),
        (lambda: Adam(weight_decay=-1.0), "weight_decay is -1.0"),
    ],
)
def test_settings_out_of_their_range_are_refused_in_words(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        make()


def test_settings_cannot_be_changed_behind_the_back_of_a_run() -> None:
    with pytest.raises(FrozenInstanceError):
        SGD(0.1).learning_rate = 0.2  # type: ignore[misc]
