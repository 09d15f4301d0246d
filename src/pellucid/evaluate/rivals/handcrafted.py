"""A rival from before networks learned their own features: handcrafted ones, and a few hundred small decision trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.data import Dataset
from pellucid.evaluate.rivals.features import AT_ONCE, features, histogram_edges, shrunk
from pellucid.evaluate.rivals.filters import filter_bank
from pellucid.evaluate.rivals.rival import Rival, thinned
from pellucid.progress import Progress, silent
from pellucid.shapes import Float, Int

HANDCRAFTED = "handcrafted features"

MOST_FITTED = 4_000
"""Training cases that the trees are fitted on, evenly spaced. Chosen by us, for speed: on Medical MNIST 2,000,
4,000 and 8,000 cases left 13, 5 and 2 of 5,896 images wrong."""

MOST_FOR_EDGES = 200
"""Training images whose pixels set the histogram's edges, evenly spaced. Chosen by us: a million pixels."""

TREES, MOST_ROUNDS, FEWEST_ROUNDS = 240, 100, 10
"""A round of boosting grows one tree for each class (one in all for two classes): 100 rounds, scikit-learn's default,
unless that makes more than 240 trees; never fewer than 10. Chosen by us, for speed."""

LEAVES, LEAST_IN_A_LEAF, FEATURE_BINS = 8, 10, 63
"""Small trees, leaves of ten cases, 63 steps of each feature: chosen by us, to learn from a few hundred cases too."""


def fit_handcrafted(
    dataset: Dataset,
    train: Int[np.ndarray, " train"],
    asked: Int[np.ndarray, " case"],
    seed: int,
    progress: Progress = silent,
) -> Rival:
    """Fit boosted trees to handcrafted features of the training part, and ask for the probabilities of some rows.

    Args:
        dataset: its images and labels.
        train: rows to learn from; of more than MOST_FITTED, so many, evenly spaced.
        asked: rows to give probabilities for.
        seed: given to scikit-learn, which has nothing to draw for so few cases: another seed gives the same numbers.
        progress: told how many images have been measured.
    Returns:
        Probabilities in the order of `asked`, a column for each class; 0 for a class that no fitted case shows.
    Source: Friedman (2001), Annals of Statistics 29, 1189-1232, for boosting; the features: `filters`, `features`.

    >>> from pellucid.data import read
    >>> digits = read("digits")
    >>> rival = fit_handcrafted(digits, np.arange(0, 800, 2), np.arange(1, 400, 2), seed=0)
    >>> print(f"{(rival.probabilities.argmax(1) == digits.labels[1:400:2]).mean():.1f} {rival.name}")
    0.9 handcrafted features
    """
    from threadpoolctl import threadpool_limits

    fitted = thinned(train, MOST_FITTED)
    with threadpool_limits(1):  # trees this small wait for each other longer than the sharing of the work saves
        edges = histogram_edges(shrunk(dataset.images[thinned(fitted, MOST_FOR_EDGES)]))
        measured = _measure(dataset, np.concatenate([fitted, asked]), edges, progress)
        known, unknown = measured[: len(fitted)], measured[len(fitted) :]
        p = _boosted(known, dataset.labels[fitted], unknown, len(dataset.classes), seed)
    told = (
        "boosted trees on edge, bar, Laplacian and Gaussian filter responses, a histogram of intensity and local "
        f"binary patterns, fitted on {len(fitted):,} training images"
    )
    return Rival(HANDCRAFTED, told, p)


def _measure(
    dataset: Dataset, rows: np.ndarray, edges: Float[np.ndarray, " edge"], progress: Progress
) -> Float[np.ndarray, "case feature"]:
    """Features of these rows, some images at a time, however large they are."""
    at_once = max(1, AT_ONCE // int(np.prod(dataset.images.shape[1:])))
    bank = filter_bank(*shrunk(dataset.images[rows[:1]]).shape[2:])
    found = []
    for start in range(0, len(rows), at_once):
        images = shrunk(dataset.images[rows[start : start + at_once]])
        found.append(features(images, edges, bank))
        progress(HANDCRAFTED, min(start + at_once, len(rows)), len(rows))
    return np.concatenate(found)


def _boosted(
    known: Float[np.ndarray, "train feature"],
    labels: Int[np.ndarray, " train"] | Int[np.ndarray, "train klass"],
    unknown: Float[np.ndarray, "case feature"],
    classes: int,
    seed: int,
) -> Float[np.ndarray, "case klass"]:
    """Probabilities, a column for each class; for labels that may stand together, trees for each of them apart."""
    if labels.ndim == 2:
        each = [_boosted(known, labels[:, k], unknown, 2, seed)[:, 1] for k in range(classes)]
        return np.stack(each, 1)
    p = np.zeros((len(unknown), classes))
    shown = np.unique(labels)
    if len(shown) == 1:
        p[:, shown[0]] = 1.0
    else:
        p[:, shown] = _booster(len(shown), seed).fit(known, labels).predict_proba(unknown)
    return p


def _booster(classes: int, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rounds = min(MOST_ROUNDS, max(FEWEST_ROUNDS, TREES // classes))
    return HistGradientBoostingClassifier(
        learning_rate=min(0.3, 10 / rounds),
        max_iter=rounds,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_IN_A_LEAF,
        max_bins=FEATURE_BINS,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
