"""Figures read back as a reader does: two marked numbers give the scale of an axis, and the scale gives each point."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import auc

from pellucid.drawing.axes import room, ticks
from pellucid.errors import BadInput
from pellucid.evaluate.estimates.intervals import Estimate
from pellucid.evaluate.reporting.figures import (
    confusion,
    curves,
    dial,
    intervals,
    reliability,
    roc,
    weights_image,
    weights_legend,
)
from pellucid.evaluate.reporting.figures.ranking import mean_curve
from pellucid.run.history import HistoryRow

SVG = "{http://www.w3.org/2000/svg}"
STAIRS = np.array([[0.0, 0.0], [0.0, 0.75], [0.25, 0.75], [0.25, 1.0], [1.0, 1.0]])
NASTY = "<script>alert('&\"')</script>" + chr(27) + chr(0xDC80)


def row(step, train_loss, valid_loss=None, valid_accuracy=None):
    return HistoryRow(step, 1 + step // 100, train_loss, valid_loss, valid_accuracy, 0.1, step / 10)


HISTORY = [row(50, 1.0), row(100, 0.8, 0.9, 0.6), row(150, 0.6), row(200, 0.5, 0.7, 0.7), row(300, 0.3, 0.75, 0.68)]


def scale(svg, axis, *, left=-np.inf, right=np.inf):
    """The straight line from place to number that two of the axis's marks define."""
    anchor, place = {"x": ("middle", "x"), "y": ("end", "y")}[axis]
    marks = []
    for text in svg.iter(SVG + "text"):
        if text.get("text-anchor") == anchor and left <= float(text.get("x")) <= right:
            number = text.text.replace(",", "")
            if re.fullmatch(r"[\d.]+", number) and "font-size:11px" in text.get("style"):
                marks.append((float(text.get(place)) - (4 if axis == "y" else 0), float(number)))
    (first, one), (last, other) = marks[0], marks[-1]
    return lambda at: one + (float(at) - first) * (other - one) / (last - first)


def dots(svg):
    return {dot.find(SVG + "title").text: dot for dot in svg.iter(SVG + "circle")}


def test_points_of_the_curves_lie_where_the_axes_say():
    svg = ElementTree.fromstring(curves(HISTORY))
    found = dots(svg)
    edges = [("training", "loss", 0, 300), ("validation", "loss", 0, 300), ("validation", "accuracy", 400, 700)]
    for name, what, left, right in edges:
        step_at, number_at = scale(svg, "x", left=left, right=right), scale(svg, "y", left=left, right=right)
        column = {"training": "train_loss"}.get(name, f"valid_{what}")
        for known in (one for one in HISTORY if getattr(one, column) is not None):
            number = getattr(known, column)
            dot = found[f"{name} {what}, epoch {known.epoch}, step {known.step}: {number:.4g}"]
            assert step_at(dot.get("cx")) == pytest.approx(known.step, abs=0.5)
            assert number_at(dot.get("cy")) == pytest.approx(number, abs=0.002)


def test_lowest_loss_and_highest_accuracy_are_marked_unless_the_kept_step_is_told():
    best = [title for title in dots(ElementTree.fromstring(curves(HISTORY))) if "best" in title]
    assert best == ["best loss, epoch 3, step 200: 0.7", "best accuracy, epoch 3, step 200: 0.7"]
    kept = [title for title in dots(ElementTree.fromstring(curves(HISTORY, kept_step=300))) if "kept" in title]
    assert kept == ["kept loss, epoch 4, step 300: 0.75", "kept accuracy, epoch 4, step 300: 0.68"]


@pytest.mark.parametrize(
    "history",
    [
        [],
        [row(1, None)],
        [row(7, 0.5)],
        [row(7, 0.0, 0.0, 1.0)],
        [row(0, float("nan"), float("inf"), 0.0), row(10, 0.1, 0.2, 0.0)],
    ],
)
def test_short_empty_and_broken_histories_are_drawn(history):
    text = curves(history, kept_step=3)
    ElementTree.fromstring(text)
    assert not re.search(r"\b(nan|inf)\b", text)
    assert ("Nothing was recorded" in text) == (len(history) < 2 and (not history or history[0].valid_loss is None))


def test_of_a_long_history_first_and_last_row_are_drawn_and_not_all_between():
    svg = ElementTree.fromstring(curves([row(step, 1 / step) for step in range(1, 5001)]))
    line = svg.find(SVG + "polyline").get("points").split()
    assert 300 < len(line) <= 402
    assert scale(svg, "x", right=300)(line[-1].split(",")[0]) == pytest.approx(5000, rel=0.002)
    assert not dots(svg)


def test_roc_curves_corners_lie_where_the_axes_say():
    svg = ElementTree.fromstring(roc({"nodule": STAIRS, "none": np.empty((0, 2))}, {"nodule": "0.938"}))
    drawn = [point.split(",") for point in svg.find(SVG + "polyline").get("points").split()]
    alarms, found = scale(svg, "x"), scale(svg, "y")
    np.testing.assert_allclose([(alarms(x), found(y)) for x, y in drawn], STAIRS, atol=1e-3)
    assert "none: no area" in svg.find(SVG + "desc").text


def test_more_than_twelve_curves_become_their_mean():
    twelve = roc({f"class {k}": STAIRS for k in range(12)}, {})
    thirteen = roc({f"class {k}": STAIRS for k in range(13)}, {"mean": "0.938 (0.9 to 0.97)"})
    assert twelve.count("<polyline") == 24  # each curve, and its sample in the legend
    assert thirteen.count("<polyline") == 2
    assert "mean of 13 classes" in thirteen
    assert "0.938 (0.9 to 0.97)" in thirteen


def test_the_mean_curve_has_the_mean_area():
    draw = np.random.default_rng(0)
    several = [np.vstack([[0, 0], np.sort(draw.random((30, 2)), 0), [1, 1]]) for _ in range(5)]
    assert auc(*mean_curve(several).T) == pytest.approx(np.mean([auc(*one.T) for one in several]), abs=2e-3)
    upright = mean_curve([STAIRS])
    assert upright[1].tolist() == [0, 0.75]
    assert auc(*upright.T) == pytest.approx(auc(*STAIRS.T), abs=2e-3)


def test_intervals_and_their_ends_lie_where_the_axis_says():
    rows = [
        ("ours", 0.953, 0.941, 0.963, True),
        ("rival", 0.42, 0.39, 0.45, False),
        ("failed", None, None, None, False),
    ]
    svg = ElementTree.fromstring(intervals(rows))
    at, found = scale(svg, "x"), dots(svg)
    assert at(found["ours: 0.953 (0.941 to 0.963)"].get("cx")) == pytest.approx(0.953, abs=1e-4)
    assert at(found["rival: 0.420 (0.390 to 0.450)"].get("cx")) == pytest.approx(0.42, abs=1e-4)
    thick = [line for line in svg.iter(SVG + "line") if line.get("stroke-width") == "3"]
    assert [at(thick[0].get(end)) for end in ("x1", "x2")] == pytest.approx([0.941, 0.963], abs=1e-4)
    assert "not defined" in [text.text for text in svg.iter(SVG + "text")]
    assert len(found) == 2


@pytest.mark.parametrize(
    "rows", [[], [("a", None, None, None, True)], [("a", 1, 1, 1, True)], [("a", 0.0, None, None, False)]]
)
def test_intervals_without_numbers_or_without_width_are_drawn(rows):
    ElementTree.fromstring(intervals(rows))


def test_reliability_puts_confidence_across_and_accuracy_upwards():
    bins = [
        (0.35, Estimate(0.2, 0.05, 0.6, 5)),
        (0.9, Estimate(0.8, 0.75, 0.85, 200)),
        (0.5, Estimate(None, None, None, 0)),
    ]
    svg = ElementTree.fromstring(reliability(bins))
    across, upwards = scale(svg, "x"), scale(svg, "y")
    places = [(across(dot.get("cx")), upwards(dot.get("cy"))) for dot in dots(svg).values()]
    np.testing.assert_allclose(places, [(0.35, 0.2), (0.9, 0.8)], atol=1e-3)
    heights = [float(bar.get("height")) for bar in svg.iter(SVG + "rect")]
    assert heights[0] / heights[1] == pytest.approx(5 / 200)
    ElementTree.fromstring(reliability([]))


def test_bins_before_calibration_are_rings_and_counts_never_overlap():
    bins = [(0.80 + 0.06 * place, Estimate(0.9, 0.8, 0.95, 12_345 - place)) for place in range(4)]
    before = [(0.6, Estimate(0.3, 0.2, 0.4, 50))]
    svg = ElementTree.fromstring(reliability(bins, before, across="mean probability", upwards="share present"))
    across, upwards = scale(svg, "x"), scale(svg, "y")
    ring = next(dot for title, dot in dots(svg).items() if title.startswith("before calibration, 50 cases"))
    assert (across(ring.get("cx")), upwards(ring.get("cy"))) == pytest.approx((0.6, 0.3), abs=1e-3)
    said = [text.text for text in svg.iter(SVG + "text")]
    assert {"share present", "mean probability"} <= set(said)
    assert [one for one in said if one.startswith("12,34")] == ["12,345", "12,342"]


def checked(asked, threshold, person, error):
    rate = {"value": error, "low": None if error is None else error / 2, "high": None if error is None else error * 2}
    told = f"At {asked} {NASTY}."
    facts = {"asked": asked, "threshold": threshold, "bound": None, "units": 78, "needed": 299, "told": told}
    return {**facts, "to_person": {"value": person}, "error": rate, "groups_error": None, "verdict": "kept"}


def test_dots_of_the_dial_lie_at_the_share_answered_and_the_error_found():
    curve = np.array([[0.1, 0.0], [0.6, 0.004], [1.0, 0.03]])
    levels = [checked(0.005, None, 1.0, None), checked(0.01, 0.9, 0.4, 0.004)]
    levels += [checked(0.05, 0.0, 0.0, 0.03), checked(0.1, 0.0, 0.0, 0.03)]
    svg = ElementTree.fromstring(dial(curve, levels))
    places = [int(text.text[:-1]) for text in svg.iter(SVG + "text") if re.fullmatch(r"\d+%", text.text)]
    assert places[-6:] == [0, 20, 40, 60, 80, 100]
    marks = [text for text in svg.iter(SVG + "text") if re.fullmatch(r"[\d.]+%", text.text)]
    (low, high), (left, right) = [t for t in marks if t.get("text-anchor") == "end"][:2], [marks[-6], marks[-1]]

    def share(at):
        return (float(at) - float(left.get("x"))) / (float(right.get("x")) - float(left.get("x")))

    def error(at):
        step = (float(high.text[:-1]) - float(low.text[:-1])) / 100 / (float(high.get("y")) - float(low.get("y")))
        return float(low.text[:-1]) / 100 + (float(at) + 4 - float(low.get("y"))) * step

    drawn = [point.split(",") for point in svg.find(SVG + "polyline").get("points").split()]
    np.testing.assert_allclose([(share(x), error(y)) for x, y in drawn], curve, atol=5e-4)
    marked = [dot for dot in svg.iter(SVG + "circle") if float(dot.get("cx")) <= float(right.get("x"))]
    found = [(share(dot.get("cx")), error(dot.get("cy"))) for dot in marked]
    np.testing.assert_allclose(found, [(0.6, 0.004), (1.0, 0.03)], atol=5e-4)  # the last two levels share a dot
    legend = [dot for dot in svg.iter(SVG + "circle") if float(dot.get("cx")) > float(right.get("x"))]
    assert [dot.get("fill") for dot in legend] == [marked[0].get("fill"), *[marked[1].get("fill")] * 2]
    said = [text.text for text in svg.iter(SVG + "text")]
    assert {"40.0% go to a person", "wrong: 0.40% (0.20 to 0.80%)", "299 needed, 78 there"} <= set(said)


def test_a_dial_without_levels_or_without_cases_is_drawn():
    for text in (dial(np.empty((0, 2)), []), dial(np.array([[1.0, 0.0]]), [checked(0.01, None, 1.0, None)])):
        ElementTree.fromstring(text)
        assert not re.search(r"\b(nan|inf)\b", text)


def test_the_table_has_a_cell_for_each_count_and_says_its_share():
    counts = np.array([[9, 1, 0], [10, 50, 0], [0, 0, 0]])
    table = ElementTree.fromstring(confusion(counts, ["clear", "nodule", "mass"]))
    rows = list(table.iter("tr"))
    assert [[int(cell.text) for cell in one.findall("td")] for one in rows[1:]] == counts.tolist()
    assert [one.find("th").text for one in rows[1:]] == ["truly clear", "truly nodule", "truly mass"]
    assert [cell.text for cell in rows[0].findall("th")] == ["called clear", "called nodule", "called mass"]
    assert rows[2].findall("td")[0].get("title") == "10 of 60 truly nodule called clear (16.7%)"
    assert rows[3].findall("td")[0].get("title") == "0 of 0 truly mass called clear"
    shades = [re.search(r"rgba\((.*),(.*)\)", cell.get("style")).groups() for cell in rows[1].findall("td")[:2]]
    assert [colour for colour, _ in shades] == ["0,114,178", "213,94,0"]  # right calls blue, wrong ones vermilion
    assert [float(strength) for _, strength in shades] == pytest.approx([0.6 * 0.9**0.5, 0.6 * 0.1**0.5], abs=0.005)


def test_names_cannot_smuggle_in_markup_or_letters_that_no_file_holds():
    drawn = [
        roc({NASTY: STAIRS}, {NASTY: NASTY}),
        confusion(np.eye(2, dtype=int), [NASTY, "other"]),
        intervals([(NASTY, 0.5, 0.4, 0.6, True)], measured=NASTY),
        dial(np.array([[1.0, 0.0]]), [checked(0.01, 0.9, 0.4, 0.004)]),
    ]
    for text in drawn:
        ElementTree.fromstring(text.encode("utf-8"))
        assert "<script" not in text
        assert "&lt;script&gt;" in text


def test_a_screen_reader_is_told_what_each_figure_is_and_says():
    drawn = [curves(HISTORY), roc({"a": STAIRS}, {}), intervals([("a", 0.5, 0.4, 0.6, True)]), reliability([])]
    for text in [*drawn, weights_legend(0.3), dial(np.array([[1.0, 0.1]]), [])]:
        svg = ElementTree.fromstring(text)
        assert svg.get("role") == "img"
        assert svg.find(SVG + "title").text
        assert svg.find(SVG + "desc").text


def test_weights_are_blue_below_zero_white_at_zero_and_red_above_in_the_same_measure():
    weight = np.array([[[-2.0, 0.0, 1.0], [2.0, -1.0, 0.5]]])
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(weights_image(weight).split(",")[1]))))
    assert picture[0].tolist() == [[5, 113, 176, 255], [255, 255, 255, 255], [244, 165, 130, 255]]
    assert picture[1, 0].tolist() == [202, 0, 32, 255]
    two = np.stack([weight[0], -weight[0]])
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(weights_image(two, limit=4).split(",")[1]))))
    assert picture.shape == (2, 7, 4)
    assert picture[0, 3, 3] == 0  # the gap between two channels
    assert picture[0, 4].tolist() == [244, 165, 130, 255]  # +2 of 4
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(weights_image(weight * 0)[22:])))) == 255).all()


def test_weights_that_are_not_numbers_are_refused():
    with pytest.raises(BadInput, match="not finite"):
        weights_image(np.array([[[np.nan]]]))


@pytest.mark.parametrize(
    ("low", "high", "marked"),
    [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.985, 1.0, [0.985, 0.99, 0.995, 1.0]),
        (0.0, 2000.0, [0, 500, 1000, 1500, 2000]),
        (19.0, 21.0, [19, 19.5, 20, 20.5, 21]),
    ],
)
def test_marks_are_round_and_inside(low, high, marked):
    assert ticks(low, high)[0] == pytest.approx(marked)


def test_room_is_never_empty():
    assert room(0.0, 0.0, floor=0.0, ceiling=1.0) == (0.0, 1.0)
    assert room(1.0, 1.0, floor=0.0, ceiling=1.0) == (0.9, 1.0)
