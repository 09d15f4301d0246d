"""A moment holds what the learner was at that step: numbers worked out again, another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from pellucid.app.live.moment import MOST_WORST, losses_of_each, take_moment
from pellucid.learn import Settings, plan_learning


@pytest.fixture(params=["linear", "mlp", "cnn"])
def plan(request, digits):
    settings = Settings(model=request.param, epochs=1, precision="float32")
    made = plan_learning(settings, digits.dataset, digits.split, "cpu")
    for step in made.learner.steps(made.batches):
        if step.number == 5:
            break
    return made


def look(plan, digits, step=5):
    return take_moment(
        plan.learner, plan.batches.images, plan.batches.labels, digits.probes, digits.looked_at,
        task=digits.dataset.task, step=step, epoch=1, train_loss=0.5,
    )  # fmt: skip


def scaled(plan, digits, rows):
    stored = torch.from_numpy(np.array(digits.dataset.images[rows])).float()
    return (stored - plan.scaling.mean[0]) / plan.scaling.deviation[0]


def test_loss_accuracy_and_worst_cases_are_those_of_the_validation_images(plan, digits):
    moment = look(plan, digits)
    plan.learner.model.eval()
    with torch.no_grad():
        logits = plan.learner.model(scaled(plan, digits, digits.looked_at))
    labels = torch.from_numpy(digits.dataset.labels[digits.looked_at])
    assert moment.valid_loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)
    assert moment.valid_accuracy == pytest.approx((logits.argmax(1) == labels).double().mean().item())
    p = logits.softmax(1)
    each = -p[torch.arange(len(labels)), labels].log()
    order = each.argsort(descending=True)[:MOST_WORST]
    assert moment.worst_rows.tolist() == digits.looked_at[order.numpy()].tolist()
    np.testing.assert_allclose(moment.worst_losses, each[order], rtol=1e-4)
    np.testing.assert_allclose(moment.worst_p, p[order], rtol=1e-4, atol=1e-7)


def test_activations_are_what_each_block_gives_for_each_probe(plan, digits):
    moment = look(plan, digits)
    plan.learner.model.eval()
    given, found = scaled(plan, digits, digits.probes), {}
    with torch.no_grad():
        for name, part in plan.learner.model.named_children():
            inner = list(part.named_children()) or [("", part)]
            for end, block in inner:
                given = block(given.clone())
                found[f"{name}.{end}" if end else name] = given.clone()
    found.pop("flatten", None)
    assert list(moment.activations) == list(found)
    for name, gave in found.items():
        np.testing.assert_allclose(moment.activations[name], gave, rtol=1e-4, atol=1e-5)


def test_lengths_of_slopes_are_those_of_the_last_step(plan, digits):
    moment = look(plan, digits)
    for name, weight in plan.learner.model.named_parameters():
        wanted = math.sqrt(sum(value * value for value in weight.grad.double().flatten().tolist()))
        assert moment.gradient_norms[name] == pytest.approx(wanted, rel=1e-5)
    assert all(math.isnan(size) for size in look(plan, digits, step=0).gradient_norms.values())


def test_weights_are_copies_that_learning_on_does_not_change(plan, digits):
    moment = look(plan, digits)
    before = {name: np.array(weight) for name, weight in moment.weights.items()}
    for step in plan.learner.steps(plan.batches.after(5)):
        if step.number == 7:
            break
    assert any((plan.learner.model.state_dict()[name].numpy() != weight).any() for name, weight in before.items())
    for name, weight in before.items():
        assert (moment.weights[name] == weight).all()


def test_the_mean_of_single_losses_is_the_loss_of_each_task():
    logits = torch.tensor([[0.3, -2.0, 1.0], [4.0, 0.5, -1.0]])
    several = torch.tensor([[1, 0, 1], [0, 0, 1]])
    wanted = functional.binary_cross_entropy_with_logits(logits, several.float())
    torch.testing.assert_close(losses_of_each(logits, several).mean(), wanted)
    torch.testing.assert_close(
        losses_of_each(logits, torch.tensor([2, 0])).mean(), functional.cross_entropy(logits, torch.tensor([2, 0]))
    )
