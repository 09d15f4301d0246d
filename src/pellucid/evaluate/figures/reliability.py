"""Whether probabilities mean what they say: of the cases called with 80% confidence, 80% should be right."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pellucid.evaluate.figures.axes import Axis, along, upright
from pellucid.evaluate.figures.svg import MUTED, SERIES, Number, dot, drawing, line, node, words
from pellucid.evaluate.intervals import Estimate

LEFT, RIGHT, TOP, BOTTOM = 56, 356, 30, 330
BARS, TALLEST = 430, 36  # where the bars of counts stand, and the tallest one, px


def reliability(bins: list[tuple[Number, Estimate]]) -> str:
    """Accuracy over confidence, a point for each bin of cases; the diagonal is where they agree.

    Args:
        bins: the mean confidence of the bin's cases, 0 to 1, and their accuracy as `rate_estimate` gives it; bins
            without an accuracy are left out.
    Returns:
        an SVG element as text; below the points, bars for how many cases each rests on.

    >>> reliability([(0.9, Estimate(0.8, 0.7, 0.9, 120))])[:4]
    '<svg'
    """
    x, y = Axis(0.0, 1.0, LEFT, RIGHT), Axis(0.0, 1.0, BOTTOM, TOP)
    known = [(confidence, right) for confidence, right in bins if right.value is not None]
    most = max((right.cases for _, right in known), default=1)
    inside = [*_frame(x, y)]
    for confidence, right in known:
        inside += _bin(x, y, confidence, right, most)
    told = [
        f"{right.cases} cases with a mean confidence of {confidence:.2f}: accuracy {right}"
        for confidence, right in known
    ]
    return drawing(412, BARS + 30, "Reliability diagram", "; ".join(told) + "." if told else "No cases.", inside)


def _frame(x: Axis, y: Axis) -> Iterator[Element]:
    yield from upright(y, LEFT, RIGHT, count=5)
    yield from along(x, BOTTOM, top=TOP)
    yield line(LEFT, BOTTOM, RIGHT, TOP, colour=MUTED, dash="2 4")
    yield words(x.at(0.04), y.at(0.93), "under-confident", size=11)
    yield words(x.at(0.96), y.at(0.05), "over-confident", anchor="end", size=11)
    yield words(LEFT, TOP - 12, "accuracy")
    yield words((LEFT + RIGHT) / 2, BOTTOM + 36, "mean confidence", anchor="middle")
    yield line(LEFT, BARS, RIGHT, BARS, colour=MUTED)
    yield words((LEFT + RIGHT) / 2, BARS + 18, "cases", anchor="middle")


def _bin(x: Axis, y: Axis, confidence: Number, right: Estimate, most: int) -> Iterator[Element]:
    title = f"{right.cases:,} cases, mean confidence {confidence:.3f}: accuracy {right}"
    place, tall = x.at(confidence), TALLEST * right.cases / most
    if right.low is not None and right.high is not None:
        yield line(place, y.at(right.low), place, y.at(right.high), colour=SERIES[0], width=2)
    if right.value is not None:
        yield dot(place, y.at(right.value), colour=SERIES[0], title=title, radius=5)
    facts: dict[str, str | Number] = {"x": place - 6, "y": BARS - tall, "width": 12, "height": tall, "fill": SERIES[0]}
    yield node("rect", facts, [node("title", {}, title)])
    yield words(place, BARS - tall - 4, f"{right.cases:,}", anchor="middle", size=10)
