"""How well scores rank cases, as a picture: ROC curves, in which the upper left corner is the best there is."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from pellucid.drawing.axes import Axis, along, upright
from pellucid.drawing.svg import INK, LETTER, MUTED, SERIES, Number, drawing, line, polyline, words
from pellucid.shapes import Float

MOST_CURVES = 12  # six hues, each whole and dashed; chosen by us, because more curves cannot be told apart
LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 56, 356, 30, 330, 378
LEGEND, ROW = 380, 22  # px
LONGEST_NAME = 28  # letters


def roc(curves: dict[str, Float[np.ndarray, "_ 2"]], areas: dict[str, str]) -> str:
    """ROC curves of several classes, and their areas in words; for more than 12 classes the mean curve alone.

    Args:
        curves: for each class the points of `metrics.roc_curve`: false positive rate and true positive rate, 0 to 1;
            no points where the class has no curve.
        areas: for each class what is said of its area, such as `0.953 (0.941 to 0.963)`; `mean` may stand among
            them, for the mean of all classes, unless a class is called so.
    Returns:
        an SVG element as text.

    >>> roc({"nodule": np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])}, {"nodule": "1.000"})[:4]
    '<svg'
    """
    x, y = Axis(0.0, 1.0, LEFT, RIGHT), Axis(0.0, 1.0, BOTTOM, TOP)
    drawn = {name: points for name, points in curves.items() if len(points)}
    said = "; ".join(f"{name}: {areas.get(name, 'no area')}" for name in curves)
    if len(drawn) > MOST_CURVES:
        name = f"mean of {len(drawn)} classes"
        areas = {name: "" if "mean" in curves else areas.get("mean", "")}
        drawn = {name: mean_curve(list(drawn.values()))}
    inside = [*_frame(x, y)]
    for place, (name, points) in enumerate(drawn.items()):
        at = [(x.at(alarms), y.at(found)) for alarms, found in points.tolist()]
        inside.append(polyline(at, colour=_colour(place), dash=_dash(place), title=f"{name}: {areas.get(name, '')}"))
    rows = [(name, areas.get(name, "")) for name in drawn]
    middle = LEGEND + 52 + LETTER * max((min(len(name), LONGEST_NAME) for name, _ in rows), default=0)
    width = middle + LETTER * max((len(area) for _, area in rows), default=0)
    described = f"True positive rate over false positive rate. Areas under the curves: {said}."
    return drawing(round(max(width, 560)), HEIGHT, "ROC curves", described, [*inside, *_legend(rows, middle)])


def _legend(rows: list[tuple[str, str]], middle: Number) -> Iterator[Element]:
    """A sample of each line, its name, and from `middle` on its area."""
    for place, (name, area) in enumerate(rows):
        height = TOP + 16 + ROW * place
        ends = [(LEGEND, height - 4), (LEGEND + 24, height - 4)]
        yield polyline(ends, colour=_colour(place), dash=_dash(place))
        yield words(LEGEND + 34, height, name, colour=INK, most=LONGEST_NAME)
        yield words(middle, height, area)


def _colour(place: int) -> str:
    return SERIES[place % len(SERIES)]


def _dash(place: int) -> str:
    return "" if place < len(SERIES) else "5 4"


def mean_curve(curves: list[Float[np.ndarray, "_ 2"]]) -> Float[np.ndarray, "point 2"]:
    """The mean true positive rate of several ROC curves at each of 101 false positive rates.

    Args:
        curves: each from (0, 0) to (1, 1); at least one.
    Returns:
        its points, from (0, 0) to (1, 1).
    Source: Fawcett 2006, An introduction to ROC analysis, Pattern Recognition Letters 27:861 (vertical averaging).

    >>> guess, perfect = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> mean_curve([guess, perfect])[[0, 1, 51, -1]].tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 0.75], [1.0, 1.0]]
    """
    alarms = np.linspace(0, 1, 101)
    found = []
    for points in curves:
        last = np.searchsorted(points[:, 0], alarms, side="right") - 1  # where the curve rises upright: its upper end
        after = np.minimum(last + 1, len(points) - 1)
        across = points[after, 0] - points[last, 0]
        share = np.where(across > 0, (alarms - points[last, 0]) / np.where(across > 0, across, 1), 0)
        found.append(points[last, 1] + share * (points[after, 1] - points[last, 1]))
    return np.vstack([[0.0, 0.0], np.stack([alarms, np.mean(found, 0)], 1)])


def _frame(x: Axis, y: Axis) -> Iterator[Element]:
    yield from upright(y, LEFT, RIGHT, count=5)
    yield from along(x, BOTTOM, top=TOP)
    yield line(LEFT, BOTTOM, RIGHT, TOP, colour=MUTED, dash="2 4")
    yield words(x.at(0.62), y.at(0.53), "guessing", size=11)
    yield words((LEFT + RIGHT) / 2, HEIGHT - 10, "false positive rate (1 − specificity)", anchor="middle")
    yield words(LEFT, TOP - 12, "true positive rate (sensitivity)")
