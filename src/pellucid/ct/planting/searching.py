"""One round: a freshly planted copy of the scan goes through the whole pipeline, and each nodule is found or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from pellucid.ct.findings import Finding, Nodule
from pellucid.ct.lungs import Lungs
from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.places import Place
from pellucid.ct.planting.putting import plant
from pellucid.ct.planting.rounds import Planting
from pellucid.data.volumes import Volume
from pellucid.shapes import Bool, Float

Outcome = Literal["found", "rejected", "no lump"]
Xyz = tuple[float, float, float]


@runtime_checkable
class Searched(Protocol):
    """What a search hands back: a `Study`, or anything with these four."""

    @property
    def working(self) -> Volume:
        """The scan on the working grid."""
        ...

    @property
    def lungs(self) -> Lungs:
        """Where they are, on the working grid."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """Accepted nodules."""
        ...

    @property
    def nodules(self) -> Sequence[Nodule]:
        """All lumps with their verdicts, rejected ones too."""
        ...


Find = Callable[[Volume], Searched]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one planted nodule.

    Attributes:
        centre_xyz_mm, diameter_mm, density_hu, place: what was planted, and where.
        outcome: "found": a finding's centre lies within the nodule's radius (LUNA16's rule); "rejected": only a lump
            that was not accepted does; "no lump": none does.
        p_nodule: the highest probability among the lumps that lie there; None where none does.
    """

    centre_xyz_mm: Xyz
    diameter_mm: float
    density_hu: float
    place: Place
    outcome: Outcome
    p_nodule: float | None


@dataclass(frozen=True, slots=True)
class Round:
    """One search: what was planted, and how many marks were on nothing planted."""

    tried: tuple[Tried, ...]
    other_marks: int


def marks_of(searched: Searched) -> tuple[Xyz, ...]:
    """Where the findings are, patient millimetres."""
    return tuple(finding.nodule.lump.centre_xyz_mm for finding in searched.findings)


def search(volume: Volume, planted: Sequence[Planting], blur: Blur, find: Find) -> Round:
    """Plant, look, compare.

    Args:
        volume: the scan as it is.
        planted: at most ten.
        blur: of the scan.
        find: the whole pipeline.
    """
    searched = find(plant(volume, [one.nodule for one in planted], blur=blur))
    marks = np.array(marks_of(searched), float).reshape(-1, 3)
    lumps = np.array([nodule.lump.centre_xyz_mm for nodule in searched.nodules], float).reshape(-1, 3)
    chances = np.array([nodule.p_nodule for nodule in searched.nodules], float)
    tried, hits = [], np.zeros(len(marks), bool)
    for one in planted:
        nodule = one.nodule
        there = _within(marks, nodule.centre_xyz_mm, nodule.diameter_mm)
        seen = _within(lumps, nodule.centre_xyz_mm, nodule.diameter_mm)
        hits |= there
        outcome: Outcome = "found" if there.any() else "rejected" if seen.any() else "no lump"
        chance = float(chances[seen].max()) if seen.any() else None
        tried.append(Tried(nodule.centre_xyz_mm, nodule.diameter_mm, nodule.density_hu, one.place, outcome, chance))
    return Round(tuple(tried), int((~hits).sum()))


def _within(
    places_xyz_mm: Float[np.ndarray, "place 3"], centre_xyz_mm: Xyz, diameter_mm: float
) -> Bool[np.ndarray, " place"]:
    off = np.asarray(np.linalg.norm(places_xyz_mm - np.array(centre_xyz_mm), axis=1))
    return np.asarray(off <= diameter_mm / 2)
