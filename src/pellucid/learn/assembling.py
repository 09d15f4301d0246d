"""Puts a Learner and its Batches together from settings that leave nothing open."""

from __future__ import annotations

import numpy as np
import torch

from pellucid.blocks import SGD, Adam
from pellucid.data import Dataset, Scaling
from pellucid.errors import BadInput
from pellucid.learn.batches import Batches, Images
from pellucid.learn.device import make_repeatable
from pellucid.learn.learner import Learner
from pellucid.learn.losses import loss_of
from pellucid.learn.models import build_model
from pellucid.learn.schedule import learning_rate
from pellucid.learn.settings import Settings
from pellucid.learn.weights import is_channels_last
from pellucid.shapes import Int


def assemble(
    settings: Settings, dataset: Dataset, train: Int[np.ndarray, " train"], scaling: Scaling, device: torch.device
) -> tuple[Learner, Batches]:
    """The learner, its weights as the seed makes them, and the training part's batches.

    Args:
        settings: as `complete` returns them.
        dataset: images and labels.
        train: rows of the training part.
        scaling: measured on the training part.
        device: where to compute.
    Raises:
        BadInput: fewer outputs than classes, or a setting that was left open.
    """
    classes = len(dataset.classes)
    if None in (settings.outputs, settings.learning_rate, settings.epochs, settings.batch_size, settings.schedule):
        raise BadInput("Some settings are still open: pass them through learn.complete first.")
    outputs, rate, epochs, batch_size = (
        settings.outputs or 0,
        settings.learning_rate or 0.0,
        settings.epochs or 0,
        settings.batch_size or 0,
    )
    if outputs < classes:
        raise BadInput(
            f"The model gives {outputs} outputs for {classes} classes: set outputs to {classes}, or leave it unset."
        )
    make_repeatable(device, settings.seed)
    model = build_model(settings, dataset.images.shape[1], dataset.images.shape[2], outputs).to(device)
    images = Images(dataset.images, scaling, device, is_channels_last(model))
    labels = torch.from_numpy(_widened(dataset.labels, outputs)).to(device)
    batches = Batches(
        images, labels, train, batch_size, epochs, settings.seed, shuffle=settings.shuffle, augment=settings.augment
    )
    steps, schedule = batches.steps, settings.schedule or "constant"
    learner = Learner(
        model,
        loss_of(dataset.task, settings.loss),
        _optimizer(settings),
        lambda number: learning_rate(number, steps, rate, schedule),
        bfloat16=settings.precision == "bfloat16",
    )
    return learner, batches


def _widened(labels: np.ndarray, outputs: int) -> np.ndarray:
    if labels.ndim == 1 or labels.shape[1] == outputs:
        return labels
    return np.pad(labels, ((0, 0), (0, outputs - labels.shape[1])))


def _optimizer(settings: Settings) -> SGD | Adam:
    rate, decay = settings.learning_rate or 0.0, settings.weight_decay or 0.0
    if settings.optimizer == "sgd":
        return SGD(rate, settings.momentum or 0.0, decay)
    return Adam(rate, weight_decay=decay, decoupled=True)
