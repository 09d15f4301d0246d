"""The lungs' bounds: the inner chest, the ribs' course along it, the diaphragm, thickened pleura; and the skin."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.depths import Depth, Place, ellipsoid, soft_most
from pellucid.ct.phantom.grids import Grid, smooth_noise
from pellucid.ct.phantom.physique import Physique


def chest(person: Physique, place: Place) -> Depth:
    """The inner chest: an ellipse-like section, narrower towards the neck, its tips behind and beside the neck."""
    z, y, x = place
    full = -15.0  # at and below it the chest has its full width
    down = np.clip((person.apex_z - z) / (person.apex_z - full), 0.01, 1)
    closing = (1 - (1 - down) ** 2.4) ** 0.5
    aside = 45 * (1 - down) ** 2
    wide = (person.half_width - aside) * closing
    deep = person.half_depth * (0.25 + 0.75 * closing)
    back = 18 * (1 - down)
    u, v = np.abs(np.abs(x) - aside) / wide, np.abs(y - back) / deep
    power = np.float32(person.squareness)
    ring = (u**power + v**power) ** (1 / power)
    return np.asarray((1 - ring) * np.minimum(wide, deep) - np.maximum(z - person.apex_z + 2, 0), np.float32)


def rib_phase(rng: np.random.Generator, person: Physique, place: Place, turn: Depth) -> Depth:
    """Where ribs run: from the spine around the side, ever lower, and up again with the cartilage in front."""
    way = turn / np.pi
    fall = person.rib_drop * (1.35 * way - 0.55 * np.clip(way - 0.72, 0, 1) * 4)
    phase = (place[0] + fall + 0.08 * person.rib_pitch * np.sign(place[2])) / person.rib_pitch + rng.random()
    return np.asarray(np.cos(2 * np.pi * phase), np.float32)


def above_diaphragm(rng: np.random.Generator, person: Physique, grid: Grid, place: Place) -> Depth:
    """Height over the two domes; they fall steeply to the back, where the lungs reach lowest."""
    z, y, x = place
    dome = None
    for side in (-1, 1):
        top = person.dome_z - (person.left_lower if side > 0 else 0)
        across = (x - side * 0.46 * person.half_width) / (0.56 * person.half_width)
        along = (y + 0.20 * person.half_depth) / (0.92 * person.half_depth)
        flat = across**2 + along**2
        fall = 1.15 * person.dome_drop * (1 - np.exp(-0.7 * flat))
        height = top - fall - 14 * np.clip(along, 0, 1) ** 2
        dome = height if dome is None else np.maximum(dome, height)
    waves = smooth_noise(rng, grid, 30.0) * np.float32(rng.uniform(0.5, 3.0))
    return np.asarray(z - dome + waves, np.float32)


def thickened(rng: np.random.Generator, person: Physique, grid: Grid, place: Place) -> Depth:
    """How much the pleura is thickened, mm: caps at the tips, plaques, the joint of the first rib with its cartilage.

    Source: McLoud et al. 1981, AJR 137:299 (apical caps).
    """
    z = place[0]
    uneven = smooth_noise(rng, grid, 11.0)
    more = np.clip(smooth_noise(rng, grid, 16.0) - rng.uniform(1.2, 2.6), 0, 1.5) * np.float32(rng.uniform(0, 4))
    cap = np.clip((z - person.apex_z + 24) / 16, 0, 1) * np.clip(1 + 0.7 * uneven, 0, 3)
    more += cap * np.float32(rng.gamma(0.7, 1.5))
    for side in (-1, 1):
        size = rng.uniform(5, 11)
        aside = side * rng.uniform(0.38, 0.55) * person.half_width
        centre = (person.apex_z - rng.uniform(30, 45), -0.72 * person.half_depth, aside)
        away = sum((one - middle) ** 2 for one, middle in zip(place, centre, strict=True))
        more += np.float32(rng.uniform(0, 9)) * np.exp(-away / np.float32(2 * size**2))
    return np.asarray(more, np.float32)


def body(rng: np.random.Generator, person: Physique, place: Place) -> Depth:
    """The skin: wider than the chest by wall and fat; wide at the shoulders; breasts."""
    z, y, x = place
    shoulder = np.clip((z - 25) / 60, 0, 1) ** 2
    wide = person.half_width + person.wall + 0.6 * person.fat + 12 + 45 * shoulder
    deep = person.half_depth + person.wall + 0.5 * person.fat + 12 - 28 * np.clip((z - 60) / 70, 0, 1)
    u, v = np.abs(x) / wide, np.abs(y - 6) / deep
    ring = (u**2.5 + v**2.5) ** 0.4
    skin = (1 - ring) * deep
    if person.female:
        size = rng.uniform(25, 60)
        for side in (-1, 1):
            centre = (-45.0, -person.half_depth - person.wall - 0.3 * person.fat, side * 0.55 * person.half_width)
            skin = soft_most(skin, ellipsoid(place, centre, (size * 1.3, size * 0.8, size * 1.25)), 15.0)
    return np.asarray(skin, np.float32)
