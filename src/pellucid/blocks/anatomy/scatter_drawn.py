"""One-hot drawn: each label, and the row of zeros in which it writes its 1."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from pellucid.blocks.anatomy.scattering import OneHot
from pellucid.drawing.svg import GRID, INK, PAPER, SERIES, Number, drawing, line, node, words

MOST_CASES, MOST_CLASSES = 8, 12  # drawn; chosen by us, so that all stays readable
LEFT, TOP, CELL, LEAD = 8, 26, 34, 96  # px


def draw(made: OneHot) -> str:
    """The labels as a column, and beside it the result; a label and its 1 have the same colour."""
    cases, classes = made.result.shape
    shown = range(min(cases, MOST_CASES))
    elements: list[Element] = [words(LEFT, 16, "labels", colour=INK, weight=600)]
    elements += [words(_x(k) + CELL / 2, 16, str(k), anchor="middle", size=11) for k in range(_columns(made))]
    for case in shown:
        elements += _row(made, case)
    bottom = TOP + len(shown) * CELL + 20
    cut = len(shown) < cases or _columns(made) < classes
    note = f"A corner: {len(shown)} of {cases:,} cases, {_columns(made)} of {classes:,} classes." if cut else ""
    said = "For every case: zeros[case, label] = 1."
    elements.append(words(LEFT, bottom, f"{said} {note}".strip()))
    width = max(_x(_columns(made)) + 8, 420 if cut else 280)
    return drawing(width, bottom + 10, f"One-hot of {cases:,} labels in {classes:,} classes", said, elements)


def _columns(made: OneHot) -> int:
    return min(made.result.shape[1], MOST_CLASSES)


def _x(column: int) -> int:
    return LEFT + LEAD + column * CELL


def _row(made: OneHot, case: int) -> list[Element]:
    """The label, a line to its column, and the row that it writes in."""
    label, y = int(made.labels[case]), TOP + case * CELL
    reach = _x(min(label, _columns(made))) + CELL / 2
    lead = line(
        LEFT + CELL, y + CELL / 2, reach, y + CELL / 2, colour=SERIES[label % len(SERIES)], width=1.5, dash="4 3"
    )
    row = made.result[case, : _columns(made)].tolist()
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
