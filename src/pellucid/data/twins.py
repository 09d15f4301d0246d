"""Images that stand twice: which case of one part has exactly the pixels of a training case."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Int, UInt8


def twins_in_training(
    sha256: UInt8[np.ndarray, "case 32"], train: Int[np.ndarray, " train"]
) -> Int[np.ndarray, " case"]:
    """For each case outside training the first training case of identical pixels, else -1; -1 for training cases.

    >>> prints = np.zeros((3, 32), np.uint8); prints[1] = 7
    >>> twins_in_training(prints, np.array([0])).tolist()
    [-1, -1, 0]
    """
    codes = np.unique(np.ascontiguousarray(sha256).view("V32").ravel(), return_inverse=True)[1].ravel()
    first = np.full(codes.max(initial=0) + 1, -1, np.int64)
    first[codes[train[::-1]]] = train[::-1]
    twins = first[codes]
    twins[train] = -1
    return twins
