"""Writing a tissue into a field of Hounsfield units, with an edge as soft as the grid is coarse."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float

# Radiodensities in HU. Source: Hounsfield 1973, Br J Radiol 46:1016; Lamba et al. 2014, AJR 203:W1 (organs).
FAT, MUSCLE, SKIN, AIR = -100.0, 50.0, 20.0, -1000.0
SOFT_MM = 2.0  # from one tissue to the next


def blend(hu: Float[np.ndarray, "z y x"], depth: Float[np.ndarray, "z y x"], value: object) -> None:
    """Write a tissue where its depth is above 0, with an edge as soft as the grid is coarse; in place."""
    share = np.clip(np.asarray(depth, np.float32) / np.float32(SOFT_MM) + np.float32(0.5), 0, 1)
    hu += share * (np.asarray(value, np.float32) - hu)
