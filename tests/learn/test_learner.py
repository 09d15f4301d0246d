"""The loop that learns, held against torch.autograd and torch.optim step for step."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from pellucid.blocks import SGD, Adam
from pellucid.errors import BadInput
from pellucid.learn import Batch, Learner, Settings, build_model, loss_of

OURS = {
    "sgd": (SGD(0.2), lambda w: torch.optim.SGD(w, 0.2)),
    "momentum": (SGD(0.1, 0.9, 0.01), lambda w: torch.optim.SGD(w, 0.1, 0.9, weight_decay=0.01)),
    "adamw": (Adam(0.01, weight_decay=0.1, decoupled=True), lambda w: torch.optim.AdamW(w, 0.01, weight_decay=0.1)),
}


def batches(steps: int, size: int, channels: int, outputs: int, dtype: torch.dtype = torch.float32) -> list[Batch]:
    generator = torch.Generator().manual_seed(3)
    made = []
    for number in range(1, steps + 1):
        inputs = torch.randn(7, channels, size, size, generator=generator, dtype=dtype)
        labels = torch.randint(0, outputs, (7,), generator=generator)
        made.append(Batch(number, 1, inputs, labels, np.arange(7)))
    return made


def by_torch(model: nn.Module, optimizer: torch.optim.Optimizer, given: list[Batch], rates: list[float] | None = None):
    for place, batch in enumerate(given):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[place]
        optimizer.zero_grad()
        functional.cross_entropy(model(batch.inputs), batch.labels).backward()
        optimizer.step()


def largest_difference(ours: nn.Module, theirs: nn.Module) -> float:
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    return max((a.double() - b.double()).abs().max().item() for a, b in pairs)


@pytest.mark.parametrize("optimizer", OURS)
@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_slopes_by_hand_end_in_the_weights_of_autograd_and_torch_optim(model, optimizer):
    torch.manual_seed(0)
    ours = build_model(Settings(model=model, hidden=(9, 5)), 2, 4, 3).double()
    theirs = deepcopy(ours)
    mine, make = OURS[optimizer]
    given = batches(12, 4, 2, 3, torch.float64)
    learner = Learner(ours, loss_of("multi-class"), mine)
    assert learner._layers is not None  # not autograd's slopes held against themselves
    for _ in learner.steps(given):
        pass
    by_torch(theirs, make(theirs.parameters()), given)
    assert largest_difference(ours, theirs) < 1e-12


@pytest.mark.parametrize("size", [8, 28])
def test_the_cnn_learns_as_under_torchs_adamw(size):
    torch.manual_seed(0)
    ours = build_model(Settings(model="cnn"), 1, size, 3)
    theirs = deepcopy(ours)
    given = batches(4, size, 1, 3)
    rates = [0.001, 0.004, 0.002, 0.0005]
    learner = Learner(
        ours, loss_of("multi-class"), Adam(1.0, weight_decay=0.1, decoupled=True), lambda number: rates[number - 1]
    )
    for step in learner.steps(given):
        assert step.learning_rate == rates[step.number - 1]
    by_torch(theirs.train(), torch.optim.AdamW(theirs.parameters(), 1.0, weight_decay=0.1), given, rates)
    assert largest_difference(ours, theirs) < 2e-5


def test_a_step_tells_the_loss_before_it_and_the_slopes_that_it_went_along():
    torch.manual_seed(0)
    model = build_model(Settings(model="mlp", hidden=(4,)), 1, 3, 2)
    before = deepcopy(model)
    given = batches(1, 3, 1, 2)
    (step,) = Learner(model, loss_of("binary"), SGD(0.5)).steps(given)
    loss = functional.cross_entropy(before(given[0].inputs), given[0].labels)
    loss.backward()
    torch.testing.assert_close(step.loss, loss.detach())
    torch.testing.assert_close(step.logits, before(given[0].inputs).detach())
    assert set(step.gradients) == {"hidden1.weight", "hidden1.bias", "logits.weight", "logits.bias"}
    for name, weight in before.named_parameters():
        torch.testing.assert_close(step.gradients[name], weight.grad)
        torch.testing.assert_close(model.get_parameter(name).detach(), weight.detach() - 0.5 * weight.grad)


def test_leaving_the_loop_stops_learning():
    model = build_model(Settings(model="linear"), 1, 3, 2)
    for step in Learner(model, loss_of("binary"), SGD(0.5)).steps(batches(5, 3, 1, 2)):
        after = deepcopy(model)
        if step.number == 2:
            break
    assert step.number == 2
    assert largest_difference(model, after) == 0


@pytest.mark.parametrize("model", ["linear", "cnn"])
def test_a_label_without_a_logit_is_named_before_anything_is_learned(model):
    built = build_model(Settings(model=model), 1, 8, 3)
    before = deepcopy(built.state_dict())
    given = batches(1, 8, 1, 5)
    with pytest.raises(BadInput, match=r"Label 4 has no column: the model gives 3 logits"):
        list(Learner(built, loss_of("multi-class"), SGD(0.5)).steps(given))
    assert all(torch.equal(before[name], value) for name, value in built.state_dict().items() if "norm" not in name)


def test_one_column_of_labels_against_one_logit_a_case_is_refused():
    built = build_model(Settings(model="linear"), 1, 8, 1)
    given = Batch(1, 1, torch.zeros(4, 1, 8, 8), torch.zeros(4, dtype=torch.int64), np.arange(4))
    with pytest.raises(BadInput, match=r"must be alike"):
        list(Learner(built, loss_of("multi-label"), SGD(0.5)).steps([given]))


def test_bfloat16_keeps_the_weights_in_float32_and_answers_nearly_alike():
    torch.manual_seed(0)
    model = build_model(Settings(model="cnn"), 1, 8, 3)
    exact, rough = deepcopy(model), deepcopy(model)
    given = batches(3, 8, 1, 3)
    for built, bfloat16 in ((exact, False), (rough, True)):
        for _ in Learner(built, loss_of("multi-class"), SGD(0.01), bfloat16=bfloat16).steps(given):
            pass
    assert all(weight.dtype == torch.float32 for weight in rough.parameters())
    assert 0 < largest_difference(exact, rough) < 0.05


def test_answering_changes_no_statistics_of_the_norms():
    model = build_model(Settings(model="cnn"), 1, 8, 3)
    before = deepcopy(model.state_dict())
    Learner(model, loss_of("multi-class"), SGD(0.1)).logits(torch.randn(4, 1, 8, 8))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
