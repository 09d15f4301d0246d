"""The project's own loop, shown to the doctor step by step."""

import numpy as np
import pytest
import torch
from torch import nn

from pellucid.blocks import SGD
from pellucid.data import measure_scaling
from pellucid.doctor import Doctor, watch
from pellucid.learn import Batches, Images, Learner, loss_of

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 4, 2000)
PICTURES = DRAW.integers(0, 120, (2000, 1, 8, 8)).astype(np.uint8)
PICTURES[np.arange(2000), 0, LABELS, LABELS] = 250


def learn(
    loss: str = "cross-entropy",
    scaling: str = "standardise",
    outputs: int = 4,
    shuffle: str = "every-epoch",
    conv=False,
    rate: float = 0.1,
    labels=LABELS,
    hidden: int = 0,
) -> Doctor:
    images = Images(PICTURES, measure_scaling(PICTURES, np.arange(2000), scaling), torch.device("cpu"))
    rows = np.argsort(labels, kind="stable") if shuffle == "never" else np.arange(2000)
    torch.manual_seed(0)
    first = [nn.Conv2d(1, 1, 3, padding=1)] if conv else []
    last = [nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, outputs)] if hidden else [nn.Linear(64, outputs)]
    learner = Learner(
        nn.Sequential(*first, nn.Flatten(), *last),
        loss_of("multi-class", loss),
        SGD(learning_rate=rate),
    )
    with watch(learner.model, every=5, say=lambda told: None) as doctor:
        for step in learner.steps(Batches(images, torch.from_numpy(labels), rows, 64, 4, 0, shuffle)):
            doctor.examine(step)
            if step.number % 32 == 0:
                learner.logits(images.scaled(images.pixels(np.arange(50))))
    assert not doctor.stumbled
    return doctor


@pytest.mark.parametrize("conv", [False, True])
def test_of_a_sound_run_nothing_is_said(conv):
    doctor = learn(conv=conv)
    assert not doctor.findings
    assert [look.step for look in doctor.history.training][:5] == [1, 2, 3, 8, 13]
    assert doctor.history.steps == 128
    assert len(doctor.history.evaluations) == 4


@pytest.mark.parametrize(
    ("faulty", "kind"),
    [
        ({"loss": "softmax-without-log"}, "softmax-does-not-sum-to-one"),
        ({"scaling": "by_255_twice"}, "inputs-scaled-twice"),
        ({"outputs": 6}, "more-outputs-than-classes"),
        ({"shuffle": "never"}, "labels-sorted-by-class"),
    ],
)
def test_the_mistakes_of_the_recipes_are_named(faulty, kind):
    assert kind in [finding.kind for finding in learn(**faulty).findings]


@pytest.mark.parametrize("hidden", [0, 8])
def test_a_rate_of_0_is_named_in_our_own_loop_too(hidden):
    kinds = [finding.kind for finding in learn(rate=0.0, hidden=hidden).findings]
    assert "never-moves" in kinds
    assert "ten times" not in " ".join(finding.mend for finding in learn(rate=0.0).findings)


def test_so_is_one_that_is_far_too_high():
    assert "learning-rate-too-high" in [finding.kind for finding in learn(rate=500.0, hidden=8).findings]


def test_a_layer_that_has_learned_all_in_its_first_step_has_moved():
    doctor = learn(rate=500.0)  # the classes lie so far apart that no rate is too high
    assert {look.loss for look in doctor.history.training[1:]} == {0.0}
    assert not doctor.findings


def test_labels_that_have_nothing_to_do_with_the_images_end_at_guessing():
    other = np.random.default_rng(1).integers(0, 4, 2000)
    assert [finding.kind for finding in learn(labels=other, rate=0.01).findings] == ["loss-of-guessing"]


def test_slopes_and_loss_are_the_steps_own():
    look = learn().history.training[0]
    assert look.loss == pytest.approx(np.log(4), rel=0.3)
    assert look.gradients.keys() == look.weights.keys() == {"1.weight", "1.bias"}
    assert look.learning_rates == (0.1,)


def test_what_shows_only_at_the_end_is_said_by_conclude_and_only_once():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 6))
    images = Images(PICTURES, measure_scaling(PICTURES, np.arange(2000), "standardise"), torch.device("cpu"))
    learner = Learner(model, loss_of("multi-class", "cross-entropy"), SGD(learning_rate=0.1))
    doctor = watch(model, every=5, say=lambda told: None)  # no with-block: the loop calls all it needs
    for step in learner.steps(Batches(images, torch.from_numpy(LABELS), np.arange(2000), 64, 3, 0)):
        doctor.examine(step)
    assert not doctor.findings
    assert [finding.kind for finding in doctor.conclude()] == ["more-outputs-than-classes"]
    assert len(doctor.conclude()) == 1
