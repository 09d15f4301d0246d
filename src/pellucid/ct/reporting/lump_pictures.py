"""Pictures of one lump: on three planes, and what each stage made of the same piece of the scan."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from markupsafe import Markup

from pellucid.ct.findings import Lump
from pellucid.ct.reporting.colours import LEFT, MARK, RIGHT, heat_colours, lung_colours
from pellucid.ct.reporting.planes import cut, plane
from pellucid.ct.reporting.sheets import PLANES, PlaneName, Sheet, sheet_around
from pellucid.ct.reporting.views import (
    View,
    crosshair,
    figure,
    haloed,
    letters,
    outline,
    pixels,
    scale_bar,
    view_around,
)
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Frame
from pellucid.shapes import Bool

WIDTH_MM = 60.0  # chosen by us: a nodule is at most 30 mm wide (Fleischner glossary 2008), and has neighbours
SMALL_MM = 40.0
LARGE, MIDDLE, SMALL = 290, 214, 138
"""Sides of pictures on the page, px. Chosen by us: three, four or six of them stand side by side."""


def on_three_planes(study: Study, lump: Lump) -> list[Markup]:
    """Axial, coronal and sagittal through its centre, as scanned, with its outline, a crosshair and a scale."""
    return [_on_plane(study, lump, name, wide(lump, WIDTH_MM), LARGE) for name in PLANES]


def in_small(study: Study, lump: Lump) -> Markup:
    """The axial one alone, as a rejected lump gets it."""
    return _on_plane(study, lump, "axial", wide(lump, SMALL_MM), SMALL)


def wide(lump: Lump, width_mm: float) -> float:
    """How much is shown, mm: more around a lump that would fill the picture."""
    return max(width_mm, 2 * lump.diameter_mm)


def _on_plane(study: Study, lump: Lump, name: PlaneName, width_mm: float, width: int) -> Markup:
    view, scan = _scanned(study, lump, name, width_mm, width)
    marks = haloed([*outlined(study, lump, view), *crosshair(view, lump.centre_xyz_mm, lump.diameter_mm / 2 + 4)])
    marks += letters(view) if width > SMALL else []
    told = f"The {name} picture through the middle of lump {lump.number}, {width_mm:.0f} mm wide, with its outline."
    return figure(view, f"Lump {lump.number}, {name}", told, [scan, *marks, *scale_bar(view, 10)])


def stage_by_stage(study: Study, lump: Lump) -> dict[str, Markup]:
    """The axial picture as each stage of the pipeline saw it: scan, lungs, heat, lump."""
    view, scan = _scanned(study, lump, "axial", wide(lump, WIDTH_MM), MIDDLE)
    working = study.working
    sheet = sheet_around(
        working.frame, working.voxels_hu.shape, lump.centre_xyz_mm, "axial", wide(lump, WIDTH_MM)
    )  # fmt: skip
    side = cut(study.lungs.side, working.frame, sheet, 0)
    heat = cut(study.likeness.values, working.frame, sheet, 0)
    borders = [outline(view, sheet, side == number, colour) for number, colour in ((1, RIGHT), (2, LEFT))]
    drawn: dict[str, tuple[str, list[Element]]] = {
        "scan": ("as scanned", []),
        "lungs": ("the lungs, tinted", [pixels(view, sheet, lung_colours(side)), *borders]),
        "heat": ("the heat map over the scan", [pixels(view, sheet, heat_colours(heat))]),
        "lump": ("the lump's outline", haloed(outlined(study, lump, view))),
    }
    return {
        name: figure(view, f"Lump {lump.number}: {told}", f"The axial picture, {told}.", [scan, *above])
        for name, (told, above) in drawn.items()
    }


def _scanned(study: Study, lump: Lump, name: PlaneName, width_mm: float, width: int) -> tuple[View, Element]:
    grey, sheet = plane(study.volume, lump.centre_xyz_mm, name, width_mm)
    view = view_around(lump.centre_xyz_mm, name, width_mm, width)
    return view, pixels(view, sheet, grey)


def outlined(study: Study, lump: Lump, view: View) -> list[Element]:
    """The lump's border in the plane of the view, through its centre."""
    sheet, mask = outline_cut(study, lump, view.plane)
    return [outline(view, sheet, mask, MARK)]


def outline_cut(study: Study, lump: Lump, name: PlaneName) -> tuple[Sheet, Bool[np.ndarray, "row column"]]:
    """Which pixels of the working grid belong to the lump, in the plane through its centre."""
    working = study.working
    corner = working.frame.to_xyz_mm(np.array([lump.corner_irc], float))[0]
    reach = 2 * float(np.abs(working.frame.spacing_xyz_mm).max()) * max(lump.outline.shape)
    sheet = sheet_around(working.frame, working.voxels_hu.shape, lump.centre_xyz_mm, name, reach)
    moved = Frame(corner, working.frame.spacing_xyz_mm, working.frame.direction)
    return sheet, cut(lump.outline, moved, sheet, False)
