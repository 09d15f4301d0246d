"""From scans to what the network learns from: windows of each scan's lumps, with labels, in one file a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from pellucid.ct.grid import working_copy
from pellucid.ct.learning.labelling import NODULE, OTHER, label
from pellucid.ct.network.same_spots import same_spots
from pellucid.ct.network.window import EDGE, cut_windows
from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.run.writing import write_bytes
from pellucid.shapes import Bool, Int, UInt8

MARGIN = 2
"""Cubes kept around each window, so that learning can shift it. Chosen by us."""


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Lumps of one scan or of many.

    Attributes:
        windows: levels, both scales, with a margin of 2 cubes on each side.
        labels: 1 nodule, 0 other, -1 unclear.
        nodules: which of the scan's nodules is nearest, by its row; -1 where there is none.
        found: whether it is a lump of the pipeline; False for nodules that it missed (windows at their centres).
        scans: number of the scan.
        spots: lumps of a scan with the same number are one spot, seen twice.
    """

    windows: UInt8[np.ndarray, "case 2 edge edge edge"]
    labels: Int[np.ndarray, " case"]
    nodules: Int[np.ndarray, " case"]
    found: Bool[np.ndarray, " case"]
    scans: Int[np.ndarray, " case"]
    spots: Int[np.ndarray, " case"]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, which: np.ndarray) -> Cases:
        """Some of them."""
        return Cases(*(getattr(self, name)[which] for name in self.__slots__))


def gather(
    volume: Volume, truth: Sequence[PlantedNodule], *, scan: int, most: int | None, rng: np.random.Generator
) -> Cases:
    """Run the pipeline up to its lumps, and cut their windows.

    Args:
        volume: the scan.
        truth: its nodules.
        scan: its number.
        most: keep so many lumps that are no nodules, half of them the likeliest, half drawn; None keeps all.
        rng: draws them.
    """
    from pellucid.ct.likeness import nodule_likeness
    from pellucid.ct.lumps import group
    from pellucid.ct.lungs import find_lungs

    working = working_copy(volume)
    lungs = find_lungs(working)
    lumps = group(nodule_likeness(working, lungs), working, lungs)
    centres = np.array([lump.centre_xyz_mm for lump in lumps]).reshape(-1, 3)
    labels, nearest = label(centres, truth)
    hit = set(nearest[labels == NODULE].tolist())
    missed = [row for row, nodule in enumerate(truth) if nodule.counts and row not in hit]
    centres = np.concatenate([centres, np.array([truth[row].centre_xyz_mm for row in missed]).reshape(-1, 3)])
    labels = np.concatenate([labels, np.full(len(missed), NODULE)])
    nearest = np.concatenate([nearest, np.array(missed, int)])
    kept = np.arange(len(labels))
    others = np.flatnonzero(labels == OTHER)  # the likeliest first
    if most is not None and len(others) > most:
        drawn = rng.choice(others[most // 2 :], most - most // 2, replace=False)
        kept = np.sort(np.concatenate([np.flatnonzero(labels != OTHER), others[: most // 2], drawn]))
    windows = cut_windows(working.voxels_hu, working.frame.to_irc(centres[kept]), EDGE + 2 * MARGIN)
    spots = np.arange(len(labels))
    for row, same in enumerate(same_spots(lumps, -np.arange(len(lumps), dtype=float))):
        spots[row] = row if same is None else same - 1  # lumps are numbered from 1
    return Cases(windows, labels[kept], nearest[kept], kept < len(lumps), np.full(len(kept), scan), spots[kept])


def save_cases(path: Path, cases: Cases) -> None:
    """Write them in one file, whole or not at all.

    Raises:
        BadInput: it cannot be written.
    """
    contents = BytesIO()
    np.savez(contents, **{name: getattr(cases, name) for name in cases.__slots__})
    write_bytes(path, contents.getvalue())


def load_cases(paths: Sequence[Path]) -> Cases:
    """All cases of these files, one after the other.

    Raises:
        BadInput: a file that is damaged.
    """
    parts = []
    for path in paths:
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                parts.append(Cases(*(file[name] for name in Cases.__slots__)))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as problem:
            raise BadInput(f"{path} is damaged ({problem}): delete it; it is made again.") from None
    return Cases(*(np.concatenate([getattr(part, name) for part in parts]) for name in Cases.__slots__))
