"""How bright a ball of one size would have to be to answer as loudly as each place; tubes and sheets hardly do."""

from __future__ import annotations

import numpy as np

from pellucid.ct.likeness.curvature import curvatures
from pellucid.shapes import Bool, Float

# A ball of radius r answers loudest to the Laplacian of a Gaussian with sigma = r / sqrt(3), and then with
# 4 pi r^3 G(r) = sqrt(54 / pi) exp(-3/2) = 0.925 of its contrast (times sigma^2; G is the Gaussian's density).
# By hand: the Laplacian of G summed over the ball is the flux of G's slope through its surface.
SIGMA_PER_DIAMETER = 1 / (2 * 3**0.5)
BALLS_ANSWER = float((54 / np.pi) ** 0.5 * np.exp(-1.5))
# A second difference sees through a triangle of one voxel to each side along its axis: a variance of 1/6 voxel squared
# along one of three axes.
DIFFERENCES_BLUR = 1 / 18


def ball_contrast_hu(
    voxels_hu: Float[np.ndarray, "slice row column"],
    where: Bool[np.ndarray, "slice row column"],
    diameter_voxels: float,
    *,
    blurred_voxels: float = 0.0,
    strict: bool = False,
    least_hu: float = 0.0,
) -> Float[np.ndarray, "slice row column"]:
    """Contrast of the ball of this diameter that would answer as loudly as each place does, HU.

    The smoothed scan's curvatures along its three principal axes tell shapes apart: a ball bends alike along all three,
    a tube not along its own axis, a sheet along one axis only. The answer is the weakest of the three (strict), or its
    geometric mean with the middle one, which forgives a nodule that leans on a vessel.

    Args:
        voxels_hu: a scan, bright on dark, HU.
        where: voxels to look at; 0 elsewhere.
        diameter_voxels: diameter of the ball, in voxels.
        blurred_voxels: variance of what blurred the scan already, along each axis, voxels squared.
        strict: whether the weakest curvature alone counts.
        least_hu: places where even the sum of the three would mean a fainter ball are not looked at closer.
    Returns:
        The ball's contrast to what is around it, HU; 0 where the answer is faint or not of a bright spot.
    Source: Lindeberg, International Journal of Computer Vision 30 (1998) 79, for the size that answers loudest; Li,
    Sone & Doi, Medical Physics 30 (2003) 2040, for telling balls, tubes and sheets apart by their curvatures.
    """
    from scipy.ndimage import gaussian_filter

    variance = (SIGMA_PER_DIAMETER * diameter_voxels) ** 2
    sigma = max(variance - blurred_voxels - DIFFERENCES_BLUR, 0.01) ** 0.5
    smooth = np.pad(gaussian_filter(voxels_hu, sigma, mode="nearest", truncate=3.5), 1, mode="edge")
    scale = np.float32(variance / BALLS_ANSWER)
    places = np.flatnonzero((_bending(smooth) > least_hu / scale) & where)
    least, middle, _ = curvatures(smooth, places, voxels_hu.shape)
    least, middle = np.maximum(least, 0), np.maximum(middle, 0)
    answer = np.zeros(voxels_hu.shape, np.float32)
    answer.flat[places] = 3 * scale * (least if strict else np.sqrt(least * middle))
    return answer


def _bending(padded: np.ndarray) -> Float[np.ndarray, "slice row column"]:
    """Minus the Laplacian: the sum of the three curvatures."""
    total = padded[1:-1, 1:-1, 1:-1] * np.float32(6)
    total -= padded[2:, 1:-1, 1:-1]
    total -= padded[:-2, 1:-1, 1:-1]
    total -= padded[1:-1, 2:, 1:-1]
    total -= padded[1:-1, :-2, 1:-1]
    total -= padded[1:-1, 1:-1, 2:]
    total -= padded[1:-1, 1:-1, :-2]
    return total
