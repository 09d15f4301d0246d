"""Images that stand more than once, identical or nearly so: which groups they form, and which of these contradict."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Int, Shaped, UInt8

Groups = tuple[Int[np.ndarray, " _"], ...]
"""The rows of each group, in ascending order."""


def identical_numbers(sha256: UInt8[np.ndarray, "case 32"]) -> Int[np.ndarray, " case"]:
    """A number for each case; cases of identical pixels have the same.

    >>> prints = np.zeros((3, 32), np.uint8); prints[1] = 7
    >>> identical_numbers(prints).tolist()
    [0, 1, 0]
    """
    return np.unique(np.ascontiguousarray(sha256).view("V32").ravel(), return_inverse=True)[1].ravel()


def repeated(numbers: Int[np.ndarray, " case"]) -> Groups:
    """The groups of two cases or more that have the same number, the largest first.

    >>> [group.tolist() for group in repeated(np.array([5, 8, 5, 9, 8, 8]))]
    [[1, 4, 5], [0, 2]]
    """
    order = np.argsort(numbers, kind="stable")
    ends = np.flatnonzero(np.diff(numbers[order], prepend=-1, append=-1))
    several = np.flatnonzero(np.diff(ends) > 1)
    groups = [order[ends[at] : ends[at + 1]] for at in several.tolist()]
    return tuple(sorted(groups, key=lambda rows: (-len(rows), int(rows[0]))))


def differing(groups: Groups, facts: Shaped[np.ndarray, "case ..."] | None) -> Groups:
    """Those groups whose cases are not all alike in this fact: their label, their part, the number of their pixels.

    Args:
        groups: rows of each.
        facts: one entry (or row) a case; None, where the fact is not known, differs nowhere.

    >>> [group.tolist() for group in differing((np.array([0, 1]), np.array([2, 3])), np.array([4, 4, 4, 5]))]
    [[2, 3]]
    """
    if facts is None:
        return ()
    return tuple(rows for rows in groups if (facts[rows] != facts[rows[0]]).any())


def counted(groups: Groups) -> dict[str, int]:
    """How many groups, how many cases they hold, and how many of these would go if one of each group stayed.

    >>> counted((np.array([0, 3, 4]), np.array([1, 2])))
    {'groups': 2, 'cases': 5, 'redundant': 3}
    """
    cases = sum(map(len, groups))
    return {"groups": len(groups), "cases": cases, "redundant": cases - len(groups)}
