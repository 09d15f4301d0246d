"""The loop body of a run: best weights, history, checkpoints, a loss that is no number; and the weights file."""

import json
import os
import signal
import struct
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from pellucid.blocks import SGD, Adam
from pellucid.data import Scaling
from pellucid.errors import BadInput, TrainingStopped
from pellucid.learn import Batches, Images, Learner, Settings, build_model, loss_of
from pellucid.learn import fit as fitting
from pellucid.learn.checkpoint import Progressed, load_checkpoint, save_checkpoint
from pellucid.learn.fit import accuracy_of, fit, logits_of
from pellucid.learn.weights import load_trained, save_weights
from pellucid.progress import silent
from pellucid.run import HistoryRow, Run

CPU = torch.device("cpu")
VALID = np.arange(40, 60)


def stripes(cases: int = 60) -> tuple[np.ndarray, torch.Tensor]:
    labels = np.arange(cases) % 2
    images = np.random.default_rng(0).integers(0, 200, (cases, 1, 8, 8))
    images[labels == 1, :, :, :4] += 55
    return images.astype(np.uint8), torch.from_numpy(labels)


def job(model: str = "mlp", optimizer: SGD | Adam | None = None, epochs: int = 3) -> tuple[Learner, Batches]:
    torch.manual_seed(0)
    images, labels = stripes()
    built = build_model(Settings(model=model, hidden=(6,)), 1, 8, 2)
    scaled = Images(images, Scaling("standardise", (110.0,), (60.0,)), CPU, model == "cnn")
    learner = Learner(built, loss_of("binary"), optimizer or Adam(0.02))
    return learner, Batches(scaled, labels, np.arange(40), 16, epochs, seed=0)


def states(learner: Learner) -> list[torch.Tensor]:
    return [*learner.model.state_dict().values(), *learner.state.momenta, *learner.state.squares]


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_a_checkpoint_brings_everything_back(model, tmp_path):
    learner, batches = job(model)
    best = {}
    for step in learner.steps(batches):
        if step.number == 4:
            best = deepcopy(learner.model.state_dict())
        if step.number == 5:
            break
    rows = [HistoryRow(3, 1, 0.5, None, None, 0.1, 2.0), HistoryRow(4, 2, None, 0.1, 1.0, 1e-9, 3.0)]
    told = Progressed(5, 4, 0.25, (1.5, 2), 12.5)
    save_checkpoint(tmp_path / "resume.safetensors", learner, best, told, rows)
    again, _ = job(model)
    progressed, best_again, rows_again = load_checkpoint(tmp_path / "resume.safetensors", again)
    assert (progressed, rows_again) == (told, rows)
    assert again.state.steps == learner.state.steps == 5
    assert all(torch.equal(a, b) for a, b in zip(states(learner), states(again), strict=True))
    assert best.keys() == best_again.keys()
    assert all(torch.equal(value, best_again[name]) for name, value in best.items())


@pytest.mark.parametrize("harm", ["cut", "empty", "another model", "no metadata"])
def test_a_damaged_checkpoint_is_named_in_one_line(harm, tmp_path):
    learner, _ = job()
    path = tmp_path / "resume.safetensors"
    save_checkpoint(path, learner, {}, Progressed(), [])
    contents = path.read_bytes()
    if harm == "cut":
        path.write_bytes(contents[:-7])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "no metadata":
        header = json.loads(contents[8 : 8 + struct.unpack("<Q", contents[:8])[0]])
        del header["__metadata__"]
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + contents[8 + struct.unpack("<Q", contents[:8])[0] :])
    else:
        learner, _ = job("cnn")
    with pytest.raises(BadInput, match=r"resume.safetensors cannot be gone on from") as told:
        load_checkpoint(path, learner)
    assert "\n" not in str(told.value)


def test_the_best_weights_are_those_of_the_epoch_with_the_least_validation_loss(tmp_path):
    learner, batches = job(optimizer=Adam(0.5), epochs=8)  # far too fast: it gets worse again
    fitted = fit(learner, batches, VALID, tmp_path, silent)
    rows = [row for row in Run(tmp_path).history if row.valid_loss is not None]
    assert [row.epoch for row in rows] == list(range(1, 9))
    least = min(rows, key=lambda row: row.valid_loss)
    assert fitted.best_step == least.step < fitted.steps == 24
    learner.model.load_state_dict(fitted.best)
    logits = torch.from_numpy(logits_of(learner, batches.images, VALID))
    loss = torch.nn.functional.cross_entropy(logits, batches.labels[VALID]).item()
    assert loss == pytest.approx(least.valid_loss, rel=1e-6)
    assert (logits.argmax(1) == batches.labels[VALID]).float().mean().item() == pytest.approx(least.valid_accuracy)


def test_history_holds_the_mean_loss_since_the_row_before(tmp_path):
    learner, batches = job(epochs=2)
    twin, same = job(epochs=2)
    losses = [step.loss.item() for step in twin.steps(same)]
    fit(learner, batches, VALID, tmp_path, silent)
    begun = 0
    for row in Run(tmp_path).history:
        assert row.train_loss == pytest.approx(np.mean(losses[begun : row.step]), rel=1e-6)
        begun = row.step
    assert begun == len(losses)


def test_a_loss_that_is_no_number_stops_at_its_step_and_keeps_the_best_weights(tmp_path):
    learner, batches = job(epochs=4)  # 3 steps an epoch
    poisoned = learner.loss
    count = 0

    def loss(logits, labels):
        nonlocal count
        count += learner.model.training
        return poisoned(logits, labels) * (float("nan") if count == 5 and learner.model.training else 1.0)

    learner._layers = None
    learner.loss = type(poisoned)("cross-entropy", loss)
    fitted = fit(learner, batches, VALID, tmp_path, silent)
    assert "The loss was nan at step 5" in fitted.stopped
    assert fitted.best_step == 3
    assert all(value.isfinite().all() for value in fitted.best.values())
    assert fitted.steps < batches.steps


def test_a_loss_that_is_no_number_before_any_weights_were_best_is_an_error(tmp_path):
    learner, batches = job(optimizer=SGD(1e30))
    with pytest.raises(TrainingStopped, match=r"The loss was \w+ at step [23].*lower --lr"):
        fit(learner, batches, VALID, tmp_path, silent)


@pytest.mark.parametrize("model", ["mlp", "cnn"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 8, 9])
def test_interrupted_at_any_step_and_gone_on_with_it_ends_in_the_same_weights(model, at, tmp_path, monkeypatch):
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = fit(*job(model), VALID, tmp_path / "whole", silent)
    monkeypatch.setattr(fitting, "LOOK_EVERY", 1)
    learner, batches = job(model)
    steps = learner.steps

    def interrupted(given):
        for step in steps(given):
            if step.number == at:
                os.kill(os.getpid(), signal.SIGINT)
            yield step

    learner.steps = interrupted
    with pytest.raises(KeyboardInterrupt):
        fit(learner, batches, VALID, tmp_path / "parts", silent)
    gone_on = fit(*job(model), VALID, tmp_path / "parts", silent)
    assert gone_on.resumed_at_step == at
    assert whole.best_step == gone_on.best_step
    assert all(torch.equal(value, gone_on.best[name]) for name, value in whole.best.items())
    for ours, theirs in zip(Run(tmp_path / "whole").history, Run(tmp_path / "parts").history, strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, rel=1e-8)
        assert (ours.step, ours.valid_loss) == (theirs.step, theirs.valid_loss)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_accuracy_by_hand():
    logits = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 5.0], [1.0, -2.0]])
    assert accuracy_of(logits, torch.tensor([1, 1, 1, 0])) == 0.75
    assert accuracy_of(logits, torch.tensor([[1, 1], [1, 1], [0, 1], [0, 0]])) == 0.75


FACTS = {
    "model": "mlp",
    "classes": ["ä", "b"],
    "scaling": {"kind": "standardise", "mean": [110.0], "deviation": [60.0]},
}
FACTS |= {"hidden": [6], "outputs": 2, "task": "binary", "channels": 1, "image_size": 8, "precision": "float32"}


def test_the_weights_file_has_one_metadata_key_that_holds_canonical_json(tmp_path):
    learner, batches = job()
    save_weights(tmp_path / "weights.safetensors", learner.model.state_dict(), FACTS)
    contents = (tmp_path / "weights.safetensors").read_bytes()
    header = json.loads(contents[8 : 8 + struct.unpack("<Q", contents[:8])[0]])
    assert list(header["__metadata__"]) == ["pellucid"]
    text = header["__metadata__"]["pellucid"]
    assert text == json.dumps({"format": 1, **FACTS}, sort_keys=True, separators=(",", ":"))
    run = Run(tmp_path)
    assert run.facts == {"format": 1, **FACTS}
    trained = load_trained(run, CPU)
    wanted = logits_of(learner, batches.images, VALID)
    np.testing.assert_array_equal(trained.logits(batches.images.stored[VALID]), wanted)


SAVE = """
import sys, torch
from pathlib import Path
from pellucid.learn.weights import save_weights
weights = {name: torch.arange(6.0).reshape(2, 3) + place for place, name in enumerate("zyxwvutsabcdefg")}
save_weights(Path(sys.argv[1]), weights, {name: [name] for name in set("qwertzuiop")})
"""


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(driver, tmp_path, monkeypatch):
    done = driver(SAVE, str(tmp_path / "one"))
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path / "two")])
    exec(SAVE, {})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    "harm", [{"model": "cnn"}, {"hidden": [7]}, {"channels": 3}, {"model": "x"}, {"scaling": {}}, {"outputs": None}]
)
def test_weights_that_do_not_fit_what_they_say_of_themselves_are_named(harm, tmp_path):
    learner, _ = job()
    save_weights(tmp_path / "weights.safetensors", learner.model.state_dict(), {**FACTS, **harm})
    with pytest.raises(BadInput, match=r"weights.safetensors does not fit|is none of") as told:
        load_trained(Run(tmp_path), CPU)
    assert "\n" not in str(told.value)


def test_a_cut_weights_file_is_named(tmp_path):
    learner, _ = job()
    path: Path = tmp_path / "weights.safetensors"
    save_weights(path, learner.model.state_dict(), FACTS)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match=r"weights.safetensors does not fit"):
        load_trained(Run(tmp_path), CPU)
