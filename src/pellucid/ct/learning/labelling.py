"""Which lumps of a scan are nodules, by what is known to be in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid.ct.planted import PlantedNodule
from pellucid.shapes import Float, Int

OTHER, NODULE, UNCLEAR = 0, 1, -1
# Chosen by us: a lump so near a nodule's rim may be a part of it, and is neither shown as a nodule nor as none.
NEAR_MM = 3.0


def label(
    centres_xyz_mm: Float[np.ndarray, "lump 3"], truth: Sequence[PlantedNodule]
) -> tuple[Int[np.ndarray, " lump"], Int[np.ndarray, " lump"]]:
    """Each lump's label, and the nodule that it lies nearest to.

    A lump is a nodule if its centre lies within the nodule's radius (LUNA16's rule), unclear if it lies up to 3 mm
    further away or belongs to a nodule that does not count, and else something other.

    Args:
        centres_xyz_mm: of the lumps.
        truth: nodules of the scan.
    Returns:
        Labels 1, 0 or -1 (unclear), and rows of `truth` (-1 where it is empty).

    >>> ball = PlantedNodule((0.0, 0.0, 0.0), 8.0, "solid", "centre")
    >>> label(np.array([[0.0, 3.0, 0.0], [0.0, 6.0, 0.0], [0.0, 9.0, 0.0]]), [ball])[0]
    array([ 1, -1,  0])
    """
    if not truth or not len(centres_xyz_mm):
        return np.zeros(len(centres_xyz_mm), int), np.full(len(centres_xyz_mm), -1)
    places = np.array([nodule.centre_xyz_mm for nodule in truth])
    radii = np.array([nodule.diameter_mm / 2 for nodule in truth])
    beyond = np.linalg.norm(centres_xyz_mm[:, None] - places, axis=2) - radii
    nearest = beyond.argmin(axis=1)
    gap = beyond[np.arange(len(nearest)), nearest]
    counts = np.array([nodule.counts for nodule in truth])[nearest]
    labels = np.where(gap < 0, np.where(counts, NODULE, UNCLEAR), np.where(gap < NEAR_MM, UNCLEAR, OTHER))
    return labels, nearest
