"""`--model auto`: linear, mlp and cnn learn in turn, and the simplest that is not shown to be worse is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pellucid.data import Dataset, Scaling, Split
from pellucid.errors import TrainingStopped
from pellucid.learn.fit import Fitted, fit, logits_of
from pellucid.learn.learner import Examine, unexamined
from pellucid.learn.models import SMALLEST
from pellucid.learn.plan import Plan, plan_learning
from pellucid.learn.settings import Settings
from pellucid.learn.threads import threads
from pellucid.progress import Progress, silent
from pellucid.run.folder import LADDER, RUNGS
from pellucid.run.writing import write_bytes
from pellucid.shapes import Float

Choose = Callable[[dict[str, np.ndarray], np.ndarray, str, np.ndarray | None], str]
"""Names a rung, from all their logits of the validation cases, the labels, the task and the groups (`choose_rung`)."""

Watch = Callable[[Plan], Examine]
"""Given a rung that is about to learn, what is to be shown each of its steps."""


def unwatched(_: Plan) -> Examine:
    """Nobody looks."""
    return unexamined


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is about to be learned: the settings of each rung, nothing left open; a named model is a ladder of one."""

    rungs: tuple[Settings, ...]
    scaling: Scaling
    device: torch.device
    threads: int
    """The most that any rung computes with."""

    @property
    def alone(self) -> bool:
        """True where there is nothing to choose."""
        return len(self.rungs) == 1

    def as_dict(self) -> dict[str, Any]:
        """For recipe.json: the settings of each rung by name."""
        return {rung.model: rung.as_dict() for rung in self.rungs}


@dataclass(frozen=True, slots=True)
class Rung:
    """A model that was learned to be chosen or not."""

    settings: Settings
    fitted: Fitted
    valid_logits: Float[np.ndarray, "valid output"]
    images_seen: int
    """Counted as often as each was seen."""

    @property
    def model(self) -> str:
        """Its name."""
        return self.settings.model

    def as_dict(self) -> dict[str, Any]:
        """What learning it took, for JSON."""
        took = {"steps": self.fitted.steps, "images_seen": self.images_seen, "seconds": self.fitted.seconds}
        return {"model": self.model, **took, "best_step": self.fitted.best_step}


@dataclass(frozen=True, slots=True)
class Climbed:
    """The kept model, ready to be judged, and the rungs that it was chosen among."""

    plan: Plan
    fitted: Fitted
    rungs: tuple[Rung, ...]
    """From the simplest up, the kept one among them; none for a named model."""
    said: tuple[str, ...] = ()
    """Which rungs could not be learned, and why."""


def rungs_of(told: Settings, image_size: int) -> tuple[Settings, ...]:
    """What is told each rung: for `auto` linear, mlp and (where images are large enough) cnn; else the named model.

    >>> [rung.model for rung in rungs_of(Settings(), image_size=28)], len(rungs_of(Settings(model="cnn"), 28))
    (['linear', 'mlp', 'cnn'], 1)
    """
    if told.model != "auto":
        return (told,)
    names = [name for name in RUNGS if name != "cnn" or image_size >= SMALLEST]
    return tuple(replace(told, model=name, hidden=told.hidden if name == "mlp" else None) for name in names)


def plan_ladder(told: Settings, dataset: Dataset, split: Split, device: str | None = None) -> Ladder:
    """Complete the settings of every rung, and see that each can be built; nothing is learned.

    Args:
        told: what was asked for.
        dataset: images and labels.
        split: only its training part is looked at.
        device: cpu, cuda or mps; by default the fastest there is.
    Raises:
        BadInput: the device is not there, or the settings do not fit the data.

    >>> from pellucid.data import draw_split, read
    >>> digits = read("digits")
    >>> list(plan_ladder(Settings(), digits, draw_split(digits, seed=0), "cpu").as_dict())
    ['linear', 'mlp', 'cnn']
    """
    plans: list[tuple[Settings, int]] = []
    plan: Plan | None = None
    for rung in rungs_of(told, dataset.images.shape[2]):
        plan = plan_learning(rung, dataset, split, device, plan.scaling if plan else None)
        plans.append((plan.settings, plan.threads))
    if plan is None:
        raise ValueError("A ladder has at least one rung.")
    return Ladder(tuple(settings for settings, _ in plans), plan.scaling, plan.device, max(count for _, count in plans))


def climb(
    ladder: Ladder,
    dataset: Dataset,
    split: Split,
    folder: Path,
    choose: Choose,
    progress: Progress = silent,
    watch: Watch = unwatched,
) -> Climbed:
    """Learn every rung as if it had been named, and keep one by the validation part alone.

    Each rung learns in a folder of its own below LADDER, and is not learned again where its checkpoint says that it is
    done: a killed climb goes on. A rung whose loss stops being a number is out of the race, unless all are. A named
    model learns in the run's folder itself.

    Args:
        ladder: as `plan_ladder` made it.
        dataset: images and labels.
        split: the training part is learned from, the validation part chooses.
        folder: of the run; the kept rung's history.csv comes to lie there.
        choose: names the rung to keep.
        progress: told how far each is.
        watch: asked once for each rung that learns.
    Raises:
        TrainingStopped: no rung could be learned.
    """
    if ladder.alone:
        plan = _plan(ladder, ladder.rungs[0], dataset, split)
        with threads(plan.threads):
            return Climbed(plan, fit(plan.learner, plan.batches, split.valid, folder, progress, watch(plan)), ())
    learned, said, last = [], [], ""
    for settings in ladder.rungs:
        try:
            learned.append(_learn(ladder, settings, dataset, split, folder, progress, watch))
        except TrainingStopped as stopped:
            last = str(stopped)
            said.append(f"The {settings.model} could not be learned and was not chosen: {stopped}")
    if not learned:
        raise TrainingStopped(last)
    sound = [rung for rung in learned if not rung.fitted.stopped] or learned
    said += [f"The {rung.model} was not chosen: {rung.fitted.stopped}" for rung in learned if rung not in sound]
    return _kept(ladder, learned, sound, said, dataset, split, folder, choose)


def _learn(
    ladder: Ladder,
    settings: Settings,
    dataset: Dataset,
    split: Split,
    folder: Path,
    progress: Progress,
    watch: Watch,
) -> Rung:
    """One rung; the plan, and with it what a GPU holds of the images, is let go afterwards."""
    plan = _plan(ladder, settings, dataset, split)
    place = folder / LADDER / settings.model
    place.mkdir(parents=True, exist_ok=True)

    def named(what: str, done: int, total: int) -> None:
        progress(f"{what} the {settings.model}", done, total)

    with threads(plan.threads):
        fitted = fit(plan.learner, plan.batches, split.valid, place, named, watch(plan))
        plan.learner.model.load_state_dict(fitted.best)
        logits = logits_of(plan.learner, plan.batches.images, split.valid)
    epochs, more = divmod(fitted.steps, plan.batches.steps_an_epoch)
    return Rung(settings, fitted, logits, epochs * len(split.train) + more * plan.batches.batch_size)


def _kept(
    ladder: Ladder,
    learned: list[Rung],
    sound: list[Rung],
    said: list[str],
    dataset: Dataset,
    split: Split,
    folder: Path,
    choose: Choose,
) -> Climbed:
    count, rows = len(dataset.classes), split.valid
    groups = None if dataset.groups is None else dataset.groups[rows]
    logits = {rung.model: rung.valid_logits[:, :count] for rung in sound}
    name = choose(logits, dataset.labels[rows], dataset.task, groups)
    kept = next(rung for rung in sound if rung.model == name)
    write_bytes(folder / "history.csv", (folder / LADDER / name / "history.csv").read_bytes())
    begun = [rung.fitted.resumed_at_step for rung in learned if rung.fitted.resumed_at_step is not None]
    fitted = replace(kept.fitted, resumed_at_step=sum(begun) if begun else None)  # of all steps, whichever rung's
    return Climbed(_plan(ladder, kept.settings, dataset, split), fitted, tuple(sound), tuple(said))


def _plan(ladder: Ladder, settings: Settings, dataset: Dataset, split: Split) -> Plan:
    return plan_learning(settings, dataset, split, str(ladder.device), ladder.scaling)
