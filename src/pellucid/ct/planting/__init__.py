"""How small a nodule could have been missed in this very scan? Known ones are planted into it and looked for."""

from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.edges import measure_blur
from pellucid.ct.planting.missing import could_be_missed
from pellucid.ct.planting.page import plant_page
from pellucid.ct.planting.putting import ToPlant, plant
from pellucid.ct.planting.report import PlantReport
from pellucid.ct.planting.saving import check_plant_folder, save_planted
from pellucid.ct.planting.telling import as_dict, lines

__all__ = [
    "Blur", "PlantReport", "ToPlant", "as_dict", "check_plant_folder", "could_be_missed", "lines", "measure_blur",
    "plant", "plant_page", "save_planted",
]  # fmt: skip
