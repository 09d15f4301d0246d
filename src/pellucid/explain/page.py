"""An explanation as a page that stands alone, for people who never read the source."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.evaluate.reporting.figures import weights_legend
from pellucid.evaluate.reporting.templates import template
from pellucid.explain.arithmetic import Arithmetic
from pellucid.explain.asking import Asked
from pellucid.explain.explained import LEFT_OUT, Explained
from pellucid.explain.maps import CAM, EDGES, INTEGRATED, Maps
from pellucid.explain.norms import Constant
from pellucid.explain.one_place import Step
from pellucid.explain.one_unit import OpenedUnit
from pellucid.explain.pictures import image_picture, in_squares, map_picture
from pellucid.explain.pixels import Pixels
from pellucid.explain.pocket import printed
from pellucid.explain.said_of_answer import (
    not_promised,
    predicted_with,
    says_nothing_by_sets,
    why_apart,
    why_in_every_set,
)
from pellucid.explain.spelled import (
    COLOURS,
    Product,
    grids,
    products,
    spelled_norm,
    spelled_shift,
    spelled_term,
    spelled_unit,
)
from pellucid.explain.sums import SHARE
from pellucid.explain.units import UnitTerm
from pellucid.shapes import Float

LARGE, MIDDLE, SMALL = 232, 138, 96
"""Sides of pictures on the page, px. Chosen by us: three large ones, six middle ones or eight small ones
stand side by side."""

MOST_CLASSES = 10
"""Classes that are listed, the likeliest first. Chosen by us."""


def explanation_page(explained: Explained, mark: str) -> str:
    """The page as text.

    Args:
        explained: what it shows.
        mark: tells it from other files.
    """
    asked, found, maps = explained.asked, explained.arithmetic, explained.maps
    name = asked.title
    sums = list(found.sums())
    facts = {
        "mark": Markup(mark),
        "explained": explained,
        "asked": asked,
        "why_in_every_set": why_in_every_set(asked),
        "sets_say": not says_nothing_by_sets(asked),
        "not_promised": not_promised(asked),
        "predicted_with": predicted_with(asked, found.klass, float(found.probabilities[found.klass])),
        "why_apart": why_apart(asked),
        "found": found,
        "maps": maps,
        "name": name,
        "klass": explained.klass,
        "said": asked.answer.predicted[0].replace("|", ", " if asked.several else "|") or "none of the labels",
        "facts": asked.run.facts,
        "image": image_picture(asked.stored[0], name, LARGE),
        "classes": classes_listed(asked, found),
        "more_classes": max(0, len(asked.classes) - MOST_CLASSES),
        "rest_of_units": found.of_logits[found.klass].total - found.bias - sum(unit.adds for unit in found.units),
        "units": [
            (unit, times, unit.pixels is not None and _unit_map(unit.pixels, unit.name))
            for unit, times in zip(found.units, products((u.value, u.weight) for u in found.units), strict=True)
        ],
        "every_unit": _every_unit(found),
        "pixels": _pixels(found.pixels, asked),
        "against": _pixels(found.against, asked),
        "one_unit": _one_unit(found.unit, name, at_of(found.pixels)),
        "one_place": _one_place(found),
        "norms": [(constant, _of_channels(constant)) for constant in found.norms],
        "pictures": _maps(maps, name),
        "neighbours": [(one, image_picture(one.pixels, one.name, SMALL)) for one in explained.neighbours.nearest],
        "sums": sums,
        "worst": max(abs(one.difference) for one in sums),
        "share": SHARE,
        "left_out": LEFT_OUT,
    }
    return template("explain.html.jinja", autoescape=True, room="pellucid.explain").render(facts)


def classes_listed(asked: Asked, found: Arithmetic) -> list[dict[str, Any]]:
    """The likeliest classes, and how the logit of each becomes its probability."""
    cooled = found.logits[: len(asked.classes)] / found.temperature
    order = np.argsort(-found.probabilities, kind="stable")[:MOST_CLASSES].tolist()
    return [
        {
            "name": asked.classes[number],
            "logit": float(found.logits[number]),
            "cooled": float(cooled[number]),
            "share": float(np.exp(cooled[number] - cooled.max())),
            "p": float(found.probabilities[number]),
            "explained": number == found.klass,
        }
        for number in order
    ]


def _unit_map(terms: Float[np.ndarray, "channel row column"], name: str) -> Markup:
    return map_picture(terms, f"What each place adds to {name}", MIDDLE)


def _every_unit(found: Arithmetic) -> list[tuple[UnitTerm, str, str, Product]]:
    """Each with its bias and what its activation was given, in digits."""
    told = products((unit.value, unit.weight) for unit in found.every_unit)
    return [
        (unit, "" if unit.bias is None else printed(unit.bias, 4, "+"), printed(unit.before, 4, "+"), times)
        for unit, times in zip(found.every_unit, told, strict=True)
    ]


def _one_unit(unit: OpenedUnit | None, name: str, at: tuple[int, ...] | None) -> dict[str, Any] | None:
    if unit is None:
        return None
    pictures = [
        map_picture(unit.weights, f"{unit.layer} {unit.number}: its stored weights", LARGE),
        map_picture(unit.products, f"{unit.layer} {unit.number}: what each place of {name} adds", LARGE),
    ]
    return {"spelled": spelled_unit(unit, at), "pictures": pictures}


def at_of(pixels: Pixels | None) -> tuple[int, ...] | None:
    """The place that was asked for, with its channel where one was told."""
    if pixels is None or not pixels.followed:
        return None
    first, several = pixels.followed[0], len(pixels.followed) > 1
    return (first.row, first.column) if several else (first.row, first.column, first.channel)


def _of_channels(constant: Constant) -> list[Product]:
    return products(zip(constant.norm.shift.tolist(), constant.weight.tolist(), strict=True))


def _pixels(pixels: Pixels | None, asked: Asked) -> dict[str, Any] | None:
    if pixels is None:
        return None
    name, scaling, channels = asked.title, asked.trained.scaling, len(pixels.terms)
    limit = float(np.abs(in_squares(pixels.terms.sum(0))).max())
    return {
        "of": pixels,
        "map": map_picture(pixels.terms, f"{pixels.what}: what each place of {name} adds", LARGE),
        "weights": map_picture(pixels.weights, f"{pixels.what}: the weights alone", LARGE),
        "legend": Markup(weights_legend(limit)),
        "total": float(pixels.terms.sum()),
        "for": float(pixels.terms.clip(min=0).sum()),
        "against": float(pixels.terms.clip(max=0).sum()),
        "squares": pixels.terms.shape[1] != in_squares(pixels.terms[0]).shape[0],
        "colour": channels > 1,
        "top": spelled_term(pixels.largest[0], scaling, channels),
        "asked": [spelled_term(term, scaling, channels) for term in pixels.followed],
        "largest": list(
            zip(pixels.largest, products(((one.scaled, one.weight) for one in pixels.largest), 6), strict=True)
        ),
    }


def _one_place(found: Arithmetic) -> dict[str, Any] | None:
    if found.place is None:
        return None
    one = found.place.output
    pairs = zip(one.patch, one.kernel, strict=True)
    top = np.unravel_index(int(np.abs(one.products).argmax()), one.products.shape)
    return {
        "of": one,
        "place": found.place,
        "tables": [(colour, grids(*pair)) for colour, pair in zip(COLOURS, pairs, strict=False)],
        "top": products([(float(one.patch[top]), float(one.kernel[top]))], 6)[0],
        "steps": [(step, spelled_norm(step), spelled_shift(step), _window(step)) for step in found.place.steps],
        "times": products([(found.place.value, found.place.weight)])[0],
    }


def _window(step: Step) -> list[list[str]]:
    return [] if step.window is None else [[printed(one, 4) for one in row] for row in step.window.tolist()]


def _maps(maps: Maps, name: str) -> list[dict[str, Any]]:
    drawn = {INTEGRATED: maps.integrated.map.sum(0), CAM: maps.cam, EDGES: maps.edges}
    return [
        {"check": check, "picture": map_picture(drawn[check.name], f"{check.name} of {name}", LARGE)}
        for check in maps.checks
    ]
