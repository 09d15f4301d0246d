"""What lies between the lungs, as a depth: spine, heart, great vessels, gullet, lymph nodes."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.depths import Depth, Place, ellipsoid, soft_most
from pellucid.ct.phantom.physique import Physique


def heart_centre(person: Physique) -> tuple[float, float, float]:
    """Of the heart, z, y, x, mm, in tilted places."""
    return -72.0, -person.half_depth + 52 * person.heart, 24.0


def tilted(person: Physique, place: Place) -> Place:
    """Places as the heart lies: its tip to the left, low and in front."""
    z, y, x = place
    return z + 0.25 * (x - 20), y + 0.30 * (x - 20), x - 0.30 * (y + person.half_depth - 55)


def core_of(person: Physique, place: Place) -> Depth:
    """The mediastinum: spine, heart, great vessels, windpipe, gullet and what holds them together."""
    z, y, x0 = place
    x = x0 - person.shift
    spine_y = person.spine_y
    bumps = 1.5 * np.cos(2 * np.pi * z / 26)
    behind = np.clip(y - spine_y, 0, None)  # the column is wider there, where it meets the wall
    core = person.spine + bumps + 0.75 * behind - np.sqrt(x0**2 + np.clip(spine_y - y, 0, None) ** 2)
    size = person.heart
    front = -person.half_depth
    heart = ellipsoid(tilted(person, (z, y, x)), heart_centre(person), (62 * size, 46 * size, 58 * size))
    core = soft_most(core, heart, 10.0)
    up = np.clip((z + 20) / 60, 0, 1)
    tall = np.clip((z - 30) / 50, 0, 1)
    forward = front * 0.35 * (1 - up) + 4 * up
    middle = 1 - np.sqrt(((y - forward) / 46) ** 2 + ((x - 2) / (person.mediastinum * (1 - 0.3 * tall))) ** 2)
    middle = np.asarray(np.minimum(middle * person.mediastinum, (z + 70) * 0.7), np.float32)
    core = soft_most(core, middle, 8.0)
    # roots of the lungs and fat around the gullet: between heart and spine there is no gap
    holding = np.minimum(17 + 0.15 * person.mediastinum - np.abs(x), y - front * 0.45)
    core = soft_most(core, np.asarray(holding, np.float32), 10.0)
    # behind the breastbone the lungs nearly meet
    junction = np.minimum(person.junction - np.abs(x) - 0.05 * (y - front), -y)
    core = soft_most(core, np.asarray(junction, np.float32), 10.0)
    aorta = person.aorta - np.sqrt((x - 24) ** 2 + (y - spine_y + person.spine + 4) ** 2) - np.clip(z - 36, 0, None)
    core = soft_most(core, np.asarray(aorta, np.float32), 5.0)
    gullet = 14 - np.sqrt((x - 4) ** 2 + (y - spine_y + person.spine + 14) ** 2)
    core = soft_most(core, np.asarray(gullet, np.float32), 8.0)
    for side in (-1, 1):
        hilum = ellipsoid((z, y, x), (-14.0 + 6 * side, 0.0, side * (person.mediastinum + 4)), (20.0, 13.0, 10.0))
        core = soft_most(core, hilum, 8.0)
    return core


def with_bumps(rng: np.random.Generator, person: Physique, core: Depth, place: Place) -> Depth:
    """The mediastinum with lymph nodes at the hila and spurs of the vertebrae bulging into the lungs.

    Source: Ikezoe et al. 1990, J Comput Assist Tomogr 14:9 (hilar nodes); Nathan 1962, J Bone Joint Surg 44:243 (spurs
    are commonest at the right front of the vertebrae).
    """
    for _ in range(int(rng.integers(0, 7))):
        side = rng.choice([-1, 1])
        centre = (rng.uniform(-40, 25), rng.uniform(-18, 18), side * (person.mediastinum + rng.uniform(0, 14)))
        core = soft_most(core, ellipsoid(place, centre, rng.uniform(3.5, 8, 3).tolist()), 4.0)
    for level in np.flatnonzero(rng.random(9) < rng.uniform(0, 0.6)):
        angle = rng.normal(0.9, 0.4) * (1 if rng.random() < 0.25 else -1)
        away = person.spine + rng.uniform(-2, 2)
        centre = (26.0 * (level - 5) + 13, person.spine_y - away * np.cos(angle), away * np.sin(angle))
        core = soft_most(core, ellipsoid(place, centre, (rng.uniform(3, 6), rng.uniform(4, 7), rng.uniform(4, 7))), 4.0)
    return core
