"""What we know to be in a scan, because we put it there or because readers marked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["solid", "part-solid", "ground-glass"]


@dataclass(frozen=True, slots=True)
class PlantedNodule:
    """One nodule of a scan's truth.

    Attributes:
        centre_xyz_mm: its centre in the patient (LPS), mm.
        diameter_mm: of the ball of the same volume, mm; above 0.
        kind: "solid", "part-solid" or "ground-glass".
        place: where it lies, in a word ("centre", "pleura", "near vessels"); may be empty.
        counts: False for an excluded finding (less than 3 mm): to mark it is neither right nor wrong.

    >>> PlantedNodule((-40.0, 12.5, -180.0), 6.0, "solid", "pleura").counts
    True
    """

    centre_xyz_mm: tuple[float, float, float]
    diameter_mm: float
    kind: Kind
    place: str
    counts: bool = True
