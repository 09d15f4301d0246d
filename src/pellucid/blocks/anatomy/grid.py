"""A tensor as grids of cells, one for each of its planes: rows are its last axis but one, columns its last."""

from dataclasses import dataclass
from itertools import groupby
from xml.etree.ElementTree import Element

from pellucid.blocks.anatomy.cells_drawn import HIGH, cell_drawn, dots
from pellucid.blocks.anatomy.corner import rows_and_columns
from pellucid.blocks.anatomy.fact_lines import index_words
from pellucid.blocks.anatomy.facts import Scalar, TensorFacts
from pellucid.drawing.svg import Number, words

GAP = 26  # px between planes; wide enough for the dots of columns that are left out


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is drawn.

    Args:
        index: of the tensor.
        cell: of storage, that it reads.
        x: middle of its cell, px.
        y: its upper edge, px.
    """

    index: tuple[int, ...]
    cell: int
    x: Number
    y: Number


def grid(
    seen: TensorFacts,
    top: Number,
    across: Number,
    held: dict[int, Scalar],
    chosen: int | None,
    left: Number,
    right: Number,
) -> tuple[list[Element], list[Place], Number]:
    """The cells of the tensor's corner, plane beside plane, on a new line where they would not fit.

    Args:
        seen: the tensor.
        top: where the first plane begins, px.
        across: width of a cell, px.
        held: the number in each cell of storage.
        chosen: the cell of storage to outline, if any.
        left: where planes begin, px.
        right: where they must have ended, px.
    Returns:
        the elements; where each index is drawn; the lower edge of all, px.
    """
    rows, columns = rows_and_columns(seen.size)
    head = 16 if len(seen.size) > 2 else 0
    wide, high = columns * across + GAP, head + rows * HIGH + 6
    elements: list[Element] = []
    places: list[Place] = []
    x, y, bottom = left, top, top
    for plane, indices in groupby(seen.corner, key=lambda index: index[:-2]):
        if x > left and x + wide - GAP > right:
            x, y = left, y + high + 14
        if head:
            elements.append(words(x, y + 10, f"{seen.name}[{', '.join(map(str, plane))}]", size=11))
        for index in indices:
            row, column = index[-2] if len(index) > 1 else 0, index[-1] if index else 0
            place = Place(index, seen.cell(index), x + (column + 0.5) * across, y + head + row * HIGH)
            elements.append(_cell(seen, place, across, held, chosen))
            places.append(place)
        elements += _left_out(seen, x, y + head, across, rows, columns)
        bottom = y + high + (10 if len(seen.size) > 1 and rows < seen.size[-2] else 0)
        x += wide
    return elements, places, bottom


def _cell(seen: TensorFacts, place: Place, across: Number, held: dict[int, Scalar], chosen: int | None) -> Element:
    number = held[place.cell]
    title = f"{index_words(seen, place.index)} reads cell {place.cell}: {number}"
    return cell_drawn(
        place.x - across / 2,
        place.y,
        across,
        number,
        place.cell,
        kind="tensor",
        title=title,
        chosen=place.cell == chosen,
        index=",".join(map(str, place.index)),
    )


def _left_out(seen: TensorFacts, x: Number, y: Number, across: Number, rows: int, columns: int) -> list[Element]:
    """Dots beside the columns and below the rows where there are more than are drawn."""
    beside = [dots(x + columns * across + 10, y + 20)] if seen.size and columns < seen.size[-1] else []
    below = [dots(x + across / 2, y + rows * HIGH + 10)] if len(seen.size) > 1 and rows < seen.size[-2] else []
    return beside + below
