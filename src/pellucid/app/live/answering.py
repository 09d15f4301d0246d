"""What is said of a pixel or a class that was clicked: its number, and the arithmetic behind it."""

from __future__ import annotations

from torch import nn

from pellucid.app.live.moment import Moment
from pellucid.app.live.sheets import LAST
from pellucid.app.live.view import View
from pellucid.app.live.working_out import worked_out
from pellucid.errors import BadInput
from pellucid.explain.walk import Passed

ROUNDED = "worked out in float64; the model itself computes in bfloat16, which keeps three digits"


def lines_of_pixel(view: View, moment: Moment, row: int, told: object) -> list[str]:
    """A weight's number; or an activation's, and how it was made.

    Args:
        view: of the recording.
        moment: that is looked at.
        row: of the image.
        told: by the browser: kind (weight, or activation), sheet, picture, row and column, each from 0.
    Returns:
        Lines; none where a picture is not filled.
    Raises:
        BadInput: no such pixel.
    """
    asked = told if isinstance(told, dict) else {}
    is_weight = asked.get("kind") == "weight"
    sheets = view.weight_sheets(moment) if is_weight else view.activation_sheets(moment, row)
    sheet = sheets[whole(asked.get("sheet"), len(sheets))]
    number = whole(asked.get("picture"), len(sheet.pictures))
    high, wide = sheet.pictures[number].values.shape
    at = whole(asked.get("row"), high), whole(asked.get("column"), wide)
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


def lines_of_class(view: View, moment: Moment, row: int, told: object) -> list[str]:
    """A class's logit for an image, the products that it is the sum of, and its probability.

    Args:
        view: of the recording.
        moment: that is looked at.
        row: of the image.
        told: by the browser: which class, from 0.
    Raises:
        BadInput: no such class.
    """
    klass = whole(told, len(view.recording.about.classes))
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


def whole(value: object, below: int) -> int:
    """A whole number that a browser sent.

    Raises:
        BadInput: it is none from 0 on and below a limit.

    >>> whole(3, 10)
    3
    """
    if type(value) is not int or not 0 <= value < below:
        raise BadInput(f"The page asked for {value!r}, which is not there: load it again.")
    return value
