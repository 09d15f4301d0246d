"""What differs between two nested tables of figures, each difference by the name of its figure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

TOLERANCE = 1e-9
"""Relative difference of two figures that counts as none. Chosen by us: sums taken in another order differ less."""


def differences(wanted: Any, found: Any, name: str = "") -> Iterator[str]:
    """Every place where `found` is not as `wanted`.

    Args:
        wanted: what was computed: dictionaries, lists, numbers, text, None.
        found: what stands in a file.
        name: of the whole, in front of all others.

    >>> list(differences({"accuracy": {"value": 0.9, "low": 0.8}}, {"accuracy": {"value": 0.95, "low": 0.8}}))
    ['accuracy.value is 0.95, and comes out as 0.9']
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            inner = f"{name}.{key}" if name else str(key)
            if key in found:
                yield from differences(value, found[key], inner)
            else:
                yield f"{inner} is missing"
        for key in found:
            if key not in wanted:
                yield f"{name}.{key} is none of the figures" if name else f"{key} is none of the figures"
    elif isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        if len(wanted) != len(found):
            yield f"{name} has {len(found)} entries, and comes out with {len(wanted)}"
            return
        for at, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{name}[{at}]")
    elif not _same(wanted, found):
        yield f"{name} is {_shown(found)}, and comes out as {_shown(wanted)}"


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, float) and type(found) in (int, float):
        return _near(wanted, found)
    if type(wanted) is int and isinstance(found, float):  # a whole number that JSON wrote as 3.0
        return wanted == found
    return type(wanted) is type(found) and bool(wanted == found)


def _near(wanted: float, found: int | float) -> bool:
    try:
        return math.isclose(wanted, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:  # an int that no float can hold
        return False


def _shown(value: Any, letters: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= letters else f"{text[:letters]}..."
