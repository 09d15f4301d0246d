"""Probes of shortcuts: tiny models that see the border, the brightness or a thumbnail of an image, and nothing else."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from pellucid.data import Dataset
from pellucid.data.averaging import area_shares
from pellucid.evaluate.rivals.rival import Rival, thinned
from pellucid.evaluate.rivals.survival import BORDER, INTENSITY, SEES, THUMBNAIL
from pellucid.progress import Progress, silent
from pellucid.shapes import Bool, Float, Int, Shaped

BORDER_SHARE = 1 / 32
"""Width of the border as a share of the side, at least a pixel: 2 of 64, 1 of 28. Chosen by us."""

LARGEST_BORDER = 0.5
"""Where the border would be more of the image than this it is no border, and that probe is left out. Chosen by us."""

THUMB = 8
"""Side of the thumbnail, in pixels. Images that are no larger have none: they are one already."""

TREES, LEAST_A_LEAF = 30, 3
"""Chosen by us: of trees, nearest neighbours, boosting and small networks within a second of work on 10,000 images, the
trees were never far behind the best, on Medical MNIST and on three sets of a few hundred to a few thousand images."""

AT_ONCE = 512


def fit_probes(
    dataset: Dataset,
    train: Int[np.ndarray, " train"],
    asked: Int[np.ndarray, " case"],
    seed: int,
    progress: Progress = silent,
) -> list[Rival]:
    """Fit each probe on the training part, and ask it for the probabilities of the rows asked for.

    All are forests of randomised trees. Where a case has one class, each class weighs the same in them, however rare:
    they are judged by balanced accuracy, and are to have every chance of finding a shortcut.

    Args:
        dataset: its images and labels.
        train: rows to learn from, thinned as for all rivals.
        asked: rows to give probabilities for.
        seed: of the trees.
        progress: told how many are done.
    Returns:
        border pixels, brightness and contrast, thumbnail; those that the images are too small for are left out.
    Source: Geurts, Ernst and Wehenkel 2006, Extremely randomized trees, Machine Learning 63:3.

    >>> from pellucid.data import draw_split, read
    >>> digits = read("digits")
    >>> split = draw_split(digits, seed=0)
    >>> for probe in fit_probes(digits, split.train, split.held_out, seed=0):
    ...     print(f"{(probe.probabilities.argmax(1) == digits.labels[split.held_out]).mean():.1f} {probe.name}")
    0.6 border pixels only
    0.3 brightness and contrast only
    """
    fitted = thinned(train)
    seen, labels = glimpses(dataset.images, np.concatenate([fitted, asked])), dataset.labels[fitted]
    probes = []
    for done, (name, (told, features)) in enumerate(seen.items(), 1):
        p = _forest(features[: len(fitted)], labels, features[len(fitted) :], len(dataset.classes), seed)
        probes.append(Rival(name, f"{told}; {TREES} randomised trees on {len(fitted):,} training images", p))
        progress("shortcut probes", done, len(seen))
    return probes


def glimpses(
    images: Shaped[np.ndarray, "stored channel row column"], rows: Int[np.ndarray, " case"]
) -> dict[str, tuple[str, Float[np.ndarray, "case feature"]]]:
    """What each probe sees of these rows: in words, and as numbers.

    >>> told, numbers = glimpses(np.array([[[[0, 8], [0, 8]]]], np.uint8), np.array([0]))[INTENSITY]
    >>> told, numbers.tolist()
    ('mean and standard deviation of the intensity', [[4.0, 4.0]])
    """
    channels, height, width = images.shape[1:]
    ring = border_of(height, width)
    down, across = area_shares(height, min(THUMB, height)), area_shares(width, min(THUMB, width))
    border, intensity, thumbnail = [], [], []
    for at in range(0, len(rows), AT_ONCE):
        block = images[rows[at : at + AT_ONCE]]
        border.append(block[..., ring].reshape(len(block), -1).astype(np.float32))
        pixels = block.astype(np.float32)
        thumbnail.append((down @ (pixels @ across.T)).reshape(len(block), -1))
        intensity.append(np.concatenate([pixels.mean((2, 3)), pixels.std((2, 3))], 1))
    wide = _ring_width(min(height, width))
    seen = {INTENSITY: (f"mean and standard deviation of the intensity{' of each colour' * (channels > 1)}", intensity)}
    if ring.mean() <= LARGEST_BORDER:
        seen[BORDER] = (f"the outermost {wide} pixel{'s' * (wide > 1)} on each side", border)
    if min(height, width) > THUMB:
        seen[THUMBNAIL] = (f"the image shrunk to {THUMB} x {THUMB}, each pixel a mean", thumbnail)
    return {name: (seen[name][0], np.concatenate(seen[name][1])) for name in SEES if name in seen}


def border_of(height: int, width: int) -> Bool[np.ndarray, "row column"]:
    """True for the outermost pixels: BORDER_SHARE of the shorter side on each side, at least one.

    >>> int(border_of(64, 64).sum()), int(border_of(28, 28).sum())
    (496, 108)
    """
    wide = _ring_width(min(height, width))
    border = np.ones((height, width), dtype=bool)
    border[wide : height - wide, wide : width - wide] = False
    return border


def _ring_width(side: int) -> int:
    return max(1, round(BORDER_SHARE * side))


def _forest(
    features: Float[np.ndarray, "fitted feature"],
    labels: Int[np.ndarray, " fitted *klass"],
    asked: Float[np.ndarray, "case feature"],
    classes: int,
    seed: int,
) -> Float[np.ndarray, "case klass"]:
    """Probabilities of all classes; 0 for one that no fitted case shows."""
    many = labels.ndim == 2
    forest = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAST_A_LEAF, random_state=seed, class_weight=None if many else "balanced"
    )
    forest.fit(features, labels[:, 0] if many and classes == 1 else labels)
    if not many:
        p = np.zeros((len(asked), classes))
        p[:, forest.classes_] = forest.predict_proba(asked)
        return p
    answers, known = forest.predict_proba(asked), forest.classes_
    if classes == 1:
        answers, known = [answers], [known]
    return np.stack([p @ (there == 1) for p, there in zip(answers, known, strict=True)], 1)
