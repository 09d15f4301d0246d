"""What fewer mistakes cost: the error among the answered images over the share of images that are answered at all."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from pellucid.drawing.axes import Axis, ticks
from pellucid.drawing.svg import (
    GRID,
    INK,
    LETTER,
    MUTED,
    SERIES,
    Number,
    dot,
    drawing,
    line,
    polyline,
    words,
)
from pellucid.shapes import Float

LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 64, 404, 30, 300, 348
LEGEND, ROW, BLOCK = 428, 18, 62  # px
COLOURS = (*SERIES[1:5], INK)  # the first is the curve's, and the last looks like it


def dial(curve: Float[np.ndarray, "_ 2"], checked: list[dict[str, Any]]) -> str:
    """The error among answered images, the surest first, and where the chosen thresholds stand on it.

    Args:
        curve: of the held-out part, as `abstention.error_curve` gives it: share answered and error, 0 to 1.
        checked: as `abstention.check_dial` gives it: a dot for each threshold, and a dashed line for what was asked;
            levels without a threshold are said in words beside it.
    Returns:
        an SVG element as text.

    >>> dial(np.array([[0.5, 0.0], [1.0, 0.1]]), [])[:4]
    '<svg'
    """
    chosen = [one for one in checked if one["threshold"] is not None and one["error"]["value"] is not None]
    x, y = Axis(0.0, 1.0, LEFT, RIGHT), Axis(0.0, _top(curve, chosen), BOTTOM, TOP)
    inside = [*_frame(x, y)]
    for share, marked in _shared(chosen):
        inside += _mark(x, y, share, marked, COLOURS[checked.index(marked[0]) % len(COLOURS)])
    drawn = [(x.at(share), y.at(error)) for share, error in curve.tolist()]
    inside += [polyline(drawn, colour=SERIES[0], title="error among the answered")] if drawn else []
    for share, marked in _shared(chosen):
        title = " ".join(one["told"] for one in marked)
        colour = COLOURS[checked.index(marked[0]) % len(COLOURS)]
        inside.append(dot(x.at(share), y.at(marked[0]["error"]["value"]), colour=colour, title=title, radius=5.5))
    inside += _legend(checked)
    longest = max((len(said) for one in checked for said in _lines(one)), default=0)
    told = " ".join(one["told"] for one in checked) or "No thresholds."
    return drawing(
        max(RIGHT + 24, round(LEGEND + 20 + LETTER * longest)),
        max(HEIGHT, TOP + 10 + BLOCK * len(checked)),
        "Error among the answered images, over how many are answered",
        told,
        inside,
    )


def _top(curve: Float[np.ndarray, "_ 2"], chosen: list[dict[str, Any]]) -> float:
    """The y axis ends above curve, intervals, and the strictest level of each dot."""
    highest = [*curve[:, 1].tolist()]
    highest += [one["error"]["high"] or one["error"]["value"] for one in chosen]
    highest += [marked[0]["asked"] for _, marked in _shared(chosen)]
    return float(min(1.0, 1.06 * max(highest, default=0.0))) or 0.01


def _shared(chosen: list[dict[str, Any]]) -> list[tuple[float, list[dict[str, Any]]]]:
    """Share answered, and all levels with that threshold, the strictest first; levels often share one."""
    found: dict[float, list[dict[str, Any]]] = {}
    for one in sorted(chosen, key=lambda one: float(one["asked"])):
        found.setdefault(one["threshold"], []).append(one)
    return [(1 - marked[0]["to_person"]["value"], marked) for marked in found.values()]


def _mark(x: Axis, y: Axis, share: float, marked: list[dict[str, Any]], colour: str) -> Iterator[Element]:
    """Down to the axis, the interval of the error, and the strictest asked error as a dashed line from the left."""
    place, error = x.at(share), marked[0]["error"]
    yield line(place, y.at(error["value"]), place, BOTTOM, colour=colour, dash="2 4")
    yield line(LEFT, y.at(marked[0]["asked"]), place, y.at(marked[0]["asked"]), colour=colour, width=1.5, dash="6 4")
    if error["low"] is not None and error["high"] is not None:
        yield line(place, y.at(error["low"]), place, y.at(error["high"]), colour=colour, width=2.5)


def _frame(x: Axis, y: Axis) -> Iterator[Element]:
    """Both axes in percent."""
    marked, digits = ticks(y.low * 100, y.high * 100, count=5)
    for number in marked:
        yield line(LEFT, y.at(number / 100), RIGHT, y.at(number / 100))
        yield words(LEFT - 8, y.at(number / 100) + 4, f"{number:.{digits}f}%", anchor="end", size=11)
    for number in range(0, 101, 20):
        yield line(x.at(number / 100), TOP, x.at(number / 100), BOTTOM, colour=GRID)
        yield words(x.at(number / 100), BOTTOM + 18, f"{number}%", anchor="middle", size=11)
    yield line(LEFT, BOTTOM, RIGHT, BOTTOM, colour=MUTED)
    yield words((LEFT + RIGHT) / 2, BOTTOM + 38, "share of images answered (the rest go to a person)", anchor="middle")
    yield words(LEFT, TOP - 12, "wrong among the answered")


def _legend(checked: list[dict[str, Any]]) -> Iterator[Element]:
    """For each level its colour, what was asked, and what came of it."""
    colours = {place: COLOURS[place % len(COLOURS)] for place in range(len(checked))}
    first = {one["threshold"]: place for place, one in reversed(list(enumerate(checked)))}
    for place, one in enumerate(checked):
        height = TOP + 10 + BLOCK * place
        asked, *rest = _lines(one)
        if one["threshold"] is not None:
            colour = colours[first[one["threshold"]]]
            yield dot(LEGEND + 5, height - 4, colour=colour, title=one["told"], radius=5.5)
        yield words(LEGEND + 20, height, asked, colour=INK, weight=600)
        for below, said in enumerate(rest, 1):
            yield words(LEGEND + 20, height + ROW * below, said)


def _lines(one: dict[str, Any]) -> list[str]:
    """What is said of a level beside the curve, a line each."""
    asked = f"at most {_percent(one['asked'])} wrong"
    if one["threshold"] is None:
        short = one["units"] < one["needed"]
        return [
            asked,
            "no promise possible:",
            f"{one['needed']:,} needed, {one['units']:,} there" if short else "too many mistakes",
        ]
    person, error = one["to_person"]["value"], one["error"]
    if person is None or error["value"] is None:
        return [asked, "no image is answered"]
    found = f"wrong: {100 * error['value']:.2f}%"
    if error["low"] is not None and error["high"] is not None:
        found += f" ({100 * error['low']:.2f} to {100 * error['high']:.2f}%)"
    return [asked, f"{100 * person:.1f}% go to a person", found]


def _percent(share: Number) -> str:
    return f"{100 * share:.3g}%"
