"""Multiplications spelled out in digits, so that a pocket calculator finds every printed result to its last digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.data import Scaling
from pellucid.explain.one_place import Step
from pellucid.explain.one_unit import OpenedUnit
from pellucid.explain.pixels import Term
from pellucid.explain.pocket import Rule, digits_needed, normalised, printed, product, scaled_by
from pellucid.shapes import Float

COLOURS = ("red", "green", "blue")
MOST = 12
"""Products of a unit that are listed. Chosen by us: nobody reads more; --json has all."""


@dataclass(frozen=True, slots=True)
class Product:
    """a x b = c, as printed."""

    a: str
    b: str
    c: str

    def __str__(self) -> str:
        return f"{self.a} x {self.b} = {self.c}"


def products(pairs: Iterable[tuple[float, float]], digits: int = 4) -> list[Product]:
    """Each pair and its product, all factors with the same number of digits after the point.

    >>> print(*products([(1.8517, 0.2864), (2.0, 0.5)], digits=4), sep="; ")
    +1.8517 x +0.2864 = +0.5303; +2.0000 x +0.5000 = +1.0000
    """
    given = list(pairs)
    needed = digits_needed(product, given, digits, fewest=digits)
    return [Product(printed(a, needed, "+"), printed(b, needed, "+"), printed(a * b, digits, "+")) for a, b in given]


def where(row: int, column: int, channel: int, channels: int) -> str:
    """A number's place in the image, in words.

    >>> where(3, 4, 1, 3), where(3, 4, 0, 1)
    ('row 3, column 4, green', 'row 3, column 4')
    """
    return f"row {row}, column {column}" + (f", {COLOURS[channel]}" if channels > 1 else "")


@dataclass(frozen=True, slots=True)
class TermSpelled:
    """How one pixel comes to add what it adds."""

    place: str
    stored: int
    scaling: str
    """(stored - mean) / deviation = scaled."""
    product: Product


def spelled_term(term: Term, scaling: Scaling, channels: int) -> TermSpelled:
    """A pixel's part, from its stored value on."""
    times = products([(term.scaled, term.weight)], digits=6)[0]
    digits = len(times.a.partition(".")[2])
    mean, deviation = float(scaling.mean[term.channel]), float(scaling.deviation[term.channel])
    told = _told(scaled_by, (float(term.stored), mean, deviation), digits, fewest=4)
    place = where(term.row, term.column, term.channel, channels)
    return TermSpelled(place, term.stored, f"({term.stored} - {_held(told[1])}) / {told[2]} = {times.a}", times)


def _told(rule: Rule, numbers: Sequence[float], digits: int, fewest: int) -> list[str]:
    needed = digits_needed(rule, [numbers], digits, fewest)
    return [printed(one, needed) for one in numbers]


@dataclass(frozen=True, slots=True)
class UnitSpelled:
    """The largest products of a hidden unit, and how all of it adds up."""

    of: OpenedUnit
    largest: tuple[tuple[str, Product], ...]
    """Where each pixel is, and its product."""
    others: int
    rest: float
    """What the other products add together."""
    times: Product
    """What the unit gives x its weight for the logit."""


def spelled_unit(unit: OpenedUnit, at: Sequence[int] | None = None) -> UnitSpelled:
    """The largest products of a unit; a place that was asked for stands before them."""
    adds = unit.products
    order = np.argsort(-np.abs(adds), axis=None, kind="stable")[:MOST]
    places = [tuple(map(int, np.unravel_index(flat, adds.shape))) for flat in order.tolist()]
    row, column, *channel = at or (0, 0)
    asked = [(one, row, column) for one in channel or range(len(adds))] if at is not None else []
    places = list(dict.fromkeys([*asked, *places]))
    told = products([(float(unit.inputs[place]), float(unit.weights[place])) for place in places])
    words = [
        where(row, column, channel, len(adds)) + " (asked for)" * ((channel, row, column) in asked)
        for channel, row, column in places
    ]
    rest = unit.before - unit.bias - sum(float(adds[place]) for place in places)
    times = products([(unit.value, unit.folded)])[0]
    return UnitSpelled(unit, tuple(zip(words, told, strict=True)), adds.size - len(places), rest, times)


def spelled_norm(step: Step) -> str:
    """gamma x (x - mu) / sigma + beta of one channel, in digits."""
    if step.norm is None:
        return ""
    norm, at = step.norm, step.channel
    numbers = [step.given, *(float(part[at]) for part in (norm.gamma, norm.mu, norm.sigma, norm.beta))]
    x, gamma, mu, sigma, beta = _told(normalised, numbers, 4, fewest=4)
    return f"{gamma} x ({x} - {_held(mu)}) / {sigma} + {_held(beta)} = {printed(step.gave, 4)}"


def spelled_shift(step: Step) -> str:
    """beta - gamma x mu / sigma of one channel, in digits."""
    if step.norm is None:
        return ""
    norm, at = step.norm, step.channel
    numbers = [float(part[at]) for part in (norm.beta, norm.gamma, norm.mu, norm.sigma)]
    beta, gamma, mu, sigma = _told(lambda b, g, m, s: b - g * m / s, numbers, 4, fewest=4)
    return f"{beta} - {_held(gamma)} x {_held(mu)} / {sigma} = {printed(float(norm.shift[at]), 4)}"


def _held(number: str) -> str:
    """In brackets where a sign stands before it."""
    return f"({number})" if number.startswith("-") else number


def grids(
    patch: Float[np.ndarray, "row column"], kernel: Float[np.ndarray, "row column"], digits: int = 3
) -> list[tuple[str, list[list[str]]]]:
    """A patch, a kernel and their products as printed tables."""
    pairs = list(zip(patch.ravel().tolist(), kernel.ravel().tolist(), strict=True))
    told, wide = products(pairs, digits), patch.shape[1]
    named = (("the patch, scaled", "a"), ("the kernel", "b"), ("their products", "c"))
    return [
        (name, [[getattr(one, part) for one in told[at : at + wide]] for at in range(0, len(told), wide)])
        for name, part in named
    ]
