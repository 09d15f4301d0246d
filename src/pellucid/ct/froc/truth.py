"""What marks are held against: the folder with nodules, excluded findings and the list of scans."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.ct.froc.tables import PlaceTable, read_places, read_seriesuids, refuse_twice
from pellucid.errors import BadInput


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known of the scans.

    Attributes:
        seriesuids: the scans that count.
        nodules: that are to be found, with their diameter in mm.
        excluded: findings that are neither right nor wrong to mark.
    """

    seriesuids: list[str]
    nodules: PlaceTable
    excluded: PlaceTable


def read_truth(folder: Path) -> Truth:
    """Read annotations.csv, annotations_excluded.csv and seriesuids.csv.

    The same excluded finding may stand there several times, as in LUNA16's own file.

    Raises:
        BadInput: a file or column is missing, a number is none, a nodule stands there twice or has no diameter.
    """
    if not folder.is_dir():
        raise BadInput(
            f"{folder} is no folder: one with annotations.csv, annotations_excluded.csv and seriesuids.csv is needed."
        )
    nodules = read_places(folder / "annotations.csv", "diameter_mm")
    refuse_twice(nodules, "nodule")
    wrong = np.flatnonzero(nodules.number <= 0)
    if len(wrong):
        line, diameter = nodules.lines[wrong[0]], nodules.number[wrong[0]]
        raise BadInput(f"{nodules.path} line {line} has a nodule of {diameter:g} mm: a diameter above 0 is needed.")
    excluded = read_places(folder / "annotations_excluded.csv", "diameter_mm")
    return Truth(read_seriesuids(folder / "seriesuids.csv"), nodules, excluded)


def check_scans(marks: PlaceTable, seriesuids: list[str]) -> None:
    """See that all marks lie in scans that count.

    Raises:
        BadInput: one does not; the message names the first.
    """
    unknown = set(marks.seriesuids).difference(seriesuids)
    if unknown:
        at = next(number for number, seriesuid in enumerate(marks.seriesuids) if seriesuid in unknown)
        raise BadInput(
            f"{marks.path} line {marks.lines[at]} marks the scan {marks.seriesuids[at]!r}, which the truth's "
            f"seriesuids.csv does not name ({len(unknown)} such scans): correct the names, or leave those marks out."
        )
