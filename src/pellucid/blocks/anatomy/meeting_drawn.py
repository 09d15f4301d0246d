"""Broadcasting drawn: both shapes above their result, aligned at the right; what was padded or stretched is marked."""

from textwrap import wrap
from xml.etree.ElementTree import Element

from pellucid.blocks.anatomy.meeting import AlignedShapes, Meeting
from pellucid.drawing.svg import GRID, INK, MUTED, PAPER, SERIES, Number, drawing, node, words

BLUE, VERMILION, GREEN = SERIES[:3]
LEFT, WIDE, HIGH, GAP = 84, 96, 38, 8  # px
NARROWEST = 460  # px; room for sentences below
LETTERS = 0.155  # letters a px, of 12 px type; chosen by us, so that no line leaves the drawing


def draw(met: AlignedShapes) -> str:
    """A row for each shape and one for the result; an axis that was added is dashed, one that was stretched blue."""
    width = max(NARROWEST, LEFT + len(met.axes) * (WIDE + GAP) + 8)
    elements: list[Element] = []
    for column, axis in enumerate(met.axes):
        x = LEFT + column * (WIDE + GAP)
        elements.append(words(x + WIDE / 2, 14, f"axis {axis.axis}", anchor="middle", size=11))
        elements += _column(axis, x)
    for row, name in enumerate(("first", "second", "result") if met.axes else ()):
        elements.append(words(LEFT - 12, 24 + row * (HIGH + GAP) + 24, name, colour=INK, anchor="end", weight=600))
    if not met.axes:
        elements.append(words(8, 48, "Two single numbers: no axis to align.", colour=INK))
    y: Number = 24 + 3 * (HIGH + GAP) + 14
    for sentence, colour in _sentences(met):
        for part in wrap(sentence, int(width * LETTERS)):
            elements.append(words(8, y, part, colour=colour))
            y += 17
    title = f"Broadcasting {met.first} and {met.second}"
    return drawing(width, y, title, " ".join(sentence for sentence, _ in _sentences(met)), elements)


def _sentences(met: AlignedShapes) -> list[tuple[str, str]]:
    if met.shape is None:
        return [(met.why_not, VERMILION), (met.mend, INK)]
    stretched = any(_stretched(axis.first, axis) or _stretched(axis.second, axis) for axis in met.axes)
    marks = "Dashed: an axis that was added. Blue: stretched, by reading the same numbers again."
    told = [(f"The result has the shape {met.shape}.", INK), *([(marks, MUTED)] if stretched else [])]
    return told + ([(met.warning, VERMILION)] if met.warning else [])


def _stretched(length: int | None, axis: Meeting) -> bool:
    return axis.length not in (None, 1) and (1 if length is None else length) == 1


def _column(axis: Meeting, x: Number) -> list[Element]:
    """Both lengths and the result's, one below another."""
    lengths = (axis.first, axis.second)
    cells = [_length(x, row, length, axis, added=length is None) for row, length in enumerate(lengths)]
    return [*cells, _length(x, 2, axis.length, axis, added=False)]


def _length(x: Number, row: int, length: int | None, axis: Meeting, *, added: bool) -> Element:
    y = 24 + row * (HIGH + GAP)
    stretched = row < 2 and _stretched(length, axis)
    colour = VERMILION if axis.length is None else BLUE if stretched else GREEN if row == 2 else GRID
    said = "✗" if row == 2 and length is None else str(1 if length is None else length)
    said += f" → {axis.length}" if stretched else ""
    place: dict[str, str | Number] = {"x": x, "y": y, "width": WIDE, "height": HIGH, "rx": 4}
    rim = {"stroke": colour, "stroke-width": "1.5"} | ({"stroke-dasharray": "5 4"} if added else {})
    inside = [
        node("rect", place | {"fill": PAPER}),
        node("rect", place | rim | {"fill": colour, "fill-opacity": 0.0 if added and not stretched else 0.18}),
        words(x + WIDE / 2, y + 24, said, colour=INK, anchor="middle", size=14, weight=600),
    ]
    facts: dict[str, str | Number] = {"data-row": ("first", "second", "result")[row], "data-axis": str(axis.axis)}
    return node("g", facts | {"data-length": said}, inside)
