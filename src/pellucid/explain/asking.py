"""The image in the model's form, and what `pellucid predict` says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pellucid.data.decode import decode
from pellucid.data.loose import decoded
from pellucid.errors import BadInput
from pellucid.evaluate.trust.calibration import Calibration
from pellucid.explain.known_image import known_image
from pellucid.explain.own_source import OwnImage, own_image
from pellucid.learn.weights import Trained, load_trained
from pellucid.predicting import Predictions, answer, form_of
from pellucid.progress import Progress, silent
from pellucid.run import Run
from pellucid.shapes import Float, Shaped


@dataclass(frozen=True, slots=True)
class Asked:
    """One image, the model that was asked about it, and the answer."""

    run: Run
    image: Path
    """A file; or the name of an image in the run's split.csv."""
    stored: Shaped[np.ndarray, "1 channel row column"]
    """The image in the form of the training images (channels, number type, size)."""
    trained: Trained
    calibration: Calibration
    answer: Predictions
    """As `pellucid predict` gives it, in the precision of the run."""
    logits: Float[np.ndarray, " output"]
    """From which it comes."""
    own: OwnImage | None = None
    """Where the run knows the image: it was named, or a file of its very pixels was given."""
    size_of_file: tuple[int, int] | None = None
    """Rows and columns in the file; None where no file was given."""

    @property
    def title(self) -> str:
        """What the image is called where people read."""
        by_name = self.own is not None and not self.own.by_pixels
        return f"Image {self.image.name} of {self.own.source}" if by_name and self.own else self.image.name

    @property
    def resized(self) -> str:
        """That the model sees another size than the file has, as a sentence; empty where it does not."""
        rows, columns = self.stored.shape[2:]
        if self.size_of_file is None:
            size = f"{rows} x {columns}" if self.own is not None and self.own.resized else ""
            which = "All images of this run were"
        else:
            size = f"{self.size_of_file[0]} x {self.size_of_file[1]} to {rows} x {columns}"
            size, which = size if self.size_of_file != (rows, columns) else "", "The image was"
        to = "from" if self.size_of_file else "to"
        told = f"{which} resized {to} {size} pixels: rows, columns and stored values here are those after resizing."
        return told if size else ""

    @property
    def wrong(self) -> bool:
        """True where the true class is known, and is not what was answered."""
        return self.own is not None and self.own.label != self.answer.predicted[0]

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


def ask(run: Run, image: Path, source: str | Path | None = None, progress: Progress = silent) -> Asked:
    """Ask a run's model about one image, on the CPU.

    Args:
        run: with weights.
        image: one file; or, where there is no such file, the name of an image in the run's split.csv.
        source: where the run's images are now, for a name; None: where recipe.json says that they were.
        progress: told how far it is.
    Raises:
        BadInput: the image is not there, is no single image, or does not fit; or the run has no weights.
    """
    if image.exists() and (not image.is_file() or image.suffix.lower() == ".zip"):
        raise BadInput(f"{image} is no single image: name one image file.")
    if not image.exists():
        form_of(run)  # says what is wrong with a run before its source is read
        own = own_image(run, str(image), source, progress)
        return _asked(run, Path(own.name), own.pixels, own)
    with decoded([image], form_of(run), progress) as (_, pixels, _unreadable):
        stored = np.array(pixels)
    rows, columns = decode(image.read_bytes(), str(image)).shape[:2]
    return _asked(run, image, stored, known_image(run, image, stored), (rows, columns))


def _asked(
    run: Run, image: Path, stored: np.ndarray, own: OwnImage | None, size: tuple[int, int] | None = None
) -> Asked:
    trained = load_trained(run, torch.device("cpu"))
    told = answer(run, trained, [str(image)], stored)
    calibration = Calibration.from_dict(run.facts["calibration"])
    return Asked(run, image, stored, trained, calibration, told, trained.logits(stored)[0], own, size)


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
