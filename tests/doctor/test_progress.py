"""Losses that go nowhere, or the wrong way, and networks that are less fresh than they seem."""

import math
import re

import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from torch import nn
from torch.nn import functional as F

from pellucid.doctor import watch
from pellucid.doctor.checks_of_progress import thrown
from pellucid.doctor.guessing import level_of_guessing, share_right
from pellucid.doctor.looking import History, Look, LossCall

IMAGES, LABELS = (torch.tensor(part) for part in load_digits(return_X_y=True))
IMAGES = (IMAGES / 16).float()
FEATURES = torch.tensor(load_breast_cancer().data).float()
FEATURES = (FEATURES - FEATURES.mean(0)) / FEATURES.std(0)


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def learn(model, rate, steps=160, *, labels=LABELS, of=F.cross_entropy, every=10, batch=64, resumed=False):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    draw = torch.Generator().manual_seed(3)
    with watch(model, optimizer, every=every, resumed=resumed, say=lambda found: None) as doctor:
        for _ in range(steps):
            rows = torch.randint(0, len(IMAGES), (batch,), generator=draw)
            optimizer.zero_grad()
            of(model(IMAGES[rows]), labels[rows]).backward()
            optimizer.step()
    return doctor


def found(doctor, kind: str):
    return next((one for one in doctor.findings if one.kind == kind), None)


def test_the_level_of_guessing_is_the_entropy_of_the_labels():
    answers, labels = torch.zeros(1000, 4), torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 3, 3]).repeat(100)
    by_hand = -(0.6 * math.log(0.3) + 0.4 * math.log(0.2))
    assert level_of_guessing("cross_entropy", answers, labels) == pytest.approx(by_hand + 3 / 2000)
    assert level_of_guessing("nll_loss", answers, F.one_hot(labels).float()) == pytest.approx(by_hand + 3 / 2000)
    yes = (labels == 0).float().unsqueeze(1)
    by_hand = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert level_of_guessing("binary_cross_entropy", yes, yes) == pytest.approx(by_hand + 1 / 2000)
    assert math.isnan(level_of_guessing("mse_loss", yes, yes))


def test_it_is_right_on_average_for_small_batches_too():
    labels = torch.randint(0, 10, (400, 64), generator=torch.Generator().manual_seed(0))
    levels = [level_of_guessing("cross_entropy", torch.zeros(64, 10), batch) for batch in labels]
    assert sum(levels) / 400 == pytest.approx(math.log(10), abs=0.01)


def test_right_answers_are_counted():
    logits, labels = torch.tensor([[2.0], [-1.0], [3.0], [1.0]]), torch.tensor([[1.0], [0.0], [0.0], [1.0]])
    assert share_right("binary_cross_entropy_with_logits", logits, labels) == (0.75, 0.5, 4)


def test_labels_that_have_nothing_to_do_with_the_images_end_at_guessing():
    shuffled = LABELS[torch.randperm(len(LABELS), generator=torch.Generator().manual_seed(0))]
    finding = found(learn(network(), 0.05, labels=shuffled), "loss-of-guessing")
    loss, level = (float(number) for number in re.findall(r"(?:is|gives) (\d\.\d+)", finding.told))
    assert level == pytest.approx(math.log(10), abs=0.02)
    assert loss == pytest.approx(math.log(10), abs=0.1)


def test_where_a_cause_was_named_no_other_advice_is_given():
    doctor = learn(network(), 0.0)
    assert [one.kind for one in doctor.findings] == ["never-moves", "loss-of-guessing"]
    assert doctor.findings[1].told.endswith("What was named above may be why.")
    assert "learning rate" not in doctor.findings[1].mend
    alone = learn(network(), 1e-7)
    assert [one.kind for one in alone.findings] == ["loss-of-guessing"]
    assert "ten times the learning rate" in alone.findings[0].mend


@pytest.mark.parametrize("rate", [3.0, 10.0, 30.0])
def test_of_a_rate_too_high_no_mend_asks_for_a_higher_one(rate):
    doctor = learn(network(), rate)
    assert doctor.findings
    assert not any("ten times" in one.mend for one in doctor.findings)


def history_of(losses: list[float]) -> History:
    """Of a run that was looked at every 10 steps; three classes."""
    looks = [
        Look(10 * place + 1, "training", learning_rates=(50.0,), losses=(call,))
        for place, loss in enumerate(losses)
        for call in [LossCall("cross_entropy", None, None, "mean", loss, True, guessing=math.log(3))]
    ]
    return History({}, steps=10 * len(losses), training=looks)


def test_a_loss_that_shot_up_once_and_then_guesses_is_a_rate_too_high():
    finding = next(iter(thrown(history_of([1.1, 702.0, *[math.log(3)] * 10]))))
    assert finding.kind == "learning-rate-too-high"
    assert "702 at step 11 (learning rate 50)" in finding.told
    assert "guessing gives 1.1" in finding.told


@pytest.mark.parametrize("losses", [[1.1, 702.0, *[0.4] * 10], [1.1, 3.0, *[1.1] * 10], [1.1] * 12])
def test_not_so_a_loss_that_came_back_or_never_shot_up(losses):
    assert not list(thrown(history_of(losses)))


def test_of_rare_classes_the_level_is_lower_and_is_still_found():
    one_in_ten = (LABELS == 0).long()[torch.randperm(len(LABELS), generator=torch.Generator().manual_seed(0))]
    finding = found(learn(network(), 0.05, 200, labels=one_in_ten, batch=256), "loss-of-guessing")
    level = float(re.search(r"gives (\d\.\d+)", finding.told)[1])
    assert level == pytest.approx(-(0.1 * math.log(0.1) + 0.9 * math.log(0.9)), abs=0.05)


def test_slow_learning_is_not_guessing():
    assert learn(network(), 0.05).findings == []


@pytest.mark.parametrize("steps", [40, 90])
def test_nothing_is_said_of_a_plateau_that_is_young(steps):
    assert found(learn(network(), 1e-5, steps), "loss-of-guessing") is None


def test_a_rate_that_is_far_too_high_is_told_with_its_numbers():
    finding = found(learn(network(), 50.0), "learning-rate-too-high")
    assert "learning rate 50" in finding.told
    assert float(re.search(r"(?:began at|was) (\d\.\d+)", finding.told)[1]) == pytest.approx(2.3, abs=0.1)


def test_a_loss_that_is_no_number_is_told():
    finding = found(learn(network(), 1e12, of=lambda given, labels: F.mse_loss(given, F.one_hot(labels, 10).float())),
                    "learning-rate-too-high")  # fmt: skip
    assert "no number" in finding.told


def test_a_loss_that_rises_or_swings_is_told_and_a_tenth_of_the_rate_mends_it():
    def valley(given, labels):  # far too steep along one weight only: it jumps from side to side
        return F.mse_loss(given, F.one_hot(labels, 10).float())

    torch.manual_seed(0)
    assert found(learn(nn.Linear(64, 10), 0.9, of=valley), "learning-rate-too-high")
    assert found(learn(nn.Linear(64, 10), 0.1, of=valley), "learning-rate-too-high") is None


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("batch", [4, 64])
def test_rates_that_learn_are_not_too_high_even_with_noisy_batches(rate, batch):
    if rate < 0.5 or batch > 4:
        assert found(learn(network(), rate, 300, batch=batch), "learning-rate-too-high") is None


def test_a_network_that_an_earlier_run_has_trained_is_recognised():
    model = network()
    assert found(learn(model, 0.3, 200), "already-trained") is None
    finding = found(learn(model, 0.01), "already-trained")
    assert "resumed=True" in finding.mend
    assert found(learn(model, 0.01, resumed=True), "already-trained") is None


def test_so_is_one_that_is_no_further_than_the_tutorials_1_65():
    model = network()
    first = learn(model, 0.05, 200)
    assert found(first, "already-trained") is None
    with torch.no_grad():
        loss = F.cross_entropy(model(IMAGES), LABELS).item()
    assert 1.2 < loss < 1.75
    finding = found(learn(model, 0.01, batch=256), "already-trained")
    assert float(re.search(r"loss is (\d\.\d+)", finding.told)[1]) == pytest.approx(loss, abs=0.1)


@pytest.mark.slow
def test_of_200_fresh_networks_none_is_taken_for_trained():
    answer = torch.tensor(load_breast_cancer().target)
    wrong = []
    for seed in range(100):
        torch.manual_seed(seed)
        two = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2))
        for model, inputs, labels in ((network(seed), IMAGES, LABELS), (two, FEATURES, answer)):
            rows = torch.randperm(len(inputs))[:256]
            with watch(model, say=lambda found: None) as doctor:
                F.cross_entropy(model(inputs[rows]), labels[rows]).backward()
            wrong += doctor.findings
    assert wrong == []
