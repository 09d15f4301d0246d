"""From a Dataset to a calibrated model: the parts are drawn, the ladder climbed, the temperature fitted."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pellucid.blocks import SGD
from pellucid.data import Dataset, Scaling, Split, draw_split
from pellucid.evaluate.rivals.ladder import choose_rung
from pellucid.evaluate.trust.calibration import fit_temperature
from pellucid.learn.fit import logits_of
from pellucid.learn.ladder import Climbed, climb, plan_ladder
from pellucid.learn.learner import Learner
from pellucid.learn.losses import loss_of
from pellucid.learn.settings import Settings
from pellucid.learn.threads import threads
from pellucid.learn.weights import Trained
from pellucid.progress import Progress
from pellucid.run import HistoryRow
from pellucid.run.history import read_history
from pellucid.shapes import Float, Shaped

FEW = 10
"""Calibration cases, or groups of them, below which a warning says so. Chosen by us: the temperature of fewer is mostly
what was expected beforehand."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model that can be asked, and how it came to be."""

    model: torch.nn.Module
    settings: Settings
    scaling: Scaling
    threads: int
    outputs: int
    task: str
    temperature: float
    split: Split
    history: tuple[HistoryRow, ...]
    rungs: tuple[dict[str, Any], ...]
    doubts: tuple[str, ...]

    def logits(self, stored: Shaped[np.ndarray, "case channel row column"]) -> Float[np.ndarray, "case klass"]:
        """Logits of images in the stored form, in float32; not yet divided by the temperature."""
        device = next(self.model.parameters()).device
        precise = self.settings.precision != "bfloat16"
        learner = Learner(self.model.eval(), loss_of(self.task), SGD(0.0), bfloat16=not precise)
        with threads(self.threads):
            return Trained(learner, self.scaling, device).logits(stored)[:, : self.outputs]

    def on_cpu(self) -> Learned:
        """The same where the model is on the CPU; else a copy whose model is there."""
        if next(self.model.parameters()).device.type == "cpu":
            return self
        return replace(self, model=copy.deepcopy(self.model).cpu())


def split_without_held_out(dataset: Dataset, seed: int) -> Split:
    """80/10/10 percent to learn from, to choose by and to calibrate by; whole groups together.

    Nothing is held out, since whoever calls `fit` measures on cases of their own: the part that `draw_split` would hold
    out is learned from.

    Raises:
        BadInput: a class with fewer cases, or fewer groups, than there are parts.

    >>> from pellucid.data import read
    >>> split_without_held_out(read("digits"), seed=0).counts()
    {'train': 1438, 'valid': 180, 'calibrate': 179, 'held_out': 0}
    """
    drawn = draw_split(dataset, seed)
    train = np.sort(np.concatenate([drawn.train, drawn.held_out]))
    how = "drawn 80/10/10, each class alike" + (", whole groups together" if dataset.groups is not None else "")
    return replace(drawn, train=train, held_out=drawn.held_out[:0], how=how)


def learn(dataset: Dataset, told: Settings, device: str | None, progress: Progress) -> Learned:
    """Draw the parts, learn in a folder that is gone afterwards, and fit the temperature on the calibration part.

    Args:
        dataset: images and labels.
        told: what was asked for; the rest follows the rules of `pellucid train`.
        device: cpu, cuda or mps; by default the fastest there is.
        progress: told how far it is.
    Raises:
        BadInput: too few cases, or settings that do not fit them.
        TrainingStopped: the loss was no number, and no weights can be kept.
    """
    split = split_without_held_out(dataset, told.seed)
    # The caller's own random numbers go on as if nothing had been learned in between.
    with tempfile.TemporaryDirectory(prefix="pellucid-") as folder, torch.random.fork_rng(devices=[]):
        ladder = plan_ladder(told, dataset, split, device)
        climbed = climb(ladder, dataset, split, Path(folder), choose_rung, progress)
        history = tuple(read_history(Path(folder) / "history.csv"))
    plan = climbed.plan
    plan.learner.model.load_state_dict(climbed.fitted.best)
    with threads(plan.threads):
        logits = logits_of(plan.learner, plan.batches.images, split.calibrate)[:, : len(dataset.classes)]
    groups = None if dataset.groups is None else dataset.groups[split.calibrate]
    temperature = fit_temperature(logits, dataset.labels[split.calibrate], dataset.task, groups)
    plan.learner.model.zero_grad()
    return Learned(
        model=plan.learner.model.eval(),
        settings=plan.settings,
        scaling=plan.scaling,
        threads=plan.threads,
        outputs=len(dataset.classes),
        task=dataset.task,
        temperature=temperature,
        split=split,
        history=history,
        rungs=tuple(rung.as_dict() for rung in climbed.rungs),
        doubts=(*climbed.said, *_stopped(climbed), *_few(split, groups)),
    )


def _stopped(climbed: Climbed) -> list[str]:
    fitted = climbed.fitted
    return [f"{fitted.stopped} The best weights so far, of step {fitted.best_step}, are kept."] * bool(fitted.stopped)


def _few(split: Split, groups: np.ndarray | None) -> list[str]:
    count, named = (len(split.calibrate), "cases") if groups is None else (len(np.unique(groups)), "groups")
    if count >= FEW:
        return []
    return [f"The calibration part has only {count} {named}: probabilities rest on few. Fit on more if you can."]
