"""What stands in the panel: the arithmetic behind the value that was clicked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pellucid.app.playground.arithmetic import unit_sum
from pellucid.app.playground.playing import Playing
from pellucid.app.playground.worked import (
    Worked,
    epoch_worked,
    feature_worked,
    loss_worked,
    point_worked,
    slopes_worked,
)
from pellucid.errors import BadInput


def panel_of(playing: Playing, told: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of the panel.

    Args:
        playing: the experiment as it stands.
        told: by the browser: `about` is "unit" (with `layer`, `unit`, `place`; layer -1 are the features), "loss"
            (`part`), "slopes" (`layer`), "point" (`number`) or "epoch".
    Returns:
        JSON: of a unit its terms, which can be edited; of all others a table and lines, with `rows`.
    Raises:
        BadInput: there is no such thing.
        KeyError, TypeError, ValueError: what was told is no such question.
    """
    about = told.get("about", "unit")
    if about == "unit" and int(told["layer"]) >= 0:
        return _unit(playing, told)
    return asdict(_worked(playing, about, told))


def _worked(playing: Playing, about: str, told: Mapping[str, Any]) -> Worked:
    if about == "unit":
        return feature_worked(playing, int(told["unit"]), *_place(told))
    if about == "loss":
        return loss_worked(playing, str(told["part"]))
    if about == "slopes":
        return slopes_worked(playing, int(told["layer"]))
    if about == "point":
        return point_worked(playing, int(told["number"]))
    if about == "epoch":
        return epoch_worked(playing)
    raise BadInput(f"Nothing is known about {str(about)[:40]!r}: click a value of the page.")


def _unit(playing: Playing, told: Mapping[str, Any]) -> dict[str, Any]:
    place = _place(told)
    found = unit_sum(playing, int(told["layer"]), int(told["unit"]), *place)
    return {
        "name": found.name,
        "place": place,
        "terms": [
            {"name": one.name, "value": one.value, "weight": one.weight, "product": one.product} for one in found.terms
        ],
        "bias": found.bias,
        "total": found.total,
        "bent": found.lines()[-1],
    }


def _place(told: Mapping[str, Any]) -> tuple[float, float]:
    return float(told["place"][0]), float(told["place"][1])
