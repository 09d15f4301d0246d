"""One-hot drawn: each label, and the row of zeros in which it writes its 1."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from torch import Tensor

from pellucid.drawing.svg import GRID, INK, PAPER, SERIES, Number, drawing, line, node, words
from pellucid.shapes import Int64

MOST_CASES, MOST_CLASSES = 8, 12  # drawn; chosen by us, so that all stays readable
LEFT, TOP, CELL, LEAD = 8, 26, 34, 96  # px


def draw(labels: Int64[Tensor, " case"], result: Int64[Tensor, "case klass"]) -> str:
    """The labels as a column, and beside it their one-hot; a label and its 1 have the same colour."""
    cases, classes = result.shape
    columns = min(classes, MOST_CLASSES)
    shown = range(min(cases, MOST_CASES))
    elements: list[Element] = [words(LEFT, 16, "labels", colour=INK, weight=600)]
    elements += [words(_x(k) + CELL / 2, 16, str(k), anchor="middle", size=11) for k in range(columns)]
    for case in shown:
        elements += _row(case, int(labels[case]), result[case, :columns].tolist())
    bottom = TOP + len(shown) * CELL + 20
    cut = len(shown) < cases or columns < classes
    note = f"A corner: {len(shown)} of {cases:,} cases, {columns} of {classes:,} classes." if cut else ""
    said = "For every case: zeros[case, label] = 1."
    elements.append(words(LEFT, bottom, f"{said} {note}".strip()))
    width = max(_x(columns) + 8, 420 if cut else 280)
    return drawing(width, bottom + 10, f"One-hot of {cases:,} labels in {classes:,} classes", said, elements)


def _x(column: int) -> int:
    return LEFT + LEAD + column * CELL


def _row(case: int, label: int, row: list[int]) -> list[Element]:
    """The label, a line to its column, and the row that it writes in."""
    y = TOP + case * CELL
    reach = _x(min(label, len(row))) + CELL / 2
    lead = line(
        LEFT + CELL, y + CELL / 2, reach, y + CELL / 2, colour=SERIES[label % len(SERIES)], width=1.5, dash="4 3"
    )
    cells = [_cell(_x(k), y, number, label, f"row {case}, column {k}: {number}") for k, number in enumerate(row)]
    return [lead, _cell(LEFT, y, label, label, f"label of case {case}: {label}", filled=True), *cells]


def _cell(x: Number, y: Number, number: int, label: int, title: str, *, filled: bool = False) -> Element:
    place: dict[str, str | Number] = {"x": x + 1, "y": y + 1, "width": CELL - 2, "height": CELL - 2, "rx": 3}
    coloured = filled or number == 1
    colour: dict[str, str | Number] = {"fill": SERIES[label % len(SERIES)] if coloured else GRID, "fill-opacity": 0.35}
    inside = [
        node("title", {}, title),
        node("rect", place | {"fill": PAPER}),
        node("rect", place | colour),
        words(x + CELL / 2, y + 22, str(number), colour=INK, anchor="middle", weight=600 if coloured else 400),
    ]
    return node("g", {"class": "label" if filled else "hot"}, inside)
