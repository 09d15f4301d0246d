"""How far one gets without looking: the shortcut probes asked about a held-out part, before there is any model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import Dataset, draw_split
from pellucid.data.findings import Finding
from pellucid.data.split import joined
from pellucid.errors import BadInput
from pellucid.evaluate.estimates.measuring import measure
from pellucid.evaluate.rivals.survival import THUMBNAIL, chance_of, survival
from pellucid.progress import Progress, silent
from pellucid.shapes import Int

SEED = 0
"""Of the split, and of the probes."""

EASY = 0.5
"""From which share of the way from guessing to no mistake on a probe is a finding. Chosen by us: from there on, most of
what a model gets right may come from the frame or the brightness."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What one probe, or guessing, reached on the held-out part."""

    name: str
    told: str
    """What it sees."""
    accuracy: dict[str, Any]
    balanced_accuracy: dict[str, Any]
    guessing: float
    """The balanced accuracy of guessing."""

    @property
    def reach(self) -> float:
        """Share of the way from guessing (0) to no mistake (1) that is surely reached: the low end of the interval."""
        surely = self.balanced_accuracy["low"]
        return 0.0 if surely is None else survival(1.0, surely, self.guessing) or 0.0


def ask_probes(
    dataset: Dataset, progress: Progress = silent, alike: Int[np.ndarray, " case"] | None = None
) -> tuple[Probed, ...]:
    """Fit the probes on the training part of a split drawn with seed 0, and measure them on its held-out part.

    Args:
        dataset: one that a split can be drawn of.
        progress: told how far it is.
        alike: a number for each case, the same for near-identical images: they are kept on one side of the split.
    Returns:
        the probes, and last the commonest class, that always gives the same answer.
    Raises:
        BadInput: there are too few cases or classes for a split.

    >>> from pellucid.data import read
    >>> for probed in ask_probes(read("digits")):
    ...     print(f"{probed.accuracy['value']:.1f} {probed.name}")
    0.6 border pixels only
    0.3 brightness and contrast only
    0.1 commonest class
    """
    from pellucid.evaluate.rivals.shortcuts import fit_probes

    together = alike if alike is None or dataset.groups is None else joined(alike, dataset.groups)
    split = draw_split(dataset, SEED, together)
    _check_held_out(dataset, split.held_out)
    rivals = fit_probes(dataset, split.train, split.held_out, SEED, progress)
    labels = dataset.labels[split.train]
    shares = labels.mean(0) if labels.ndim == 2 else np.bincount(labels, minlength=len(dataset.classes)) / len(labels)
    always = np.tile(shares, (len(split.held_out), 1))
    asked = [(rival.name, rival.told, rival.probabilities) for rival in rivals]
    return tuple(
        _measured(dataset, split.held_out, *answers)
        for answers in (*asked, ("commonest class", "the same answer, whatever the image", always))
    )


def _check_held_out(dataset: Dataset, held_out: np.ndarray) -> None:
    if dataset.labels.ndim == 1 and len(np.unique(dataset.labels[held_out])) < 2:
        raise BadInput("the part held out holds one class only, which tells nothing.")


def _measured(dataset: Dataset, held_out: np.ndarray, name: str, told: str, p: np.ndarray) -> Probed:
    groups = dataset.groups[held_out] if dataset.groups is not None else None
    figures = measure(p, dataset.labels[held_out], dataset.task, list(dataset.classes), groups)
    return Probed(name, told, figures["accuracy"], figures["balanced_accuracy"], chance_of(figures, dataset.task))


def of_probes(probes: tuple[Probed, ...]) -> list[Finding]:
    """The finding that the classes can be told without looking, where they can.

    The thumbnail is none: coarse shapes are part of the picture.

    Args:
        probes: as `ask_probes` gives them.
    """
    easy = [probed for probed in probes if probed.name != THUMBNAIL and probed.reach > EASY]
    if not easy:
        return []
    reached = ", ".join(f"{probed.name} {probed.balanced_accuracy['value']:.2f}" for probed in easy)
    told = f"Classes can be told without looking, balanced accuracy: {reached} (guessing {easy[0].guessing:.2f})."
    return [Finding("shortcut", told)]
