"""A study as a page that stands alone: every finding on three planes, and what each stage made of it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pellucid.ct.findings import Finding, Nodule
from pellucid.ct.likeness.looks import LEAST_LIKENESS
from pellucid.ct.reporting.colours import HEAT, LEFT, MARK, RIGHT
from pellucid.ct.reporting.counts import chance, from_feet, in_order, rejected, spots, where
from pellucid.ct.reporting.lump_pictures import SMALL_MM, WIDTH_MM, in_small, on_three_planes, stage_by_stage, wide
from pellucid.ct.reporting.overview import overview
from pellucid.ct.reporting.telling import IMPRESSIONS, NOT_A_DEVICE
from pellucid.ct.reporting.windows import LUNG
from pellucid.ct.study_facts import Study
from pellucid.evaluate.reporting.templates import template

PAGE_MARK = '<meta name="generator" content="pellucid ct find">'
MOST_FINDINGS = 30
"""Findings that get pictures, the likeliest first; all stand in the table. Chosen by us: the page stays below 6 MB."""
MOST_REJECTED = 12
"""Rejected lumps that are shown, the likeliest first. Chosen by us: two rows of six."""


def study_page(study: Study, stages: dict[str, Any]) -> str:
    """The page as text.

    Args:
        study: what it shows.
        stages: what they came to (`counts.stages_of`); counted once, since there are millions of voxels.
    """
    found, out = in_order(study.findings), rejected(study)
    frame, shape = study.volume.frame, study.volume.voxels_hu.shape
    facts = {
        "mark": Markup(PAGE_MARK),
        "study": study,
        "seriesuid": study.volume.seriesuid,
        "shape": shape,
        "spacing": frame.spacing_xyz_mm.tolist(),
        "from_feet": from_feet(study),
        "told": study.told,
        "not_a_device": NOT_A_DEVICE,
        "impressions": IMPRESSIONS,
        "litres": stages["lung_litres"],
        "hot": stages["hot_voxels"],
        "least": LEAST_LIKENESS,
        "window": LUNG,
        "found": [(one, one.nodule.lump, where(study, one.nodule.lump)) for one in found],
        "shown": [_finding(study, one) for one in found[:MOST_FINDINGS]],
        "rejected": out,
        "spots": spots(out),
        "chance": chance,
        "rejected_shown": [_rejected(study, one) for one in out[:MOST_REJECTED]],
        "small_mm": SMALL_MM,
        "overview": overview(study),
        "colours": {"right": RIGHT, "left": LEFT, "mark": MARK, "heat": _heat_ramp()},
    }
    return template("findings.html.jinja", autoescape=True, room="pellucid.ct").render(facts)


def _finding(study: Study, finding: Finding) -> dict[str, Any]:
    lump = finding.nodule.lump
    return {
        "of": finding,
        "lump": lump,
        "voxels": int(lump.outline.sum()),
        "where": where(study, lump),
        "width_mm": wide(lump, WIDTH_MM),
        "planes": on_three_planes(study, lump),
        "stages": stage_by_stage(study, lump),
    }


def _rejected(study: Study, nodule: Nodule) -> dict[str, Any]:
    return {"of": nodule, "lump": nodule.lump, "picture": in_small(study, nodule.lump)}


def _heat_ramp() -> str:
    """The colours of the heat map over black, for the legend."""
    return ", ".join(f"rgba({red:.0f},{green:.0f},{blue:.0f},{seen / 255:.2f})" for red, green, blue, seen in HEAT)
