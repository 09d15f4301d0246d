"""Two looks at the lungs, each over a range of sizes: one for solid nodules, one for hazy ones (ground glass)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pellucid.ct.likeness.balls import ball_contrast_hu
from pellucid.ct.likeness.grids import coarser, cubes_blur, finer
from pellucid.ct.likeness.painting import STEP as NEARBY_STEP
from pellucid.ct.likeness.painting import lungs_alone_hu
from pellucid.shapes import Bool, Float, Int16

# Nine diameters, each a third larger than the last. A ball half way between two of them answers with 0.94 of what it
# would answer to its own filter (the answer goes as t^3 exp(-t^2 / 2), t = radius / sigma).
SIZES_MM = tuple(round(3.0 * 10 ** (number / 8), 1) for number in range(9))
# Edge of the cubes on which a size is looked for, mm: at most the filter's sigma, so that nothing but work is saved.
# For haze it begins at the size where noise no longer drowns it, on cubes that average much of the noise away.
SOLID_STEPS_MM = {0: 1, 1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4}
HAZE_STEPS_MM = {2: 2, 3: 2, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4}
# Ground glass stands 100 to 350 HU above lung, a vessel 900. What stands c above it counts for
# 100 (1 - exp(-c / 100)), so no vessel counts for more than 100: ground glass of 200 HU counts for 86.
HAZE_HU = 100.0
# Contrast with a likeness of one half. For solid spots chosen by us, between ground glass and soft tissue; for haze
# a sixth of it, which on phantoms (seeds 700,000 to 700,029) gave both kinds their share of the likeliest 500 lumps.
SOLID_HALF_HU, HAZE_HALF_HU = 300.0, 50.0
USUAL_SIZE_MM = 10.0  # where an answer counts as it is
LEAST_LIKENESS = 0.2  # chosen by us: on phantoms thousands of places reach it, and no nodule is found below it


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The answers to one size in one look.

    Attributes:
        number: which of `SIZES_MM`.
        step: edge of the cubes it was looked for on, mm.
        likeness: of each cube, 0 to 1; 0 below `LEAST_LIKENESS` and outside the lungs.
    """

    number: int
    step: int
    likeness: Float[np.ndarray, "slices rows columns"]


def looks(
    voxels_hu: Int16[np.ndarray, "slice row column"], inside: Bool[np.ndarray, "slice row column"]
) -> Iterator[Look]:
    """Look for balls of every size, for solid ones on the scan itself, for hazy ones with what is dense turned down.

    An answer counts in proportion to the square root of its size: noise and bends of vessels give many small spots, and
    few large ones. The factor is 1 at 10 mm.

    Args:
        voxels_hu: the part of the working grid that holds the lungs, HU.
        inside: which of its voxels are lung.
    Source: tried on phantoms only (as above): weights of size^0 to size^1, and of curvatures.
    """
    alone_hu, nearby_hu = lungs_alone_hu(voxels_hu, inside)
    for step in (1, 2, 4):
        coarse_hu, where = coarser(alone_hu, step), coarser(inside, step) > 0.25
        for number in (number for number, own in SOLID_STEPS_MM.items() if own == step):
            yield _look(coarse_hu, where, number, step, SOLID_HALF_HU, strict=False)
        if step > 1:
            above_hu = coarse_hu - finer(nearby_hu, NEARBY_STEP // step, coarse_hu.shape)
            haze_hu = -HAZE_HU * np.expm1(-np.maximum(above_hu, 0) / HAZE_HU) + np.minimum(above_hu, 0)
            for number in (number for number, own in HAZE_STEPS_MM.items() if own == step):
                yield _look(haze_hu, where, number, step, HAZE_HALF_HU, strict=True)


def _look(coarse_hu: np.ndarray, where: np.ndarray, number: int, step: int, half_hu: float, *, strict: bool) -> Look:
    weight = (SIZES_MM[number] / USUAL_SIZE_MM) ** 0.5
    least_hu = half_hu * LEAST_LIKENESS / (1 - LEAST_LIKENESS) / weight
    answer = ball_contrast_hu(
        coarse_hu, where, SIZES_MM[number] / step, blurred_voxels=cubes_blur(step), strict=strict, least_hu=least_hu
    )
    answer[answer < least_hu] = 0
    answer *= np.float32(weight)
    return Look(number, step, answer / (answer + np.float32(half_hu)))
