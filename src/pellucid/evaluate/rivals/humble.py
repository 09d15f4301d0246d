"""Three humble rivals that every model has to beat: majority class, nearest class mean, pixels into one layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from pellucid.blocks import Adam
from pellucid.data import Dataset, Scaling
from pellucid.evaluate.rivals.rival import Rival, thinned
from pellucid.learn.batches import Batches, Images
from pellucid.learn.completing import complete
from pellucid.learn.learner import Learner
from pellucid.learn.losses import loss_of, probabilities
from pellucid.learn.models import build_model
from pellucid.learn.schedule import learning_rate
from pellucid.learn.settings import Settings
from pellucid.progress import Progress, silent
from pellucid.shapes import Int

LEAST_STEPS = 300
"""Steps that the logistic regression takes at least. Chosen by us, as enough for a convex loss."""

RATE = 0.1
"""Adam's peak rate for the logistic regression, over the square root of the pixels: 0.0125 for 8 x 8, 0.0016 for
64 x 64. Chosen by us: a step moves every weight by about its rate, so many pixels together need a smaller one; with it,
digits end about a point below scikit-learn's, and few images of many pixels are not learned by heart."""

MAJORITY, NEAREST, LOGISTIC = "majority class", "nearest class mean", "logistic regression on pixels"


def fit_rivals(
    dataset: Dataset,
    train: Int[np.ndarray, " train"],
    asked: Int[np.ndarray, " case"],
    scaling: Scaling,
    seed: int,
    progress: Progress = silent,
) -> list[Rival]:
    """Fit all three on the training part, and ask each for the probabilities of the rows asked for.

    Args:
        dataset: its images and labels.
        train: rows to learn from; the last two rivals take at most MOST_FITTED of them, evenly spaced.
        asked: rows to give probabilities for.
        scaling: of the model that they rival.
        seed: of the order in which the logistic regression sees its images.
        progress: told how many are done.
    Returns:
        majority class, nearest class mean, logistic regression, each with probabilities in the order of `asked`.

    >>> from pellucid.data import draw_split, measure_scaling, read
    >>> digits = read("digits")
    >>> split = draw_split(digits, seed=0)
    >>> scaling = measure_scaling(digits.images, split.train, "standardise")
    >>> for rival in fit_rivals(digits, split.train, split.held_out, scaling, seed=0):
    ...     print(f"{(rival.probabilities.argmax(1) == digits.labels[split.held_out]).mean():.1f} {rival.name}")
    0.1 majority class
    0.9 nearest class mean
    1.0 logistic regression on pixels
    """
    fitted = thinned(train)
    images = Images(dataset.images, scaling, torch.device("cpu"))
    progress("rivals", 1, 3)
    majority = _majority(dataset, train, len(asked))
    nearest = _nearest_mean(dataset, images, fitted, asked)
    progress("rivals", 2, 3)
    logistic = _logistic(dataset, images, fitted, asked, seed)
    progress("rivals", 3, 3)
    return [majority, nearest, logistic]


def _majority(dataset: Dataset, train: np.ndarray, cases: int) -> Rival:
    labels = dataset.labels[train]
    shares = labels.mean(0) if labels.ndim == 2 else np.bincount(labels, minlength=len(dataset.classes)) / len(labels)
    told = "always the shares of the classes in training, whatever the image"
    return Rival(MAJORITY, told, np.tile(shares, (cases, 1)))


def _nearest_mean(dataset: Dataset, images: Images, fitted: np.ndarray, asked: np.ndarray) -> Rival:
    positive = torch.from_numpy(_positive(dataset, fitted)).float()
    many = dataset.labels.ndim == 2
    wanted = torch.cat([positive, 1 - positive], 1) if many else positive  # many: each label present, then absent
    total = torch.zeros(wanted.shape[1], int(np.prod(dataset.images.shape[1:])))
    for start in range(0, len(fitted), 512):
        pixels = images.scaled(images.pixels(fitted[start : start + 512])).flatten(1)
        total += wanted[start : start + 512].T @ pixels
    means = total / wanted.sum(0).clamp(min=1)[:, None]
    nearness = torch.cat([_nearness(images, asked[at : at + 512], means) for at in range(0, len(asked), 512)])
    nearness[:, wanted.sum(0) == 0] = -torch.inf
    if many:
        count = len(dataset.classes)
        p = torch.sigmoid((nearness[:, :count] - nearness[:, count:]).nan_to_num(0.0))
    else:
        p = torch.softmax(nearness, 1)
    told = f"the class whose mean image is nearest, means of {len(fitted):,} training images"
    return Rival(
        NEAREST, told, p.double().numpy(), means[: len(dataset.classes)].reshape(-1, *dataset.images.shape[1:]).numpy()
    )


def _nearness(images: Images, rows: np.ndarray, means: torch.Tensor) -> torch.Tensor:
    """Minus the mean squared difference of pixels, in units that make a softmax of it neither 0 nor 1: x 10."""
    pixels = images.scaled(images.pixels(rows)).flatten(1)
    squared = (pixels**2).mean(1, keepdim=True) - 2 * pixels @ means.T / means.shape[1] + (means**2).mean(1)
    return -10 * squared


def _positive(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    labels = dataset.labels[rows]
    return np.asarray(labels == 1 if labels.ndim == 2 else labels[:, None] == np.arange(len(dataset.classes)))


def _logistic(dataset: Dataset, images: Images, fitted: np.ndarray, asked: np.ndarray, seed: int) -> Rival:
    classes = len(dataset.classes)
    settings = complete(
        Settings(model="linear", start="zeros", augment="none"), len(fitted), classes, 0, torch.device("cpu")
    )
    an_epoch = -(-len(fitted) // (settings.batch_size or 1))
    settings = replace(settings, epochs=max(1, -(-LEAST_STEPS // an_epoch)))
    labels = torch.from_numpy(dataset.labels)
    model = build_model(settings, dataset.images.shape[1], dataset.images.shape[2], classes)
    batches = Batches(images, labels, fitted, settings.batch_size or 1, settings.epochs or 1, seed)
    peak = RATE / float(np.sqrt(np.prod(dataset.images.shape[1:])))
    adam = Adam(weight_decay=0.1, decoupled=True)
    learner = Learner(model, loss_of(dataset.task), adam, _schedule(batches.steps, peak))
    for _ in learner.steps(batches):
        pass
    logits = [learner.logits(images.scaled(images.pixels(asked[at : at + 512]))) for at in range(0, len(asked), 512)]
    p = probabilities(torch.cat(logits).double(), dataset.task)
    weights = model.get_parameter("logits.weight").detach().reshape(classes, *dataset.images.shape[1:]).numpy()
    told = f"one linear layer on the scaled pixels, {batches.steps} steps on {len(fitted):,} training images"
    return Rival(LOGISTIC, told, p.numpy(), weights)


def _schedule(steps: int, peak: float) -> Callable[[int], float]:
    return lambda number: learning_rate(number, steps, peak, "one-cycle")
