"""The windpipe and the two main bronchi."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.trees import Pieces


def windpipe(rng: np.random.Generator, person: Physique) -> Pieces:
    """The air in windpipe and main bronchi, from above the scan to the hilum.

    The right main bronchus is steeper and wider. Source: Breatnach et al. 1984, AJR 142:903.
    """
    wide = person.trachea
    fork = np.array([0.0, 0.05 * person.half_depth, person.shift + 2])
    lean = rng.uniform(-0.15, 0.05)
    top = fork + np.array([160.0, lean * 100, rng.normal(0, 4)])
    right = fork + np.array([-20.0, 2.0, -person.mediastinum - 4])
    left = fork + np.array([-18.0, 4.0, person.mediastinum + 8])
    starts, ends = np.stack([top, fork, fork]), np.stack([fork, right, left])
    return Pieces(starts, ends, np.array([wide, wide * 0.8, wide * 0.7]), np.array([wide, wide * 0.55, wide * 0.5]))
