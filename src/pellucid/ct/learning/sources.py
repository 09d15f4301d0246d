"""The scans to learn from, each made or read only when it is its turn: phantoms, or LUNA16 by fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput

NODULES_A_PHANTOM = 20
"""Planted in each phantom that is learned from, so that nodules are not rare. Chosen by us."""
FIRST_TO_FREEZE = 1_000_000
"""Seeds of the phantoms that calibration and threshold are frozen on begin here, far from those of learning."""

Opened = tuple[Volume, Sequence[PlantedNodule]]


@dataclass(frozen=True, slots=True)
class Source:
    """One scan, and how to get at it.

    Attributes:
        name: of its file of cases; no two alike.
        open: makes or reads it.
        learns: whether it is learned from, or calibration and threshold are frozen on it.
    """

    name: str
    open: Callable[[], Opened]
    learns: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws one phantom when called (a class, since it has to travel to another process)."""

    seed: int
    nodules: int | None

    def __call__(self) -> Opened:
        """The phantom and its nodules."""
        from pellucid.ct.phantom import draw_phantom

        phantom = draw_phantom(self.seed, part="train", nodules=self.nodules)
        return phantom.volume, phantom.nodules


@dataclass(frozen=True, slots=True)
class Read:
    """Reads one scan of LUNA16 when called."""

    path: Path
    nodules: tuple[tuple[tuple[float, float, float], float], ...]

    def __call__(self) -> Opened:
        """The scan and its nodules."""
        from pellucid.data.volumes import read_scan

        return read_scan(self.path), [PlantedNodule(place, size, "solid", "") for place, size in self.nodules]


def phantoms(scans: int, seed: int) -> list[Source]:
    """So many phantoms to learn from, and a fifth as many, with nodules as rare as ever, to freeze on."""
    first = seed * 10_000
    learned = [
        Source(f"learn_{first + number:07}", Drawn(first + number, NODULES_A_PHANTOM), learns=True)
        for number in range(scans)
    ]
    frozen = [
        Source(f"freeze_{first + number:07}", Drawn(FIRST_TO_FREEZE + first + number, None), learns=False)
        for number in range(max(1, scans // 5))
    ]
    return learned + frozen


def luna(folder: Path, fold: int) -> list[Source]:
    """LUNA16's scans: all folds but two are learned from; the one before `fold` freezes; `fold` itself is left out.

    LUNA16's folds keep each patient's scans together.

    Raises:
        BadInput: fewer than three folds, or none with scans.
    """
    from pellucid.ct.luna import read_luna

    scans = read_luna(folder)
    freezes = (fold - 1) % 10
    chosen = [
        Source(f"{scan.seriesuid}", Read(scan.path, tuple(scan.nodules)), learns=scan.fold != freezes)
        for scan in scans
        if scan.fold != fold
    ]
    if not any(source.learns for source in chosen) or all(source.learns for source in chosen):
        folds = sorted({scan.fold for scan in scans})
        raise BadInput(f"{folder} has scans of folds {folds}; fold {freezes} and others besides {fold} are needed.")
    return chosen
