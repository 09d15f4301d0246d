"""The rooms of the chest as depths: how far inside (or outside, below 0) the lungs, wall, heart and skin a place is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.depths import Depth, Place, in_mm, soft_least
from pellucid.ct.phantom.grids import Grid, smooth_noise
from pellucid.ct.phantom.mediastinum import core_of, with_bumps
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.surfaces import above_diaphragm, body, chest, rib_phase, thickened
from pellucid.data.volumes.parts import connected_components

SHALLOW_MM = 1.0  # chosen by us: where lung is not deeper than this, the finer grid may see none between two points


@dataclass(frozen=True, slots=True, eq=False)
class Thorax:
    """Depths on a coarse grid, mm, above 0 inside.

    Attributes:
        grid: where they are known.
        lung: of either lung.
        wall: of the inner chest; ribs and muscles lie just below 0.
        core: of the mediastinum; above 0 in heart, great vessels and spine.
        dome: above the diaphragm.
        skin: of the body.
        place: coordinates z, y, x bent as this person's shape is, so that all organs bend alike.
        ribs: how near the middle of a rib, along the wall: 1 there, -1 half-way between two.
        turn: angle around the chest, 0 at the spine, pi at the breastbone.
    """

    grid: Grid
    lung: Depth
    wall: Depth
    core: Depth
    dome: Depth
    skin: Depth
    place: Place
    ribs: Depth
    turn: Depth


def make_thorax(rng: np.random.Generator, person: Physique, grid: Grid) -> Thorax:
    """The chest of one person.

    Args:
        rng: draws what bends it.
        person: proportions.
        grid: coarse, about 3 mm.
    """
    place = _bent(rng, grid)
    wall = in_mm(chest(person, place), grid)
    turn = np.arctan2(np.abs(place[2]), place[1] - person.spine_y - 10)
    ribs = rib_phase(rng, person, place, turn)
    core = in_mm(core_of(person, place), grid)
    core = with_bumps(rng, person, core, place)
    core += smooth_noise(rng, grid, 22.0) * np.float32(rng.uniform(0.3, 1.5))
    dome = in_mm(above_diaphragm(rng, person, grid, place), grid)
    inner = wall - np.float32(rng.uniform(0.2, 1.6)) * np.clip(ribs, 0, 1)
    inner += smooth_noise(rng, grid, 14.0) * np.float32(rng.uniform(0.05, 0.5))
    inner += smooth_noise(rng, grid, 6.0) * np.float32(rng.uniform(0.0, 0.45))
    inner -= thickened(rng, person, grid, place)
    lung = without_islands(soft_least(soft_least(inner, -core, 4.0), dome, 2.5))
    skin = in_mm(body(rng, person, place), grid)
    return Thorax(grid, lung, wall, core, dome, skin, place, ribs, turn)


def without_islands(lung: Depth) -> Depth:
    """The lungs, with what floats in them made lung: organs hang together, and a ball that does not is a nodule.

    Args:
        lung: depth, mm.
    """
    cc3d = connected_components()
    for level_mm in (0.0, SHALLOW_MM):
        pieces = cc3d.connected_components(lung < level_mm, connectivity=6)
        islands = (pieces != pieces[0, 0, 0]) & (pieces > 0)  # at the grid's corner lies the air around the body
        lung = np.where(islands, np.float32(2 * SHALLOW_MM), lung)
    return lung


def _bent(rng: np.random.Generator, grid: Grid) -> Place:
    """The grid's coordinates, bent smoothly and turned by a few degrees, as nobody lies quite straight."""
    z, y, x = grid.axes()
    turn = np.radians(rng.normal(0, 3.0))
    bend = rng.normal(0, 8e-4)  # scoliosis: 4 mm to the side over 100 mm
    moved = []
    for amount in (5.0, 4.0, 4.0):
        bumps = smooth_noise(rng, grid, 90.0) * np.float32(amount) + smooth_noise(rng, grid, 35.0) * np.float32(0.9)
        moved.append(bumps)
    right = np.cos(turn) * x - np.sin(turn) * y + np.float32(bend) * z**2 * 0.5
    back = np.sin(turn) * x + np.cos(turn) * y
    return (z + moved[0], back + moved[1], right + moved[2])
