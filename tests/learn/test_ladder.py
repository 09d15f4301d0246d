"""The ladder: each rung learns as if it had been named, the validation part alone chooses, and a kill is mended."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pellucid.data import Dataset, Split
from pellucid.errors import BadInput, TrainingStopped
from pellucid.evaluate.rivals.ladder import choose_rung
from pellucid.learn import Settings, complete, plan_learning
from pellucid.learn import ladder as climbing
from pellucid.learn.fit import fit, logits_of
from pellucid.learn.ladder import Climbed, climb, plan_ladder, rungs_of
from pellucid.progress import silent
from pellucid.run import Run

TOLD = Settings(epochs=2, batch_size=64)


def climbed(digits: Dataset, split: Split, folder: Path, told: Settings = TOLD, choose=choose_rung) -> Climbed:
    folder.mkdir(exist_ok=True)
    return climb(plan_ladder(told, digits, split, "cpu"), digits, split, folder, choose)


def chooses(name: str):
    return lambda logits, labels, task, groups: name


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(value, b[name]) for name, value in a.items())


@pytest.mark.slow
@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_every_rung_learns_as_the_named_model_does_and_any_can_be_kept(model, digits, split, tmp_path):
    ladder = climbed(digits, split, tmp_path / "auto", choose=chooses(model))
    (tmp_path / "named").mkdir()
    plan = plan_learning(replace(TOLD, model=model), digits, split, "cpu")
    named = fit(plan.learner, plan.batches, split.valid, tmp_path / "named", silent)
    assert (ladder.plan.settings, ladder.plan.scaling) == (plan.settings, plan.scaling)
    assert same(ladder.fitted.best, named.best)
    assert (ladder.fitted.steps, ladder.fitted.best_step) == (named.steps, named.best_step)
    assert [row.step for row in Run(tmp_path / "auto").history] == [row.step for row in Run(tmp_path / "named").history]
    rung = next(rung for rung in ladder.rungs if rung.model == model)
    plan.learner.model.load_state_dict(named.best)
    np.testing.assert_array_equal(rung.valid_logits, logits_of(plan.learner, plan.batches.images, split.valid))
    assert rung.as_dict() | {"seconds": 0} == {
        "model": model, "steps": 34, "images_seen": 2 * 1078, "seconds": 0, "best_step": named.best_step
    }  # fmt: skip


def test_a_named_model_is_a_ladder_of_one_in_the_runs_own_folder(digits, split, tmp_path):
    def never(*_: object) -> str:
        raise AssertionError("there is nothing to choose")

    alone = climbed(digits, split, tmp_path, replace(TOLD, model="mlp"), never)
    assert (alone.plan.settings.model, alone.rungs) == ("mlp", ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "resume.safetensors"]


def test_only_the_validation_part_is_shown_to_the_one_who_chooses(digits, split, tmp_path):
    groups = np.arange(len(digits)) // 3
    grouped = replace(digits, groups=groups, group_names=tuple(map(str, range(groups.max() + 1))))
    seen = {}

    def choose(logits, labels, task, given):
        seen.update(names=list(logits), shapes={rung.shape for rung in logits.values()}, task=task)
        np.testing.assert_array_equal(labels, digits.labels[split.valid])
        np.testing.assert_array_equal(given, groups[split.valid])
        return "linear"

    climbed(grouped, split, tmp_path, replace(TOLD, outputs=12), choose)
    assert seen == {"names": ["linear", "mlp", "cnn"], "shapes": {(180, 10)}, "task": "multi-class"}


def test_what_is_told_reaches_every_rung_and_hidden_widths_only_the_mlp():
    told = rungs_of(Settings(hidden=(30,), learning_rate=0.1), image_size=28)
    assert [(rung.model, rung.hidden, rung.learning_rate) for rung in told] == [
        ("linear", None, 0.1), ("mlp", (30,), 0.1), ("cnn", None, 0.1)
    ]  # fmt: skip
    assert [rung.model for rung in rungs_of(Settings(), image_size=7)] == ["linear", "mlp"]


def test_completed_settings_are_complete(digits, split):
    ladder = plan_ladder(Settings(), digits, split, "cpu")
    for rung in ladder.rungs:
        assert complete(rung, 1078, 10, 8, torch.device("cpu")) == rung
    assert ladder.as_dict() == {rung.model: rung.as_dict() for rung in ladder.rungs}
    assert ladder.threads >= 1
    assert not ladder.alone


def test_what_no_rung_can_do_is_said_before_anything_is_learned(digits, split):
    with pytest.raises(BadInput, match="3 outputs for 10 classes"):
        plan_ladder(Settings(outputs=3), digits, split, "cpu")
    with pytest.raises(BadInput, match="is for the mlp"):
        plan_ladder(Settings(model="cnn", hidden=(3,)), digits, split, "cpu")


def test_a_rung_whose_loss_is_no_number_is_out_of_the_race(digits, split, tmp_path, monkeypatch):
    told = fit

    def fails(learner, batches, valid, folder, progress, examine):
        if folder.name == "linear":
            raise TrainingStopped("The loss was nan at step 3.")
        fitted = told(learner, batches, valid, folder, progress, examine)
        return replace(fitted, stopped="The loss was inf at step 9.") if folder.name == "cnn" else fitted

    monkeypatch.setattr(climbing, "fit", fails)
    found = climbed(digits, split, tmp_path)
    assert (found.plan.settings.model, [rung.model for rung in found.rungs]) == ("mlp", ["mlp"])
    assert found.said == (
        "The linear could not be learned and was not chosen: The loss was nan at step 3.",
        "The cnn was not chosen: The loss was inf at step 9.",
    )


def test_where_no_rung_can_be_learned_that_is_an_error(digits, split, tmp_path, monkeypatch):
    def fails(learner, batches, valid, folder, progress, examine):
        raise TrainingStopped(f"The loss of {folder.name} was nan.")

    monkeypatch.setattr(climbing, "fit", fails)
    with pytest.raises(TrainingStopped, match="The loss of cnn was nan"):
        climbed(digits, split, tmp_path)


def test_where_every_rung_stopped_early_they_are_judged_by_what_they_have(digits, split, tmp_path, monkeypatch):
    told = fit
    monkeypatch.setattr(climbing, "fit", lambda *given: replace(told(*given), stopped="The loss was inf at step 9."))
    found = climbed(digits, split, tmp_path)
    assert len(found.rungs) == 3
    assert (found.said, found.fitted.stopped) == ((), "The loss was inf at step 9.")


class Killed(Exception):
    """A kill, as far as a test in one process can tell."""


@pytest.mark.slow
@pytest.mark.parametrize("at", [("linear", 5), ("mlp", 20), ("cnn", 30)])
def test_a_killed_climb_goes_on_where_it_was_and_ends_in_the_same_weights(at, digits, split, tmp_path, monkeypatch):
    whole = climbed(digits, split, tmp_path / "whole")
    told, learned = fit, []

    def killed(learner, batches, valid, folder, progress, examine):
        steps = learner.steps

        def dies(given):
            for step in steps(given):
                learned.append(folder.name)
                if (folder.name, step.number) == at:
                    raise Killed
                yield step

        learner.steps = dies
        return told(learner, batches, valid, folder, progress, examine)

    monkeypatch.setattr(climbing, "fit", killed)
    with pytest.raises(Killed):
        climbed(digits, split, tmp_path / "parts")
    monkeypatch.setattr(climbing, "fit", told)
    gone_on = climbed(digits, split, tmp_path / "parts")
    assert gone_on.plan.settings == whole.plan.settings
    assert same(gone_on.fitted.best, whole.fitted.best)
    for ours, theirs in zip(gone_on.rungs, whole.rungs, strict=True):
        np.testing.assert_array_equal(ours.valid_logits, theirs.valid_logits)
    order = ["linear", "mlp", "cnn"]
    done = 34 * order.index(at[0]) + (17 if at[1] > 17 else 0)  # the checkpoint is that of the last epoch's end
    assert gone_on.fitted.resumed_at_step == (done or None)
    assert whole.fitted.resumed_at_step is None


@pytest.mark.slow
def test_a_finished_rung_is_not_learned_again(digits, split, tmp_path, monkeypatch):
    first = climbed(digits, split, tmp_path / "once")
    shutil.copytree(tmp_path / "once", tmp_path / "again")

    def never(*_: object):
        raise AssertionError("a step was made")

    monkeypatch.setattr("pellucid.learn.learner.Learner._slopes_by_hand", never)
    monkeypatch.setattr("pellucid.learn.learner.Learner._slopes_by_autograd", never)
    again = climbed(digits, split, tmp_path / "again")
    assert same(first.fitted.best, again.fitted.best)
    assert again.fitted.resumed_at_step == 3 * 34


def test_progress_names_the_rung(digits, split, tmp_path):
    told = set()
    ladder = plan_ladder(replace(TOLD, epochs=1), digits, split, "cpu")
    climb(ladder, digits, split, tmp_path, chooses("cnn"), lambda what, done, total: told.add(what))
    assert told == {"learning the linear", "learning the mlp", "learning the cnn"}
