"""The heat map: how much each place in the lungs looks like a nodule, over all sizes from 3 to 30 mm."""

from pellucid.ct.likeness.heat import Likeness, nodule_likeness
from pellucid.ct.likeness.looks import SIZES_MM

__all__ = ["SIZES_MM", "Likeness", "nodule_likeness"]
