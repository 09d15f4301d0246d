"""Everything `pellucid ct find` knew when it was done: the scan, what each stage made of it, and what that took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pellucid.ct.findings import Finding, Lump, Nodule
from pellucid.data.volumes import Volume

if TYPE_CHECKING:
    from pellucid.ct.likeness import Likeness
    from pellucid.ct.lungs import Lungs


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One scan, looked through.

    Attributes:
        volume: the scan as it was read.
        working: the same on the working grid (`ct.grid`).
        lungs: where the lungs are, on the working grid.
        likeness: the heat map, on the working grid.
        lumps: all groups of hot voxels, the likeliest first.
        nodules: one for each lump, rejected ones too.
        findings: those that were accepted.
        seconds: by stage: read, grid, lungs, likeness, group, classify, rate, total.
        threshold: a lump whose p_nodule reaches it is a finding.
        peak_memory_mb: the most memory that was in use at once, MB (10^6 bytes).
        told: what was noticed on the way, each in a sentence; may be empty.
    """

    volume: Volume
    working: Volume
    lungs: Lungs
    likeness: Likeness
    lumps: list[Lump]
    nodules: list[Nodule]
    findings: list[Finding]
    seconds: dict[str, float]
    threshold: float
    peak_memory_mb: float
    told: tuple[str, ...] = ()
