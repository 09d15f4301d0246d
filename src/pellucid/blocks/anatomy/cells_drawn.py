"""Cells as they are drawn: a number on the colour of its cell of storage, and which cell that is in small print."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from pellucid.blocks.anatomy.fact_lines import short
from pellucid.blocks.anatomy.facts import Scalar
from pellucid.drawing.svg import INK, LETTER, MUTED, PAPER, SERIES, Number, node, shorten, words

HIGH = 36  # px; room for a number and, below it in small print, its cell
NARROWEST, WIDEST = 34, 72  # px; the wider holds nine letters, as -1.235e-05 has them when cut by one


def width_of(numbers: Iterable[Scalar]) -> int:
    """How wide each cell must be for the longest of these numbers, px.

    >>> width_of([1, 2]), width_of([12345])
    (34, 46)
    """
    longest = max((len(short(number)) for number in numbers), default=1)
    return min(WIDEST, max(NARROWEST, int(longest * LETTER + 10)))


def cell_drawn(
    x: Number,
    y: Number,
    width: Number,
    number: Scalar,
    cell: int,
    *,
    kind: str,
    title: str,
    chosen: bool,
    index: str = "",
) -> Element:
    """One cell; `data-cell` names its cell of storage, so that whoever reads the drawing can trace it.

    Args:
        x: its left edge, px.
        y: its upper edge, px.
        width: px.
        number: what stands in it.
        cell: the cell of storage that it is, or that it is read from; sets its colour.
        kind: "storage" or "tensor".
        title: what it says when a pointer rests on it.
        chosen: whether it is outlined.
        index: the tensor's index that reads it, as "1,0".
    """
    place: dict[str, str | Number] = {"x": x + 1, "y": y + 1, "width": width - 2, "height": HIGH - 2, "rx": 3}
    rim: dict[str, str | Number] = {"stroke": INK, "stroke-width": 2.5} if chosen else {}
    colour: dict[str, str | Number] = {"fill": SERIES[cell % len(SERIES)], "fill-opacity": 0.3}
    facts: dict[str, str | Number] = {"class": kind, "data-cell": str(cell), "data-number": str(number)}
    inside = [
        node("title", {}, title),
        node("rect", place | {"fill": PAPER}),
        node("rect", place | colour | rim),
        words(x + width / 2, y + 16, shorten(short(number), 9), colour=INK, anchor="middle", weight=600),
        words(x + width / 2, y + 30, str(cell), anchor="middle", size=9 if cell < 100_000 else 8),
    ]
    return node("g", facts | ({"data-index": index} if index else {}), inside)


def dots(x: Number, y: Number) -> Element:
    """Three dots where cells are left out."""
    return words(x, y, "…", colour=MUTED, anchor="middle", size=14)


def in_rows(count: int, each: Number, across: Number) -> Iterator[tuple[Number, int]]:
    """Where so many equal things lie that fill row after row: distance from the left, px, and the row's number.

    >>> list(in_rows(3, 40, 100))
    [(0, 0), (40, 0), (0, 1)]
    """
    fit = max(1, int(across // each))
    for place in range(count):
        yield place % fit * each, place // fit


def right_edge(elements: Iterable[Element]) -> Number:
    """How far cells and words reach to the right, px, so that a small tensor is not drawn on a wide page.

    >>> right_edge([words(10, 10, "a" * 10)])
    82.0
    """
    edges: list[Number] = [0]
    for element in elements:
        edges += [float(box.get("x", 0)) + float(box.get("width", 0)) for box in element.iter("rect")]
        edges += [float(text.get("x", 0)) + LETTER * len(text.text or "") for text in element.iter("text")]
    return max(edges)
