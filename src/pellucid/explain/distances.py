"""How far the training images' features lie from those of one image: of all, or of some where all would take long."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import numpy as np

from pellucid.data import Dataset
from pellucid.progress import Progress, silent
from pellucid.shapes import Float, Int, Shaped

MANY = 20_000
"""Images that are always compared with; of more, so many are drawn where all would take too long. Chosen by us."""

PATIENCE_S = 20.0
"""Seconds that comparing with all may take. Chosen by us."""

AT_ONCE = 512

Features = Callable[[np.ndarray], np.ndarray]
"""Of stored images, one row an image."""


def distances(
    here: Float[np.ndarray, " feature"],
    dataset: Dataset,
    rows: Int[np.ndarray, " some"],
    features: Features,
    progress: Progress = silent,
) -> Float[np.ndarray, " some"]:
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


def worth_comparing(
    stored: Shaped[np.ndarray, "channel row column"],
    dataset: Dataset,
    rows: Int[np.ndarray, " train"],
    features: Features,
) -> Int[np.ndarray, " some"]:
    """Places among the rows of those to compare with: all, where that is soon done, else MANY drawn at random (seed 0).

    Images that are the very same as this one are always among them, however many there are.

    Args:
        stored: the image that was asked about.
        dataset: with the images.
        rows: of the training images.
        features: of stored images; the time that some take is measured.
    """
    if len(rows) <= MANY or _seconds(dataset, rows, features) <= PATIENCE_S:
        return np.arange(len(rows))
    own = np.frombuffer(hashlib.sha256(np.ascontiguousarray(stored).data).digest(), np.uint8)
    same = np.flatnonzero((dataset.sha256[rows] == own).all(1))
    drawn = np.random.default_rng(0).choice(len(rows), MANY, replace=False)
    return np.union1d(drawn, same)


def _seconds(dataset: Dataset, rows: np.ndarray, features: Features) -> float:
    """That all would take, by the first few."""
    some = rows[:AT_ONCE]
    started = time.monotonic()
    features(np.asarray(dataset.images[some]))
    return (time.monotonic() - started) * len(rows) / len(some)
