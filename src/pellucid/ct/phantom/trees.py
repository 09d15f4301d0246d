"""Branching trees that fill the lungs: arteries, veins and airways, thick at the hilum and thin below the pleura."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Float, Int

PARTS = 3  # of a long branch, so that it looks bent
MURRAY = 3.0
"""A vessel's radius cubed is the sum of its branches' radii cubed. Source: Murray 1926, PNAS 12:207."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A tree of branches; branch i ends in node i, and node 0 is the root.

    Attributes:
        places: z, y, x of each node, mm.
        parents: the node where each branch begins; the root's is itself.
        radii: of the branch that ends in each node, mm.
    """

    places: Float[np.ndarray, "node 3"]
    parents: Int[np.ndarray, " node"]
    radii: Float[np.ndarray, " node"]


def grow(
    rng: np.random.Generator, root: Float[np.ndarray, " axis"], tips: Float[np.ndarray, "tip 3"], tip_radius: float
) -> Tree:
    """A tree from a root to all tips: those that it leads to are halved, and halved again, where they spread most.

    Each fork lies between the one before it and the middle of the tips beyond, as a vessel's does that feeds a region.

    Args:
        rng: draws where forks lie and how unequal they are.
        root: z, y, x of its beginning, mm.
        tips: where branches end, mm.
        tip_radius: of the last branches, mm.
    """
    places, parents, counts = [np.asarray(root, float)[None]], [np.zeros(1, int)], [np.array([len(tips)])]
    label, first, nodes = np.zeros(len(tips), int), np.zeros(1, int), 1
    tips = np.asarray(tips, float)
    while len(tips):
        side = _halved(rng, tips, label, len(first))
        child, of = np.unique(2 * label + side, return_inverse=True)
        count = np.bincount(of)
        middle = np.stack([np.bincount(of, tips[:, axis]) / count for axis in range(3)], axis=1)
        before = np.concatenate(places)[first[child // 2]]
        part = np.where(count == 1, 1.0, rng.uniform(*np.where(count > 60, [[0.3], [0.6]], [[0.22], [0.45]])))
        places.append(before + part[:, None] * (middle - before))
        parents.append(first[child // 2])
        counts.append(count)
        first = nodes + np.arange(len(child))
        nodes += len(child)
        going = count[of] > 1
        used, label = np.unique(of[going], return_inverse=True)
        tips, first = tips[going], first[used]
    radii = tip_radius * np.concatenate(counts) ** (1 / MURRAY)
    return Tree(np.concatenate(places), np.concatenate(parents), radii)


def _halved(
    rng: np.random.Generator, tips: Float[np.ndarray, "tip 3"], label: Int[np.ndarray, " tip"], groups: int
) -> Int[np.ndarray, " tip"]:
    """On which side of its group's middle each tip lies, along the direction in which the group is longest."""
    count = np.bincount(label, minlength=groups)
    middle = np.stack([np.bincount(label, tips[:, axis], groups) / count for axis in range(3)], axis=1)
    away = tips - middle[label]
    spread = np.empty((groups, 3, 3))
    for i in range(3):
        for j in range(3):
            spread[:, i, j] = np.bincount(label, away[:, i] * away[:, j], groups)
    spread += rng.normal(0, 0.05, spread.shape) * np.trace(spread, axis1=1, axis2=2)[:, None, None]
    longest = np.linalg.eigh((spread + spread.transpose(0, 2, 1)) / 2 + 1e-6 * np.eye(3))[1][:, :, 2]
    along = (away * longest[label]).sum(axis=1)
    width = np.sqrt(np.bincount(label, along**2, groups) / count)
    side = (along > rng.normal(0, 0.6, groups)[label] * width[label]).astype(int)
    ones = np.bincount(label, side, groups)
    uneven = ((ones == 0) | (ones == count)) & (count > 1)  # all on one side: halve at the median instead
    if uneven.any():
        order = np.lexsort((along, label))
        rank = np.empty(len(tips), int)
        starts = np.concatenate([[0], np.cumsum(count)[:-1]])
        rank[order] = np.arange(len(tips)) - starts[label[order]]
        side = np.where(uneven[label], (rank >= count[label] / 2).astype(int), side)
    return np.asarray(side)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Straight pieces of vessels, each a cone with round ends.

    Attributes:
        starts, ends: z, y, x, mm.
        start_radii, end_radii: mm.
    """

    starts: Float[np.ndarray, "piece 3"]
    ends: Float[np.ndarray, "piece 3"]
    start_radii: Float[np.ndarray, " piece"]
    end_radii: Float[np.ndarray, " piece"]

    def rows(self, which: np.ndarray) -> Pieces:
        """Some of them."""
        return Pieces(self.starts[which], self.ends[which], self.start_radii[which], self.end_radii[which])


def bend(tree: Tree) -> Pieces:
    """Each branch as a curve of straight pieces: it leaves a fork in its parent's direction and turns to its own.

    Args:
        tree: with straight branches; those longer than 6 mm become three pieces, shorter ones stay whole.
    """
    begin, end = tree.places[tree.parents], tree.places
    own = end - begin
    length = np.linalg.norm(own, axis=1)
    before = own[tree.parents]
    lean = before / np.maximum(np.linalg.norm(before, axis=1), 1e-6)[:, None] * length[:, None]
    leave = np.where(length[:, None] > 0, 0.35 * lean + 0.65 * own, own)
    at = np.linspace(0, 1, PARTS + 1)
    curves = [  # Hermite's cubic: leaves along `leave`, arrives along its own line
        (2 * t**3 - 3 * t**2 + 1) * begin + (t**3 - 2 * t**2 + t) * leave + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * own
        for t in at
    ]  # fmt: skip
    taper = np.minimum(tree.radii[tree.parents], 1.12 * tree.radii)  # slightly thicker where it leaves the fork
    long, short = np.flatnonzero(length > 6), np.flatnonzero((length > 0) & (length <= 6))
    starts, ends = [begin[short]], [end[short]]
    from_radii, to_radii = [taper[short]], [tree.radii[short]]
    for number in range(PARTS):
        starts.append(curves[number][long])
        ends.append(curves[number + 1][long])
        for radii, t in ((from_radii, at[number]), (to_radii, at[number + 1])):
            radii.append((taper + (tree.radii - taper) * t)[long])
    return Pieces(*(np.concatenate(part) for part in (starts, ends, from_radii, to_radii)))
