"""Pictures that lie over one another in millimetres: a scan, masks, outlines, a scale; as one drawing of a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from markupsafe import Markup

from pellucid.ct.reporting.colours import MARK
from pellucid.ct.reporting.edges import edge_path
from pellucid.ct.reporting.sheets import LETTERS, WAYS, PlaneName, Sheet
from pellucid.drawing.svg import Number, drawing, line, node, words
from pellucid.shapes import Bool, UInt8

WHITE = "#ffffff"
HALO = "paint-order:stroke;stroke:#000000;stroke-width:3px;stroke-linejoin:round"  # white letters on white bone


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of the patient, seen in one plane, at true proportions.

    Attributes:
        plane: which way it looks.
        left_mm: the patient's coordinate (across) at its left edge, times the way it runs.
        top_mm: the same (down) at its upper edge.
        width_mm: across.
        height_mm: down.
        width: on the page, px.
    """

    plane: PlaneName
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    width: int

    @property
    def scale(self) -> float:
        """Pixels of the page for each millimetre."""
        return self.width / self.width_mm

    @property
    def height(self) -> float:
        """On the page, px."""
        return self.height_mm * self.scale

    def at(self, xyz_mm: tuple[float, float, float]) -> tuple[float, float]:
        """Where a place of the patient is drawn: x and y on the page, px from the upper left.

        >>> view_around((10.0, 20.0, 30.0), "coronal", 60.0, 240).at((10.0, 0.0, 35.0))
        (120.0, 100.0)
        """
        (across, right), (along, down) = WAYS[self.plane]
        x, y = right * xyz_mm[across] - self.left_mm, down * xyz_mm[along] - self.top_mm
        return x * self.scale, y * self.scale

    def corner(self, sheet: Sheet) -> tuple[float, float]:
        """Where the upper left corner of a sheet's first pixel is drawn, px."""
        x, y = self.at(sheet.corner_xyz_mm)
        return x - sheet.pixel_mm[1] / 2 * self.scale, y - sheet.pixel_mm[0] / 2 * self.scale


def view_around(centre_xyz_mm: tuple[float, float, float], plane: PlaneName, width_mm: float, width: int) -> View:
    """A square one with a place of the patient in its middle."""
    (across, right), (along, down) = WAYS[plane]
    left, top = right * centre_xyz_mm[across] - width_mm / 2, down * centre_xyz_mm[along] - width_mm / 2
    return View(plane, left, top, width_mm, width_mm, width)


def view_of(sheet: Sheet, width: int) -> View:
    """One that shows the whole of a sheet."""
    (across, right), (along, down) = WAYS[sheet.plane]
    left = right * sheet.corner_xyz_mm[across] - sheet.pixel_mm[1] / 2
    top = down * sheet.corner_xyz_mm[along] - sheet.pixel_mm[0] / 2
    return View(sheet.plane, left, top, sheet.shape[1] * sheet.pixel_mm[1], sheet.shape[0] * sheet.pixel_mm[0], width)


def pixels(view: View, sheet: Sheet, shown: UInt8[np.ndarray, "row column *colour"]) -> Element:
    """The sheet's pixels where they lie, each as large as it is in the patient."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(shown).save(file, "png")
    x, y = view.corner(sheet)
    facts: dict[str, str | Number] = {"x": x, "y": y, "preserveAspectRatio": "none"}
    facts |= {"style": "image-rendering:pixelated"}
    facts |= {"width": sheet.shape[1] * sheet.pixel_mm[1] * view.scale}
    facts |= {"height": sheet.shape[0] * sheet.pixel_mm[0] * view.scale}
    image = node("image", facts)
    image.set("href", "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii"))
    return image


def outline(
    view: View, sheet: Sheet, mask: Bool[np.ndarray, "row column"], colour: str, width: Number = 1.5
) -> Element:
    """The mask's border."""
    (x, y), (down, across) = view.corner(sheet), (side * view.scale for side in sheet.pixel_mm)
    moved = f"translate({x:.2f} {y:.2f}) scale({across:.4f} {down:.4f})"
    facts: dict[str, str | Number] = {"fill": "none", "stroke": colour, "stroke-width": width, "transform": moved}
    path = node("path", facts | {"vector-effect": "non-scaling-stroke", "stroke-linecap": "square"})
    path.set("d", edge_path(mask))
    return path


def crosshair(view: View, xyz_mm: tuple[float, float, float], free_mm: float) -> list[Element]:
    """Four lines that point at a place, and leave free what lies within so many millimetres of it."""
    (x, y), free, reach = view.at(xyz_mm), free_mm * view.scale, (free_mm + 8) * view.scale
    ways = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    return [
        line(x + right * reach, y + down * reach, x + right * free, y + down * free, colour=MARK)
        for right, down in ways
    ]


def haloed(marks: list[Element]) -> list[Element]:
    """Lines over a dark shade of themselves, so that they are seen on white bone as well as on black lung."""
    shades = [deepcopy(mark) for mark in marks]
    for shade in shades:
        wider = f"{float(shade.get('stroke-width', '1')) + 2:g}"
        shade.attrib |= {"stroke": "#000000", "stroke-width": wider, "stroke-opacity": "0.5"}
    return [*shades, *marks]


def letters(view: View) -> list[Element]:
    """Which side of the patient lies at which edge."""
    left, right, top, bottom = LETTERS[view.plane]
    middle = view.height / 2 + 4
    return [
        label(6, middle, left),
        label(view.width - 6, middle, right, "end"),
        label(view.width / 2, 15, top, "middle"),
        label(view.width / 2, view.height - 6, bottom, "middle"),
    ]


def scale_bar(view: View, length_mm: int) -> list[Element]:
    """A bar as long as so many millimetres of the patient, at the lower right."""
    end, y = view.width - 10, view.height - 9
    start = end - length_mm * view.scale
    bar = [line(start, y, end, y, colour="#000000", width=5), line(start, y, end, y, colour=WHITE, width=3)]
    return [*bar, label((start + end) / 2, y - 6, f"{length_mm} mm", "middle")]


def label(x: Number, y: Number, said: str, anchor: str = "start", colour: str = WHITE) -> Element:
    """Words on a picture, readable on black and on white."""
    text = words(x, y, said, colour=colour, anchor=anchor, size=12, weight=600)
    text.set("style", f"{text.get('style')};{HALO}")
    return text


def figure(view: View, title: str, description: str, inside: Iterable[Element]) -> Markup:
    """The drawing, as it stands in the page: what is cut off lies outside the view."""
    ground = node("rect", {"width": view.width, "height": view.height, "fill": "#000000"})
    return Markup(drawing(view.width, view.height, title, description, [ground, *inside]))
