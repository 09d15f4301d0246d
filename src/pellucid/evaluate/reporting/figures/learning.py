"""How learning went: the loss, and how many unseen images were called rightly, step by step."""

import math
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from pellucid.drawing.axes import Axis, along, room, upright
from pellucid.drawing.svg import INK, SERIES, dot, drawing, polyline, words
from pellucid.run.history import HistoryRow

MOST_POINTS = 400  # drawn of a line, evenly spaced; chosen by us, because a panel is about 240 px wide
MOST_DOTS = 60  # above, only the marked point gets a dot; chosen by us, because more would touch each other
WIDTH, HEIGHT, TOP, BOTTOM = 800, 260, 40, 216
LOSS_EDGES, ACCURACY_EDGES = (44, 280), (440, 676)  # px; the names of the lines stand to the right
COLOURS = {"training": SERIES[0], "validation": SERIES[1]}


class Point(NamedTuple):
    """A number that was measured at a step."""

    step: int
    epoch: int
    number: float


Lines = dict[str, list[Point]]


def curves(history: list[HistoryRow], *, kept_step: int | None = None) -> str:
    """Two panels: training and validation loss, and validation accuracy, over the same steps.

    Args:
        history: rows in the order of their steps; numbers that are missing or not finite are left out.
        kept_step: the step whose weights were kept, marked in both panels; None: each panel marks its own best.
    Returns:
        an SVG element as text.

    >>> curves([HistoryRow(10, 1, 0.7, 0.8, 0.5, 0.1, 1.0)])[:4]
    '<svg'
    """
    loss = {"training": _points(history, "train_loss"), "validation": _points(history, "valid_loss")}
    accuracy = {"validation": _points(history, "valid_accuracy")}
    lowest = min(loss["validation"], key=lambda point: point.number, default=None)
    highest = max(accuracy["validation"], key=lambda point: point.number, default=None)
    if kept_step is not None:
        lowest = next((point for point in loss["validation"] if point.step == kept_step), None)
        highest = next((point for point in accuracy["validation"] if point.step == kept_step), None)
    said = "kept" if kept_step is not None else "best"
    steps = [point.step for points in (*loss.values(), *accuracy.values()) for point in points]
    inside = [
        *_panel("Loss", loss, steps, LOSS_EDGES, (0.0, math.inf), lowest, said),
        *_panel("Validation accuracy", accuracy, steps, ACCURACY_EDGES, (math.inf, 1.0), highest, said),
    ]
    return drawing(WIDTH, HEIGHT, "How learning went", _told(loss, accuracy), inside)


def _points(history: list[HistoryRow], column: str) -> list[Point]:
    known = [Point(row.step, row.epoch, getattr(row, column)) for row in history if getattr(row, column) is not None]
    return [point for point in known if math.isfinite(point.number)]


def _told(loss: Lines, accuracy: Lines) -> str:
    named = {f"{name} loss": points for name, points in loss.items()}
    named |= {f"{name} accuracy": points for name, points in accuracy.items()}
    ends = [(name, points[0], points[-1]) for name, points in named.items() if points]
    told = [
        f"{name} went from {first.number:.3g} at step {first.step} to {last.number:.3g} at step {last.step}"
        for name, first, last in ends
    ]
    return "; ".join(told).capitalize() + "." if told else "Nothing was recorded."


def _panel(
    title: str,
    lines: Lines,
    steps: list[int],
    edges: tuple[int, int],
    reach: tuple[float, float],
    marked: Point | None,
    said: str,
) -> Iterator[Element]:
    """One panel over these steps; `reach` is a number that its y axis starts at or below, and one never passed."""
    yield words(edges[0], 20, title, colour=INK, size=13, weight=600)
    every = [point for points in lines.values() for point in points]
    if not every:
        yield words(edges[0], HEIGHT / 2, "Nothing was recorded.")
        return
    x, y = _steps(steps, edges), _numbers(every, reach)
    yield from upright(y, *edges)
    yield from along(x, BOTTOM, count=4, whole=True)
    yield words((edges[0] + edges[1]) / 2, HEIGHT - 8, "step", anchor="middle", size=11)
    what = title.split()[-1].lower()
    for name, points in lines.items():
        yield from _line(f"{name} {what}", points, x, y, COLOURS[name])
    yield from _names(lines, y, edges[1])
    if marked is not None:
        title = f"{said} {what}, {_where(marked)}: {marked.number:.4g}"
        yield dot(
            x.at(marked.step), y.at(marked.number), colour=COLOURS["validation"], title=title, radius=5, ring=True
        )


def _steps(steps: list[int], edges: tuple[int, int]) -> Axis:
    first, last = min(steps), max(steps)
    first = 0 if first < last / 5 else first
    return Axis(first, last, *edges) if last > first else Axis(last - 1, last + 1, *edges)


def _numbers(every: list[Point], reach: tuple[float, float]) -> Axis:
    numbers = [point.number for point in every]
    return Axis(*room(min(*numbers, reach[0]), max(numbers), floor=0.0, ceiling=reach[1]), BOTTOM, TOP)


def _line(name: str, points: list[Point], x: Axis, y: Axis, colour: str) -> Iterator[Element]:
    drawn = points[:: math.ceil(len(points) / MOST_POINTS) or 1]
    drawn += points[-1:] if points and drawn[-1] != points[-1] else []
    yield polyline([(x.at(point.step), y.at(point.number)) for point in drawn], colour=colour, title=name)
    if len(points) <= MOST_DOTS:
        for point in points:
            title = f"{name}, {_where(point)}: {point.number:.4g}"
            yield dot(x.at(point.step), y.at(point.number), colour=colour, title=title)


def _names(lines: Lines, y: Axis, right: int) -> Iterator[Element]:
    """Each line's name and last number beside its end; names that would overlap are moved apart."""
    ends = sorted((y.at(points[-1].number) + 4, name) for name, points in lines.items() if points)
    if len(ends) == 2 and ends[1][0] - ends[0][0] < 15:
        middle = min((ends[0][0] + ends[1][0]) / 2, BOTTOM - 8)
        ends = [(middle - 7.5, ends[0][1]), (middle + 7.5, ends[1][1])]
    for height, name in ends:
        yield words(
            right + 8, height, f"{name} {lines[name][-1].number:.3f}", colour=COLOURS[name], size=12, weight=600
        )


def _where(point: Point) -> str:
    return f"epoch {point.epoch}, step {point.step:,}"
