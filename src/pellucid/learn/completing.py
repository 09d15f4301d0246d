"""Defaults that are right for most: what is left unset in the settings is filled in from the data, by fixed rules."""

from __future__ import annotations

from dataclasses import replace

import torch

from pellucid.errors import BadInput
from pellucid.learn.device import choose_precision
from pellucid.learn.models import HIDDEN, SMALLEST
from pellucid.learn.settings import Settings

IMAGES_SEEN = {"linear": 500_000, "mlp": 500_000, "cnn": 70_000}
"""How many images a run shows its model at most, epochs chosen so: a cnn sees 35,000 images twice. Chosen by us: by
then it has 0.999 on Medical MNIST, after seconds of learning."""

NUMBERS_SEEN = 400_000_000
"""How many numbers, pixels times channels, a linear model or an mlp is shown at most, since each costs it as much.
Chosen by us: MNIST eleven times, by which the mlp has 0.98 there and the linear model 0.92, and Medical MNIST twice, by
which they have 0.998 and 0.99 there, in four seconds together."""

MOST_EPOCHS = 40
FEW = 10_000
"""Fewer training images than this are augmented, since a network would learn them by heart. Chosen by us."""

PEAK_RATE = {"linear": 1e-3, "mlp": 2e-3, "cnn": 1e-2}
"""AdamW's peak rate for batches of 256. Chosen by us; the cnn's in a sweep from 0.004 to 0.02 on Medical MNIST."""


def complete(
    settings: Settings, train_cases: int, classes: int, image_size: int, device: torch.device, channels: int = 1
) -> Settings:
    """The same settings with nothing left open; the model `auto` becomes the top rung of the ladder.

    Raises:
        BadInput: a setting that the chosen model or optimizer has no use for.

    >>> done = complete(Settings(), 35_372, 6, 64, torch.device("cpu"))
    >>> done.model, done.epochs, done.batch_size
    ('cnn', 2, 256)
    """
    model = ("cnn" if image_size >= SMALLEST else "mlp") if settings.model == "auto" else settings.model
    few = train_cases < FEW
    adamw = settings.optimizer == "adamw"
    if adamw and settings.momentum:
        raise BadInput(f"momentum {settings.momentum} is for sgd, and adamw has its own: leave it out, or ask for sgd.")
    if settings.hidden and model != "mlp":
        raise BadInput(
            f"hidden {list(settings.hidden)} is for the mlp, and the model is {model}: leave one of them out."
        )
    batch_size = settings.batch_size or max(8, min(256, train_cases // 16))
    return replace(
        settings,
        model=model,
        hidden=(settings.hidden or HIDDEN) if model == "mlp" else None,
        outputs=settings.outputs or classes,
        augment=("shift" if few and model == "cnn" else "none") if settings.augment == "auto" else settings.augment,
        learning_rate=settings.learning_rate
        if settings.learning_rate is not None
        else PEAK_RATE[model]
        if adamw
        else 0.1,
        momentum=settings.momentum if settings.momentum is not None else (0.0 if adamw else 0.9),
        weight_decay=settings.weight_decay if settings.weight_decay is not None else (0.01 if adamw else 0.0),
        schedule=settings.schedule or "one-cycle",
        epochs=settings.epochs or _epochs(model, train_cases, channels * image_size**2),
        batch_size=min(batch_size, train_cases),
        precision=choose_precision(settings.precision, model, device),
        image_size=image_size,
    )


def _epochs(model: str, train_cases: int, inputs: int) -> int:
    """At least two for models that are not the cnn, so that their best weights are chosen among several."""
    if model == "cnn":
        return max(1, min(MOST_EPOCHS, round(IMAGES_SEEN[model] / train_cases)))
    seen = min(IMAGES_SEEN[model], NUMBERS_SEEN / max(1, inputs))
    return max(2, min(MOST_EPOCHS, int(seen / train_cases)))
