"""One node of a graph as a box: name, formula, shapes, parameters, value in bold, slope in another colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pellucid.blocks.graphs.parts import Node
from pellucid.blocks.graphs.placing import Place
from pellucid.blocks.graphs.terminal import parameters_said
from pellucid.drawing.svg import INK, LETTER, MUTED, PAPER, SERIES, node, words

LEARNED = SERIES[0]
SLOPE = "var(--purple,#a3527f)"  # darker than that of SERIES, for small type; red and green would say good and bad
NEGATIVE = SERIES[3]
MOST_LETTERS = 62
"""Letters of a line in a box. Chosen by us: the box is then as wide as a telephone's page."""
PADDING = 12
BORDER = {
    "input": MUTED,
    "constant": MUTED,
    "label": MUTED,
    "weight": LEARNED,
    "parameter": LEARNED,
    "loss": SLOPE,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box."""

    said: str
    kind: str
    """name, formula, shape, parameters, value or slope: the line's class in the drawing."""
    colour: str = MUTED
    size: int = 12
    weight: int = 400
    beside: str = ""
    """Muted words at the right end."""


def box_lines(box: Node, scalar: bool) -> list[Line]:
    """What stands in the box of a node."""
    value, slope = (held.said() if held else "" for held in (box.value, box.slope))
    if scalar:
        told = [] if box.formula in (box.name.replace("·", " · "), "learned", "what goes in") else [box.formula]
        lines = [Line(box.name, "name", INK), *(Line(said, "formula", size=11) for said in told)]
        lines += [
            Line(f"b = {held.value.said()}", "bias", LEARNED, 11) for held in box.parameters if "bias" in held.name
        ]
        return [*lines, Line(value, "value", INK, 15, 700), *([Line(slope, "slope", SLOPE)] if slope else [])]
    lines = [Line(box.name, "name", INK, 13, 600, box.kind if box.kind != box.name else "")]
    lines += [Line(box.formula, "formula", INK), Line(box.shapes(), "shape")]
    if box.parameters:
        lines.append(Line(parameters_said(box.parameters, box.name), "parameters", LEARNED))
    lines += [Line(f"value {value}", "value", INK, 12, 700)] if value else []
    return [*lines, *([Line(f"slope {slope}", "slope", SLOPE)] if slope else [])]


def box_size(lines: Sequence[Line]) -> tuple[float, float]:
    """Width and height that the lines need, px."""
    wide = max(
        (min(len(line.said), MOST_LETTERS) + 2 * bool(line.beside) + len(line.beside)) * _letter(line) for line in lines
    )
    return max(wide + 2 * PADDING, 76.0), sum(map(_high, lines)) + PADDING


def drawn_box(box: Node, lines: Sequence[Line], place: Place, scalar: bool) -> Iterator[Element]:
    """The box, its lines one below the other; what a line is, its class tells."""
    facts: dict[str, str | float | int] = {"x": place.x, "y": place.y, "width": place.width, "height": place.height}
    facts |= {"rx": 9, "fill": PAPER, "stroke": BORDER.get(box.kind, INK), "stroke-width": 1.4}
    tip = node("title", {}, f"{box.name}: {box.kind}; {box.formula}")
    inside = [node("rect", facts, [tip])]
    y = place.y + PADDING / 2
    for line in lines:
        y += _high(line)
        x, anchor = (place.middle[0], "middle") if scalar else (place.x + PADDING, "start")
        drawn = words(
            x,
            y - 5,
            line.said,
            colour=line.colour,
            anchor=anchor,
            size=line.size,
            weight=line.weight,
            most=MOST_LETTERS,
        )
        drawn.set("class", line.kind)
        inside.append(drawn)
        if line.beside:
            inside.append(words(place.x + place.width - PADDING, y - 5, line.beside, anchor="end"))
    group = node("g", {"class": "node"}, inside)
    group.set("data-name", box.name)
    yield group


def _letter(line: Line) -> float:
    """px that a letter of this line takes at most."""
    return LETTER * line.size / 12 * (1.05 if line.weight > 500 else 0.95)


def _high(line: Line) -> float:
    return line.size + 6.0
