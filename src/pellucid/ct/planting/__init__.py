"""How small a nodule could have been missed in this very scan? Known ones are planted into it and looked for.

Names are looked up on first use, so that the command's help waits for nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.ct.planting.blur import Blur
    from pellucid.ct.planting.edges import measure_blur
    from pellucid.ct.planting.missing import could_be_missed
    from pellucid.ct.planting.page import plant_page
    from pellucid.ct.planting.putting import ToPlant, plant
    from pellucid.ct.planting.report import PlantReport
    from pellucid.ct.planting.saving import check_plant_folder, save_planted

_HOME = {
    "Blur": "blur",
    "PlantReport": "report",
    "ToPlant": "putting",
    "check_plant_folder": "saving",
    "could_be_missed": "missing",
    "measure_blur": "edges",
    "plant": "putting",
    "plant_page": "page",
    "save_planted": "saving",
}

__all__ = [
    "Blur", "PlantReport", "ToPlant", "check_plant_folder", "could_be_missed", "measure_blur", "plant", "plant_page",
    "save_planted",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.ct.planting has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.ct.planting.{_HOME[name]}"), name)
    return found
