"""What is said of a pixel or a class that was clicked: its number, and the arithmetic behind it."""

from __future__ import annotations

from torch import nn

from pellucid.app.live.moment import Moment
from pellucid.app.live.sheets import LAST
from pellucid.app.live.tiles import Sheet
from pellucid.app.live.view import View
from pellucid.app.live.working_out import worked_out
from pellucid.explain.walk import Passed

ROUNDED = "worked out in float64; the model itself computes in bfloat16, which keeps three digits"


def lines_of_pixel(
    view: View, moment: Moment, row: int, sheet: Sheet, pixel: tuple[int, int, int], is_weight: bool
) -> list[str]:
    """A weight's number; or an activation's, and how it was made.

    Args:
        view: of the recording.
        moment: that is looked at.
        row: of the image.
        sheet: of weights, or of what a block gave for that image.
        pixel: picture of the sheet, row and column in it.
        is_weight: whether it is a weight.
    Returns:
        Lines; none where a picture is not filled.
    """
    number, *at = pixel
    near = (number, *sheet.pictures[number].near(*at))
    said, spot = sheet.told(*near), sheet.spot(*near)
    if not said:
        return []
    if is_weight or spot is None:
        return [said]
    way = view.way(moment, row)
    return [
        said,
        *worked_out(way[sheet.name], spot, _before(way, sheet.name)),
        *_scaled(view, way, sheet.name),
        *_rounded(view),
    ]


def lines_of_class(view: View, moment: Moment, row: int, klass: int) -> list[str]:
    """A class's logit for an image, the products that it is the sum of, and its probability.

    Args:
        view: of the recording.
        moment: that is looked at.
        row: of the image.
        klass: which class, from 0.
    """
    way, about = view.way(moment, row), view.recording.about
    passed = way[LAST]
    how = "sigmoid of it" if about.task == "multi-label" else "softmax over all logits"
    head = f"logit of {about.classes[klass]}: {float(passed.gave[0, klass]):+.6g}"
    chance = f"probability, {how}: {view.chances(moment, row)[klass]:.6g}"
    return [head, *worked_out(passed, (klass,), _before(way, LAST)), chance, *_scaled(view, way, LAST), *_rounded(view)]


def _before(way: dict[str, Passed], name: str) -> Passed | None:
    """The block that was passed before."""
    names = list(way)
    at = names.index(name)
    return way[names[at - 1]] if at else None


def _scaled(view: View, way: dict[str, Passed], name: str) -> list[str]:
    """Where the block is given pixels: how they came from those of the image."""
    before = _before(way, name)
    if before is not None and not isinstance(before.block, nn.Flatten):
        return []
    pairs = zip(view.scaling.mean, view.scaling.deviation, strict=True)
    told = " or ".join(f"(stored - {mean:.6g}) / {deviation:.6g}" for mean, deviation in pairs)
    return [f"a pixel's number is {told}"]


def _rounded(view: View) -> list[str]:
    return [ROUNDED] if view.is_rounded else []
