"""Every fault of the five texts that the project grew from, planted in a loop as they print it, and named."""

import math
from copy import deepcopy

import pytest
import torch
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor, nn
from torch.nn import functional

from pellucid.doctor import Doctor, watch

pytestmark = pytest.mark.slow  # whole loops of training

DIGITS = load_digits()
PIXELS = (torch.tensor(DIGITS.data) / 16 * 255).round().float()  # 0 to 255, as in files
LABELS = torch.tensor(DIGITS.target)
SORTED = torch.argsort(LABELS, stable=True)  # as in folders 0, 1, 2, ...
LARGE = functional.interpolate(PIXELS.view(-1, 1, 8, 8), scale_factor=3.5).flatten(1)  # 784 pixels


def quiet(_: str) -> None:
    """The findings are read, not told."""


def kinds(doctor: Doctor) -> list[str]:
    assert not doctor.stumbled
    return [finding.kind for finding in doctor.findings]


def told(doctor: Doctor, kind: str) -> str:
    return next(finding.told for finding in doctor.findings if finding.kind == kind)


def orders(epochs: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randperm(len(LABELS), generator=generator) for _ in range(epochs)]


def log_softmax(x: Tensor) -> Tensor:
    return x - x.exp().sum(1, keepdim=True).log()


def by_hand(inputs: Tensor, rate: float, start: float = 0.0, outputs: int = 10, epochs=3, log_p=log_softmax, **said):
    """A linear layer of two leaf tensors, a loss by hand, and the update under no_grad."""
    generator = torch.Generator().manual_seed(0)
    weights = (start * torch.randn(inputs.shape[1], outputs, generator=generator)).requires_grad_()
    bias = torch.zeros(outputs, requires_grad=True)
    with watch({"weights": weights, "bias": bias}, every=20, say=quiet, **said) as doctor:
        for order in orders(epochs):
            for rows in order.split(64):
                loss = functional.nll_loss(log_p(inputs[rows] @ weights + bias), LABELS[rows])
                loss.backward()
                with torch.no_grad():
                    for tensor in (weights, bias):
                        tensor -= rate * tensor.grad
                        tensor.grad.zero_()
    return doctor


def by_module(model: nn.Module, loss_of=functional.cross_entropy, inputs: Tensor = PIXELS / 255, **said) -> Doctor:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=20, say=quiet, **said) as doctor:
        for order in orders(3):
            for rows in order.split(64):
                loss = loss_of(model(inputs[rows]), LABELS[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return doctor


def linear(columns: int = 64, outputs: int = 10) -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(columns, outputs)


# R0: a linear layer, and log-softmax by hand


def test_r0_pixels_divided_by_255_twice_and_outputs_for_classes_that_are_not():
    doctor = by_hand(PIXELS / 255 / 255, 0.5, outputs=20, epochs=6)
    assert {"inputs-scaled-twice", "more-outputs-than-classes"} == set(kinds(doctor)) - {"loss-of-guessing"}


@pytest.mark.parametrize("rate", [20.0, 1e4])
def test_r0_a_log_softmax_that_overflows_is_named_in_place_of_the_learning_rate(rate):
    doctor = by_hand(PIXELS / 16 * 1.37, rate)  # too large a rate in any case, but a softmax that is sheltered bears it
    assert kinds(doctor) == ["softmax-overflows"]
    assert "88.7" in told(doctor, "softmax-overflows")
    assert "logsumexp" in doctor.findings[0].mend
    assert "softmax-overflows" not in kinds(by_hand(PIXELS / 16 * 1.37, rate, log_p=lambda x: x.log_softmax(1)))


def test_r0_the_overflow_is_named_where_it_came_between_two_looks():
    sound = by_hand(PIXELS / 255, 0.5)
    assert not sound.findings
    assert {operation.remark for look in sound.history.training for operation in look.operations} == {"may overflow"}
    doctor = by_hand(PIXELS / 255, 150.0)
    assert "softmax-overflows" in kinds(doctor)
    assert "learning-rate-too-high" not in kinds(doctor)


def test_r0_a_softmax_whose_largest_is_taken_off_first_cannot_overflow():
    def sheltered(x: Tensor) -> Tensor:
        x = x - x.amax(1, keepdim=True)
        return x - x.exp().sum(1, keepdim=True).log()

    doctor = by_hand(PIXELS / 16 * 1.37, 1e4, log_p=sheltered)
    assert "softmax-overflows" not in kinds(doctor)
    assert not any(look.operations for look in doctor.history.training)
    by_p = by_hand(PIXELS / 16 * 1.37, 1e4, log_p=lambda x: (x.exp() / x.exp().sum(1, keepdim=True)).log())
    assert "softmax-overflows" in kinds(by_p)


# R1: the same, with a softmax that forgot its log


def test_r1_a_softmax_that_forgot_its_log():
    forgot = by_hand(PIXELS / 255, 0.5, log_p=lambda x: x - x.exp().sum(1, keepdim=True))
    assert kinds(forgot) == ["softmax-does-not-sum-to-one"]


# R2: a linear learner, and a first network


def test_r2a_weights_from_a_normal_distribution_of_deviation_1_for_784_pixels():
    doctor = by_hand(LARGE / 255, 0.1, start=1.0)
    assert kinds(doctor) == ["start-too-large"]
    first = doctor.history.training[0].loss
    assert first > 2 * math.log(10)
    assert f"the loss is {first:.3g}" in told(doctor, "start-too-large")
    assert "log(10) = 2.3" in told(doctor, "start-too-large")
    assert "784**-0.5" in doctor.findings[0].mend
    assert not kinds(by_hand(LARGE / 255, 0.1, start=784**-0.5))
    assert not kinds(by_hand(LARGE / 255, 0.1, start=1.0, resumed=True))


def test_r2a_the_same_in_a_network_and_in_one_that_says_yes_or_no():
    model = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
    for weight in (model[0].weight, model[2].weight):
        nn.init.normal_(weight, generator=torch.Generator().manual_seed(0))
    assert "start-too-large" in kinds(by_module(model, inputs=LARGE / 255))
    one = linear(784, 1)
    nn.init.normal_(one.weight, generator=torch.Generator().manual_seed(1))
    said = kinds(
        by_module(one, lambda x, y: functional.binary_cross_entropy_with_logits(x[:, 0], (y > 4).float()), LARGE / 255)
    )
    assert said == ["start-too-large"]


def test_r2a_of_other_losses_that_begin_high_nothing_is_said_of_the_start():
    def squared(x: Tensor, y: Tensor) -> Tensor:
        return functional.mse_loss(x[:, 0], 40.0 + 0.37 * y)

    model = linear()
    nn.init.normal_(model.weight, std=2.0, generator=torch.Generator().manual_seed(0))
    assert "start-too-large" not in kinds(by_module(model, squared))
    assert "start-too-large" not in kinds(by_module(linear(), inputs=PIXELS * 1.01))  # large inputs, not weights
    assert not kinds(by_module(linear(), lambda x, y: 9 * functional.cross_entropy(x, y)))


def test_r2a_batches_of_one_class_and_an_accuracy_of_all_pairs():
    model, column = linear(), LABELS[SORTED][:, None]
    inputs = PIXELS[SORTED] / 255
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=20, say=quiet) as doctor:
        for _ in range(2):
            for rows in torch.arange(len(LABELS)).split(64):  # never shuffled
                functional.cross_entropy(model(inputs[rows]), column[rows].squeeze(1)).backward()
                optimizer.step()
                optimizer.zero_grad()
            with torch.no_grad():
                _ = (model(inputs).argmax(1) == column).float().mean()
    assert {"labels-sorted-by-class", "labels-spread-in-metric"} <= set(kinds(doctor))


def test_r2b_a_network_that_an_earlier_run_of_the_cell_has_trained():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
    assert not kinds(by_module(model))
    for _ in range(3):
        by_module(model)
    assert kinds(by_module(model)) == ["already-trained"]


# R3: notes on PyTorch


def test_r3_gradients_accumulate_until_they_are_zeroed():
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with watch(model, optimizer, every=20, say=quiet) as doctor:
        for rows in orders(1)[0].split(64):
            functional.cross_entropy(model(PIXELS[rows] / 255), LABELS[rows]).backward()
            optimizer.step()
    assert kinds(doctor) == ["gradients-never-zeroed"]


def test_r3_an_update_without_no_grad():
    weights = torch.zeros(64, 10, requires_grad=True)
    doctor = watch([weights], say=quiet)

    def step() -> None:
        with doctor:
            functional.cross_entropy(PIXELS / 255 @ weights, LABELS).backward()
            weights.sub_(0.1 * weights.grad)

    with pytest.raises(RuntimeError, match="leaf Variable"):
        step()
    assert kinds(doctor) == ["update-recorded"]


@pytest.mark.parametrize(
    ("loss_of", "kind"),
    [
        (lambda x, y: functional.nll_loss(x.softmax(1), y), "probabilities-into-nll"),
        (lambda x, y: functional.nll_loss(x, y), "softmax-does-not-sum-to-one"),
        (lambda x, y: functional.cross_entropy(x.softmax(1), y), "softmax-before-cross-entropy"),
        (lambda x, y: functional.mse_loss(x, functional.one_hot(y, 10).float()), "mse-for-classes"),
    ],
)
def test_r3_losses_that_are_given_what_they_do_not_expect(loss_of, kind):
    assert kinds(by_module(linear(), loss_of)) == [kind]


def test_r3_pixels_as_they_are_stored():
    assert "inputs-not-scaled" in kinds(by_module(linear(), inputs=PIXELS))


@pytest.mark.parametrize("said", [{}, {"scaling": "as-pretrained"}])
def test_r3_constants_that_are_not_imagenets_on_photographs(said):
    photographs = torch.tensor(load_sample_images().images[0]).permute(2, 0, 1)  # [channel, row, column], 8 bits
    cut = photographs[:, :416, :640].unfold(1, 32, 32).unfold(2, 32, 32).flatten(1, 2).transpose(0, 1).float()
    mean, deviation = torch.tensor([[0.3, 0.2, 0.4], [0.2, 0.1, 0.2]])[:, :, None, None]
    model = nn.Sequential(nn.Flatten(), linear(3072))
    inputs = (cut / 255 - mean) / deviation
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)
    with watch(model, optimizer, say=quiet, **said) as doctor:
        for rows in torch.randperm(len(cut), generator=torch.Generator().manual_seed(0)).split(64):
            functional.cross_entropy(model(inputs[rows]), LABELS[rows]).backward()
            optimizer.step()
            optimizer.zero_grad()
    assert kinds(doctor) == ["inputs-normalised-for-other-images"]
    assert "0.2, 0.1, 0.2" in told(doctor, "inputs-normalised-for-other-images")


# R4: from logistic regression to networks


def test_r4_sigmoids_upon_sigmoids():
    torch.manual_seed(0)
    layers = [layer for _ in range(9) for layer in (nn.Linear(64, 64), nn.Sigmoid())]
    assert "gradients-vanish" in kinds(by_module(nn.Sequential(*layers, nn.Linear(64, 10))))


def test_r4_a_loop_that_compares_after_it_has_ended_and_keeps_nothing():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    noisy = torch.where(torch.rand(len(LABELS)) < 0.3, torch.randint(10, LABELS.shape), LABELS)
    train, valid = torch.randperm(len(LABELS)).split([200, len(LABELS) - 200])
    best_loss, best, valid_loss = math.inf, None, math.inf
    with watch(model, optimizer, every=20, say=quiet) as doctor:
        for _epoch in range(30):
            for rows in train.split(20):
                optimizer.zero_grad()
                functional.cross_entropy(model(PIXELS[rows] / 255), noisy[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                valid_loss = functional.cross_entropy(model(PIXELS[valid] / 255), noisy[valid]).item()
        if valid_loss < best_loss:
            best = deepcopy(model.state_dict())
    assert best is not None
    assert "best-never-kept" in kinds(doctor)
    assert "No copy of the best weights was taken" in told(doctor, "best-never-kept")
