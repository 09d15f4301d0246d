"""All that learning needs, made ready from a data set, its split, and what was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pellucid.data import Dataset, Scaling, Split, measure_scaling
from pellucid.learn.assembling import assemble
from pellucid.learn.batches import Batches
from pellucid.learn.completing import complete
from pellucid.learn.device import choose_device
from pellucid.learn.learner import Learner
from pellucid.learn.settings import Settings
from pellucid.learn.threads import threads_worth


@dataclass(frozen=True, slots=True)
class Plan:
    """A learner with its batches, and the settings that both were made from, nothing left open."""

    settings: Settings
    scaling: Scaling
    device: torch.device
    threads: int
    learner: Learner
    batches: Batches


def plan_learning(
    told: Settings, dataset: Dataset, split: Split, device: str | None = None, scaling: Scaling | None = None
) -> Plan:
    """Complete the settings, measure the scaling on the training part, and build model, optimizer and batches.

    Args:
        told: what was asked for; the rest follows the rules of `complete`.
        dataset: images and labels.
        split: only its training part is looked at.
        device: cpu, cuda or mps; by default the fastest there is.
        scaling: where it was measured before.
    Raises:
        BadInput: the device is not there, or the settings do not fit the data.

    >>> from pellucid.data import draw_split, read
    >>> digits = read("digits")
    >>> ready = plan_learning(Settings(model="linear", epochs=1), digits, draw_split(digits, seed=0), "cpu")
    >>> sum(1 for step in ready.learner.steps(ready.batches)) == ready.batches.steps
    True
    """
    chosen = choose_device(device)
    channels, size = dataset.images.shape[1], dataset.images.shape[2]
    settings = complete(told, len(split.train), len(dataset.classes), size, chosen, channels)
    scaling = scaling or measure_scaling(dataset.images, split.train, settings.scaling)
    learner, batches = assemble(settings, dataset, split.train, scaling, chosen)
    worth = threads_worth(learner.model, channels, size, batches.batch_size)
    return Plan(settings, scaling, chosen, worth, learner, batches)
