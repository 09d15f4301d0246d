"""Several measured numbers side by side, each with its interval: the model, and its rivals."""

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pellucid.drawing.axes import Axis, along, room
from pellucid.drawing.svg import INK, LETTER, MUTED, SERIES, Number, dot, drawing, line, words

Row = tuple[str, Number | None, Number | None, Number | None, bool]  # name, value, low, high, is ours
ROW, TOP, PLOT = 28, 30, 360  # px
LONGEST_NAME = 34  # letters


def intervals(rows: list[Row], *, measured: str = "accuracy") -> str:
    """A row for each model: its name, its number as a dot on its interval, and both in digits.

    Args:
        rows: name, value, lower and upper limit (None where not defined), and whether it is the model of this run.
        measured: what the numbers are, in words; they are 0 or greater.
    Returns:
        an SVG element as text.

    >>> intervals([("cnn", 0.95, 0.93, 0.97, True), ("always the commonest class", 0.4, None, None, False)])[:4]
    '<svg'
    """
    left = LETTER * max((min(len(row[0]), LONGEST_NAME) for row in rows), default=0) + 28
    x, bottom = Axis(*_reach(rows), left, left + PLOT), TOP + ROW * len(rows)
    inside = [words(left, 16, measured, colour=INK, size=13, weight=600), *along(x, bottom, top=TOP)]
    ours = [x.at(row[1]) for row in rows if row[4] and row[1] is not None]
    inside += [line(place, TOP, place, bottom, colour=SERIES[0], dash="2 3") for place in ours]
    for place, row in enumerate(rows):
        inside += _row(row, x, TOP + ROW * (place + 0.5))
    told = "; ".join(f"{row[0]}{' (this model)' if row[4] else ''}: {_digits(row)}" for row in rows)
    return drawing(round(left + PLOT + 190), bottom + 28, f"{measured} beside rivals", f"{told}.", inside)


def _reach(rows: list[Row]) -> tuple[Number, Number]:
    numbers = [number for row in rows for number in row[1:4] if number is not None]
    if not numbers:
        return 0.0, 1.0
    return room(min(numbers), max(numbers), floor=0.0, ceiling=1.0 if max(numbers) <= 1 else math.inf)


def _row(row: Row, x: Axis, height: float) -> Iterator[Element]:
    name, value, low, high, ours = row
    colour, weight = (SERIES[0], 600) if ours else (MUTED, 400)
    yield words(x.start - 14, height + 4, name, colour=INK, anchor="end", weight=weight, most=LONGEST_NAME)
    if low is not None and high is not None:
        yield line(x.at(low), height, x.at(high), height, colour=colour, width=3 if ours else 2)
        for end in (low, high):
            yield line(x.at(end), height - 6, x.at(end), height + 6, colour=colour, width=2)
    if value is not None:
        yield dot(x.at(value), height, colour=colour, title=f"{name}: {_digits(row)}", radius=4 if ours else 3.5)
    yield words(x.end + 16, height + 4, _digits(row), colour=INK if value is not None else MUTED, weight=weight)


def _digits(row: Row) -> str:
    _, value, low, high, _ = row
    if value is None:
        return "not defined"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f} to {high:.3f})"
