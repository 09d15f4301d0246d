"""Where the boxes of a graph stand: in ranks, each after all that it takes from and near to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pellucid.blocks.graphs.parts import Direction, Edge

LANE = 26
"""px between neighbouring lanes. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box on the page, px, by its corner at the top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Places:
    """All boxes, the page, and the lane beside the boxes of each edge that leaps over a rank."""

    boxes: dict[str, Place]
    width: float
    height: float
    lanes: dict[Edge, float]


def ranks_of(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """How many steps each node is from the start; what takes from nothing stands just before its first reader.

    Args:
        names: each after all that it takes from.
        edges: between them.

    >>> edges = [Edge("x", "y"), Edge("t", "y"), Edge("y", "loss"), Edge("label", "loss")]
    >>> ranks_of(["x", "t", "y", "label", "loss"], edges)
    {'x': 0, 't': 0, 'y': 1, 'label': 1, 'loss': 2}
    """
    ranks: dict[str, int] = {}
    for name in names:
        ranks[name] = max((ranks[edge.source] + 1 for edge in edges if edge.target == name), default=0)
    sources = set(names) - {edge.target for edge in edges}
    readers = {name: [ranks[edge.target] for edge in edges if edge.source == name] for name in sources}
    return {name: min(readers[name]) - 1 if readers.get(name) else rank for name, rank in ranks.items()}


def placed(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[Edge],
    direction: Direction,
    *,
    between_ranks: float,
    between_boxes: float,
    margin: float,
) -> Places:
    """Places for all boxes.

    Args:
        sizes: width and height of each, px; each node after all that it takes from.
        edges: between them.
        direction: where the arrows go.
        between_ranks: px along the arrows.
        between_boxes: px across them.
        margin: px around all.
    """
    ranks = ranks_of(list(sizes), edges)
    along, across = (0, 1) if direction == "right" else (1, 0)
    centres: dict[str, float] = {}
    starts: dict[str, float] = {}
    start = margin
    for rank in range(max(ranks.values(), default=0) + 1):
        inside = [name for name in sizes if ranks[name] == rank]
        deep = max((sizes[name][along] for name in inside), default=0.0)
        starts |= {name: start + (deep - sizes[name][along]) / 2 for name in inside}
        start += deep + between_ranks
        _spread(inside, {name: sizes[name][across] for name in inside}, edges, centres, between_boxes)
    first = min((centres[name] - sizes[name][across] / 2 for name in sizes), default=0.0)
    far = max((centres[name] + sizes[name][across] / 2 for name in sizes), default=0.0) - first + margin
    boxes = {}
    for name, (width, height) in sizes.items():
        side = centres[name] - sizes[name][across] / 2 - first + margin
        x, y = (starts[name], side) if direction == "right" else (side, starts[name])
        boxes[name] = Place(x, y, width, height)
    numbers = _lanes([edge for edge in edges if ranks[edge.target] > ranks[edge.source] + 1], ranks)
    lanes = {edge: far + LANE * (number + 0.5) for edge, number in numbers.items()}
    page = (start - between_ranks + margin, far + (LANE * (max(numbers.values()) + 1) if numbers else 0) + margin)
    width, height = page if direction == "right" else page[::-1]
    return Places(boxes, width, height, lanes)


def _spread(
    inside: list[str], wide: Mapping[str, float], edges: Sequence[Edge], centres: dict[str, float], gap: float
) -> None:
    """Centres across the arrows: near the mean of what each takes from, none upon another."""
    taken = {name: [centres[edge.source] for edge in edges if edge.target == name] for name in inside}
    wished = {name: sum(found) / len(found) for name, found in taken.items() if found}
    inside = sorted(inside, key=lambda name: wished.get(name, float("inf")))  # equal wishes keep their order
    edge = -float("inf")
    for name in inside:
        centres[name] = max(wished.get(name, 0.0), edge + wide[name] / 2)
        edge = centres[name] + wide[name] / 2 + gap
    counted = list(wished) or inside
    off = sum(centres[name] - wished.get(name, 0.0) for name in counted) / max(len(counted), 1)
    for name in inside:
        centres[name] -= off


def _lanes(leaps: Sequence[Edge], ranks: Mapping[str, int]) -> dict[Edge, int]:
    """A lane for each leap, shared by those that do not run side by side; short ones nearest to the boxes."""
    lanes: dict[Edge, int] = {}
    for edge in sorted(leaps, key=lambda edge: ranks[edge.target] - ranks[edge.source]):
        busy = {
            lanes[other]
            for other in lanes
            if ranks[other.source] < ranks[edge.target] and ranks[edge.source] < ranks[other.target]
        }
        lanes[edge] = next(number for number in range(len(leaps)) if number not in busy)
    return lanes
