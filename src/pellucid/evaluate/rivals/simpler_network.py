"""The next simpler network as a rival: what does the last step up the ladder gain?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pellucid.data import Dataset, Split
from pellucid.errors import TrainingStopped
from pellucid.evaluate.rivals.rival import Rival, thinned
from pellucid.evaluate.trust.calibration import probabilities_of
from pellucid.learn.fit import Fitted, fit, logits_of
from pellucid.learn.ladder import Climbed
from pellucid.learn.plan import Plan, plan_learning
from pellucid.learn.settings import Settings
from pellucid.learn.threads import threads
from pellucid.progress import Progress, silent
from pellucid.run.folder import RUNGS
from pellucid.shapes import Int


def fit_network_rival(
    climbed: Climbed, dataset: Dataset, split: Split, asked: Int[np.ndarray, " case"], progress: Progress = silent
) -> Rival | None:
    """The network one rung below the model: as it was learned on the way up, else learned here from a sample.

    Args:
        climbed: the model, and the rungs that it was chosen among, if any.
        dataset: images and labels.
        split: learned from is the training part (thinned, where the rung was not learned on the way up); its
            validation part chooses the best weights.
        asked: rows to give probabilities for.
        progress: told how far learning is.
    Returns:
        None for the linear model, below which there is nothing, and where the simpler network cannot be learned.

    >>> from pathlib import Path
    >>> from pellucid.data import draw_split, read
    >>> from pellucid.learn.ladder import climb, plan_ladder
    >>> digits = read("digits")
    >>> split = draw_split(digits, seed=0)
    >>> with TemporaryDirectory() as folder:
    ...     ladder = plan_ladder(Settings(model="mlp", epochs=1), digits, split, "cpu")
    ...     climbed = climb(ladder, digits, split, Path(folder), lambda *_: "mlp")
    >>> print(fit_network_rival(climbed, digits, split, split.held_out).name)
    linear, the next simpler network
    """
    place = RUNGS.index(climbed.plan.settings.model)
    if place == 0:
        return None
    simpler = RUNGS[place - 1]
    for rung in climbed.rungs:
        if rung.model == simpler:
            model = climbed.plan
            plan = plan_learning(rung.settings, dataset, split, str(model.device), model.scaling)
            return _rival(plan, rung.fitted, dataset, asked)
    return _learned_here(climbed.plan, simpler, dataset, split, asked, progress)


def _learned_here(
    model: Plan, simpler: str, dataset: Dataset, split: Split, asked: np.ndarray, progress: Progress
) -> Rival | None:
    """As `--model` would learn it, whatever this run was told otherwise: rivals are to do their best."""
    sample = replace(split, train=thinned(split.train))
    plan = plan_learning(Settings(model=simpler, seed=model.settings.seed), dataset, sample, str(model.device))

    def named(what: str, done: int, total: int) -> None:
        progress(f"{what} the {simpler}, a rival", done, total)

    with TemporaryDirectory() as folder, threads(plan.threads):
        try:
            fitted = fit(plan.learner, plan.batches, split.valid, Path(folder), named)
        except TrainingStopped:
            return None
    return _rival(plan, fitted, dataset, asked)


def _rival(plan: Plan, fitted: Fitted, dataset: Dataset, asked: np.ndarray) -> Rival:
    plan.learner.model.load_state_dict(fitted.best)
    with threads(plan.threads):
        logits = logits_of(plan.learner, plan.batches.images, asked)
    told = f"as --model {plan.settings.model} learns it, {fitted.steps:,} steps on {len(plan.batches.rows):,} images"
    p = probabilities_of(logits[:, : len(dataset.classes)], dataset.task)
    return Rival(f"{plan.settings.model}, the next simpler network", told, p)
