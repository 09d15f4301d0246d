"""Found-rate over diameter, one curve for each kind of place, each point with its 95% interval."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pellucid.ct.planting.places import PLACES
from pellucid.ct.planting.report import ENOUGH, Cell, PlantReport
from pellucid.ct.planting.telling import short
from pellucid.drawing.axes import Axis
from pellucid.drawing.svg import INK, MUTED, SERIES, dot, drawing, line, polyline, words

LEFT, RIGHT, TOP, BOTTOM, HEIGHT, WIDTH = 64, 600, 34, 330, 386, 790
ASIDE = 7  # px between the points of neighbouring curves, so that no interval hides another
NAMES = {None: "all places", "centre": "centre", "pleura": "at the pleura", "near vessels": "near vessels"}
COLOURS = {None: INK, "centre": SERIES[0], "pleura": SERIES[1], "near vessels": SERIES[2]}


def found_rates(report: PlantReport, density_hu: float) -> str:
    """The share of planted nodules that was found.

    Args:
        report: of which.
        density_hu: one of its densities.
    Returns:
        an SVG element as text.
    """
    curves = {
        place: [cell for cell in report.cells(place) if cell.density_hu == density_hu] for place in (None, *PLACES)
    }
    sizes = sorted({cell.diameter_mm for cells in curves.values() for cell in cells})
    x = Axis(sizes[0] - 0.5, sizes[-1] + 0.5, LEFT, RIGHT)
    y = Axis(0.0, 1.0, BOTTOM, TOP)
    inside = [*_frame(x, y, sizes)]
    drawn = [place for place in (*PLACES, None) if curves[place]]
    for number, place in enumerate(drawn):
        aside = (number - (len(drawn) - 1) / 2) * ASIDE
        inside += _curve(x, y, curves[place], COLOURS[place], NAMES[place], aside)
    for number, place in enumerate(drawn[::-1]):
        height = TOP + 16 + 24 * number
        inside.append(dot(RIGHT + 30, height - 4, colour=COLOURS[place], title=NAMES[place], radius=5))
        weight = 600 if place is None else 400
        inside.append(words(RIGHT + 44, height, NAMES[place], colour=INK, weight=weight))
    told = "; ".join(f"{cell.diameter_mm:g} mm: {short(cell.rate)}" for cell in curves[None])
    title = f"Share of planted nodules of {density_hu:g} HU that was found, by diameter"
    return drawing(WIDTH, HEIGHT, title, f"At all places: {told}.", inside)


def _frame(x: Axis, y: Axis, sizes: list[float]) -> Iterator[Element]:
    """Both axes, and the line of 90%."""
    for number in range(0, 101, 20):
        yield line(LEFT, y.at(number / 100), RIGHT, y.at(number / 100))
        yield words(LEFT - 8, y.at(number / 100) + 4, f"{number}%", anchor="end", size=11)
    yield line(LEFT, y.at(ENOUGH), RIGHT, y.at(ENOUGH), colour=MUTED, dash="6 4")
    yield words(LEFT - 8, y.at(ENOUGH) + 4, f"{100 * ENOUGH:.0f}%", anchor="end", size=11)
    for size in sizes:
        yield line(x.at(size), BOTTOM, x.at(size), BOTTOM + 4, colour=MUTED)
        yield words(x.at(size), BOTTOM + 18, f"{size:g}", anchor="middle", size=11)
    yield words((LEFT + RIGHT) / 2, BOTTOM + 40, "diameter, mm", anchor="middle")
    yield words(LEFT, TOP - 14, "found (bars: 95% intervals)")


def _curve(x: Axis, y: Axis, cells: list[Cell], colour: str, name: str, aside: float) -> Iterator[Element]:
    points = [(x.at(cell.diameter_mm) + aside, y.at(cell.rate.value or 0.0)) for cell in cells]
    yield polyline(points, colour=colour, title=name)
    for cell, (place, height) in zip(cells, points, strict=True):
        if cell.rate.low is not None and cell.rate.high is not None:
            yield line(place, y.at(cell.rate.low), place, y.at(cell.rate.high), colour=colour, width=1.5)
        told = f"{name}, {cell.diameter_mm:g} mm: {cell.found} of {cell.rate.cases} found, {short(cell.rate)}"
        yield dot(place, height, colour=colour, title=told, radius=4)
