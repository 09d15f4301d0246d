"""Whether probabilities mean what they say: of the cases called with 80% confidence, 80% should be right."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pellucid.drawing.axes import Axis, along, upright
from pellucid.drawing.svg import INK, MUTED, SERIES, Number, dot, drawing, line, node, words
from pellucid.evaluate.estimates.intervals import Estimate

LEFT, RIGHT, TOP, BOTTOM = 56, 356, 30, 330
BARS, TALLEST = 430, 36  # where the bars of counts stand, and the tallest one, px
DIGIT = 6.2  # px that a digit of 10 px type takes

Bin = tuple[Number, Estimate]


def reliability(
    bins: Sequence[Bin], before: Sequence[Bin] = (), *, across: str = "mean confidence", upwards: str = "accuracy"
) -> str:
    """Accuracy over confidence, a point for each bin of cases; the diagonal is where they agree.

    Args:
        bins: the mean confidence of the bin's cases, 0 to 1, and their accuracy as `rate_estimate` gives it; bins
            without an accuracy are left out.
        before: the same before calibration, drawn as rings behind.
        across: what the confidence is; for multi-label tasks "mean probability".
        upwards: what the accuracy is; for multi-label tasks "share present".
    Returns:
        an SVG element as text; below the points, bars for how many cases each rests on.

    >>> reliability([(0.9, Estimate(0.8, 0.7, 0.9, 120))])[:4]
    '<svg'
    """
    x, y = Axis(0.0, 1.0, LEFT, RIGHT), Axis(0.0, 1.0, BOTTOM, TOP)
    known = [(confidence, right) for confidence, right in bins if right.value is not None]
    earlier = [(confidence, right) for confidence, right in before if right.value is not None]
    inside = [*_frame(x, y, across, upwards)]
    for confidence, right in earlier:
        inside += _point(x, y, confidence, right, SERIES[3], f"before calibration, {_said(confidence, right, upwards)}")
    for confidence, right in known:
        inside += _point(x, y, confidence, right, SERIES[0], _said(confidence, right, upwards))
    inside += [*_bars(x, known, upwards), *(_legend() if earlier else ())]
    told = [_said(confidence, right, upwards) for confidence, right in known]
    return drawing(412, BARS + 30, "Reliability diagram", "; ".join(told) + "." if told else "No cases.", inside)


def _said(confidence: Number, right: Estimate, upwards: str) -> str:
    return f"{right.cases:,} cases with a mean confidence of {confidence:.3f}: {upwards} {right}"


def _frame(x: Axis, y: Axis, across: str, upwards: str) -> Iterator[Element]:
    yield from upright(y, LEFT, RIGHT, count=5)
    yield from along(x, BOTTOM, top=TOP)
    yield line(LEFT, BOTTOM, RIGHT, TOP, colour=MUTED, dash="2 4")
    yield words(x.at(0.04), y.at(0.93), "under-confident", size=11)
    yield words(x.at(0.96), y.at(0.05), "over-confident", anchor="end", size=11)
    yield words(LEFT, TOP - 12, upwards)
    yield words((LEFT + RIGHT) / 2, BOTTOM + 36, across, anchor="middle")
    yield line(LEFT, BARS, RIGHT, BARS, colour=MUTED)
    yield words((LEFT + RIGHT) / 2, BARS + 18, "cases", anchor="middle")


def _legend() -> Iterator[Element]:
    yield dot(RIGHT - 172, TOP - 16, colour=SERIES[3], title="before calibration", radius=4, ring=True)
    yield words(RIGHT - 162, TOP - 12, "before calibration", colour=INK, size=11)
    yield dot(RIGHT - 46, TOP - 16, colour=SERIES[0], title="after calibration", radius=5)
    yield words(RIGHT - 36, TOP - 12, "after", colour=INK, size=11)


def _point(x: Axis, y: Axis, confidence: Number, right: Estimate, colour: str, title: str) -> Iterator[Element]:
    place, ring = x.at(confidence), colour != SERIES[0]
    if right.low is not None and right.high is not None:
        yield line(place, y.at(right.low), place, y.at(right.high), colour=colour, width=1 if ring else 2)
    if right.value is not None:
        yield dot(place, y.at(right.value), colour=colour, title=title, radius=4 if ring else 5, ring=ring)


def _bars(x: Axis, known: Sequence[Bin], upwards: str) -> Iterator[Element]:
    """A bar for each bin's cases, with their count where there is room beside greater ones."""
    most = max((right.cases for _, right in known), default=1)
    for confidence, right in known:
        place, tall = x.at(confidence), TALLEST * right.cases / most
        facts: dict[str, str | Number] = {"x": place - 6, "y": BARS - tall, "width": 12, "height": tall}
        yield node("rect", facts | {"fill": SERIES[0]}, [node("title", {}, _said(confidence, right, upwards))])
    taken: list[tuple[Number, Number]] = []
    for confidence, right in sorted(known, key=lambda one: -one[1].cases):
        place, half = x.at(confidence), DIGIT * len(f"{right.cases:,}") / 2
        if all(place + half < low or place - half > high for low, high in taken):
            taken.append((place - half, place + half))
            top = BARS - TALLEST * right.cases / most
            yield words(place, top - 4, f"{right.cases:,}", anchor="middle", size=10)
