"""The whole lungs at a glance: seen from the front and from below, and slice by slice, with the findings' numbers."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from markupsafe import Markup

from pellucid.ct.findings import Finding
from pellucid.ct.lungs.boxes import Box, bounding_box
from pellucid.ct.reporting.colours import LEFT, MARK, RIGHT
from pellucid.ct.reporting.planes import NOTHING_HU
from pellucid.ct.reporting.sheets import PlaneName, Sheet
from pellucid.ct.reporting.views import View, figure, haloed, label, letters, outline, pixels, scale_bar, view_of
from pellucid.ct.reporting.windows import LUNG, as_grey
from pellucid.ct.study_facts import Study
from pellucid.drawing.svg import node
from pellucid.shapes import Int16

SLICES = 12  # chosen by us: three rows of four
MARGIN = 10  # voxels of the working grid (mm) around the lungs that are shown, so that the chest wall is seen
LARGE, MIDDLE = 446, 214
"""Sides of pictures on the page, px: two or four of them stand side by side."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The pictures.

    Attributes:
        projections: the lungs from the front and from below, through and through.
        slices: each with its z in the patient, mm, from head to feet.
    """

    projections: list[Markup]
    slices: list[tuple[float, Markup]]


def overview(study: Study) -> Overview:
    """Draw the whole lungs, with a ring and a number at each finding."""
    block = bounding_box(study.lungs.inside, MARGIN)
    first, last = block[0].start, block[0].stop - 1
    chosen = np.unique(np.linspace(first, last, SLICES + 2)[1:-1].round().astype(int))[::-1].tolist()
    z = np.array([_z(study, at) for at in chosen])
    nearest = [(one, chosen[int(np.abs(z - one.nodule.lump.centre_xyz_mm[2]).argmin())]) for one in study.findings]
    return Overview(
        [_projection(study, block, name) for name in ("coronal", "axial")],
        [(_z(study, at), _slice(study, block, at, [one for one, its in nearest if its == at])) for at in chosen],
    )


def _z(study: Study, at: int) -> float:
    return float(study.working.frame.to_xyz_mm(np.array([[at, 0.0, 0.0]]))[0, 2])


def _sheet(study: Study, plane: PlaneName, first_irc: tuple[int, int, int], shape: tuple[int, ...]) -> Sheet:
    corner = study.working.frame.to_xyz_mm(np.array([first_irc], float))[0].tolist()
    side = float(study.working.frame.spacing_xyz_mm[0])
    return Sheet(plane, (corner[0], corner[1], corner[2]), (side, side), (shape[0], shape[1]))


def _slice(study: Study, block: Box, at: int, findings: list[Finding]) -> Markup:
    _, rows, columns = block
    hu, side = study.working.voxels_hu[at, rows, columns], study.lungs.side[at, rows, columns]
    sheet = _sheet(study, "axial", (at, rows.start, columns.start), hu.shape)
    view = view_of(sheet, MIDDLE)
    parts = [pixels(view, sheet, as_grey(hu, LUNG))]
    parts += [outline(view, sheet, side == lung, colour, 1) for lung, colour in ((1, RIGHT), (2, LEFT))]
    parts += [part for one in findings for part in ring(view, one)]
    z = _z(study, at)
    said = f"Axial slice at z = {z:.0f} mm with the outline of the lungs{_numbers(findings)}."
    return figure(view, f"Slice at z = {z:.0f} mm", said, [*parts, *letters(view)[:2]])


def _numbers(findings: list[Finding]) -> str:
    return " and of findings " + ", ".join(str(one.nodule.lump.number) for one in findings) if findings else ""


def _projection(study: Study, block: Box, plane: PlaneName) -> Markup:
    hu = study.working.voxels_hu[block]
    if plane == "coronal":
        shown = through(hu, study, block, 1)[::-1]
        first = (block[0].stop - 1, block[1].start, block[2].start)
    else:
        shown = through(hu, study, block, 0)
        first = (block[0].start, block[1].start, block[2].start)
    sheet = _sheet(study, plane, first, shown.shape)
    view = view_of(sheet, LARGE)
    parts = [pixels(view, sheet, as_grey(np.ascontiguousarray(shown), LUNG))]
    parts += [part for one in study.findings for part in ring(view, one)]
    said = f"The densest voxel of the lungs along each line of sight, {plane}{_numbers(study.findings)}."
    seen = "from the front" if plane == "coronal" else "from below"
    return figure(view, f"The lungs {seen}", said, [*parts, *letters(view), *scale_bar(view, 50)])


def through(
    hu: Int16[np.ndarray, "slice row column"], study: Study, block: Box, axis: int
) -> Int16[np.ndarray, "down across"]:
    """The densest voxel within the lungs along an axis (maximum intensity projection)."""
    inside = study.lungs.inside[block]
    found: Int16[np.ndarray, "down across"] = np.max(hu, axis=axis, where=inside, initial=NOTHING_HU)
    return found


def ring(view: View, finding: Finding) -> list[Element]:
    """A circle around a finding, with its number."""
    lump = finding.nodule.lump
    x, y = view.at(lump.centre_xyz_mm)
    radius = max(7.0, lump.diameter_mm / 2 * view.scale + 3)
    circle = node("circle", {"cx": x, "cy": y, "r": radius, "fill": "none", "stroke": MARK, "stroke-width": 1.5})
    return [*haloed([circle]), label(x + radius + 2, y - radius + 4, str(lump.number), colour=MARK)]
