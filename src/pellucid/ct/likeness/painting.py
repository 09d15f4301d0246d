"""The lungs alone: everything outside them is painted over with the radiodensity of the lung nearby."""

from __future__ import annotations

import numpy as np

from pellucid.ct.likeness.grids import finer
from pellucid.shapes import Bool, Float, Int16

# Below: air. Above: denser than soft tissue, where calcium or contrast medium would shout down everything else
# (soft tissue lies at 20 to 80 HU).
LOWEST_HU, HIGHEST_HU = -1000, 200
# Denser than this is vessel, wall or nodule rather than lung (lung with emphysema lies near -950 HU, healthy lung near
# -850, ground glass up to some -500).
DENSEST_LUNG_HU = -600
USUAL_LUNG_HU = -850.0  # where no lung is near enough to measure: healthy lung at full breath
STEP = 4  # voxels: lung tissue is averaged on a grid that is coarser by so much
NEARBY_MM = 12.0  # sigma of "nearby", chosen by us: wider than most nodules, narrower than a lobe


def lungs_alone_hu(
    voxels_hu: Int16[np.ndarray, "slice row column"], inside: Bool[np.ndarray, "slice row column"]
) -> tuple[Float[np.ndarray, "slice row column"], Float[np.ndarray, "slices rows columns"]]:
    """The scan with only the lungs in it, clipped to -1000 to 200 HU.

    Args:
        voxels_hu: the scan on the working grid, HU.
        inside: which voxels belong to the lungs.
    Returns:
        Inside, the voxels as they are; outside, the lung tissue nearby. And that tissue alone, as `tissue_nearby_hu`.

    >>> wall = np.full((8, 8, 8), 40, np.int16)
    >>> wall[:, :, :4] = -870
    >>> alone, _ = lungs_alone_hu(wall, wall < 0)
    >>> float(alone[3, 3, 6].round())
    -870.0
    """
    alone = np.clip(voxels_hu, LOWEST_HU, HIGHEST_HU).astype(np.float32)
    nearby = tissue_nearby_hu(alone, inside)
    outside = ~inside
    alone[outside] = finer(nearby, STEP, alone.shape)[outside]
    return alone, nearby


def tissue_nearby_hu(
    voxels_hu: Float[np.ndarray, "slice row column"], inside: Bool[np.ndarray, "slice row column"]
) -> Float[np.ndarray, "slices rows columns"]:
    """Mean radiodensity of the lung tissue (voxels up to -600 HU) around each place, the nearer the weightier.

    Only every fourth voxel along each axis is looked at, and answered for; the answer changes slowly.
    """
    from scipy.ndimage import gaussian_filter

    middle = (slice(STEP // 2, None, STEP),) * 3
    missing = [(0, -length % STEP) for length in voxels_hu.shape]
    seen = np.pad(voxels_hu, missing, mode="edge")[middle]
    tissue = np.pad(inside, missing)[middle] & (seen <= DENSEST_LUNG_HU)
    sigma = NEARBY_MM / STEP
    weight = gaussian_filter(tissue.astype(np.float32), sigma, mode="constant", truncate=3.0)
    total = gaussian_filter(np.where(tissue, seen, np.float32(0)), sigma, mode="constant", truncate=3.0)
    mean: np.ndarray = np.where(weight > 1e-4, total / np.maximum(weight, 1e-4), np.float32(USUAL_LUNG_HU))
    return mean
