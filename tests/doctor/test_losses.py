"""Each mistake with a loss, planted; and loops beside it that are sound and of which nothing may be said."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pellucid.doctor import Doctor, watch


def learn(loss_of, classes: int = 4, outputs: int = 4, last: nn.Module | None = None, **said) -> Doctor:
    """Twenty steps of a small network, the label written into the picture."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, outputs), *([last] if last else []))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=5, say=lambda told: None, **said) as doctor:
        for _ in range(20):
            labels = torch.randint(classes, (40,), generator=generator)
            inputs = torch.randn(40, 16, generator=generator) + functional.one_hot(labels, 16)
            optimizer.zero_grad()
            loss_of(model(inputs), labels).backward()
            optimizer.step()
    assert not doctor.stumbled
    return doctor


def kinds(doctor: Doctor) -> list[str]:
    return [finding.kind for finding in doctor.findings]


def no_log(x: Tensor) -> Tensor:
    return x - x.exp().sum(1, keepdim=True)


def by_hand(log_p: Tensor, labels: Tensor) -> Tensor:
    return -log_p[torch.arange(len(labels)), labels].mean()


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (lambda x, y: functional.cross_entropy(x.softmax(1), y), "softmax-before-cross-entropy"),
        (lambda x, y: functional.cross_entropy(x.softmax(0), y, reduction="sum"), "softmax-before-cross-entropy"),
        (lambda x, y: functional.nll_loss(x.softmax(1), y), "probabilities-into-nll"),
        (lambda x, y: by_hand(x.softmax(1), y), "probabilities-into-nll"),
        (lambda x, y: functional.nll_loss(no_log(x), y), "softmax-does-not-sum-to-one"),
        (lambda x, y: by_hand(no_log(x), y), "softmax-does-not-sum-to-one"),
        (lambda x, y: -(functional.one_hot(y, 4) * no_log(x)).mean(), "softmax-does-not-sum-to-one"),
        (lambda x, y: functional.nll_loss(x, y), "softmax-does-not-sum-to-one"),
        (lambda x, y: functional.nll_loss(functional.log_softmax(x, 0), y), "softmax-does-not-sum-to-one"),
        (lambda x, y: functional.mse_loss(x, functional.one_hot(y, 4).float()), "mse-for-classes"),
        (lambda x, y: functional.mse_loss(x[:, 0], y.float()), "mse-for-classes"),
        (lambda x, y: functional.l1_loss(x[:, :1], y.float()[:, None], reduction="sum"), "mse-for-classes"),
    ],
)
def test_a_loss_that_is_given_what_it_does_not_expect_is_named(loss, kind):
    assert kind in kinds(learn(loss))


def test_a_softmax_at_the_end_of_the_model_is_named_too():
    doctor = learn(functional.cross_entropy, last=nn.Softmax(dim=1))
    assert kinds(doctor) == ["softmax-before-cross-entropy"]
    # -log(e / (e + 3)): the answer 1, 0, 0, 0 taken for logits
    assert "cannot fall below 0.74" in doctor.findings[0].told
    assert doctor.findings[0].step == 1


def test_two_sigmoids_are_named():
    twice = learn(lambda x, y: functional.binary_cross_entropy_with_logits(x[:, 0].sigmoid(), y.float()), classes=2)
    assert kinds(twice) == ["sigmoid-before-logits-loss"]


@pytest.mark.parametrize(
    "loss",
    [
        functional.cross_entropy,
        nn.CrossEntropyLoss(reduction="sum"),
        nn.CrossEntropyLoss(label_smoothing=0.1, weight=torch.ones(4)),
        lambda x, y: functional.cross_entropy(x, y, reduction="none").mean(),
        lambda x, y: functional.cross_entropy(x.log_softmax(1), y),
        lambda x, y: functional.cross_entropy(x, functional.one_hot(y, 4).float()),
        lambda x, y: functional.nll_loss(x.log_softmax(1), y),
        lambda x, y: functional.nll_loss(x - x.logsumexp(1, keepdim=True), y),
        lambda x, y: functional.nll_loss(x - x.exp().sum(1, keepdim=True).log(), y),
        lambda x, y: by_hand(x - x.exp().sum(1, keepdim=True).log(), y),
        lambda x, y: -x.log_softmax(1).gather(1, y[:, None]).mean(),
        lambda x, y: by_hand(x.softmax(1).log(), y),
        lambda x, y: functional.binary_cross_entropy_with_logits(x, functional.one_hot(y, 4).float()),
        lambda x, y: functional.mse_loss(x[:, 0], y * 0.37 + 1.1),  # quantities
        lambda x, y: functional.mse_loss(x[:, 0], (y + 20).float()),  # ages in years
        lambda x, y: functional.mse_loss(x, torch.zeros_like(x)),
    ],
)
def test_of_a_sound_loss_nothing_is_said(loss):
    assert not learn(loss).findings


@pytest.mark.parametrize(("classes", "why"), [(2, "0 and 1 are names here"), (3, "class 1 lies between 0 and 2")])
def test_why_classes_are_no_quantities_is_said_of_classes_that_there_are(classes, why):
    doctor = learn(lambda x, y: functional.mse_loss(x[:, 0], y.float()), classes=classes)
    assert kinds(doctor) == ["mse-for-classes"]
    assert why in doctor.findings[0].told


def test_counts_of_events_are_quantities_though_they_are_whole():
    def distance(x: Tensor, y: Tensor) -> Tensor:
        counts = torch.poisson(torch.full((len(y),), 1.5), torch.Generator().manual_seed(1))
        return functional.mse_loss(x[:, 0], counts)

    assert not learn(distance).findings


def test_what_is_said_holds_the_numbers():
    doctor = learn(lambda x, y: functional.nll_loss(x * 0 - 1.0, y))
    assert "sum to 1.47 a case" in doctor.findings[0].told  # 4 / e
    doctor = learn(lambda x, y: functional.nll_loss(functional.log_softmax(x, 0), y))
    assert "wrong dimension" in doctor.findings[0].told
    doctor = learn(lambda x, y: functional.nll_loss(no_log(x), y))
    assert "forgot the log" in doctor.findings[0].told
    assert "logsumexp" in doctor.findings[0].mend
