"""Weights and their slopes, written upon the arrows that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pellucid.blocks.graphs.arrows import ends
from pellucid.blocks.graphs.boxes import LEARNED, NEGATIVE, SLOPE
from pellucid.blocks.graphs.numbers import written
from pellucid.blocks.graphs.parts import Direction, Edge, GraphFacts
from pellucid.blocks.graphs.placing import Place, Places
from pellucid.drawing.svg import INK, LETTER, PAPER, node, words

MOST_WEIGHTS_WRITTEN = 12
"""Edges whose weights and slopes are written upon them. Chosen by us: with more there is no room; colour and width
tell, and the numbers themselves show where a pointer rests."""

WAYS = tuple(way / 100 for way in range(28, 75, 2))
"""How far along its arrow a label may stand, the best first: near the start the arrows of one node stand apart. Chosen
by us."""

HIGH = 17.0
"""px of a line of a label. Chosen by us."""


def weight_labels(graph: GraphFacts, places: Places, direction: Direction) -> Iterator[Element]:
    """A slip of paper on each arrow with a weight, framed in its colour; none lies upon another."""
    weighted = [edge for edge in graph.edges if edge.weight is not None]
    if len(weighted) > MOST_WEIGHTS_WRITTEN:
        return
    taken: list[Place] = []
    for edge in weighted:
        told = _told(edge)
        (x1, y1), (x2, y2) = ends(places.boxes[edge.source], places.boxes[edge.target], direction)
        wide, high = max(len(said) for said, *_ in told) * LETTER + 8, len(told) * HIGH + 3
        ways = [Place(x1 + way * (x2 - x1) - wide / 2, y1 + way * (y2 - y1) - high / 2, wide, high) for way in WAYS]
        free = [place for place in ways if not any(_overlap(place, other) for other in taken)]
        if free:  # else the arrow itself says it, where a pointer rests on it
            taken.append(free[0])
            yield _label(edge, told, free[0])


def _told(edge: Edge) -> list[tuple[str, str, str, int]]:
    """Its lines: words, kind, colour and how bold."""
    weight = [(written(edge.weight or 0.0), "weight", INK, 600)]
    return weight if edge.slope is None else [*weight, (written(edge.slope), "slope-of-weight", SLOPE, 400)]


def _overlap(one: Place, other: Place) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def _label(edge: Edge, told: list[tuple[str, str, str, int]], place: Place) -> Element:
    rim = LEARNED if (edge.weight or 0.0) >= 0 else NEGATIVE
    facts: dict[str, str | float | int] = {"x": place.x, "y": place.y, "width": place.width, "height": place.height}
    inside = [node("rect", facts | {"rx": 4, "fill": PAPER, "stroke": rim})]
    for line, (said, kind, colour, weight) in enumerate(told, start=1):
        drawn = words(place.middle[0], place.y + line * HIGH - 3, said, colour=colour, anchor="middle", weight=weight)
        drawn.set("class", kind)
        inside.append(drawn)
    return node("g", {"class": "weight-label"}, inside)
