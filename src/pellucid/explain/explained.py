"""One answer of a model, and all that it was made of: facts, to be told in words, on a page or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pellucid.explain.arithmetic import Arithmetic
from pellucid.explain.asking import Asked
from pellucid.explain.maps import Maps
from pellucid.explain.neighbours import Neighbours

LEFT_OUT = (
    "the stored weights of other units and kernels than those of one_unit and one_place: weights.safetensors has them",
    "the pixels of units that stand in arithmetic.units: the page draws them",
    "the pixels of the neighbours: they are images of the source, under their names",
)
"""What `--json` does not hold."""


@dataclass(frozen=True, slots=True, repr=False)
class Explained:
    """One answer of a model, and all that it was made of."""

    asked: Asked
    arithmetic: Arithmetic
    maps: Maps
    neighbours: Neighbours
    seconds: float
    page: Path | None = None

    def __repr__(self) -> str:
        return f"<explanation of {self.asked.image}: why {self.klass}>"

    @property
    def klass(self) -> str:
        """The class that is explained."""
        return self.asked.classes[self.arithmetic.klass]
