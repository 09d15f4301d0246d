"""An explanation as a page that stands alone, for people who never read the source."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.evaluate.reporting.figures import weights_legend
from pellucid.evaluate.reporting.templates import template
from pellucid.explain.arithmetic import Arithmetic
from pellucid.explain.asking import Asked
from pellucid.explain.explained import Explained
from pellucid.explain.in_words import why_in_every_set
from pellucid.explain.maps import CAM, EDGES, INTEGRATED, Maps
from pellucid.explain.multiplication import Multiplied
from pellucid.explain.pictures import image_picture, in_squares, map_picture
from pellucid.explain.pixels import Pixels
from pellucid.explain.sums import SHARE
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
        "units": [(unit, unit.pixels is not None and _unit_map(unit.pixels, unit.name)) for unit in found.units],
        "pixels": _pixels(found.pixels, name),
        "against": _pixels(found.against, name),
        "spelled": _spelled(found.multiplied),
        "pictures": _maps(maps, name),
        "neighbours": [(one, image_picture(one.pixels, one.name, SMALL)) for one in explained.neighbours.nearest],
        "sums": sums,
        "worst": max(abs(one.difference) for one in sums),
        "share": SHARE,
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


def _pixels(pixels: Pixels | None, name: str) -> dict[str, Any] | None:
    if pixels is None:
        return None
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
        "colour": len(pixels.terms) > 1,
    }


def _spelled(multiplied: Multiplied | None) -> dict[str, Any] | None:
    if multiplied is None:
        return None
    channels = zip(multiplied.patch, multiplied.kernel, multiplied.products, strict=True)
    tables = [[(name, grid.tolist()) for name, grid in zip(GRIDS, three, strict=True)] for three in channels]
    top = np.unravel_index(int(np.abs(multiplied.products).argmax()), multiplied.products.shape)
    return {
        "of": multiplied,
        "tables": tables,
        "top": [float(grid[top]) for grid in (multiplied.patch, multiplied.kernel, multiplied.products)],
    }


GRIDS = ("the patch, scaled", "the kernel", "their products")


def _maps(maps: Maps, name: str) -> list[dict[str, Any]]:
    drawn = {INTEGRATED: maps.integrated.map.sum(0), CAM: maps.cam, EDGES: maps.edges}
    return [
        {"check": check, "picture": map_picture(drawn[check.name], f"{check.name} of {name}", LARGE)}
        for check in maps.checks
    ]
