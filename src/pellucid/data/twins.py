"""Images that stand in two parts: which training case a held-out case repeats, and in what way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.data.likeness_search import Described, near_one_of
from pellucid.shapes import Int, Shaped

KINDS = ("", "identical", "near-identical", "same group")
"""What a twin can be; the first that holds is said."""


@dataclass(frozen=True, slots=True)
class Twins:
    """For each case outside training, a training case that it repeats.

    >>> Twins(np.array([-1, 0]), np.array(["", "identical"])).count()
    {'identical': 1, 'near-identical': 0, 'same group': 0}
    """

    row: Int[np.ndarray, " case"]
    """A training case, or -1: none, or the case itself is for training."""
    likeness: Shaped[np.ndarray, " case"]
    """"identical" (the same pixels), "near-identical", "same group" (of the same patient or exam), or ""."""

    def count(self) -> dict[str, int]:
        """How many cases have a twin of each kind."""
        return {kind: int((self.likeness == kind).sum()) for kind in KINDS[1:]}


def find_twins(
    described: Described,
    alike: Int[np.ndarray, " case"],
    train: Int[np.ndarray, " train"],
    groups: Int[np.ndarray, " case"] | None = None,
) -> Twins:
    """For each case outside training a training case that it repeats, and how.

    Every case that is near-identical to any training case is found: the two are of one alike group, so only the
    groups that have cases on both sides need to be searched, and all pairs of those are.

    Args:
        described: the images (`describe`).
        alike: the alike group of each case (`alike_groups`).
        train: rows of the training part.
        groups: patient or exam of each case, where known.
    """
    in_training = np.zeros(len(alike), bool)
    in_training[train] = True
    row = _first_of(described.image_of, train)
    kind = np.where(row >= 0, 1, 0)
    shared = np.isin(alike, alike[train]) & (row < 0)
    asked = np.unique(described.image_of[shared])
    among = np.unique(described.image_of[in_training & np.isin(alike, alike[shared])])
    near = np.full(len(described.rows), -1)
    near[asked] = near_one_of(described, asked, among)
    found = (kind == 0) & (near[described.image_of] >= 0)
    first_row = np.full(len(described.rows), -1)
    first_row[described.image_of[train]] = row[train]
    row[found], kind[found] = first_row[near[described.image_of[found]]], 2
    if groups is not None:
        fellow = _first_of(groups, train)
        found = (kind == 0) & (fellow >= 0)
        row[found], kind[found] = fellow[found], 3
    row[train], kind[train] = -1, 0
    return Twins(row, np.array(KINDS)[kind])


def _first_of(keys: Shaped[np.ndarray, " case"], train: Int[np.ndarray, " train"]) -> Int[np.ndarray, " case"]:
    """For each case the lowest row of training with the same key, or -1."""
    codes = np.unique(keys, return_inverse=True)[1].ravel()
    first = np.full(codes.max(initial=0) + 1, len(keys))
    np.minimum.at(first, codes[train], train)
    first[first == len(keys)] = -1
    return first[codes]
