"""The training images that are most like this one in the model's own representation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from pellucid.errors import PellucidError
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.explain.asking import Asked
from pellucid.explain.distances import Features, distances, worth_comparing
from pellucid.explain.own_source import OwnSource, own_source
from pellucid.progress import Progress, silent
from pellucid.shapes import Shaped

MOST = 8
"""Images that are shown. Chosen by us: a row."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One training image."""

    name: str
    label: str
    distance: float
    pixels: Shaped[np.ndarray, "channel row column"]
    same: bool
    """It is the very image that was asked about."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "label": self.label, "distance": self.distance, "same_image": self.same}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest first; or why there are none."""

    nearest: tuple[Neighbour, ...]
    space: str
    """In words, what distances are measured in."""
    compared: int
    there: int
    """Training images that could have been compared with."""
    left_out: int
    """Training images that are gone, or have other pixels than the run learned from."""
    none: str
    """Why there are none; empty where there are some."""

    @property
    def told(self) -> str:
        """How many were compared with.

        >>> Neighbours((), "", 20_000, 60_000, 0, "").told
        '20,000 training images, drawn at random (seed 0) of 60,000: all would take long'
        """
        drawn = f", drawn at random (seed 0) of {self.there:,}: all would take long"
        return f"{self.compared:,} training images" + drawn * (self.compared < self.there)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "nearest": [one.as_dict() for one in self.nearest],
            "space": self.space,
            "compared": self.compared,
            "training_images": self.there,
            "drawn_at_random_by_seed": 0 if self.compared < self.there else None,
            "left_out": self.left_out,
            "none_because": self.none or None,
        }


def nearest_training_images(
    asked: Asked, source: str | Path | None, most: int = MOST, progress: Progress = silent
) -> Neighbours:
    """Look through the training part for the images nearest to this one.

    Args:
        asked: the image, and the model.
        source: where the run's images are now; None: where recipe.json says that they were.
        most: how many; 0 looks for none.
        progress: told how far it is.
    Raises:
        PellucidError: `source` is told and cannot be read.
    """
    if most == 0:
        return Neighbours((), "", 0, 0, 0, "none were asked for")
    try:
        own = own_source(asked.run, source, progress)
    except PellucidError as problem:
        if source is not None:
            raise
        return Neighbours((), "", 0, 0, 0, " ".join(str(problem).split()).removesuffix("."))
    trained = own.cases.rows("train")
    rows, of_cases = own.still_there(trained)
    if not len(rows) or own.dataset.images.shape[1:] != asked.stored.shape[1:]:
        none = f"{own.dataset.source} has none of the {len(trained):,} training images any more"
        return Neighbours((), "", 0, 0, len(trained), none)
    space, features = _features(asked)
    chosen = worth_comparing(asked.stored[0], own.dataset, rows, features)
    far = distances(features(asked.stored)[0], own.dataset, rows[chosen], features, progress)
    order = np.argsort(far, kind="stable")[:most]
    found = tuple(_neighbour(asked, own, int(rows[chosen[at]]), int(of_cases[chosen[at]]), far[at]) for at in order)
    return Neighbours(found, space, len(chosen), len(rows), len(trained) - len(rows), "")


def _features(asked: Asked) -> tuple[str, Features]:
    """What images are compared by, in words and as a function."""
    trained = asked.trained
    if sum(isinstance(part, nn.Linear | nn.Conv2d) for part in trained.learner.model.modules()) > 1:
        count = trained.answers(asked.stored)[1].shape[1]
        return f"the {count} features that the last layer is given", lambda stored: trained.answers(stored)[1]
    told = "8 x 8 thumbnails, in units of the training images' deviation: a linear model has no features of its own"
    return told, lambda stored: thumbnails(stored, trained.scaling)


def _neighbour(asked: Asked, own: OwnSource, row: int, case: int, distance: float) -> Neighbour:
    pixels = np.array(own.dataset.images[row])
    same = bool(np.array_equal(pixels, asked.stored[0]))
    # the same pixels have the same features, but for the last digits, which vary with the size of a batch
    return Neighbour(own.dataset.names[row], own.label(case) or "none", 0.0 if same else float(distance), pixels, same)
