"""Losses that torch refuses: each is told by the shape or the type that was wrong, and its mend mends it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pellucid.doctor import Doctor, watch

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(32, 5, generator=GENERATOR)
LABELS = torch.randint(4, (32,), generator=GENERATOR)
YES = (LABELS > 1).float()


def refused(loss_of, outputs: int = 4) -> tuple[Doctor, str]:
    model = nn.Linear(5, outputs)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    said = []
    doctor = watch(model, optimizer, say=said.append)
    with pytest.raises((RuntimeError, ValueError, IndexError)), doctor:
        loss_of(model(INPUTS))
    return doctor, said[0]


def nll(logits, labels):
    return F.nll_loss(logits.log_softmax(1), labels)


CASES = [
    (F.cross_entropy, 4, LABELS.unsqueeze(1), "labels-of-wrong-shape", ["(32,)", "(32, 1)", "squeeze(1)"]),
    (F.cross_entropy, 4, YES.unsqueeze(1), "labels-of-wrong-shape", ["(32,)", "(32, 1)", ".squeeze(1).long()"]),
    (nll, 4, LABELS.unsqueeze(1), "labels-of-wrong-shape", ["(32, 1)", "squeeze(1)"]),
    (F.cross_entropy, 4, F.one_hot(LABELS, 4), "labels-of-wrong-shape", ["one-hot", "argmax(1)"]),
    (F.cross_entropy, 4, LABELS[:20], "labels-of-wrong-shape", ["32 guesses and 20 labels"]),
    (F.cross_entropy, 4, LABELS.float(), "labels-of-wrong-type", ["float32", "labels.long()"]),
    (F.cross_entropy, 4, LABELS.int(), "labels-of-wrong-type", ["int32", "labels.long()"]),
    (nll, 4, LABELS.float(), "labels-of-wrong-type", ["float32", "labels.long()"]),
    (F.binary_cross_entropy_with_logits, 1, YES, "labels-of-wrong-shape", ["(32, 1)", "F.binary_cross_entropy_with"]),
    (F.binary_cross_entropy_with_logits, 1, YES[:9, None], "labels-of-wrong-shape", ["32 guesses and 9 labels"]),
    (F.binary_cross_entropy_with_logits, 1, YES[:, None].long(), "labels-of-wrong-type", ["int64", "float()"]),
    (F.mse_loss, 3, torch.ones(32, 4), "labels-of-wrong-shape", ["(32, 3)", "(32, 4)"]),
    (F.cross_entropy, 3, LABELS, "labels-beyond-outputs", ["Label 3 has no column"]),
]


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize(("loss", "outputs", "labels", "kind", "words"), CASES)
def test_what_was_refused_is_named_and_nothing_else(loss, outputs, labels, kind, words):
    doctor, said = refused(lambda guesses: loss(guesses, labels), outputs)
    assert [finding.kind for finding in doctor.findings] == [kind]
    assert not doctor.stumbled
    assert not [word for word in words if word not in said]
    assert "nothing wrong" not in said


MENDED = [
    (F.cross_entropy, 4, LABELS.unsqueeze(1)),
    (F.cross_entropy, 4, YES.unsqueeze(1)),
    (F.cross_entropy, 4, F.one_hot(LABELS, 4)),
    (F.cross_entropy, 4, LABELS.float()),
    (F.binary_cross_entropy_with_logits, 1, YES),
    (F.binary_cross_entropy_with_logits, 1, YES[:, None].long()),
]


def pasted(mend: str, loss, guesses, labels) -> torch.Tensor:
    """The loss, after the mend was pasted in before it."""
    names = {"F": F, "guesses": guesses, "labels": labels}
    exec(mend, names)
    return names["loss"] if "loss" in names else loss(names["guesses"], names["labels"])


@pytest.mark.parametrize(("loss", "outputs", "labels"), MENDED)
def test_the_mend_mends_it_when_it_is_pasted(loss, outputs, labels):
    doctor, _ = refused(lambda guesses: loss(guesses, labels), outputs)
    guesses = nn.Linear(5, outputs)(INPUTS)
    assert pasted(doctor.findings[0].mend, loss, guesses, labels).dim() == 0


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("column", ["guesses", "labels"])
@pytest.mark.parametrize(
    "loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, lambda guesses, labels: ((guesses - labels) ** 2).mean()]
)
def test_so_does_that_of_labels_that_were_spread(loss, column):
    model = nn.Linear(5, 1)
    values = INPUTS.sum(1)
    with watch(model, say=lambda told: None) as doctor:
        guesses, labels = model(INPUTS), values
        guesses, labels = (guesses, labels) if column == "guesses" else (guesses.squeeze(1), labels.unsqueeze(1))
        loss(guesses, labels).backward()
    assert [finding.kind for finding in doctor.findings] == ["labels-spread-in-loss"]
    assert "32 x 32" in doctor.findings[0].told
    mended = pasted(doctor.findings[0].mend, loss, guesses, labels)
    assert mended.item() == pytest.approx(loss(guesses.flatten(), values).item())


def test_a_refusal_that_the_loop_survives_is_no_loss_that_is_no_number():
    model = nn.Linear(5, 4)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, say=lambda told: None) as doctor:
        for _ in range(5):
            optimizer.zero_grad()
            answers = model(INPUTS)
            with pytest.raises(RuntimeError):
                F.cross_entropy(answers, LABELS.float())
            F.cross_entropy(answers, LABELS).backward()
            optimizer.step()
    assert [finding.kind for finding in doctor.findings] == ["labels-of-wrong-type"]


@pytest.mark.parametrize(
    ("loss", "outputs", "labels"),
    [
        (F.cross_entropy, 4, LABELS),
        (F.cross_entropy, 4, F.one_hot(LABELS, 4).float()),
        (F.binary_cross_entropy_with_logits, 1, YES[:, None]),
        (F.mse_loss, 1, INPUTS[:, :1]),
    ],
)
def test_of_what_torch_takes_nothing_is_said(loss, outputs, labels):
    model = nn.Linear(5, outputs)
    with watch(model, say=lambda told: None) as doctor:
        loss(model(INPUTS), labels).backward()
    assert not doctor.findings
    assert not doctor.stumbled
