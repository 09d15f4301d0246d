"""How a model is judged, and whether the best of it is still there when the loop ends."""

import copy
import io
import re

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from pellucid.doctor import watch

pytestmark = pytest.mark.slow  # whole loops of training

IMAGES, LABELS = (torch.tensor(part) for part in load_digits(return_X_y=True))
IMAGES = (IMAGES / 16).float()
TRAIN, VALID = slice(0, 60), slice(60, 400)  # few cases, so that it overfits soon


def network(*between: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), *between, nn.Linear(64, 10))


def noisy(share=0.4):
    """Labels of which some are wrong: to learn those by heart costs validation loss."""
    draw = torch.Generator().manual_seed(0)
    wrong = torch.rand(len(LABELS), generator=draw) < share
    return torch.where(wrong, torch.randint(0, 10, LABELS.shape, generator=draw), LABELS)


def learn(model, keep, *, epochs=40, every=10, evaluate=True, rate=3e-3, labels=None, after=None):
    """A loop with an evaluation every 5 steps; `keep(model)` is asked at each new best."""
    labels = noisy() if labels is None else labels
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    best, kept, losses = float("inf"), None, []
    with watch(model, optimizer, every=every, say=lambda found: None) as doctor:
        for _ in range(epochs):
            model.train()
            for _ in range(5):
                optimizer.zero_grad()
                F.cross_entropy(model(IMAGES[TRAIN]), labels[TRAIN]).backward()
                optimizer.step()
            if evaluate:
                model.eval()
            with torch.no_grad():
                losses.append(F.cross_entropy(model(IMAGES[VALID]), LABELS[VALID]).item())
            if losses[-1] < best:
                best, kept = losses[-1], keep(model)
        if after is not None:
            after(model)
    assert kept is not None or keep(model) is None
    return doctor, losses


def kinds(doctor) -> list[str]:
    return [found.kind for found in doctor.findings]


def found(doctor, kind: str):
    return next(one for one in doctor.findings if one.kind == kind)


def to_file(model):
    torch.save(model.state_dict(), io.BytesIO())
    return "saved"


COPIES = {
    "the model": copy.deepcopy,
    "its state": lambda model: copy.deepcopy(model.state_dict()),
    "its tensors one by one": lambda model: {name: value.clone() for name, value in model.state_dict().items()},
    "a file": to_file,
}


@pytest.mark.parametrize("way", COPIES)
def test_a_best_model_that_was_copied_is_kept_in_whatever_way(way):
    doctor, losses = learn(network(), COPIES[way])
    assert losses[-1] > 1.05 * min(losses)
    assert "best-never-kept" not in kinds(doctor)


def test_a_best_model_that_nobody_kept_is_named_with_the_evaluation_that_was_best():
    doctor, losses = learn(network(), lambda model: None)
    told = found(doctor, "best-never-kept").told
    place = losses.index(min(losses)) + 1
    assert f"was {min(losses):.3g} at evaluation {place} (step {5 * place})" in told
    assert f"is {losses[-1]:.3g} at the last, 40" in told


def test_a_state_dict_that_was_not_copied_is_not_the_best():
    doctor, _ = learn(network(), lambda model: model.state_dict())
    assert "itself" in found(doctor, "best-never-kept").told
    assert "deepcopy" in found(doctor, "best-never-kept").mend


def test_a_loop_that_compares_when_it_has_ended_keeps_nothing():
    doctor, _ = learn(network(), lambda model: None, after=lambda model: copy.deepcopy(model.state_dict()))
    assert "best-never-kept" in kinds(doctor)


def test_a_loop_whose_last_is_its_best_need_keep_nothing():
    doctor, losses = learn(network(), lambda model: None, epochs=15, rate=3e-4, labels=LABELS)
    assert losses[-1] == min(losses)
    assert kinds(doctor) == []


def test_overfitting_is_told_as_it_begins():
    doctor, losses = learn(network(), lambda model: None)
    finding = found(doctor, "overfitting")
    place = losses.index(min(losses[: finding.step // 5])) + 1
    assert f"best at evaluation {place} (step {5 * place}): {losses[place - 1]:.3g}" in finding.told
    assert place * 5 < finding.step < 150  # long before the end, at step 200
    falls = [float(number) for number in re.findall(r"from ([\d.e-]+) to ([\d.e-]+)\.", finding.told)[0]]
    assert falls[0] > falls[1]


def test_a_network_that_learns_on_does_not_overfit():
    doctor, _ = learn(network(), COPIES["its state"], epochs=25, rate=3e-4, labels=LABELS)
    assert kinds(doctor) == []


@pytest.mark.parametrize("between", [nn.Dropout(0.5), nn.BatchNorm1d(64)], ids=["dropout", "batch norm"])
def test_judging_in_training_mode_is_named_where_it_makes_a_difference(between):
    doctor, _ = learn(network(between), copy.deepcopy, epochs=4, evaluate=False)
    finding = found(doctor, "evaluation-in-training-mode")
    assert "2 drops 50%" in finding.told or "2 normalises by the batch" in finding.told
    assert "model.eval()" in finding.mend


@pytest.mark.parametrize("between", [nn.Dropout(0.5), nn.BatchNorm1d(64)], ids=["dropout", "batch norm"])
def test_judging_in_evaluation_mode_is_not(between):
    doctor, _ = learn(network(between), copy.deepcopy, epochs=4)
    assert kinds(doctor) == []


@pytest.mark.parametrize("between", [(), (nn.Dropout(0.0),), (nn.LayerNorm(64),)], ids=["none", "p=0", "layer norm"])
def test_nor_where_it_makes_none(between):
    doctor, _ = learn(network(*between), copy.deepcopy, epochs=4, evaluate=False)
    assert kinds(doctor) == []


def test_a_checkpoint_that_holds_the_state_dict_with_other_things_counts_as_written():
    kept = []

    def checkpoint(model):
        kept[:] = [{"epoch": 1, "model": model.state_dict()}]
        torch.save(kept[0], io.BytesIO())
        return "saved"

    doctor, _ = learn(network(), checkpoint)
    assert "best-never-kept" not in kinds(doctor)
    assert kept


def test_an_object_that_keeps_the_state_dict_is_named():
    class Best:
        state = None

        def keep(self, model):
            self.state = model.state_dict()
            return self.state

    keeper = Best()
    doctor, _ = learn(network(), keeper.keep)
    assert re.search(r"(kept|keeper\.state) is model\.state_dict\(\) itself", found(doctor, "best-never-kept").told)
