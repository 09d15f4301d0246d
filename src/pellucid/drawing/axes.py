"""From a number to its place on the page, with round numbers marked along the way."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pellucid.drawing.svg import GRID, MUTED, Number, line, words


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers from `low` to `high` lie evenly from `start` to `end` on the page.

    Args:
        low: number at the start.
        high: number at the end; greater than `low`.
        start: its place, px.
        end: the other's; less than `start` where the axis runs upwards, as y does.

    >>> Axis(0.0, 2.0, 100.0, 20.0).at(0.5)
    80.0
    """

    low: Number
    high: Number
    start: Number
    end: Number

    def at(self, number: Number) -> Number:
        """Where the number lies, px."""
        return self.start + (number - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: Number, high: Number, *, count: int = 5) -> tuple[list[float], int]:
    """Round numbers inside low to high, and how many decimals they need.

    Args:
        low: smallest number that may be marked.
        high: greatest; greater than `low`.
        count: about how many are wanted.
    Returns:
        multiples of 1, 2 or 5 times a power of ten; digits after the point, 0 or more.
    Source: Heckbert 1990, Nice numbers for graph labels, in Graphics Gems.

    >>> ticks(0.0, 0.93)
    ([0.0, 0.2, 0.4, 0.6, 0.8], 1)
    """
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [round(place * step, digits) for place in range(first, last + 1)], digits


def room(low: Number, high: Number, *, floor: Number = -math.inf, ceiling: Number = math.inf) -> tuple[Number, Number]:
    """A range a little wider than low to high, never empty, kept inside floor to ceiling.

    >>> room(0.5, 0.5, ceiling=1.0)
    (0.45, 0.55)
    """
    extra = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return max(floor, low - extra), min(ceiling, high + extra)


def upright(axis: Axis, left: Number, right: Number, *, count: int = 4) -> Iterator[Element]:
    """Grid lines from left to right, one at each round number of the y axis, which stands before it."""
    marked, digits = ticks(axis.low, axis.high, count=count)
    for number in marked:
        yield line(left, axis.at(number), right, axis.at(number))
        yield words(left - 8, axis.at(number) + 4, f"{number:,.{digits}f}", anchor="end", size=11)


def along(
    axis: Axis, bottom: Number, *, top: Number | None = None, count: int = 5, whole: bool = False
) -> Iterator[Element]:
    """The x axis at `bottom`, with its round numbers below; with `top`, grid lines; `whole` leaves fractions out."""
    yield line(axis.start, bottom, axis.end, bottom, colour=MUTED)
    marked, digits = ticks(axis.low, axis.high, count=count)
    if whole and digits:
        marked, digits = [number for number in marked if number == round(number)], 0
    for number in marked:
        x = axis.at(number)
        yield line(x, bottom, x, bottom + 4, colour=MUTED) if top is None else line(x, top, x, bottom, colour=GRID)
        yield words(x, bottom + 18, f"{number:,.{digits}f}", anchor="middle", size=11)
