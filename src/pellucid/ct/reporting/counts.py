"""What a study counts: litres of lung, hot voxels, lumps kept and rejected; where in the scan a lump lies; in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.ct.findings import SIDES, Finding, Lump, Nodule
from pellucid.ct.likeness.looks import LEAST_LIKENESS
from pellucid.ct.study_facts import Study


def stages_of(study: Study) -> dict[str, Any]:
    """What each stage came to, as findings.json has it."""
    return {
        "lung_litres": lung_litres(study),
        "hot_voxels": hot_voxels(study),
        "lumps": len(study.lumps),
        "rejected": len(rejected(study)),
        "findings": len(study.findings),
    }


def in_order(findings: list[Finding]) -> list[Finding]:
    """The likeliest nodule first."""
    return sorted(findings, key=lambda one: (-one.nodule.p_nodule, one.nodule.lump.number))


def rejected(study: Study) -> list[Nodule]:
    """Nodules that did not reach the threshold, the likeliest first; then those that are spots of likelier ones."""
    there = [one for one in study.nodules if not one.accepted]
    return sorted(there, key=lambda one: (one.same_as is not None, -one.p_nodule, one.lump.number))


def slice_number(study: Study, lump: Lump) -> int:
    """The scan's own slice nearest to the lump's centre; the first slice of the volume is 1."""
    index = study.volume.frame.to_irc(np.array([lump.centre_xyz_mm], float))[0, 0]
    return int(np.clip(np.floor(index + 0.5), 0, study.volume.voxels_hu.shape[0] - 1)) + 1


def from_feet(study: Study) -> bool:
    """Whether the first slice is the lowest."""
    return bool(study.volume.frame.direction[2, 2] > 0)


def image_number(study: Study, lump: Lump) -> int | None:
    """What a DICOM viewer calls that slice; None where it is not one image of the series."""
    numbers = study.volume.image_numbers
    return numbers[slice_number(study, lump) - 1] if numbers else None


def where(study: Study, lump: Lump) -> str:
    """The slice, in words."""
    image = image_number(study, lump)
    return f"slice {slice_number(study, lump)} of {len(study.volume.voxels_hu)}" + (
        "" if image is None else f", image {image}"
    )


def chance(probability: float) -> str:
    """A probability with two digits, which is never shown as 0 or 1.

    >>> chance(0.99891), chance(0.15), chance(0.0012)
    ('>0.99', '0.15', '<0.01')
    """
    shown = f"{probability:.2f}"
    return {"1.00": ">0.99", "0.00": "<0.01"}.get(shown, shown)


def spots(nodules: list[Nodule]) -> int:
    """How many of them are the same spot as a likelier one."""
    return sum(one.same_as is not None for one in nodules)


def lung_litres(study: Study) -> dict[str, float]:
    """Volume of either lung's space, vessels and all, litres."""
    litre = float(np.prod(study.working.frame.spacing_xyz_mm)) / 1e6  # of one voxel
    counts = {name: int(np.count_nonzero(study.lungs.side == lung)) for lung, name in enumerate(SIDES, start=1)}
    return {name: round(count * litre, 3) for name, count in counts.items()}


def hot_voxels(study: Study) -> int:
    """How many voxels of the working grid are as hot as a lump's peak must be at least."""
    return int(np.count_nonzero(study.likeness.values >= LEAST_LIKENESS))
