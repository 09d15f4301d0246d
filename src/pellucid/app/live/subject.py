"""What is learned from: the images, their split, the probes that stay in view, and the part that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from pellucid.app.live.cases import Case
from pellucid.data import Dataset, Scaling, Split, draw_split, measure_scaling
from pellucid.shapes import Int

MOST_PROBES = 10
"""Images whose activations are recorded. Chosen by us: a row of pictures that one can tell apart."""
MOST_LOOKED_AT = 512
"""Validation images that the loss in view is measured on, evenly spaced where there are more. Chosen by us: looking may
not cost more than learning."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A source, ready to be learned from; held-out images are not looked at.

    Attributes:
        name: of the source.
        dataset: its images and labels.
        split: as `pellucid train` draws it.
        probes: rows of validation images, one a class (the first of it), at most MOST_PROBES.
        looked_at: rows of validation images that loss and worst cases are taken from.
        scaling: of its training part.
        building: held by who makes a model.
    """

    name: str
    dataset: Dataset
    split: Split
    probes: Int[np.ndarray, " probe"]
    looked_at: Int[np.ndarray, " case"]
    scaling: Scaling
    building: Lock = field(default_factory=Lock, compare=False)

    @staticmethod
    def of(name: str, dataset: Dataset, seed: int = 0) -> Subject:
        """Draw the split and choose the probes.

        Args:
            name: of the source.
            dataset: as it was read.
            seed: of the split.
        Raises:
            BadInput: the cases are too few to be split, or all show one constant value.

        >>> from pellucid.data import read
        >>> digits = Subject.of("digits", read("digits"))
        >>> len(digits.probes), digits.case(int(digits.probes[3])).labels
        (10, ('3',))
        """
        split = draw_split(dataset, seed)
        valid = split.valid
        even = np.linspace(0, len(valid) - 1, min(len(valid), MOST_LOOKED_AT)).astype(np.int64)
        scaling = measure_scaling(dataset.images, split.train)
        return Subject(name, dataset, split, _probes(dataset, valid), valid[even], scaling)

    def case(self, row: int) -> Case:
        """One image, its name and its true class."""
        dataset, label = self.dataset, self.dataset.labels[row]
        has = np.flatnonzero(label) if np.ndim(label) else [int(label)]
        labels = tuple(dataset.classes[klass] for klass in has)
        return Case(int(row), np.asarray(dataset.images[row]), dataset.names[row], labels)


def _probes(dataset: Dataset, valid: Int[np.ndarray, " valid"]) -> Int[np.ndarray, " probe"]:
    """The first validation image of each class, in the classes' order."""
    labels = dataset.labels[valid]
    shows = labels.astype(bool) if labels.ndim == 2 else labels[:, None] == np.arange(len(dataset.classes))
    first = [int(valid[has.argmax()]) for has in shows.T if has.any()]
    found = list(dict.fromkeys(first)) or valid.tolist()  # several labels, and none of them in any image
    return np.array(found[:MOST_PROBES], np.int64)
