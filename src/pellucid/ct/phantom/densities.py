"""What nodules are made of: solid, some of them calcified; a haze; or a haze with a dense core."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.grids import Grid
from pellucid.ct.planted import Kind
from pellucid.shapes import Float


def draw_density(
    rng: np.random.Generator, kind: Kind, cut: Grid, centre: Float[np.ndarray, " axis"], diameter: float
) -> Float[np.ndarray, "z y x"]:
    """HU of a nodule's voxels: one in eight solid ones is calcified; a part-solid one has a dense core in a haze.

    Source: Henschke et al. 2002, AJR 178:1053 (the three kinds); Zwirewich et al. 1991, Radiology 179:469 (calcified
    above 200 HU). The ranges are chosen by us.
    """
    grain = rng.standard_normal(cut.shape, np.float32)
    if kind == "solid":
        calcified = rng.random() < 0.12
        return np.float32(rng.uniform(200, 800) if calcified else rng.uniform(-50, 150)) + 8 * grain
    haze = np.float32(rng.uniform(-720, -450)) + 15 * grain
    if kind == "ground-glass":
        return haze
    z, y, x = (axis - at for axis, at in zip(cut.axes(), centre + rng.normal(size=3) * 0.1 * diameter, strict=True))
    away = np.sqrt(z**2 + y**2 + x**2).astype(np.float32)
    core = np.clip(np.float32(rng.uniform(0.2, 0.38) * diameter + 0.5) - away, 0, 1)
    return np.asarray(haze + core * (np.float32(rng.uniform(-80, 100)) - haze))
