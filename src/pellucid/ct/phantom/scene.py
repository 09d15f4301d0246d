"""The whole anatomy of one phantom, ready to be scanned layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.grids import Box, Field, Grid, stretch
from pellucid.ct.phantom.patches import Patch
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.sheets import bands, draw_sheet, fissures, strands
from pellucid.ct.phantom.texture import Parenchyma, draw_beat, draw_parenchyma, draw_settled
from pellucid.ct.phantom.thorax import Thorax
from pellucid.ct.phantom.tissues import surroundings
from pellucid.ct.phantom.trees import bend
from pellucid.ct.phantom.tubes import draw_tubes
from pellucid.ct.phantom.vessels import airways, grow_vessels
from pellucid.ct.phantom.windpipe import windpipe
from pellucid.shapes import Float, Int16

LUNG_HU = -860.0  # what vessels' levels are counted from
SOFT_TISSUE_HU = 30.0
IN_LUNG, ANYWHERE = 100.0, 1100.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything before nodules and scanner.

    Attributes:
        grid: fine: the scan's own pixels, and one or more layers a slice.
        lung: depth in the lung, mm.
        around: HU outside the lungs.
        parenchyma: HU of lung.
        dense: how much vessels, walls and strands lift the lung's density, HU.
        lumen: air in airways: a voxel's share times IN_LUNG where the lung's edge cuts it off, else times ANYWHERE.
        settled: HU added where lung lies lowest, just below the pleura; None in many.
        beat: how far the heart's edge moved during the scan, mm; None in many.
        vessel_points: points in vessels of middle size, z, y, x, mm.
    """

    grid: Grid
    lung: Field
    around: Field
    parenchyma: Parenchyma
    dense: Int16[np.ndarray, "layer row column"]
    lumen: Int16[np.ndarray, "layer row column"]
    vessel_points: Float[np.ndarray, "point 3"]
    settled: Field | None
    beat: Field | None

    def lung_share(self, box: Box) -> Float[np.ndarray, "z y x"]:
        """How much of each voxel of a box is lung, 0 to 1."""
        rows, columns = box[1], box[2]
        depth = np.tensordot(self.lung.table[box[0]], self.lung.values[:, rows, columns], 1)
        return self._soft(depth)

    def free_share(self, box: Box) -> Float[np.ndarray, "z y x"]:
        """How much of each voxel of a box is lung in which no vessel, wall or strand lies yet, 0 to 1."""
        lifted = self.dense[box].astype(np.float32) / np.float32(SOFT_TISSUE_HU - LUNG_HU)
        return np.asarray(self.lung_share(box) * (1 - np.clip(lifted, 0, 1)))

    def _soft(self, depth: np.ndarray) -> np.ndarray:
        """How much of a voxel is lung."""
        return np.clip(depth / np.float32(self.grid.step_zyx_mm[2]) + np.float32(0.5), 0, 1)

    def layer(self, number: int, patches: list[Patch]) -> Float[np.ndarray, "row column"]:
        """HU of one layer, nodules included, before the scanner."""
        depth = self.lung.slice(number)
        share = self._soft(depth)
        if self.beat is not None:  # seen half of the time in one place, half in the other
            share = np.float32(0.5) * (share + self._soft(depth - np.abs(self.beat.slice(number))))
        lifted = self.dense[number].astype(np.float32)
        inside = self.parenchyma.slice(number)
        if self.settled is not None:
            inside += np.clip(1 - depth / np.float32(14), 0, 1) ** 2 * np.clip(self.settled.slice(number), 0, 600)
        # so that vessels end at about their own HU in denser lung, too
        inside += lifted * ((np.float32(LUNG_HU) - inside) / np.float32(1000) + 1)
        hu = self.around.slice(number)
        hu += share * (inside - hu)
        air = self.lumen[number]
        if air.any():
            level = air.astype(np.float32)
            opened = np.minimum(level / np.float32(IN_LUNG), 1) * share
            np.maximum(opened, (level - np.float32(IN_LUNG)) / np.float32(ANYWHERE - IN_LUNG), out=opened)
            hu += opened * (np.float32(-985) - hu)
        for patch in patches:
            if patch.box[0].start <= number < patch.box[0].stop:
                part = number - patch.box[0].start
                view = hu[patch.box[1:]]
                view += patch.share[part] * np.maximum(patch.value_hu[part] - view, 0)  # vessels run on within it
        return np.asarray(hu)


def build(rng: np.random.Generator, person: Physique, thorax: Thorax, grid: Grid) -> Scene:
    """The anatomy of one person.

    Args:
        rng: draws what the person's proportions leave open.
        person: proportions.
        thorax: depths.
        grid: fine.
    """
    vessels_rng, around_rng, texture_rng, airway_rng, sheet_rng, last_rng = rng.spawn(6)
    dense, lumen = np.zeros(grid.shape, np.int16), np.zeros(grid.shape, np.int16)
    points = []
    for name, tree in grow_vessels(vessels_rng, person, thorax):
        pieces = bend(tree)
        level = person.blood_hu - LUNG_HU - (20 if name == "vein" else 0)
        draw_tubes(dense, grid, pieces, np.full(len(pieces.starts), level))
        points.append(pieces.ends[(pieces.end_radii > 0.7) & (pieces.end_radii < 3)])
        if name == "artery":
            outer, inner, central = airways(airway_rng, tree, person, thorax)
            draw_tubes(dense, grid, outer, np.full(len(outer.starts), SOFT_TISSUE_HU - LUNG_HU))
            draw_tubes(lumen, grid, inner, np.where(central, ANYWHERE, IN_LUNG))
    pipe = windpipe(airway_rng, person)
    draw_tubes(lumen, grid, pipe, np.full(len(pipe.starts), ANYWHERE))
    _draw_lines(sheet_rng, person, thorax, dense, grid)
    coarse = grid.coarser(2.2)
    around = surroundings(around_rng, person, thorax, coarse)
    settled, beat = draw_settled(last_rng, person, grid), draw_beat(last_rng, person, grid)
    return Scene(
        grid, stretch(thorax.lung, thorax.grid, grid), stretch(around, coarse, grid),
        draw_parenchyma(texture_rng, grid), dense, lumen, np.concatenate(points), settled, beat,
    )  # fmt: skip


def _draw_lines(rng: np.random.Generator, person: Physique, thorax: Thorax, dense: np.ndarray, grid: Grid) -> None:
    """Fissures, bands and scars."""
    for sheet in fissures(rng, person, thorax):
        draw_sheet(dense, grid, sheet, 880.0)
    for sheet in bands(rng, thorax):
        draw_sheet(dense, grid, sheet, rng.uniform(400, 900))
    scars = strands(rng, thorax)
    draw_tubes(dense, grid, scars, np.full(len(scars.starts), 850.0))
