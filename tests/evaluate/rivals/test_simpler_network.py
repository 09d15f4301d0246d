"""The next simpler network as a rival: the rung that was learned on the way up, or one learned as if it were named."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pellucid.data import Dataset, Split
from pellucid.errors import TrainingStopped
from pellucid.evaluate.rivals.rival import Rival, thinned
from pellucid.evaluate.rivals.simpler_network import fit_network_rival
from pellucid.learn import Settings, plan_learning
from pellucid.learn.fit import fit, logits_of
from pellucid.learn.ladder import climb, plan_ladder
from pellucid.progress import silent


def rival(digits: Dataset, split: Split, folder, told: Settings, kept: str = "") -> Rival | None:
    ladder = plan_ladder(told, digits, split, "cpu")
    return fit_network_rival(climb(ladder, digits, split, folder, lambda *_: kept), digits, split, split.held_out)


def as_named(digits: Dataset, split: Split, folder, told: Settings) -> np.ndarray:
    folder.mkdir()
    plan = plan_learning(told, digits, split, "cpu")
    plan.learner.model.load_state_dict(fit(plan.learner, plan.batches, split.valid, folder, silent).best)
    logits = logits_of(plan.learner, plan.batches.images, split.held_out)
    return torch.softmax(torch.from_numpy(logits).double(), 1).numpy()


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "below"), [("cnn", "mlp"), ("mlp", "linear")])
def test_on_the_ladder_it_is_the_rung_below_as_it_was_learned(kept, below, digits, split, tmp_path):
    told = Settings(epochs=2)
    found = rival(digits, split, tmp_path, told, kept)
    assert found.name == f"{below}, the next simpler network"
    assert found.told.startswith(f"as --model {below} learns it, 34 steps on 1,078 images")
    wanted = as_named(digits, split, tmp_path / "named", replace(told, model=below))
    np.testing.assert_allclose(found.probabilities, wanted, rtol=1e-6, atol=1e-12)


@pytest.mark.slow
def test_for_a_named_model_it_is_learned_from_a_sample_whatever_the_run_was_told(digits, split, tmp_path, monkeypatch):
    monkeypatch.setattr("pellucid.evaluate.rivals.simpler_network.thinned", lambda train: thinned(train, 60))
    found = rival(digits, split, tmp_path, Settings(model="mlp", epochs=1, scaling="by_255_twice", seed=4))
    sample = replace(split, train=thinned(split.train, 60))
    wanted = as_named(digits, sample, tmp_path / "named", Settings(model="linear", seed=4))
    np.testing.assert_allclose(found.probabilities, wanted, rtol=1e-6, atol=1e-12)
    assert "on 60 images" in found.told


def test_below_the_linear_model_there_is_nothing(digits, split, tmp_path):
    assert rival(digits, split, tmp_path, Settings(model="linear", epochs=1)) is None


def test_where_it_cannot_be_learned_there_is_none(digits, split, tmp_path, monkeypatch):
    def fails(*_: object) -> None:
        raise TrainingStopped("The loss was nan.")

    monkeypatch.setattr("pellucid.evaluate.rivals.simpler_network.fit", fails)
    assert rival(digits, split, tmp_path, Settings(model="mlp", epochs=1)) is None
