"""What lung looks like between the vessels: density by gravity, patches, haze, holes of emphysema, fine grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.grids import Field, Grid, smooth_noise, stretch
from pellucid.ct.phantom.physique import Physique
from pellucid.shapes import Float

# Ranges in HU, chosen by us to be wide. Source: Verschakelen et al. 1993, J Comput Assist Tomogr 17:884 (gradient by
# gravity, 10 to 60 HU over the lung); Gevenois et al. 1996, AJRCCM 154:187 (normal lung -900..-780, emphysema < -950).
DENSITY = (-925.0, -800.0)
GRADIENT = (10.0, 70.0)


@dataclass(frozen=True, slots=True, eq=False)
class Parenchyma:
    """The lung's own density.

    Attributes:
        smooth: HU that changes slowly.
        holes: above 0 where emphysema has destroyed the lung; None in most.
        grain: fine texture of deviation 1, repeated to cover a slice.
        grain_hu: its deviation, HU.
    """

    smooth: Field
    holes: Field | None
    grain: Float[np.ndarray, "slice row column"]
    grain_hu: float

    def slice(self, number: int) -> Float[np.ndarray, "row column"]:
        """HU of one slice, as if it were lung everywhere."""
        hu = self.smooth.slice(number)
        first = self.grain[number % len(self.grain)]
        hu += np.float32(self.grain_hu) * np.roll(first, (number // len(self.grain)) * 37, axis=1)
        if self.holes is not None:
            hu += np.clip(self.holes.slice(number), 0, 1) * (np.float32(-985) - hu)
        return np.asarray(hu)


def draw_parenchyma(rng: np.random.Generator, grid: Grid) -> Parenchyma:
    """One person's lung texture.

    Args:
        rng: draws it.
        grid: fine.
    """
    from scipy.ndimage import gaussian_filter

    coarse = grid.coarser(8.0)
    z, y, x = coarse.axes()
    down = np.clip(y / 90, -1, 1.2)
    smooth = rng.uniform(*DENSITY) + 0.5 * rng.uniform(*GRADIENT) * down + np.zeros(coarse.shape, np.float32)
    smooth += smooth_noise(rng, coarse, 45.0) * np.float32(rng.uniform(3, 15))
    smooth += smooth_noise(rng, coarse, 16.0) * np.float32(rng.uniform(2, 14))
    if rng.random() < 0.2:  # mosaic: lobules that hold more or less air
        smooth += np.clip(4 * smooth_noise(rng, coarse, 20.0), -1, 1) * np.float32(rng.uniform(10, 35))
    if rng.random() < 0.3:  # haze in the parts that lie lowest
        smooth += (
            np.clip((y - rng.uniform(40, 75)) / 30, 0, 1)
            * np.float32(rng.uniform(20, 160))
            * np.clip(1 + 0.5 * smooth_noise(rng, coarse, 30.0), 0, 2)
        )
    for _ in range(rng.integers(0, 3)):  # faint haze, wide as a segment
        centre = rng.uniform(-80, 80, 3)
        away = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2
        smooth += np.exp(-away / (2 * rng.uniform(18, 35) ** 2)) * np.float32(rng.uniform(10, 70))
    holes = None
    if rng.random() < 0.3:
        size = rng.uniform(3.0, 7.0)
        fine = grid.coarser(size)
        up = fine.axes()[0]
        often = rng.uniform(0.6, 2.2) - np.clip(up / 70, -1, 1) * rng.uniform(0.0, 0.8)
        holes = stretch(np.clip(2 * (smooth_noise(rng, fine, size) - often), -1, 1).astype(np.float32), fine, grid)
    noise = rng.standard_normal((24, *grid.shape[1:]), np.float32)
    wide = rng.uniform(0.8, 1.6) / np.array(grid.step_zyx_mm)
    grain = gaussian_filter(noise, wide, mode="wrap", truncate=2.5)
    grain /= grain[:, ::5, ::5].std()
    return Parenchyma(stretch(smooth, coarse, grid), holes, grain, float(rng.uniform(8, 26)))


def draw_settled(rng: np.random.Generator, person: Physique, grid: Grid) -> Field | None:
    """In half of all people: lung that lies lowest is squeezed by what lies on it, most just below the pleura.

    Source: Aberle et al. 1988, Radiology 166:81 (dependent density).

    Returns:
        HU added at the pleura.
    """
    if rng.random() < 0.5:
        return None
    coarse = grid.coarser(8.0)
    z, y, _ = coarse.axes()
    low = np.clip((y - rng.uniform(0.2, 0.7) * person.half_depth) / 30, 0, 1) * np.clip(0.6 - z / 120, 0.1, 1)
    uneven = np.clip(1 + 0.8 * smooth_noise(rng, coarse, 14.0), 0, 3)
    return stretch((low * uneven * rng.uniform(30, 350)).astype(np.float32), coarse, grid)


def draw_beat(rng: np.random.Generator, person: Physique, grid: Grid) -> Field | None:
    """In half of all scans the heart's edge is seen twice, a few millimetres apart.

    Source: Tarver et al. 1999, Radiographics 19:1141 (double contours).

    Returns:
        Its movement, mm.
    """
    if rng.random() < 0.5:
        return None
    coarse = grid.coarser(8.0)
    z, y, x = coarse.axes()
    centre = (-72.0, -person.half_depth + 50, person.shift + 60)  # of the edge that moves most, the left one
    away = ((z - centre[0]) / 45) ** 2 + ((y - centre[1]) / 45) ** 2 + ((x - centre[2]) / 40) ** 2
    return stretch((np.exp(-away) * rng.uniform(1.0, 5.0)).astype(np.float32), coarse, grid)
