"""A run as moments in a row, few enough to be kept, and the one file that they are written to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors.numpy import save

from pellucid.app.live.cases import Case, Cases
from pellucid.app.live.moment import Moment
from pellucid.errors import BadInput
from pellucid.run.writing import write_bytes

FORMAT = 1
"""Of the file."""
MOST_MOMENTS = 200
"""Moments that are kept. Chosen by us: a slider has no finer steps."""
MOST_BYTES = 100_000_000
"""Of all moments together. Chosen by us: what a laptop has to spare, and 24 moments of a million weights."""
MOST_PARAMETERS = 1_000_000
"""Larger models are shown as they are now, and not recorded."""
MOST_OF_PICTURES = 50_000_000
"""Bytes of images that a file keeps beside the moments; probes go first. Chosen by us."""
KEY = "pellucid-recording"
MOST_OF_CURVE = 1000
"""Points of the loss curve that are kept; it goes on where moments are too large to be. Chosen by us."""
EACH = "step", "epoch", "train_loss", "valid_loss", "valid_accuracy"
"""One number a moment; in the file each is a tensor of all moments."""
WORST = "worst_rows", "worst_losses", "worst_p"
NAMED = "weights", "activations", "gradient_norms"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """What stays as it is while a model learns.

    Attributes:
        source: its name.
        settings: complete ones, by name.
        parameters: numbers that are learned.
        classes, task: of the data set.
        channels, size: of an image.
        scaling: kind, mean and deviation.
        probes: rows of the images whose activations are recorded.
    """

    source: str
    settings: dict[str, Any]
    parameters: int
    classes: tuple[str, ...]
    task: str
    channels: int
    size: int
    scaling: dict[str, Any]
    probes: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Recording:
    """Moments of one run, the first and the newest among them.

    Attributes:
        about: what was learned, and by which model.
        cases: where the images are that it names.
        moments: in the order of their steps; a new list whenever one is added, so that whoever holds it can go on.
        curve: step, training loss and validation loss of all moments that there ever were, thinned where it grows long.
    """

    about: About
    cases: Cases
    moments: list[Moment] = field(default_factory=list)
    curve: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether the model is small enough for more than its newest moment to be kept."""
        return self.about.parameters <= MOST_PARAMETERS

    def add(self, moment: Moment) -> None:
        """Keep a moment; where there are too many, every second one goes, but never the first and the newest."""
        moments = [*self.moments, moment] if self.is_kept else [moment]
        self.moments = _thinned(moments, max(2, min(MOST_MOMENTS, MOST_BYTES // max(1, moment.bytes))))
        self.curve = _thinned([*self.curve, (moment.step, moment.train_loss, moment.valid_loss)], MOST_OF_CURVE)

    def save(self, path: Path) -> None:
        """Write what there is now into one safetensors file; learning may go on meanwhile.

        Raises:
            BadInput: the model is too large to be recorded, or the file cannot be written.
        """
        if not self.is_kept:
            found, needed = f"{self.about.parameters:,} weights", f"{MOST_PARAMETERS:,} are the most"
            raise BadInput(f"This model has {found}, and {needed} that are recorded: choose a smaller one, or images.")
        moments, curve = self.moments, self.curve
        arrays = {name: np.array([getattr(one, name) for one in moments]) for name in EACH}
        arrays |= {name: np.stack([getattr(one, name) for one in moments]) for name in WORST}
        for kind in NAMED:
            for name in getattr(moments[0], kind):
                arrays[f"{kind}.{name}"] = np.stack([np.asarray(getattr(one, kind)[name]) for one in moments])
        kept = self._pictures(moments)
        arrays |= {"images": np.stack([case.image for case in kept]), "curve": np.array(curve)}
        named = [{"row": case.row, "name": case.name, "labels": list(case.labels)} for case in kept]
        names = {kind: list(getattr(moments[0], kind)) for kind in NAMED}  # safetensors keeps no order
        told = {"format": FORMAT, "about": self.about.as_dict(), "cases": named, "names": names}
        write_bytes(path, save(arrays, {KEY: json.dumps(told)}))

    def _pictures(self, moments: list[Moment]) -> list[Case]:
        """Probes and worst cases, of the last moments first, as many as there is room for."""
        rows = dict.fromkeys([*self.about.probes, *(int(row) for one in moments[::-1] for row in one.worst_rows)])
        first = self.cases.case(self.about.probes[0]).image
        return [self.cases.case(row) for row in list(rows)[: max(1, MOST_OF_PICTURES // first.nbytes)]]


def _thinned(held: list[T], most: int) -> list[T]:
    """Every second one where there are too many; the first and the last stay.

    >>> _thinned([0, 1, 2, 3, 4], 4)
    [0, 2, 4]
    """
    return held if len(held) <= most else [*held[:-1:2], held[-1]]
