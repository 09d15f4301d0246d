"""Figures, names and units as they stand in running text: for the sentences of a report and its warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MANY_CASES = 1_000
"""Cases from which on a figure is told to four digits rather than three. Chosen by us: with fewer, the interval is
wider than the third digit."""


def figure(estimate: dict[str, Any]) -> str:
    """A figure with its interval, as digits.

    >>> figure({"value": 0.95, "low": 0.9, "high": 0.98, "cases": 120})
    '0.950 (0.900 to 0.980)'
    """
    if estimate["value"] is None:
        return "not defined"
    digits = digits_for(estimate.get("cases", 0))
    value = f"{estimate['value']:.{digits}f}"
    return (
        value if estimate["low"] is None else f"{value} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"
    )


def signed(estimate: dict[str, Any]) -> str:
    """A difference with its interval; it is never said to be minus nothing.

    >>> signed({"value": 0.001, "low": -0.00002, "high": 0.002, "cases": 120})
    '+0.001 (+0.000 to +0.002)'
    """
    digits = digits_for(estimate.get("cases", 0))
    if estimate["value"] is None:
        return "not defined"
    value, low, high = (
        f"{round(estimate[key], digits) + 0.0:+.{digits}f}" if estimate[key] is not None else ""
        for key in ("value", "low", "high")
    )
    return f"{value} ({low} to {high})" if low else value


def percent(estimate: dict[str, Any], *, short: bool = False) -> str:
    """A share with its interval, in percent: as many digits as the interval's width allows.

    Args:
        estimate: as `Estimate.as_dict` gives it.
        short: without the interval.

    >>> percent({"value": 0.8333, "low": 0.7354, "high": 0.8999})
    '83% (74 to 90%)'
    >>> percent({"value": 0.99974, "low": 0.9992, "high": 0.9999})
    '99.97% (99.92 to 99.99%)'
    """
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None:
        return "an unknown share"
    digits = 1 if low is None else 0 if high - low > 0.1 else 1 if high - low > 0.01 else 2
    while digits < 2 and 0 < value < 1 and f"{100 * value:.{digits}f}" in (f"{0:.{digits}f}", f"{100:.{digits}f}"):
        digits += 1  # what is not all is not called all
    if low is None or short:
        return f"{100 * value:.{digits}f}%"
    return f"{100 * value:.{digits}f}% ({100 * low:.{digits}f} to {100 * high:.{digits}f}%)"


def digits_for(cases: int) -> int:
    """Digits after the point that a figure of so many cases is told with.

    >>> digits_for(78), digits_for(11_791)
    (3, 4)
    """
    return 4 if cases >= MANY_CASES else 3


def listed(words: Sequence[str]) -> str:
    """With commas, and an "and" before the last.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def quoted(names: Sequence[str]) -> list[str]:
    """Names of classes, so that one sees where each begins and ends.

    >>> print(" from ".join(quoted(["malignant", "normal, benign"])))
    "malignant" from "normal, benign"
    """
    return [f'"{name}"' for name in names]


def model_name(model: str) -> str:
    """What a model is called in a sentence.

    >>> model_name("linear"), model_name("cnn")
    ('linear model', 'cnn')
    """
    return "linear model" if model == "linear" else model


def has_groups(figures: dict[str, Any]) -> bool:
    """Whether patients or exams are known."""
    return figures["held_out"]["groups"] is not None


def unit(figures: dict[str, Any], count: int = 2) -> str:
    """What a promise counts: patients or exams where they are known, else images.

    >>> unit({"held_out": {"groups": 12}}), unit({"held_out": {"groups": None}}, 1)
    ('patients or exams', 'image')
    """
    if has_groups(figures):
        return "patient or exam" if count == 1 else "patients or exams"
    return "image" if count == 1 else "images"
