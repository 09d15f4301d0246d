"""What a study holds, from lump to finding: each holds the one it came from, so a verdict leads back to its voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.shapes import Bool

Side = Literal["right", "left"]
SIDES: tuple[Side, Side] = ("right", "left")
"""Where lungs are numbered (`ct.lungs`), the right one is 1, the left one 2."""


@dataclass(frozen=True, slots=True, eq=False)
class Lump:
    """Neighbouring voxels that look like a nodule.

    Attributes:
        number: 1, 2, ... in the order of their likeness, the likeliest first; it names the lump in every output.
        centre_xyz_mm: its centre in the patient (LPS), mm.
        diameter_mm: of the ball that has the outline's volume.
        mean_hu: mean radiodensity within the outline, HU.
        side: which of the patient's lungs.
        likeness: the heat map's largest value in it, 0 to 1.
        size_mm: the diameter of the filter that answered loudest, mm.
        why: in a sentence, why it was found ("A ball-like spot of about 8 mm, 610 HU above its surroundings.").
        corner_irc: slice, row and column, on the working grid, of the outline's first voxel.
        outline: which voxels of the working grid belong to it, from `corner_irc` on.
    """

    number: int
    centre_xyz_mm: tuple[float, float, float]
    diameter_mm: float
    mean_hu: float
    side: Side
    likeness: float
    size_mm: float
    why: str
    corner_irc: tuple[int, int, int]
    outline: Bool[np.ndarray, "slice row column"]


@dataclass(frozen=True, slots=True, eq=False)
class Nodule:
    """A lump and what the network says of it; rejected ones are kept.

    Attributes:
        lump: what was looked at.
        logit: the network's answer, before calibration.
        p_nodule: calibrated probability that it is a nodule, 0 to 1.
        accepted: whether p_nodule reaches the frozen threshold, and no likelier lump is the same spot.
        same_as: the number of a likelier lump that is the same spot; None for most.
    """

    lump: Lump
    logit: float
    p_nodule: float
    accepted: bool
    same_as: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """An accepted nodule, with what its outline measures and how readers would rate it.

    Attributes:
        nodule: what it came from.
        volume_mm3, elongation, irregularity: measured from the outline (`ct.outline`).
        p_rated_suspicious: probability that LIDC's readers would rate it suspicious (not a statement on pathology).
    """

    nodule: Nodule
    volume_mm3: float
    elongation: float
    irregularity: float
    p_rated_suspicious: float
