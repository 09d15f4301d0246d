"""Organs in Hounsfield units: heart and great vessels, liver, spleen and stomach; and the table below the back."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.blending import AIR, FAT, MUSCLE, blend
from pellucid.ct.phantom.depths import Place, ellipsoid
from pellucid.ct.phantom.grids import Grid
from pellucid.ct.phantom.mediastinum import heart_centre, tilted
from pellucid.ct.phantom.physique import Physique


def fill_core(
    rng: np.random.Generator, person: Physique, hu: np.ndarray, place: Place, core: np.ndarray,
    wall: np.ndarray, lumps: np.ndarray,
) -> None:  # fmt: skip
    """Heart with its chambers, aorta, great vessels, and fat with soft tissue between them."""
    z, y, x0 = place
    x = x0 - person.shift
    inside = np.minimum(core + 3, wall + 2)
    fatty = rng.uniform(-100, 20)
    blend(hu, inside, fatty + 25 * lumps)
    blood, front, size = person.blood_hu, -person.half_depth, person.heart
    as_heart, centre = tilted(person, (z, y, x)), heart_centre(person)
    blend(hu, ellipsoid(as_heart, centre, (58 * size, 43 * size, 54 * size)), 45 + 8 * lumps)
    for away, axes, factor in ((-14.0, (38.0, 26.0, 22.0), 1.0), (20.0, (34.0, 24.0, 22.0), 0.9)):
        chamber = ellipsoid(as_heart, (*centre[:2], centre[2] + away), [size * half for half in axes])
        blend(hu, chamber, blood * factor)
    behind = person.spine_y - person.spine - 4
    for back, left, radius, low, high in (
        (behind, 24.0, person.aorta - 1, -300.0, 36.0), (front * 0.45, -4.0, person.aorta + 1, -40.0, 38.0),
        (front * 0.45, 16.0, person.aorta, -40.0, 0.0), (front * 0.3, -24.0, 8.0, -60.0, 70.0),
    ):  # fmt: skip
        tube = radius - np.sqrt((x - left) ** 2 + (y - back) ** 2)
        blend(hu, np.minimum(np.minimum(tube, z - low), high - z), blood)
    arch = person.aorta - 1 - np.sqrt((z - 34) ** 2 + (x - 10 - (y - behind) * 0.3) ** 2)
    blend(hu, np.minimum(arch, np.minimum(behind - y, y - front * 0.45)), blood)
    for left in (-20.0, -8.0, 10.0, 20.0):  # vessels of the neck
        tube = 5.0 - np.sqrt((x - left - 0.1 * (z - 40)) ** 2 + (y - 0.1 * front) ** 2)
        blend(hu, np.minimum(tube, z - 38), blood)
    gullet = 7 - np.sqrt((x - 4) ** 2 + (y - person.spine_y + person.spine + 12) ** 2)
    blend(hu, gullet, 35.0)


def fill_belly(
    rng: np.random.Generator, person: Physique, hu: np.ndarray, place: Place, dome: np.ndarray,
    wall: np.ndarray, lumps: np.ndarray,
) -> None:  # fmt: skip
    """Liver right, stomach and spleen left, below the diaphragm."""
    z, y, x = place
    below = np.minimum(-dome, wall + 1)
    blend(hu, below, MUSCLE + 5.0)
    deeper = np.minimum(-dome - 4, wall - 2)
    blend(hu, np.minimum(deeper, 25 - x), rng.uniform(45, 120) + 5 * lumps)
    blend(hu, np.minimum(deeper, x - 32), FAT + 30 * lumps)
    top = person.dome_z - person.left_lower
    spleen = ellipsoid((z, y, x), (top - 45.0, 35.0, 0.75 * person.half_width), (45.0, 40.0, 28.0))
    blend(hu, np.minimum(deeper, spleen), rng.uniform(45, 130))
    stomach = ellipsoid((z, y, x), (top - 38.0, -15.0, 0.42 * person.half_width), (34.0, 45.0, 36.0))
    blend(hu, np.minimum(deeper, stomach), 25.0 + 10 * lumps)
    if rng.random() < 0.6:
        gas = np.minimum(stomach - 4, -(y + rng.uniform(5, 30)))
        blend(hu, np.minimum(deeper - 2, gas), AIR + 20)


def add_table(rng: np.random.Generator, person: Physique, hu: np.ndarray, grid: Grid) -> None:
    """The table below the back: a thin shell over foam."""
    _, y, x = grid.axes()
    top = person.half_depth + person.wall + 0.5 * person.fat + 26 - x**2 / (2 * rng.uniform(250, 700))
    for away, thick, value in ((0.0, 1.2, rng.uniform(-300, 300)), (rng.uniform(12, 40), 1.2, rng.uniform(-200, 300))):
        share = np.clip(thick - np.abs(y - top - away) + 0.5, 0, 1)
        hu += share * np.where(hu < -500, np.float32(value) - hu, 0)
