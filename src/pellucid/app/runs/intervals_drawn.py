"""Figures of several runs in one picture: dots with their intervals on a common axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pellucid.drawing.axes import Axis, along, room, ticks
from pellucid.drawing.svg import INK, LETTER, MUTED, SERIES, Number, dot, drawing, line, words

Row = tuple[str, Number | None, Number | None, Number | None, str]
"""Name, value, lower and upper limit (None where not defined), and the same in digits."""
ROW, HEAD, TOP, PLOT, DIGITS = 26, 30, 8, 340, 190  # px
LONGEST_NAME = 30  # letters


def intervals_drawn(
    title: str,
    names: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Row]]],
    *,
    floor: float,
    ceiling: float,
    zero: bool = False,
) -> str:
    """A row for each number, in groups under headings, all on one axis.

    A run has the same colour in every group; its name stands at every row, so nothing is told by colour alone.

    Args:
        title: what is shown, for those who hear the page.
        names: of all runs, in the order of their colours.
        groups: a heading, and its rows; one row or more.
        floor: what no number lies below.
        ceiling: what no number lies above.
        zero: mark 0, for differences.
    Returns:
        an SVG element as text.

    >>> intervals_drawn("a", ["b"], [("accuracy", [("b", 0.5, 0.4, 0.6, "0.5")])], floor=0.0, ceiling=1.0)[:4]
    '<svg'
    """
    rows = [row for _, held in groups for row in held]
    left = round(LETTER * max(min(len(name), LONGEST_NAME) for name in names)) + 28
    numbers = [number for row in rows for number in row[1:4] if number is not None] + [0.0] * zero or [floor, ceiling]
    low, high = room(min(numbers), max(numbers), floor=floor, ceiling=ceiling)
    x, height, inside = Axis(low, high, left, left + PLOT), TOP, list[Element]()
    bottom = TOP + HEAD * len(groups) + ROW * len(rows) + 4
    inside += along(x, bottom)
    for heading, held in groups:
        inside.append(words(8, height + 20, heading, colour=INK, size=13, weight=600))
        height += HEAD
        inside += _grid(x, height, height + ROW * len(held), zero)
        for row in held:
            inside += _row(row, x, height + ROW / 2, SERIES[names.index(row[0]) % len(SERIES)])
            height += ROW
    told = " ".join(f"{heading}: {'; '.join(f'{row[0]} {row[4]}' for row in held)}." for heading, held in groups)
    return drawing(left + PLOT + DIGITS, bottom + 26, title, told, inside)


def _grid(x: Axis, top: Number, bottom: Number, zero: bool) -> Iterator[Element]:
    for number in ticks(x.low, x.high)[0]:
        yield line(x.at(number), top, x.at(number), bottom)
    if zero:
        yield line(x.at(0), top, x.at(0), bottom, colour=INK, width=1.5)


def _row(row: Row, x: Axis, height: Number, colour: str) -> Iterator[Element]:
    name, value, low, high, digits = row
    yield words(x.start - 14, height + 4, name, colour=INK, anchor="end", most=LONGEST_NAME)
    if low is not None and high is not None:
        yield line(x.at(low), height, x.at(high), height, colour=colour, width=2.5)
        for end in (low, high):
            yield line(x.at(end), height - 5, x.at(end), height + 5, colour=colour, width=2)
    if value is not None:
        yield dot(x.at(value), height, colour=colour, title=f"{name}: {digits}", radius=4.5)
    yield words(x.end + 16, height + 4, digits, colour=INK if value is not None else MUTED)
