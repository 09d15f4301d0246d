"""What is said of a pixel or a class that was clicked: its number, and the arithmetic behind it."""

from __future__ import annotations

from pellucid.app.live.moment import Moment
from pellucid.app.live.sheets import LAST
from pellucid.app.live.tiles import Sheet
from pellucid.app.live.view import View
from pellucid.app.live.working_out import worked_out

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
        Lines; none between two pictures.
    """
    said, spot = sheet.told(*pixel), sheet.spot(*pixel)
    if not said:
        return []
    if is_weight or spot is None:
        return [said]
    return [said, *worked_out(view.way(moment, row)[sheet.name], spot), *_rounded(view)]


def lines_of_class(view: View, moment: Moment, row: int, klass: int) -> list[str]:
    """A class's logit for an image, the products that it is the sum of, and its probability.

    Args:
        view: of the recording.
        moment: that is looked at.
        row: of the image.
        klass: which class, from 0.
    """
    passed, about = view.way(moment, row)[LAST], view.recording.about
    how = "sigmoid of it" if about.task == "multi-label" else "softmax over all logits"
    head = f"logit of {about.classes[klass]}: {float(passed.gave[0, klass]):+.6g}"
    chance = f"probability, {how}: {view.chances(moment, row)[klass]:.6g}"
    return [head, *worked_out(passed, (klass,)), chance, *_rounded(view)]


def _rounded(view: View) -> list[str]:
    return [ROUNDED] if view.is_rounded else []
