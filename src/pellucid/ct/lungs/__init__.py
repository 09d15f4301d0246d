"""Where the lungs are, which is the right and which the left, and their wall mended where something dense touches."""

from pellucid.ct.lungs.facts import Lungs
from pellucid.ct.lungs.finding import find_lungs

__all__ = ["Lungs", "find_lungs"]
