"""A study in figures: findings.json, findings.csv, and the lines that the command prints."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from pellucid import __version__
from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.findings import Finding, Nodule
from pellucid.ct.froc.tables import PLACE_COLUMNS
from pellucid.ct.reporting.counts import (
    chance,
    from_feet,
    hot_voxels,
    image_number,
    in_order,
    lung_litres,
    rejected,
    slice_number,
    spots,
    stages_of,
    where,
)
from pellucid.ct.study_facts import Study
from pellucid.run.writing import csv_text

MADE_BY = "pellucid ct find"
NOT_A_DEVICE = "Not a medical device: for research and teaching, never for the care of a patient."
IMPRESSIONS = (
    "p_rated_suspicious is how likely LIDC's readers would have rated the nodule suspicious. It is about readers' "
    "impressions of pictures, not about pathology."
)
COLUMNS = (*PLACE_COLUMNS, "probability")  # Source: LUNA16's evaluation, its submissions
LIBRARIES = ("numpy", "scipy", "torch", "SimpleITK", "connected-components-3d")


def as_dict(study: Study) -> dict[str, Any]:
    """What findings.json holds, and `ct find --json` prints.

    Places are patient millimetres (LPS); findings stand with the likeliest first, and rejected lumps beside them.
    """
    volume = study.volume
    return {
        "made_by": MADE_BY,
        "seriesuid": volume.seriesuid,
        "not_a_medical_device": NOT_A_DEVICE,
        "p_rated_suspicious_means": IMPRESSIONS,
        "findings": [{**_of_nodule(study, one.nodule), **_of_finding(one)} for one in in_order(study.findings)],
        "rejected": [_of_nodule(study, one) for one in rejected(study)],
        "threshold": float(study.threshold),
        "stages": stages_of(study),
        "scan": {
            "slices": volume.voxels_hu.shape[0],
            "rows": volume.voxels_hu.shape[1],
            "columns": volume.voxels_hu.shape[2],
            "spacing_xyz_mm": volume.frame.spacing_xyz_mm.tolist(),
        },
        "told": list(study.told),
        "seconds": {stage: round(float(spent), 3) for stage, spent in study.seconds.items()},
        "peak_memory_mb": float(study.peak_memory_mb),
        "versions": {"pellucid": __version__, "python": platform.python_version(), **_versions()},
    }


def _of_nodule(study: Study, nodule: Nodule) -> dict[str, Any]:
    lump = nodule.lump
    return {
        "number": lump.number,
        "centre_xyz_mm": [float(along) for along in lump.centre_xyz_mm],
        "slice_number": slice_number(study, lump),
        "image_number": image_number(study, lump),
        "side": lump.side,
        "diameter_mm": float(lump.diameter_mm),
        "mean_hu": float(lump.mean_hu),
        "p_nodule": float(nodule.p_nodule),
        "same_as": nodule.same_as,
        "likeness": float(lump.likeness),
        "size_mm": float(lump.size_mm),
        "why": lump.why,
    }


def _of_finding(finding: Finding) -> dict[str, float]:
    names = ("p_rated_suspicious", "volume_mm3", "elongation", "irregularity")
    return {name: float(getattr(finding, name)) for name in names}


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # installed without its metadata
    return found


def as_csv(study: Study) -> str:
    """findings.csv, with LUNA16's columns: a row for every spot with its p_nodule, so that any threshold can be scored.

    Rejected lumps are there too: findings alone are the rows whose probability reaches the threshold in findings.json.
    A lump that is the same spot as a likelier one has no row, or it would count as a false mark of its own.
    """
    spots = [one for one in study.nodules if one.same_as is None]
    nodules = sorted(spots, key=lambda one: (-one.p_nodule, one.lump.number))
    places = np.array([one.lump.centre_xyz_mm for one in nodules], float).reshape(-1, 3)
    columns = [[study.volume.seriesuid] * len(nodules), *places.T.tolist(), [float(one.p_nodule) for one in nodules]]
    return csv_text(COLUMNS, columns)


def lines(study: Study) -> list[str]:
    """The same for people who look at a terminal."""
    shape, spacing = study.volume.voxels_hu.shape, study.volume.frame.spacing_xyz_mm
    litres, out = lung_litres(study), rejected(study)
    said = [
        f"{study.volume.seriesuid}: {shape[0]} slices of {shape[1]} x {shape[2]} voxels, "
        f"{spacing[0]:.2f} x {spacing[1]:.2f} x {spacing[2]:.2f} mm",
        *study.told,
        f"lungs of {litres['right']:.1f} l (right) and {litres['left']:.1f} l (left); {hot_voxels(study):,} hot voxels "
        f"in {len(study.lumps)} lumps; {len(out) - spots(out)} of them rejected (p_nodule below "
        f"{study.threshold:.2f}), {spots(out)} the same spot as a likelier one",
    ]
    found = in_order(study.findings)
    ways = "numbered as the lumps are, slices counted from " + ("the feet" if from_feet(study) else "the head")
    said.append(counted(len(found), "finding") + (f" ({ways}):" if found else ""))
    for one in found:
        lump = one.nodule.lump
        x, y, z = lump.centre_xyz_mm
        said.append(
            f"  {lump.number:>3}  {lump.side:<5} at {x:.1f}, {y:.1f}, {z:.1f} mm ({where(study, lump)}), "
            f"{lump.diameter_mm:.1f} mm, p_nodule {chance(one.nodule.p_nodule)}, "
            f"p_rated_suspicious {chance(one.p_rated_suspicious)}"
        )
    spent = ", ".join(f"{stage} {took:.1f}" for stage, took in study.seconds.items() if stage != "total")
    said.append(f"{study.seconds['total']:.1f} s ({spent}), {study.peak_memory_mb:,.0f} MB at most")
    return [*said, NOT_A_DEVICE]
