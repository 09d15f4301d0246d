"""A graph as a drawing: boxes in ranks, arrows between them, parts of the model as panels behind their boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from pellucid.blocks.graphs.arrows import arrow
from pellucid.blocks.graphs.boxes import LEARNED, NEGATIVE, SLOPE, box_lines, box_size, drawn_box
from pellucid.blocks.graphs.numbers import times
from pellucid.blocks.graphs.parts import Direction, GraphFacts
from pellucid.blocks.graphs.placing import Places, placed, ranks_of
from pellucid.blocks.graphs.terminal import broken
from pellucid.blocks.graphs.weight_labels import weight_labels
from pellucid.drawing.svg import GRID, INK, drawing, node, words

MOST_TO_THE_RIGHT = 3
"""Ranks of blocks that stand side by side; longer chains go down, and are read by scrolling. Chosen by us."""

LEGEND = 30


def picture_of(graph: GraphFacts, direction: Direction | None) -> str:
    """The whole drawing, as SVG."""
    names = [box.name for box in graph.nodes]
    deep = max(ranks_of(names, graph.edges).values(), default=0) + 1
    direction = direction or ("right" if graph.scalar or deep <= MOST_TO_THE_RIGHT else "down")
    lines = {box.name: box_lines(box, graph.scalar) for box in graph.nodes}
    sizes = {name: box_size(told) for name, told in lines.items()}
    if not graph.scalar and direction == "down":
        widest = max(width for width, _ in sizes.values())
        sizes = {name: (widest, height) for name, (_, height) in sizes.items()}
    weighted = any(edge.weight is not None for edge in graph.edges)
    along, across = (150.0, 60.0) if weighted else (56.0, 18.0) if graph.scalar else (42.0, 34.0)
    places = placed(sizes, graph.edges, direction, between_ranks=along, between_boxes=across, margin=24.0)
    inside = [*_panels(graph, places)] if direction == "down" else []
    inside += [part for edge in graph.edges for part in arrow(graph, edge, places, direction)]
    inside += weight_labels(graph, places, direction)
    inside += [
        part for box in graph.nodes for part in drawn_box(box, lines[box.name], places.boxes[box.name], graph.scalar)
    ]
    width = max(places.width, 380.0)
    legend = [*_legend(graph, places.height, weighted), *_notes(graph, places.height + LEGEND, width)]
    told = f"{len(graph.nodes)} nodes, {len(graph.edges)} edges, {graph.parameter_count:,} parameters."
    height = places.height + LEGEND + 17 * sum(part.get("class") == "note" for part in legend)
    title = f"Graph of {graph.title}"
    return drawing(math.ceil(width), math.ceil(height), title, told, [*inside, *legend])


def _panels(graph: GraphFacts, places: Places) -> Iterator[Element]:
    """Behind the boxes of each outermost part that holds more than one, where they stand one after the other."""
    for group, together in groupby(graph.nodes, key=lambda box: box.group.partition(".")[0]):
        boxes = [places.boxes[box.name] for box in together]
        if not group or len(boxes) < 2:
            continue
        left, top = min(box.x for box in boxes) - 14, min(box.y for box in boxes) - 22
        right, bottom = (max(box.x + box.width for box in boxes) + 14, max(box.y + box.height for box in boxes) + 10)
        if any(
            left < box.middle[0] < right and top < box.middle[1] < bottom for box in {*places.boxes.values()} - {*boxes}
        ):
            continue  # other parts run beside this one, between its boxes
        facts: dict[str, str | float | int] = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        yield node("rect", facts | {"rx": 12, "fill": GRID, "fill-opacity": 0.45, "class": "part"})
        yield words(left + 12, top + 15, group, size=11, weight=600)


def _legend(graph: GraphFacts, top: float, weighted: bool) -> Sequence[Element]:
    told = [("value", INK, 700)]
    told += [(f"slope of {graph.slope_of}", SLOPE, 400)] if graph.slope_of else []
    told += [("weight above 0", LEARNED, 400), ("below 0", NEGATIVE, 400)] if weighted else []
    x, drawn = 24.0, []
    for said, colour, weight in told:
        drawn.append(words(x, top + 12, said, colour=colour, weight=weight))
        x += 8.0 * len(said) + 14
    return drawn


def _notes(graph: GraphFacts, top: float, width: float) -> Iterator[Element]:
    said = [*graph.notes, *(f"Not seen in any block: {held.name} {times(held.shape)}" for held in graph.elsewhere)]
    lines = [part for note in said for part in broken(note, int((width - 48) / 6.6))]
    for number, part in enumerate(lines):
        drawn = words(24, top + 10 + 17 * number, part)
        drawn.set("class", "note")
        yield drawn
