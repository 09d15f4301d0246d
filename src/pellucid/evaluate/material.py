"""What a run is made from: the images, what the audit found in them, the split, and what is known of every case."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.data import Dataset, Split
from pellucid.data.audit import Audit
from pellucid.evaluate.answers import Cases


@dataclass(frozen=True, slots=True)
class Material:
    """All that is known before anything is learned; rows of all four are the same cases."""

    dataset: Dataset
    audit: Audit
    split: Split
    cases: Cases
