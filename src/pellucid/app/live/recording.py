"""A run as moments in a row, few enough to be kept, and the one file that they are replayed from."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from pellucid.app.live.cases import Case, Cases
from pellucid.app.live.moment import Moment
from pellucid.errors import BadInput
from pellucid.run.folder import read_header
from pellucid.run.writing import write_bytes

FORMAT = 1
MOST_MOMENTS = 200
"""Moments that are kept. Chosen by us: a slider has no finer steps."""
MOST_BYTES = 100_000_000
"""Of all moments together. Chosen by us: what a laptop has to spare, and 24 moments of a million weights."""
MOST_PARAMETERS = 1_000_000
"""Larger models are shown as they are now, and not recorded."""
MOST_OF_PICTURES = 50_000_000
"""Bytes of images that a file keeps beside the moments; probes go first. Chosen by us."""
KEY = "pellucid-recording"
EACH = "step", "epoch", "train_loss", "valid_loss", "valid_accuracy"
"""One number a moment; in the file each is a tensor of all moments."""
WORST = "worst_rows", "worst_losses", "worst_p"
NAMED = "weights", "activations", "gradient_norms"


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
        moments: in the order of their steps.
    """

    about: About
    cases: Cases
    moments: list[Moment] = field(default_factory=list)

    def add(self, moment: Moment) -> None:
        """Keep a moment; where there are too many, every second one goes, but never the first and the newest."""
        self.moments = [moment] if self.about.parameters > MOST_PARAMETERS else [*self.moments, moment]
        most = max(2, min(MOST_MOMENTS, MOST_BYTES // max(1, moment.bytes)))
        if len(self.moments) > most:
            newest = self.moments[-1]
            self.moments = [*self.moments[:-1:2], newest]

    def save(self, path: Path) -> None:
        """Write everything into one safetensors file.

        Raises:
            BadInput: the model is too large to be recorded, or the file cannot be written.
        """
        if self.about.parameters > MOST_PARAMETERS:
            found, needed = f"{self.about.parameters:,} weights", f"{MOST_PARAMETERS:,} are the most"
            raise BadInput(f"This model has {found}, and {needed} that are recorded: choose a smaller one, or images.")
        arrays = {name: np.array([getattr(one, name) for one in self.moments]) for name in EACH}
        arrays |= {name: np.stack([getattr(one, name) for one in self.moments]) for name in WORST}
        for kind in NAMED:
            for name in getattr(self.moments[0], kind):
                arrays[f"{kind}.{name}"] = np.stack([np.asarray(getattr(one, kind)[name]) for one in self.moments])
        kept = self._pictures()
        arrays["images"] = np.stack([case.image for case in kept])
        named = [{"row": case.row, "name": case.name, "label": case.label} for case in kept]
        names = {kind: list(getattr(self.moments[0], kind)) for kind in NAMED}  # safetensors keeps no order
        told = {"format": FORMAT, "about": self.about.as_dict(), "cases": named, "names": names}
        write_bytes(path, save(arrays, {KEY: json.dumps(told)}))

    def _pictures(self) -> list[Case]:
        """Probes and worst cases, as many as there is room for."""
        rows = dict.fromkeys([*self.about.probes, *(int(row) for one in self.moments[::-1] for row in one.worst_rows)])
        first = self.cases.case(self.about.probes[0]).image
        return [self.cases.case(row) for row in list(rows)[: max(1, MOST_OF_PICTURES // first.nbytes)]]


@dataclass(frozen=True, slots=True)
class KeptCases:
    """The images that a recording holds."""

    kept: dict[int, Case]

    def case(self, row: int) -> Case:
        """One of them.

        Raises:
            BadInput: it was not kept.
        """
        if row not in self.kept:
            raise BadInput(f"The recording does not hold image {row}: choose one of the probes.")
        return self.kept[row]


def load_recording(path: Path) -> Recording:
    """A recording from its file; nothing in it is run.

    Raises:
        BadInput: it is none, or damaged.
    """
    try:
        if path.stat().st_size > 4 * (MOST_BYTES + MOST_OF_PICTURES):
            raise ValueError("it is too large")
        told = json.loads(read_header(path)["__metadata__"][KEY])
        arrays = load_file(path)
        about = {**told["about"], "classes": tuple(told["about"]["classes"]), "probes": tuple(told["about"]["probes"])}
        cases = {
            int(one["row"]): Case(int(one["row"]), image, str(one["name"]), str(one["label"]))
            for one, image in zip(told["cases"], arrays["images"], strict=True)
        }
        moments = [_moment(arrays, told["names"], at) for at in range(len(arrays["step"]))]
        if not moments or not set(about["probes"]) <= set(cases):
            raise ValueError("moments or probes are missing")
        if arrays["images"].shape[1:] != (about["channels"], about["size"], about["size"]):
            raise ValueError("its images are of another size than it says")
        return Recording(About(**about), KeptCases(cases), moments)
    except (OSError, ValueError, KeyError, TypeError, IndexError, SafetensorError, struct.error) as problem:
        said = " ".join(str(problem).split())
        raise BadInput(f"{path.name} is no whole recording of pellucid's ({said}): record it again.") from None


def _moment(arrays: dict[str, np.ndarray], names: dict[str, list[str]], at: int) -> Moment:
    numbers = {name: arrays[name][at].item() for name in EACH}
    worst = {name: arrays[name][at] for name in WORST}
    named: dict[str, dict[str, Any]]
    named = {kind: {name: np.asarray(arrays[f"{kind}.{name}"][at]) for name in names[kind]} for kind in NAMED}
    named["gradient_norms"] = {name: float(size) for name, size in named["gradient_norms"].items()}
    facts: dict[str, Any] = {**numbers, **worst, **named}
    return Moment(**facts)
