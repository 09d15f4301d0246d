"""The training images that are most like this one in the model's own representation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from pellucid.data import Dataset, known, read
from pellucid.errors import PellucidError
from pellucid.evaluate.answers import Cases
from pellucid.evaluate.checking.told import Told
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.explain.asking import Asked
from pellucid.progress import Progress, silent
from pellucid.run import Run
from pellucid.shapes import Float, Shaped

MOST = 8
"""Images that are shown. Chosen by us: a row."""

AT_ONCE = 512

NOT_TOLD = "recipe.json does not say where the training images are"


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
    left_out: int
    """Training images that are gone, or have other pixels than the run learned from."""
    none: str
    """Why there are none; empty where there are some."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "nearest": [one.as_dict() for one in self.nearest],
            "space": self.space,
            "compared": self.compared,
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
        return Neighbours((), "", 0, 0, "none were asked for")
    try:
        if source is None and (missing := not_there(asked.run)):
            return Neighbours((), "", 0, 0, missing)
        where, size = asked.run.recipe["source"], asked.run.recipe["settings"]["image_size"]
        dataset = read(source or where["path"], group_by=where["group_by"], image_size=size, progress=progress)
        cases = Told(asked.run).cases
    except (KeyError, TypeError):
        return Neighbours((), "", 0, 0, NOT_TOLD)
    except PellucidError as problem:
        if source is not None:
            raise
        return Neighbours((), "", 0, 0, " ".join(str(problem).split()))
    rows, of_cases = training_rows(dataset, cases)
    trained = len(cases.rows("train"))
    if not len(rows) or dataset.images.shape[1:] != asked.stored.shape[1:]:
        return Neighbours((), "", 0, trained, f"{dataset.source} has none of the {trained:,} training images any more")
    space, distances = _distances(asked, dataset, rows, progress)
    order = np.argsort(distances, kind="stable")[:most]
    found = tuple(_neighbour(asked, dataset, cases, int(rows[at]), int(of_cases[at]), distances[at]) for at in order)
    return Neighbours(found, space, len(rows), trained - len(rows), "")


def not_there(run: Run) -> str:
    """Why a run's images cannot be read again without more ado; empty where they can."""
    try:
        place = str(run.recipe["source"]["path"])
    except (PellucidError, KeyError, TypeError, RecursionError):
        return NOT_TOLD
    if Path(place).exists() or place == "digits":
        return ""
    where = f"{place} is a named set, which may have to be fetched" if place in known() else f"{place} is not there"
    return f"{where}; --source tells where the training images are"


def training_rows(dataset: Dataset, cases: Cases) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the dataset, and of split.csv, of every training image whose name and pixels are still the same."""
    row_of = {name: row for row, name in enumerate(dataset.names)}
    digests = dataset.sha256.tobytes().hex()
    pairs = [
        (row, case)
        for case in cases.rows("train").tolist()
        if (row := row_of.get(cases.names[case], -1)) >= 0 and digests[64 * row : 64 * row + 64] == cases.sha256[case]
    ]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _distances(
    asked: Asked, dataset: Dataset, rows: np.ndarray, progress: Progress
) -> tuple[str, Float[np.ndarray, " train"]]:
    trained = asked.trained
    has_own = sum(isinstance(part, nn.Linear | nn.Conv2d) for part in trained.learner.model.modules()) > 1

    def features(stored: np.ndarray) -> np.ndarray:
        return trained.answers(stored)[1] if has_own else thumbnails(stored, trained.scaling)

    here = features(asked.stored)
    space = (
        f"the {here.shape[1]} features that the last layer is given"
        if has_own
        else "8 x 8 thumbnails, in units of the training images' deviation: a linear model has no features of its own"
    )
    return space, distances_of(here[0], dataset, rows, features, progress)


def distances_of(
    here: Float[np.ndarray, " feature"],
    dataset: Dataset,
    rows: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
    progress: Progress = silent,
) -> Float[np.ndarray, " train"]:
    """Euclidean distances of some images' features from these, in float64.

    Args:
        here: features of one image.
        dataset: with the images.
        rows: which of them.
        features: of stored images.
        progress: told how far it is.
    """
    parts = []
    for start in range(0, len(rows), AT_ONCE):
        block = features(np.asarray(dataset.images[rows[start : start + AT_ONCE]]))
        parts.append(np.sqrt(np.square(block.astype(np.float64) - here).sum(1)))
        progress("comparing", min(start + AT_ONCE, len(rows)), len(rows))
    return np.concatenate(parts)


def _neighbour(asked: Asked, dataset: Dataset, cases: Cases, row: int, case: int, distance: float) -> Neighbour:
    pixels = np.array(dataset.images[row])
    same = bool(np.array_equal(pixels, asked.stored[0]))
    label = cases.label_texts(np.array([case]))[0] or "none"
    # the same pixels have the same features, but for the last digits, which vary with the size of a batch
    return Neighbour(dataset.names[row], label, 0.0 if same else float(distance), pixels, same)
