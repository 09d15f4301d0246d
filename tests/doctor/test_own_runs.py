"""The project's own learning, with its own settings to the last epoch: the doctor has nothing to say of it."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from pellucid.blocks import draw_layers, weights_of
from pellucid.data import Dataset, draw_split, read
from pellucid.doctor import Finding, watch
from pellucid.doctor.of_a_run import DoctorsOfARun
from pellucid.learn import Images, Settings, plan_learning
from pellucid.learn.fit import logits_of

pytestmark = pytest.mark.slow  # whole loops of training


def found(folder: Path, dataset: Dataset, model: str, seed: int = 0) -> list[str]:
    """Learn as `pellucid train` does, judging on the held-out cases five times, each step shown to the doctor."""
    split = draw_split(dataset, seed=seed)
    plan = plan_learning(Settings(model=model, seed=seed), dataset, split, "cpu")
    doctors = DoctorsOfARun(folder, len(dataset.classes))
    examine = doctors.watch(plan)
    images, steps = Images(dataset.images, plan.scaling, plan.device), 0
    for step in plan.learner.steps(plan.batches):
        examine(step)
        steps += 1
        if step.number % max(1, plan.batches.steps // 5) == 0:
            logits_of(plan.learner, images, np.asarray(split.held_out))
    assert steps == plan.batches.steps
    seen = doctors.seen(model)
    assert seen.whole
    return [told for _, told in seen.findings]


@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_of_digits_learned_by_the_projects_own_settings_nothing_is_said(model, tmp_path):
    assert found(tmp_path, read("digits"), model) == []


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_nor_with_two_other_seeds_and_by_convolutions(model, tmp_path):
    assert [found(tmp_path / str(seed), read("digits"), model, seed) for seed in (1, 2)] == [[], []]


@pytest.mark.realdata
@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_nor_of_breast_ultrasound(model, tmp_path):
    source = Path(os.environ.get("PELLUCID_DATA", ""), "medmnist", "breastmnist_trainval.npz")
    if not source.is_file():
        pytest.skip(f"{source.name} is missing: set PELLUCID_DATA to the folder that holds medmnist/{source.name}")
    assert found(tmp_path, read(source), model) == []


def xor(start: int, epochs: int) -> tuple[list[Finding], bool]:
    """The 2-2-1 network of examples/xor_by_network.py, in torch: its points, its start, its learning rate."""
    generator = torch.Generator().manual_seed(start)
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    points = corners.repeat(250, 1) + 0.1 * torch.randn(1000, 2, generator=generator)
    labels = torch.tensor([0.0, 1.0, 1.0, 0.0]).repeat(250)
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1))
    drawn = weights_of(draw_layers([2, 2, 1], generator, activation="sigmoid"))
    with torch.no_grad():
        for parameter, weights in zip(model.parameters(), drawn, strict=True):
            parameter.copy_(weights.reshape(parameter.shape))
    optimizer = torch.optim.SGD(model.parameters(), 0.005, momentum=0.95)
    with watch(model, optimizer, say=lambda told: None) as doctor:
        for _ in range(epochs):
            for number in torch.randperm(1000, generator=generator).split(1):
                loss = functional.binary_cross_entropy_with_logits(model(points[number])[:, 0], labels[number])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    assert not doctor.stumbled
    with torch.no_grad():
        right = (model(corners)[:, 0] > 0) == (labels[:4] == 1)
    return doctor.findings, bool(right.all())


def test_nor_of_networks_that_succeed_at_xor():
    ends = [xor(start, 15) for start in range(2)]  # of single cases: their losses jump
    assert any(succeeded for _, succeeded in ends)
    assert [findings for findings, succeeded in ends if succeeded and findings] == []
