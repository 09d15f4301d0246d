"""plant.json and plant.html in the folder that holds the rounds, each whole or not there at all."""

from __future__ import annotations

from pathlib import Path

from pellucid.ct.planting.page import PAGE_MARK, plant_page
from pellucid.ct.planting.report import PlantReport
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.run.folder import make_private
from pellucid.run.writing import MAKING, check_page, write_json, write_text

FACTS, PAGE, ROUNDS = "plant.json", "plant.html", "rounds.json"


def check_plant_folder(folder: Path) -> None:
    """See that a report may be written there: nothing is there, an empty folder, or an earlier report or its rounds.

    Raises:
        BadInput: something else is there; nothing has been changed.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file: name a folder for --out.")
    if not folder.is_dir():
        return
    others = [path.name for path in folder.iterdir() if path.name not in (FACTS, PAGE, ROUNDS)]
    if any(not name.endswith(MAKING) for name in others):
        raise BadInput(f"{folder} holds other files ({others[0]}): choose another --out.")
    check_page(folder / PAGE, PAGE_MARK, "page of pellucid ct plant")


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
    write_json(folder / FACTS, report.as_dict())
    write_text(folder / PAGE, plant_page(report, volume))
    return folder / PAGE
