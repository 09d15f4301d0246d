"""Where nodules lie: within a lung, at its pleura, on a vessel, on the diaphragm, at the mediastinum, or in a tip."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.thorax import Thorax
from pellucid.shapes import Bool, Float

PLACES = {"centre": 0.34, "vessel": 0.22, "pleura": 0.26, "diaphragm": 0.06, "mediastinum": 0.06, "apex": 0.06}
"""How often a nodule lies where. Chosen by us; about a third of nodules touch the pleura or lie just below it."""
TIP_MM = 27.0  # chosen by us: how far down from its highest point a lung is called its apex


def draw_centre(
    rng: np.random.Generator, place: str, diameter: float, thorax: Thorax, vessels: Float[np.ndarray, "point 3"]
) -> Float[np.ndarray, " axis"] | None:
    """A centre of the kind wanted.

    Args:
        rng: draws it.
        place: one of PLACES.
        diameter: mm.
        thorax: depths.
        vessels: points in vessels.
    Returns:
        z, y, x in mm; None where this chest has no such place.
    """
    if place == "vessel":
        if len(vessels) == 0:
            return None
        return np.asarray(vessels[rng.integers(len(vessels))] + rng.normal(size=3) * 0.35 * diameter / 2)
    found = np.flatnonzero(_fitting(place, diameter / 2, thorax))
    if len(found) == 0:
        return None
    index = np.array(np.unravel_index(int(rng.choice(found)), thorax.grid.shape))
    return thorax.grid.place(index + rng.uniform(-0.5, 0.5, 3))


def _fitting(place: str, half: float, thorax: Thorax) -> Bool[np.ndarray, "z y x"]:
    """Where a nodule of this radius may have its centre."""
    lung = thorax.lung
    if place == "centre":
        return np.asarray(lung > half + 3.0)
    if place == "apex":
        highest = int(np.flatnonzero((lung > 0).any(axis=(1, 2)))[-1])
        which = lung > 0.5 * half
        which[: max(highest - round(TIP_MM / thorax.grid.step_zyx_mm[0]), 0)] = False
        return np.asarray(which)
    bound = {"pleura": thorax.wall, "diaphragm": thorax.dome, "mediastinum": -thorax.core}[place]
    return np.asarray((lung > 0.35 * half) & (lung < half + 1.0) & (bound < lung + 1.5))
