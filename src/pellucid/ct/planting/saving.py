"""plant.json and plant.html in the folder that holds the rounds, each whole or not there at all."""

from __future__ import annotations

import re
from pathlib import Path

from pellucid.ct.own_folder import check_own
from pellucid.ct.planting.kept import FIRST_LOOK, MADE_BY, ROUNDS
from pellucid.ct.planting.page import PAGE_MARK, plant_page
from pellucid.ct.planting.report import PlantReport
from pellucid.ct.planting.telling import as_dict
from pellucid.data.volumes import Volume
from pellucid.run.folder import make_private
from pellucid.run.writing import check_replaceable, write_json, write_text

FACTS, PAGE = "plant.json", "plant.html"


def check_plant_folder(folder: Path) -> None:
    """See that a report may be written there: nothing is there, an empty folder, or an earlier report or its rounds.

    Raises:
        BadInput: something else is there; nothing has been changed.
    """
    check_own(folder, "|".join(map(re.escape, (FACTS, PAGE, ROUNDS, FIRST_LOOK))))
    made_by = f'"made_by": "{MADE_BY}"'
    check_replaceable(folder / FACTS, made_by.encode(), "report of pellucid ct plant", within=200)
    check_replaceable(folder / PAGE, PAGE_MARK.encode(), "page of pellucid ct plant", within=1000)


def save_planted(report: PlantReport, volume: Volume, folder: Path) -> Path:
    """Write what came of planting for programs and for people.

    Args:
        report: what `could_be_missed` returned.
        volume: the scan as it is.
        folder: made private (mode 0700), since it names a patient's series.
    Returns:
        The page.
    Raises:
        BadInput: something else is there, or it cannot be written.
    """
    check_plant_folder(folder)
    make_private(folder)
    write_json(folder / FACTS, as_dict(report))
    write_text(folder / PAGE, plant_page(report, volume))
    return folder / PAGE
