"""Images that show nothing: blank, nearly constant, or mostly stuck at their brightest or darkest value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.side_by_side import side_by_side
from pellucid.progress import Progress, silent
from pellucid.shapes import Bool, Float, Shaped

CONSTANT = 0.1
"""An image whose pixels deviate by less than this share of the median of its class is nearly constant. Chosen by us:
in Medical MNIST it finds 27 HeadCT that hold nothing but specks; the next of any class in Medical MNIST, LIDC nodule
slices, PneumoniaMNIST, BreastMNIST, MNIST and digits is at 0.107, and the next with a shape in it at 0.165."""

BRIGHT, DARK = 1 / 3, 0.9
"""Share of the pixels at an image's own brightest (darkest) value from which on it may be saturated. Chosen by us: in
the same six sets at most 0.30 of an image has its brightest value (thick strokes in MNIST), while a black background
is ordinary, and covers up to 0.96 of a digit and 0.999 of a nodule slice."""

FAR_OUT = 3.0
"""Saturated is only what lies so many interquartile ranges above the upper quartile of its class, too, so that a white
or black background that a class always has is no finding. Source: the outer fence of Tukey, Exploratory Data Analysis
(1977), 2D."""

ROWS = 256
"""Images looked at together: 1 MB at 64 x 64, which stays in a core's cache. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What each image's values are like, whatever it shows."""

    blank: Bool[np.ndarray, " case"]
    """One value everywhere (in colour: one colour)."""
    deviation: Float[np.ndarray, " case"]
    """Standard deviation of the values within a channel, in stored units."""
    bright: Float[np.ndarray, " case"]
    """Share of the values that are the largest of their channel."""
    dark: Float[np.ndarray, " case"]
    """Share of the values that are the smallest of their channel."""


def look(images: Shaped[np.ndarray, "case channel row column"], progress: Progress = silent) -> Looks:
    """Measure every image, some at a time.

    >>> image = np.array([[[[0, 0, 0, 9]]], [[[25, 25, 25, 25]]]], np.uint8)
    >>> looks = look(image)
    >>> looks.blank.tolist(), looks.bright.tolist(), looks.dark.tolist()
    ([False, True], [0.25, 1.0], [0.75, 1.0])
    """
    cases, channels = images.shape[:2]
    blank = np.zeros(cases, bool)
    deviation, bright, dark = np.zeros((3, cases))

    def measure(start: int) -> int:
        some = slice(start, start + ROWS)
        pixels = np.ascontiguousarray(images[some]).reshape(-1, int(np.prod(images.shape[2:])))
        low, high = pixels.min(1), pixels.max(1)
        blank[some] = (low == high).reshape(-1, channels).all(1)
        at_top, at_bottom = pixels == high[:, None], pixels == low[:, None]
        bright[some] = at_top.mean(1, dtype=np.float32).reshape(-1, channels).mean(1)
        dark[some] = at_bottom.mean(1, dtype=np.float32).reshape(-1, channels).mean(1)
        centred = pixels.astype(np.float32)
        centred -= centred.mean(1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred) / centred.shape[1]
        deviation[some] = np.sqrt(variance.reshape(-1, channels).mean(1))
        return min(start + ROWS, len(blank))

    for done in side_by_side(measure, range(0, cases, ROWS)):
        progress("looking at images", done, cases)
    return Looks(blank, deviation, bright, dark)


def nearly_constant(dataset: Dataset, looks: Looks) -> Bool[np.ndarray, " case"]:
    """Images, not blank ones, whose values deviate far less than is usual in their class."""
    found = np.zeros(len(dataset), bool)
    for rows in _of_each_class(dataset):
        seen = rows[~looks.blank[rows]]
        if len(seen):
            found[seen] = looks.deviation[seen] < CONSTANT * np.median(looks.deviation[seen])
    return found


def saturated(
    dataset: Dataset, looks: Looks, share: Float[np.ndarray, " case"], least: float
) -> Bool[np.ndarray, " case"]:
    """Images, not blank ones, with more than `least` of their values at one end, far more than is usual in their class.

    Args:
        dataset: for the classes.
        looks: of its images.
        share: `looks.bright` or `looks.dark`.
        least: BRIGHT or DARK.
    """
    found = np.zeros(len(dataset), bool)
    for rows in _of_each_class(dataset):
        seen = rows[~looks.blank[rows]]
        if len(seen):
            lower, upper = np.quantile(share[seen], [0.25, 0.75])
            found[seen] = (share[seen] > least) & (share[seen] > upper + FAR_OUT * (upper - lower))
    return found


def _of_each_class(dataset: Dataset) -> list[np.ndarray]:
    if dataset.labels.ndim == 2:
        return [np.arange(len(dataset))]  # several labels an image: all are measured against all
    return [np.flatnonzero(dataset.labels == klass) for klass in range(len(dataset.classes))]
