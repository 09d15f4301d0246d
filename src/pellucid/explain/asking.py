"""The image in the model's form, and what `pellucid predict` says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pellucid.data.form import Form
from pellucid.data.loose import decoded
from pellucid.errors import BadInput
from pellucid.evaluate.trust.calibration import Calibration
from pellucid.learn.weights import Trained, load_trained
from pellucid.predicting import Predictions, predict
from pellucid.progress import Progress, silent
from pellucid.run import Run
from pellucid.shapes import Float, Shaped


@dataclass(frozen=True, slots=True)
class Asked:
    """One image, the model that was asked about it, and the answer."""

    run: Run
    image: Path
    stored: Shaped[np.ndarray, "1 channel row column"]
    """The image in the form of the training images (channels, number type, size)."""
    trained: Trained
    calibration: Calibration
    answer: Predictions
    """As `pellucid predict` gives it, in the precision of the run."""
    logits: Float[np.ndarray, " output"]
    """From which it comes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the logits."""
        return self.answer.classes

    @property
    def several(self) -> bool:
        """True where an image may show several labels at once, each with a probability of its own."""
        return self.answer.task == "multi-label"

    @property
    def set(self) -> list[str]:
        """The classes that it may be of."""
        return [name for name, here in zip(self.classes, self.answer.sets[0], strict=True) if here]


def ask(run: Run, image: Path, progress: Progress = silent) -> Asked:
    """Ask a run's model about one image, on the CPU.

    Args:
        run: with weights.
        image: one file.
        progress: told how far it is.
    Raises:
        BadInput: the image is not there, is no single image, or does not fit; or the run has no weights.
    """
    if not image.is_file() or image.suffix.lower() == ".zip":
        what = "is no single image" if image.exists() else "is not there"
        raise BadInput(f"{image} {what}: name one image file.")
    answer = predict(run, [image], device="cpu", progress=progress)
    facts = run.facts
    form = Form(facts["channels"], facts["dtype"], facts["image_size"], resized=True)
    with decoded([image], form, progress) as (_, pixels, _unreadable):
        stored = np.array(pixels)
    trained = load_trained(run, torch.device("cpu"))
    calibration = Calibration.from_dict(facts["calibration"])
    return Asked(run, image, stored, trained, calibration, answer, trained.logits(stored)[0])


def class_number(asked: Asked, named: str | None) -> int:
    """The class to explain: the one that is named, else the likeliest.

    Raises:
        BadInput: the model knows no such class.
    """
    if named is None:
        return int(asked.answer.probabilities[0].argmax())
    if named not in asked.classes:
        raise BadInput(f"The model knows no class {named!r}: name one of {', '.join(asked.classes)}.")
    return asked.classes.index(named)
