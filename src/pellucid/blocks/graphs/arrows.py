"""The arrows of a graph: straight between numbers, bent between blocks, beside all boxes where one leaps over some."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pellucid.blocks.graphs.boxes import LEARNED, NEGATIVE
from pellucid.blocks.graphs.numbers import written
from pellucid.blocks.graphs.parts import Direction, Edge, GraphFacts
from pellucid.blocks.graphs.placing import Place, Places
from pellucid.drawing.svg import MUTED, node

HEAD = 8.0
"""px of the head of a thin arrow. Chosen by us."""


def arrow(graph: GraphFacts, edge: Edge, places: Places, direction: Direction) -> Iterator[Element]:
    """Its line and its head; blue where the weight is above 0, orange below, the wider the larger."""
    start, end = places.boxes[edge.source], places.boxes[edge.target]
    if edge in places.lanes:
        path, tip, turn = _leap(start, end, places.lanes[edge], direction)
    else:
        path, tip, turn = _step(start, end, direction, straight=graph.scalar)
    colour, width = MUTED, 1.4
    if edge.weight is not None:
        most = max(abs(other.weight or 0.0) for other in graph.edges) or 1.0
        colour, width = LEARNED if edge.weight >= 0 else NEGATIVE, 1.0 + 2.5 * abs(edge.weight) / most
    said = f"{edge.source} to {edge.target}" + ("" if edge.weight is None else f", weight {written(edge.weight)}")
    said += "" if edge.slope is None else f", slope {written(edge.slope)}"
    facts: dict[str, str | float | int] = {"d": path, "fill": "none", "stroke": colour, "stroke-width": width}
    yield node("path", facts | {"class": "edge"}, [node("title", {}, said)])
    half = HEAD / 2 + width / 2
    head = [(0.0, 0.0), (-HEAD - width, half), (-HEAD - width, -half)]
    turned = [
        (tip[0] + x * math.cos(turn) - y * math.sin(turn), tip[1] + x * math.sin(turn) + y * math.cos(turn))
        for x, y in head
    ]
    yield node("polygon", {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in turned), "fill": colour})


Drawn = tuple[str, tuple[float, float], float]
"""The path of an edge, where its head is, and where that points to (angle from the right, clockwise)."""


def _step(start: Place, end: Place, direction: Direction, *, straight: bool) -> Drawn:
    """From one rank to the next."""
    (x1, y1), (x2, y2) = ends(start, end, direction)
    if straight:
        turn = math.atan2(y2 - y1, x2 - x1)
        near = x2 - HEAD * math.cos(turn), y2 - HEAD * math.sin(turn)
        return f"M{x1:.1f} {y1:.1f}L{near[0]:.1f} {near[1]:.1f}", (x2, y2), turn
    if direction == "right":
        half = (x1 + x2) / 2
        return f"M{x1:.1f} {y1:.1f}C{half:.1f} {y1:.1f} {half:.1f} {y2:.1f} {x2 - HEAD:.1f} {y2:.1f}", (x2, y2), 0.0
    half = (y1 + y2) / 2
    return (
        f"M{x1:.1f} {y1:.1f}C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2 - HEAD:.1f}",
        (x2, y2),
        math.pi / 2,
    )


def ends(start: Place, end: Place, direction: Direction) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a straight arrow leaves one box and where it meets the other, px."""
    if direction == "right":
        return (start.x + start.width, start.middle[1]), (end.x, end.middle[1])
    return (start.middle[0], start.y + start.height), (end.middle[0], end.y)


def _leap(start: Place, end: Place, lane: float, direction: Direction) -> Drawn:
    """Out to a lane beside all boxes, along it, and back in."""
    if direction == "down":
        (x1, y1), (x2, y2) = (start.x + start.width, start.middle[1]), (end.x + end.width, end.middle[1])
        path = f"M{x1:.1f} {y1:.1f}H{lane - 8:.1f}q8 0 8 8V{y2 - 8:.1f}q0 8 -8 8H{x2 + HEAD:.1f}"
        return path, (x2, y2), math.pi
    (x1, y1), (x2, y2) = (start.middle[0], start.y + start.height), (end.middle[0], end.y + end.height)
    path = f"M{x1:.1f} {y1:.1f}V{lane - 8:.1f}q0 8 8 8H{x2 - 8:.1f}q8 0 8 -8V{y2 + HEAD:.1f}"
    return path, (x2, y2), -math.pi / 2
