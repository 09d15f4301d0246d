"""What a run is made from: the images, what the audit found in them, the split, and what is known of every case."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.data import Dataset, Split, draw_split
from pellucid.data.audit import Audit, audit
from pellucid.data.likeness_search import describe
from pellucid.data.split import joined
from pellucid.data.twins import find_twins
from pellucid.evaluate.answers import Cases
from pellucid.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Material:
    """All that is known before anything is learned; rows of all four are the same cases."""

    dataset: Dataset
    audit: Audit
    split: Split
    cases: Cases

    @staticmethod
    def of(dataset: Dataset, how: str, seed: int, progress: Progress = silent) -> Material:
        """Look at the images, draw the split, and see which images stand on both sides of it.

        Args:
            dataset: as it was read.
            how: stratified; or clean: near-identical images never part.
            seed: of the split.
            progress: told how far it is.
        Raises:
            BadInput: the cases are too few to be split.
        """
        described = describe(dataset.images, dataset.sha256)
        found = audit(dataset, progress, described)
        together = None
        if how == "clean":
            together = found.alike if dataset.groups is None else joined(found.alike, dataset.groups)
        split = draw_split(dataset, seed, together)
        twins = find_twins(described, found.alike, split.train, dataset.groups)
        return Material(dataset, found, split, Cases.of(dataset, split, found, twins))
