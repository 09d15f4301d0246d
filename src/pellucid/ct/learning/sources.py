"""The scans to learn from, each made or read only when it is its turn: phantoms, or LUNA16 by fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.froc.matching import DIAMETER_IF_UNKNOWN_MM
from pellucid.ct.luna.layout import FOLDS, MarkedPlace
from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput

NODULES_A_PHANTOM = 20
"""Planted in each phantom that is learned from, so that nodules are not rare. Chosen by us."""
BALLS = 0.2
"""Share of them that are balls, of any size alike, since real nodules are seldom round and seldom large. Chosen by
us."""
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
class DrawPhantom:
    """Draws one phantom when called (a class, since it has to travel to another process)."""

    seed: int
    nodules: int | None
    balls: float

    def __call__(self) -> Opened:
        """The phantom and its nodules."""
        from pellucid.ct.phantom import draw_phantom

        phantom = draw_phantom(self.seed, part="train", nodules=self.nodules, balls=self.balls)
        return phantom.volume, phantom.nodules


@dataclass(frozen=True, slots=True)
class ReadScan:
    """Reads one scan of LUNA16 when called."""

    path: Path
    nodules: tuple[MarkedPlace, ...]
    excluded: tuple[MarkedPlace, ...]

    def __call__(self) -> Opened:
        """The scan and its nodules; excluded findings are among them but do not count: examples of neither."""
        from pellucid.data.volumes import read_scan

        truth = [PlantedNodule(place, size, "solid", "") for place, size in self.nodules]
        for place, size in self.excluded:
            truth.append(PlantedNodule(place, size if size > 0 else DIAMETER_IF_UNKNOWN_MM, "solid", "", False))
        return read_scan(self.path), truth


def phantoms(scans: int, seed: int) -> list[Source]:
    """So many phantoms to learn from, and a fifth as many, with nodules as rare as ever, to freeze on."""
    first = seed * 10_000
    learned = [
        Source(f"learn_{first + number:07}", DrawPhantom(first + number, NODULES_A_PHANTOM, BALLS), learns=True)
        for number in range(scans)
    ]
    frozen = [
        Source(f"freeze_{first + number:07}", DrawPhantom(FIRST_TO_FREEZE + first + number, None, 0.0), learns=False)
        for number in range(max(1, scans // 5))
    ]
    return learned + frozen


def luna(folder: Path, fold: int) -> list[Source]:
    """LUNA16's scans: all folds but two are learned from; the one before `fold` freezes; `fold` itself is left out.

    Folds are LUNA16's own subsets; whether they keep a patient's scans together is not checked, since .mhd files name
    no patient. Scans outside of such folders are spread over the folds by their names.

    Raises:
        BadInput: no scans, or no nodules, to learn from or to freeze on.
    """
    from pellucid.ct.luna import read_luna

    scans = read_luna(folder)
    freezes = (fold - 1) % FOLDS
    used = [scan for scan in scans if scan.fold != fold]
    learned, frozen = ([scan for scan in used if (scan.fold != freezes) == learns] for learns in (True, False))
    if not learned or not frozen:
        folds = sorted({scan.fold for scan in scans})
        raise BadInput(
            f"{folder} has scans of the folds {', '.join(map(str, folds))}; with --fold {fold}, fold {freezes} and at "
            "least one more are needed: choose another --fold, or add scans."
        )
    for group, what in ((learned, "to learn from"), (frozen, f"to freeze on (fold {freezes})")):
        if not any(scan.nodules for scan in group):
            raise BadInput(
                f"{folder} has no nodule in the {counted(len(group), 'scan')} {what}: some are needed; add scans."
            )
    return [
        Source(scan.seriesuid, ReadScan(scan.path.resolve(), scan.nodules, scan.excluded), learns=scan.fold != freezes)
        for scan in used
    ]
