"""What came of planting: by diameter and by place, how many were planted, how many found, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.places import Place
from pellucid.ct.planting.rounds import Plan
from pellucid.ct.planting.searching import Round, Tried, Xyz
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate

ENOUGH = 0.9
"""The share that has to be found before nodules of a diameter are said to be mostly found. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Nodules of one diameter and density, at one kind of place or at all of them.

    Attributes:
        place: None: all kinds of place together.
        rate: share found, with its 95% interval; its `cases` are how many were planted.
        found, rejected, no_lump: how many ended so.
    """

    diameter_mm: float
    density_hu: float
    place: Place | None
    rate: Estimate
    found: int
    rejected: int
    no_lump: int


@dataclass(frozen=True, slots=True, eq=False)
class PlantReport:
    """All rounds that were done.

    Attributes:
        seriesuid: of the scan.
        blur: what the nodules were blurred with.
        rounds: those that were done.
        plan: all that were planned.
        marks_xyz_mm: what the pipeline marks in the scan as it is, nothing planted.
    """

    seriesuid: str
    blur: Blur
    rounds: tuple[Round, ...]
    plan: Plan
    marks_xyz_mm: tuple[Xyz, ...]

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C ended it early."""
        return len(self.rounds) < len(self.plan.rounds)

    @property
    def tried(self) -> list[Tried]:
        """Every nodule that was planted and looked for."""
        return [one for each in self.rounds for one in each.tried]

    @property
    def densities_hu(self) -> list[float]:
        """Those that were planted, rising."""
        return sorted({one.density_hu for one in self.tried})

    def cells(self, place: Place | None = None) -> list[Cell]:
        """One for each density and diameter, both rising, of those that were planted there.

        Args:
            place: one kind; None: all together.
        """
        here = [one for one in self.tried if place in (None, one.place)]
        kinds = sorted({(one.density_hu, one.diameter_mm) for one in here})
        return [
            _cell(hu, mm, place, [one for one in here if (one.density_hu, one.diameter_mm) == (hu, mm)])
            for hu, mm in kinds
        ]

    def smallest(self, density_hu: float) -> Cell | None:
        """The smallest diameter from which on at least 90% are found at every diameter; None where there is none."""
        enough = None
        for cell in reversed([one for one in self.cells() if one.density_hu == density_hu]):
            if (cell.rate.value or 0.0) < ENOUGH:
                break
            enough = cell
        return enough

    def other_marks(self) -> float:
        """Marks on nothing planted, a round."""
        return float(np.mean([one.other_marks for one in self.rounds]))


def _cell(density_hu: float, diameter_mm: float, place: Place | None, tried: list[Tried]) -> Cell:
    outcomes = [one.outcome for one in tried]
    rate = rate_estimate(np.array([one == "found" for one in outcomes], bool))
    counts = (outcomes.count("found"), outcomes.count("rejected"), outcomes.count("no lump"))
    return Cell(diameter_mm, density_hu, place, rate, *counts)
