"""Labels that meet guesses wrongly, that have no output, that come sorted: planted, and sound loops beside them."""

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pellucid.doctor import Doctor, watch
from pellucid.doctor.checks_of_labels import sorted_by_class
from pellucid.doctor.looking import History, Look


def classify(batches, outputs: int = 4, metric=None, every: int = 5, **said) -> Doctor:
    """Learn from batches of labels; afterwards judge two batches with `metric(guesses, labels)`."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Linear(16, outputs)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def inputs_of(labels: Tensor) -> Tensor:
        return torch.randn(len(labels), 16, generator=generator) + functional.one_hot(labels, 16)

    with watch(model, optimizer, every=every, say=lambda told: None, **said) as doctor:
        for labels in batches:
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs_of(labels)), labels).backward()
            optimizer.step()
        if metric is not None:
            model.eval()
            with torch.no_grad():
                for _ in range(5):
                    labels = torch.randint(4, (30,), generator=generator)
                    metric(model(inputs_of(labels)).argmax(1), labels)
    assert not doctor.stumbled
    return doctor


def mixed(steps: int, size: int = 32, classes: int = 4) -> list[Tensor]:
    return list(torch.randint(classes, (steps, size), generator=torch.Generator().manual_seed(1)))


def kinds(doctor: Doctor) -> list[str]:
    return [finding.kind for finding in doctor.findings]


@pytest.mark.parametrize(
    "metric",
    [
        lambda guesses, labels: (guesses == labels[:, None]).float().mean(),
        lambda guesses, labels: guesses.eq(labels[:, None]).sum(),
        lambda guesses, labels: (labels[:, None] != guesses).float().mean(),
        lambda guesses, labels: torch.eq(guesses[:, None], labels).sum(),
    ],
)
def test_an_accuracy_that_compares_every_guess_with_every_label_is_named(metric):
    doctor = classify(mixed(20), metric=metric)
    assert kinds(doctor) == ["labels-spread-in-metric"]
    assert "30 x 30" in doctor.findings[0].told
    assert "900 pairs" in doctor.findings[0].told


@pytest.mark.parametrize(
    "metric",
    [
        lambda guesses, labels: (guesses == labels).float().mean(),
        lambda guesses, labels: (guesses[:, None] == labels[:, None]).float().mean(),
        lambda guesses, labels: labels[:, None] == torch.arange(30),  # a one-hot code
        lambda guesses, labels: labels[:, None] == labels,  # which cases share a label
        lambda guesses, labels: labels[:, None] == labels.clone(),
        lambda guesses, labels: guesses[:, None] == torch.arange(4),
    ],
)
def test_of_a_sound_comparison_nothing_is_said(metric):
    assert not classify(mixed(20), metric=metric).findings


def test_an_accuracy_taken_once_after_many_batches_is_seen_too():
    seen = []

    def at_the_end(guesses: Tensor, labels: Tensor) -> None:
        seen.append((guesses, labels))
        if len(seen) == 5:  # only the first three batches of a phase are looked at as a whole
            _ = torch.cat([one for one, _ in seen]) == torch.cat([two for _, two in seen])[:, None]

    assert kinds(classify(mixed(20), metric=at_the_end)) == ["labels-spread-in-metric"]


def regress(loss_of) -> Doctor:
    generator = torch.Generator().manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with watch(model, optimizer, say=lambda told: None) as doctor, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of it, too, in mse_loss alone
        for _ in range(5):
            inputs = torch.randn(20, 3, generator=generator)
            optimizer.zero_grad()
            loss_of(model(inputs), inputs.sum(1)).backward()
            optimizer.step()
    return doctor


@pytest.mark.parametrize(
    "loss",
    [
        lambda guesses, values: ((guesses - values) ** 2).mean(),
        lambda guesses, values: (values - guesses).abs().mean(),
        lambda guesses, values: functional.mse_loss(guesses, values),
        lambda guesses, values: functional.smooth_l1_loss(guesses, values, reduction="sum"),
    ],
)
def test_a_loss_over_every_pair_is_named(loss):
    doctor = regress(loss)
    assert kinds(doctor) == ["labels-spread-in-loss"]
    assert "20 x 20" in doctor.findings[0].told


@pytest.mark.parametrize(
    "loss",
    [
        lambda guesses, values: ((guesses[:, 0] - values) ** 2).mean(),
        lambda guesses, values: functional.mse_loss(guesses, values[:, None]),
        lambda guesses, values: functional.mse_loss(guesses, values[:, None]) + (guesses - guesses[:, 0]).abs().mean(),
    ],
)
def test_of_a_sound_difference_nothing_is_said(loss):
    assert not regress(loss).findings


def test_a_label_without_an_output_is_named_before_torch_raises():
    said = []
    model = nn.Linear(3, 6)
    with pytest.raises(IndexError), watch(model, say=said.append):
        functional.cross_entropy(model(torch.ones(2, 3)), torch.tensor([0, 6]))
    assert "Label 6 has no column: the model gives 6 logits (classes 0-5)." in said[0]
    assert "nn.Linear(..., 7)" in said[0]


def test_it_is_named_in_a_step_that_was_not_looked_at_too():
    with pytest.raises(IndexError), watch(model := nn.Linear(3, 6), say=lambda told: None) as doctor:  # noqa: PT012
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for label in (0, 1, 2, 3, 4, 6):
            functional.cross_entropy(model(torch.ones(2, 3)), torch.tensor([0, label])).backward()
            optimizer.step()
    assert "labels-beyond-outputs" in kinds(doctor)


def test_labels_that_count_from_1_are_told_so():
    with pytest.raises(IndexError), watch(model := nn.Linear(3, 3), say=lambda told: None) as doctor:
        functional.cross_entropy(model(torch.ones(3, 3)), torch.tensor([1, 2, 3]))
    assert doctor.findings[0].mend == "labels = labels - 1"


def test_a_label_that_is_left_out_is_not_missed():
    with watch(model := nn.Linear(3, 3), say=lambda told: None) as doctor:
        functional.cross_entropy(model(torch.ones(2, 3)), torch.tensor([1, 255]), ignore_index=255).backward()
    assert not doctor.findings


def test_more_outputs_than_classes_are_named_at_once_where_the_classes_are_known():
    doctor = classify(mixed(2), outputs=10, classes=4)
    assert kinds(doctor) == ["more-outputs-than-classes"]
    assert doctor.findings[0].step == 1


def test_more_outputs_than_classes_are_named_when_enough_labels_were_seen():
    assert kinds(classify(mixed(60, 64), outputs=10)) == ["more-outputs-than-classes"]
    assert not classify(mixed(10), outputs=10).findings  # 160 labels: too few to tell
    assert not classify(mixed(60), outputs=4).findings


def test_batches_of_one_class_each_are_named():
    labels = torch.arange(4).repeat_interleave(320).split(32)
    doctor = classify(labels)
    assert kinds(doctor) == ["labels-sorted-by-class"]
    assert "100% of all pairs" in doctor.findings[0].told


@pytest.mark.slow
@pytest.mark.parametrize("rare", [0.5, 0.1, 0.02])
def test_rare_classes_are_not_taken_for_sorted_ones(rare):
    draw = np.random.default_rng(3)
    for _ in range(300):
        history = History({})
        for ones in draw.binomial(8, rare, 30).tolist():
            look = Look(1, "training", labels={0: 8 - ones, 1: ones})
            assert not list(sorted_by_class(look, history))
            history.training.append(look)


def test_batches_that_are_sorted_within_but_hold_all_classes_are_sound():
    assert not classify([labels.sort().values for labels in mixed(20)]).findings
