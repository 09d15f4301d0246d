"""An image with its name and its true class, and where such are looked up by their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from pellucid.shapes import Shaped


@dataclass(frozen=True, slots=True)
class Case:
    """One image.

    Attributes:
        row: in the data set.
        image: as it is stored.
        name: where it came from.
        labels: its true class; several, or none, for multi-label tasks.
    """

    row: int
    image: Shaped[np.ndarray, "channel row column"]
    name: str
    labels: tuple[str, ...]


@runtime_checkable
class Cases(Protocol):
    """Where a case is found: the data set itself, or what a recording kept of it."""

    def case(self, row: int) -> Case:
        """One image.

        Raises:
            BadInput: it was not kept.
        """
        ...
