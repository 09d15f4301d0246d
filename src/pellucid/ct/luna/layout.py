"""What lies where in a folder laid out as LUNA16's, and which of ten folds a scan belongs to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pellucid.ct.froc.tables import PLACE_COLUMNS

FOLDS = 10
SUBSET = re.compile(r"subset([0-9])")
NODULE_COLUMNS = (*PLACE_COLUMNS, "diameter_mm")
"""LUNA16's own columns of annotations.csv and annotations_excluded.csv."""
OWN_COLUMNS = ("kind", "place")
"""What we write behind them; other readers go by the heading and pass them over."""

MarkedPlace = tuple[tuple[float, float, float], float]
"""x, y, z in the patient (LPS, mm), and diameter in mm (-1: not known)."""


@dataclass(frozen=True, slots=True)
class LunaScan:
    """One scan of such a folder.

    Attributes:
        seriesuid: its name in the tables.
        path: of its .mhd file.
        fold: 0 to 9: the number of its subset folder, or where it lies in none, `fold_of` its name.
        nodules: place and diameter of each nodule that counts; none is possible.
        excluded: findings that are neither right nor wrong; empty where annotations_excluded.csv is missing.
    """

    seriesuid: str
    path: Path
    fold: int
    nodules: tuple[MarkedPlace, ...]
    excluded: tuple[MarkedPlace, ...]


def fold_of(seriesuid: str) -> int:
    """One of ten folds, by the name alone: the same on every machine, whatever other scans there are.

    >>> [fold_of(name) for name in ("phantom-0", "phantom-1", "phantom-2")]
    [3, 6, 3]
    """
    return int.from_bytes(hashlib.sha256(seriesuid.encode()).digest()[:8]) % FOLDS


def subset_name(fold: int) -> str:
    """The folder of a fold's scans."""
    return f"subset{fold}"
