"""Losses against torch's and numbers by hand; the learning rate against torch's own schedule."""

import math

import pytest
import torch

from pellucid.errors import BadInput
from pellucid.learn import loss_of
from pellucid.learn.losses import probabilities
from pellucid.learn.schedule import FIRST, LAST, WARM_UP, learning_rate

LOGITS = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])


@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal"])
def test_cross_entropy_by_hand(task):
    sums = [math.exp(1) + math.exp(2) + math.exp(0.5), 1 + math.exp(-1) + math.exp(3)]
    wanted = -(math.log(math.exp(2) / sums[0]) + math.log(1 / sums[1])) / 2
    assert loss_of(task)(LOGITS, torch.tensor([1, 0])).item() == pytest.approx(wanted, rel=1e-6)


def test_binary_cross_entropy_of_each_label_by_hand():
    labels = torch.tensor([[1, 0, 1], [0, 0, 1]])
    p = [[1 / (1 + math.exp(-x)) for x in row] for row in LOGITS.tolist()]
    terms = [
        -math.log(p[i][k] if label else 1 - p[i][k])
        for i, row in enumerate(labels.tolist())
        for k, label in enumerate(row)
    ]
    assert loss_of("multi-label")(LOGITS, labels).item() == pytest.approx(sum(terms) / 6, rel=1e-6)


def test_the_softmax_that_forgot_its_log_by_hand():
    loss = loss_of("multi-class", "softmax-without-log")(LOGITS, torch.tensor([1, 2])).item()
    sums = [math.exp(1) + math.exp(2) + math.exp(0.5), 1 + math.exp(-1) + math.exp(3)]
    assert loss == pytest.approx(-((2 - sums[0]) + (3 - sums[1])) / 2, rel=1e-6)


def test_the_softmax_that_forgot_its_log_is_refused_where_cases_have_many_labels():
    with pytest.raises(BadInput, match="multi-label"):
        loss_of("multi-label", "softmax-without-log")


def test_probabilities_add_up_to_one_but_for_many_labels():
    torch.testing.assert_close(probabilities(LOGITS, "ordinal").sum(1), torch.ones(2))
    torch.testing.assert_close(probabilities(LOGITS, "multi-label"), 1 / (1 + torch.exp(-LOGITS)))


@pytest.mark.parametrize("steps", [40, 41, 400])
def test_one_cycle_is_torchs_with_our_ends(steps):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], 0.1)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=0.3,
        total_steps=steps + 1,  # torch counts a step 0, before the first
        pct_start=(WARM_UP * steps + 1) / (steps + 1),
        div_factor=1 / FIRST,
        final_div_factor=FIRST / LAST,
    )
    for number in range(1, steps + 1):
        optimizer.step()
        theirs.step()
        assert learning_rate(number, steps, 0.3, "one-cycle") == pytest.approx(theirs.get_last_lr()[0], rel=1e-9), (
            number
        )


def test_the_rate_of_each_of_four_steps_by_hand():
    half = (1 + math.cos(math.pi / 3)) / 2  # a third of the way down
    rates = [learning_rate(number, 4, 1.0, "one-cycle") for number in (1, 2, 3, 4)]
    low = 1 / 10_000
    assert rates == pytest.approx([1.0, low + (1 - low) * half, low + (1 - low) * (1 - half), low])


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs_have_a_rate_above_zero_and_no_division_by_zero(steps):
    assert all(0 < learning_rate(number, steps, 0.1, "one-cycle") <= 0.1 for number in range(1, steps + 1))


def test_constant_is_constant():
    assert {learning_rate(number, 9, 0.25, "constant") for number in range(1, 10)} == {0.25}
