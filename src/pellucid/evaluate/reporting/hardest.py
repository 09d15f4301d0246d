"""The held-out cases that a person should look at: the surest mistakes first, then what was right with most doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.evaluate.answers import Cases
from pellucid.shapes import Float

MOST_PICTURES = 18
"""Hardest images that are shown. Chosen by us: three rows, which one looks at before tiring."""

SIDE = 112
"""Pixels that a case's picture is wide. Chosen by us: a nodule can be made out, and six stand side by side."""

MOST_LABELS = 4
"""Labels named below one picture. Chosen by us: more would stand taller than the picture."""


def hardest_cases(
    cases: Cases, probabilities: Float[np.ndarray, "held_out klass"], picture: Callable[[int], str]
) -> tuple[list[dict[str, Any]], int]:
    """What the page shows of each, and how many held-out cases are wrong.

    Args:
        cases: of the run.
        probabilities: of the held-out cases, calibrated.
        picture: the <img> of a case, by its row.
    """
    rows, p = cases.rows("held_out"), probabilities
    positive = cases.positive(rows)
    if cases.task == "multi-label":
        doubt = np.where(positive, 1 - p, p).max(1)
        wrong = ((p >= 0.5) != positive).any(1)
    else:
        doubt = 1 - p[positive]
        wrong = ~positive[np.arange(len(rows)), p.argmax(1)]
    order = np.argsort(-doubt - wrong, kind="stable")[:MOST_PICTURES]
    shown = [_case(cases, int(rows[at]), positive[at], bool(wrong[at]), p[at], picture) for at in order]
    return shown, int(wrong.sum())


def _case(
    cases: Cases, row: int, positive: np.ndarray, wrong: bool, p: np.ndarray, picture: Callable[[int], str]
) -> dict[str, Any]:
    truth = [name for name, has in zip(cases.classes, positive, strict=True) if has] or ["none"]
    if cases.task == "multi-label":
        called = [f"{name} {share:.2f}" for name, share in zip(cases.classes, p, strict=True) if share >= 0.5]
    else:
        called = [f"{cases.classes[p.argmax()]} {p.max():.3f}"]
    return {
        "picture": Markup(picture(row)),
        "name": cases.names[row],
        "truth": _some(truth),
        "called": _some(called or ["none"]),
        "wrong": wrong,
    }


def _some(words: list[str]) -> str:
    """The first few, and how many more there are."""
    more = len(words) - MOST_LABELS
    return ", ".join(words[:MOST_LABELS]) + (f" and {more} more" if more > 0 else "")
