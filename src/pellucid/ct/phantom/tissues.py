"""Everything around the lungs in Hounsfield units: muscle, fat, bone, heart, great vessels, liver, stomach, table."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.blending import AIR, FAT, MUSCLE, SKIN, blend
from pellucid.ct.phantom.bones import add_ribs, add_shoulders, add_spine, add_sternum
from pellucid.ct.phantom.grids import Grid, smooth_noise, stretched
from pellucid.ct.phantom.organs import add_table, fill_belly, fill_core
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.thorax import Thorax
from pellucid.shapes import Float


def surroundings(rng: np.random.Generator, person: Physique, thorax: Thorax, grid: Grid) -> Float[np.ndarray, "z y x"]:
    """What would be seen if the lungs were filled with what lies around them.

    Args:
        rng: draws textures and organs.
        person: proportions.
        thorax: depths.
        grid: about 2 mm; finer than the thorax's.
    Returns:
        HU.
    """
    wall, core, dome, skin, ribs, turn = (
        stretched(one, thorax.grid, grid)
        for one in (thorax.wall, thorax.core, thorax.dome, thorax.skin, thorax.ribs, thorax.turn)
    )
    bent = [stretched(one, thorax.grid, grid) for one in thorax.place]
    place = (bent[0], bent[1], bent[2])
    hu = np.full(grid.shape, FAT, np.float32) + 12 * smooth_noise(rng, grid, 9.0)
    lumps = smooth_noise(rng, grid, 30.0)
    muscle = np.minimum(-wall + 1.5, wall + person.wall + 9 * lumps + 8 * np.clip(place[0] / 50, -0.5, 1.5))
    back = np.minimum(44 - np.abs(place[2]) + 6 * lumps, place[1] - person.spine_y)
    blend(hu, np.maximum(muscle, np.minimum(back, skin - 8)), MUSCLE + 6 * lumps)
    fill_core(rng, person, hu, place, core, wall, lumps)
    fill_belly(rng, person, hu, place, dome, wall, lumps)
    add_ribs(rng, person, hu, wall, ribs, turn)
    add_spine(rng, person, hu, place)
    add_sternum(person, hu, place, wall)
    add_shoulders(rng, person, hu, place, skin)
    blend(hu, np.where(skin < 2.5, 5.0, -5.0).astype(np.float32), SKIN)
    blend(hu, -skin, AIR)
    add_table(rng, person, hu, grid)
    return np.asarray(hu)
