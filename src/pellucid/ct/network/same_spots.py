"""Lumps that are one and the same spot, seen twice: the likelier one stands for both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid.ct.findings import Lump
from pellucid.shapes import Float

# Chosen by us: no more than the least diameter that is looked for, so that two nodules never pass for one.
SAME_WITHIN_MM = 3.0


def same_spots(lumps: Sequence[Lump], chances: Float[np.ndarray, " lump"]) -> list[int | None]:
    """For each lump the number of a likelier one whose centre lies within its radius (or within 3 mm), else None.

    Args:
        lumps: of one scan.
        chances: their p_nodule.
    """
    centres = np.array([lump.centre_xyz_mm for lump in lumps]).reshape(-1, 3)
    reach = np.maximum(np.array([lump.diameter_mm for lump in lumps]) / 2, SAME_WITHIN_MM)
    found: list[int | None] = [None] * len(lumps)
    kept: list[int] = []
    for row in np.argsort(-chances, kind="stable").tolist():
        near = np.linalg.norm(centres[kept] - centres[row], axis=1) < reach[kept]
        if near.any():
            found[row] = lumps[kept[int(near.argmax())]].number
        else:
            kept.append(row)
    return found
