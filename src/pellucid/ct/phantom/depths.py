"""Depths: how far inside (above 0) or outside (below 0) of a shape each place is, in mm, and shapes joined smoothly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid.ct.phantom.grids import Grid
from pellucid.shapes import Float

Depth = Float[np.ndarray, "z y x"]
Place = tuple[Depth, Depth, Depth]


def in_mm(values: Depth, grid: Grid) -> Depth:
    """A field that is 0 on a surface, as a distance near it: divided by its slope."""
    slopes = np.gradient(values, *grid.step_zyx_mm)
    steep = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2 + slopes[2] ** 2)
    return np.asarray(values / np.maximum(steep, np.float32(0.25 * float(np.median(steep)) + 1e-6)), np.float32)


def soft_least(first: Depth, second: Depth, round_mm: float) -> Depth:
    """The smaller of two depths, with the edge where they meet rounded."""
    over = np.clip(0.5 + 0.5 * (second - first) / np.float32(round_mm), 0, 1)
    return np.asarray(second + (first - second) * over - np.float32(round_mm) * over * (1 - over), np.float32)


def soft_most(first: Depth, second: Depth, round_mm: float) -> Depth:
    """The larger of two depths, rounded."""
    return -soft_least(-first, -second, round_mm)


def ellipsoid(place: Place, centre: Sequence[float], axes: Sequence[float]) -> Depth:
    """Depth in an ellipsoid, in mm near its surface; centre and half-axes as z, y, x."""
    ring = sum(((c - m) / a) ** 2 for c, m, a in zip(place, centre, axes, strict=True))
    return np.asarray((1 - np.sqrt(ring)) * min(axes), np.float32)
