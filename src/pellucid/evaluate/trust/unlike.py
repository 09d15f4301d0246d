"""Is an image unlike those of training? Three views of it, and a rate of false alarms taken from calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.side_by_side import side_by_side
from pellucid.errors import BadInput
from pellucid.evaluate.trust.clusters import Clusters, fit_clusters
from pellucid.evaluate.trust.thumbnails import parts_of
from pellucid.shapes import Bool, Float, Int

FALSE_ALARMS = 0.01
"""Share of images like those of training that may be flagged. Chosen by us."""

MOST_FITTED = 5_000
"""Training cases that what is usual is learned from; `fitted_rows` draws them. Chosen by us, to cost half a second."""

MOST_FEATURES = 256
"""Of wider models the features that vary most are looked at. Chosen by us, since covariances grow with the square."""

AT_ONCE = 1024
"""Images that are judged together. Chosen by us: some megabytes."""

VIEWS = ("features", "cells", "brightness")
"""What the model makes of the image; its 8 x 8 thumbnail with each cell's deviation; its pixels' quantiles."""

USUAL, FAR = 0.8, 0.99
"""Quantiles of the validation part's distances that become 0 and 1 in each view, so that none drowns the others. Chosen
by us."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Images as they are seen here: `answers_of`'s features and `thumbnails`, one row an image."""

    features: Float[np.ndarray, "case feature"]
    thumbnails: Float[np.ndarray, "case number"]

    def views(self, columns: Int[np.ndarray, " column"]) -> list[Float[np.ndarray, "case number"]]:
        """The three views; of the features only these columns, as signed roots: they are long-tailed."""
        cells, brightness = parts_of(self.thumbnails.shape[1])
        chosen = self.features[:, columns]
        return [np.sign(chosen) * np.sqrt(np.abs(chosen)), self.thumbnails[:, cells], self.thumbnails[:, brightness]]


@dataclass(frozen=True, slots=True)
class Unlike:
    """Knows what is usual in each view, and from which distance on an image is flagged.

    What is promised (split conformal prediction: Vovk, 2012; whole groups: Lee, Barber and Willett, Distribution-free
    inference with hierarchical data, 2023): an image drawn like those of the calibration part, of a new group where
    there are groups, is flagged with probability `promised` at most, on average over calibration parts. Nothing is
    promised of images of another kind: how many are flagged can only be measured.
    """

    columns: Int[np.ndarray, " column"]
    usual: tuple[Clusters, ...]
    scale: tuple[tuple[float, float], ...]
    """For each view the distances that count as 0 and 1."""
    threshold: float
    promised: float

    def scores(self, seen: Seen) -> Float[np.ndarray, "case view"]:
        """How unlike each image is in each view: 0 is usual, 1 is rare; the largest is judged."""
        views = zip(self.usual, seen.views(self.columns), self.scale, strict=True)
        return np.stack([(usual.distances(view) - low) / (high - low) for usual, view, (low, high) in views], 1)

    def flags(self, seen: Seen) -> Bool[np.ndarray, " case"]:
        """True where an image lies beyond the threshold in some view, or its numbers are none."""

        def judge(at: int) -> np.ndarray:
            some = slice(at, at + AT_ONCE)
            scores = self.scores(Seen(seen.features[some], seen.thumbnails[some]))
            return np.asarray(~(scores.max(1) <= self.threshold))

        parts = list(side_by_side(judge, range(0, len(seen.features), AT_ONCE)))
        return np.concatenate(parts) if parts else np.zeros(0, bool)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything but the arrays."""
        return {
            "scale": [list(limits) for limits in self.scale],
            "threshold": self.threshold,
            "promised": self.promised,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The rest, to be saved beside the weights."""
        named = {
            f"{view}.{name}": getattr(usual, name)
            for view, usual in zip(VIEWS, self.usual, strict=True)
            for name in ("axes", "means", "per_reach")
        }
        return {"columns": self.columns, **named}

    @staticmethod
    def from_dict(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Unlike:
        """What `as_dict` and `arrays` gave.

        Raises:
            BadInput: something else.
        """
        try:
            usual = tuple(
                Clusters(*(arrays[f"{view}.{name}"] for name in ("axes", "means", "per_reach"))) for view in VIEWS
            )
            scale = tuple((float(low), float(high)) for low, high in facts["scale"])
            return Unlike(arrays["columns"], usual, scale, float(facts["threshold"]), float(facts["promised"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(
                f"What the weights say of images unlike those of training is damaged ({problem}): train again."
            ) from None


def fitted_rows(train: Int[np.ndarray, " train"], seed: int) -> Int[np.ndarray, " case"]:
    """The training cases that `fit_unlike` is to be given: all, or MOST_FITTED drawn from them; sorted.

    >>> len(fitted_rows(np.arange(35_000), seed=0)), len(fitted_rows(np.arange(300), seed=0))
    (5000, 300)
    """
    if len(train) <= MOST_FITTED:
        return train
    return np.sort(np.random.default_rng([seed, 4]).choice(train, MOST_FITTED, replace=False))


def fit_unlike(
    train: Seen,
    valid: Seen,
    calibrate: Seen,
    groups: Int[np.ndarray, " calibrate"] | None = None,
    *,
    false_alarms: float = FALSE_ALARMS,
    seed: int = 0,
) -> Unlike:
    """Learn what is usual from training, how the views compare from validation, the threshold from calibration alone.

    Args:
        train: of `fitted_rows`; no labels are needed.
        valid: images that the model did not learn from; their distances make the views comparable.
        calibrate: the images that the threshold is taken from; none was looked at before.
        groups: the group of each calibration case, where there are groups.
        false_alarms: share of images like these that may be flagged. Where calibration cases (or groups) are too few
            for it, what lies beyond all of them is flagged, and `promised` says what that promises.
        seed: of the clusters.
    """
    varying = np.argsort(-train.features.var(0), kind="stable")[:MOST_FEATURES]
    columns = np.sort(varying).astype(np.int64)
    usual = tuple(fit_clusters(view, seed) for view in train.views(columns))
    scale = []
    for clusters, view in zip(usual, valid.views(columns), strict=True):
        low, high = np.quantile(clusters.distances(view), (USUAL, FAR)).tolist()
        scale.append((_rounded(low), _rounded(max(high, low + 1e-3 * abs(low) + 1e-6))))
    unset = Unlike(columns, usual, tuple(scale), np.inf, 0.0)
    threshold, promised = threshold_of(unset.scores(calibrate).max(1), groups, false_alarms)
    return Unlike(columns, usual, tuple(scale), threshold, promised)


def threshold_of(
    scores: Float[np.ndarray, " case"],
    groups: Int[np.ndarray, " case"] | None = None,
    false_alarms: float = FALSE_ALARMS,
) -> tuple[float, float]:
    """The least score that the promise allows as threshold, and what is then promised.

    Each group weighs alike, however many images it has, and one more group that is still to come counts as beyond the
    threshold wholly. So 99 groups (without groups: images) at least are needed for 1%; with fewer the largest score is
    taken.

    >>> threshold_of(np.arange(199.0), None, 0.01)  # 2 of 200: the one still to come, and the largest
    (197.0, 0.01)
    >>> threshold_of(np.arange(9.0), None, 0.01)
    (8.0, 0.1)
    """
    codes = np.arange(len(scores)) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    count = int(codes.max()) + 1
    order = np.argsort(scores, kind="stable")
    weight = (1 / np.bincount(codes)[codes] / (count + 1))[order]
    above = np.append(np.cumsum(weight[::-1])[::-1][1:], 0.0)
    beyond = above + 1 / (count + 1)  # the last one stands for the group to come
    allowed = np.flatnonzero(beyond <= false_alarms + 1e-9)
    at = int(allowed[0]) if len(allowed) else len(scores) - 1
    return float(scores[order][at]), _rounded(float(beyond[at]))


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
