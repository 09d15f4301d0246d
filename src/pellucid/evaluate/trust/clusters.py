"""What is usual, as clusters of points, each with its own place and reach; and how far a point is from them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Float, Int

MOST_CLUSTERS = 40
FEWEST_IN_ONE = 40
"""As many clusters as there are such handfuls of points, 40 at most. Chosen by us: among what was
tried for bench/unlike.py, it found most of the classes left out."""

BORROWED = 40
"""A cluster's variances are mixed with those of all, as if so many more points had them. Chosen by us."""

REACH = 0.9
"""Share of a cluster's own points that its reach includes: distances are counted in reaches. Chosen by us."""

FEW_NUMBERS = 64
"""Up to so many numbers a point, each cluster has a whole covariance; beyond, its own variances along the common axes,
since it has too few points for more. Chosen by us."""

ROUNDS = 10
"""Chosen by us: later rounds move hardly a point."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Points are brought to axes in which the clusters' common covariance is the unit; each cluster has its variances.

    >>> points = np.array([[0.0], [1.0], [2.0]] * 20)
    >>> usual = fit_clusters(points, seed=0)
    >>> near, far = usual.distances(np.array([[1.0], [9.0]]))
    >>> bool(near < 0.1), bool(far > 5)
    (True, True)
    """

    axes: Float[np.ndarray, "number axis"]
    means: Float[np.ndarray, "cluster axis"]
    per_reach: Float[np.ndarray, "cluster axis"] | Float[np.ndarray, "cluster axis axis"]
    """1 / (variance x squared reach) along each axis; for few numbers the inverse covariance, per squared reach."""

    def distances(self, points: Float[np.ndarray, "case number"]) -> Float[np.ndarray, " case"]:
        """How many reaches of the nearest cluster each point lies from its mean.

        Source: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, 2018, who measure to
        classes; here it is to clusters, since a class may be many things.
        """
        at = points.astype(np.float64) @ self.axes
        per_reach, means = self.per_reach.astype(np.float64), self.means.astype(np.float64)
        if per_reach.ndim == 2:
            squared = at**2 @ per_reach.T - 2 * at @ (means * per_reach).T + (means**2 * per_reach).sum(1)
        else:
            apart = (at - mean for mean in means)
            squared = np.stack([((d @ own) * d).sum(1) for d, own in zip(apart, per_reach, strict=True)], 1)
        return np.asarray(np.sqrt(np.maximum(squared.min(1), 0)))


def fit_clusters(points: Float[np.ndarray, "case number"], seed: int) -> Clusters:
    """Clusters of these points by k-means, in float32.

    Args:
        points: finite numbers; what never varies is let count only by the little that it is given.
        seed: of the draw of first means.
    """
    points = points.astype(np.float64)
    deviation = points.std(0)
    deviation = np.maximum(deviation, 1e-3 * max(deviation.max(), 1e-12))
    standard = points / deviation
    count = min(MOST_CLUSTERS, max(1, len(points) // FEWEST_IN_ONE))
    member = _k_means((standard - standard.mean(0)).astype(np.float32), count, np.random.default_rng([seed, 3]))
    found, member = np.unique(member, return_inverse=True)
    means = np.stack([standard[member == number].mean(0) for number in range(len(found))])
    whitening = _inverse_root(_shrunk_covariance(standard - means[member]))
    at, means = standard @ whitening, means @ whitening
    own = [_own_inverse(at[member == number] - mean) for number, mean in enumerate(means)]
    axes = whitening / deviation[:, None]
    return Clusters(axes.astype(np.float32), means.astype(np.float32), np.stack(own).astype(np.float32))


def _own_inverse(apart: Float[np.ndarray, "case axis"]) -> Float[np.ndarray, " *axes"]:
    """A cluster's inverse variances, or for few numbers its inverse covariance, per squared reach."""
    cases, numbers = apart.shape
    if numbers > FEW_NUMBERS:
        variances = ((apart**2).sum(0) + BORROWED) / (cases + BORROWED)
        return np.asarray(1 / (variances * _squared_reach((apart**2 / variances).sum(1))))
    inverse = np.linalg.inv((apart.T @ apart + BORROWED * np.eye(numbers)) / (cases + BORROWED))
    return np.asarray(inverse / _squared_reach(((apart @ inverse) * apart).sum(1)))


def _squared_reach(squared: Float[np.ndarray, " case"]) -> float:
    return max(float(np.quantile(squared, REACH)), 1e-12)


def _k_means(
    points: Float[np.ndarray, "case number"], count: int, generator: np.random.Generator
) -> Int[np.ndarray, " case"]:
    """The cluster of each point: Lloyd's rounds from first means drawn far apart (k-means++, Arthur, 2007)."""
    squares = (points**2).sum(1)
    nearest, chosen = np.full(len(points), np.inf, np.float32), [int(generator.integers(len(points)))]
    while len(chosen) < count:
        last = points[chosen[-1]]
        nearest = np.minimum(nearest, np.maximum(squares - 2 * points @ last + last @ last, 0))
        if nearest.sum() <= 0:
            break
        likely = nearest.astype(np.float64)
        chosen.append(int(generator.choice(len(points), p=likely / likely.sum())))
    means = points[chosen]
    member = np.zeros(len(points), np.int64)
    for _ in range(ROUNDS):
        member = np.argmin((means**2).sum(1) - 2 * points @ means.T, axis=1)
        sizes = np.bincount(member, minlength=len(means))
        means, kept = means[sizes > 0], np.cumsum(sizes > 0) - 1
        member = kept[member]
        belongs = np.zeros((len(means), len(points)), np.float32)
        belongs[member, np.arange(len(points))] = 1
        means = belongs @ points / sizes[sizes > 0][:, None].astype(np.float32)
    return np.asarray(member)


def _shrunk_covariance(apart: Float[np.ndarray, "case number"]) -> Float[np.ndarray, "number number"]:
    """Ledoit and Wolf, A Well-Conditioned Estimator for Large-Dimensional Covariance Matrices, 2004."""
    cases, numbers = apart.shape
    covariance = apart.T @ apart / cases
    like_all = np.trace(covariance) / numbers
    far = ((covariance - like_all * np.eye(numbers)) ** 2).sum()
    noise = (((apart**2).sum(1) ** 2).mean() - (covariance**2).sum()) / cases
    shrunk = min(1.0, max(noise, 0.0) / far) if far > 0 else 1.0
    return np.asarray((1 - shrunk) * covariance + (shrunk * like_all + 1e-4 * like_all + 1e-12) * np.eye(numbers))


def _inverse_root(matrix: Float[np.ndarray, "number number"]) -> Float[np.ndarray, "number number"]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(
        (vectors / np.sqrt(values)) @ vectors.T
    )  # symmetric: no axis depends on a solver's choice of sign
