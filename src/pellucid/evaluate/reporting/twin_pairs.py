"""Held-out images beside the training image that each repeats, so that a person can see what a twin is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.evaluate.answers import Cases

MOST_PAIRS = 6
"""Pairs that are shown. Chosen by us: two rows."""

SHOWN = ("near-identical", "identical")
"""Two images of one patient may look as they like, and are not shown."""


def twin_pairs(cases: Cases, picture: Callable[[int], str]) -> list[dict[str, Any]]:
    """What the page shows of each pair: the most telling first, one of each group of images that are alike.

    Pairs with different labels come first, near-identical ones before identical ones, blank images last.

    Args:
        cases: of the run.
        picture: the <img> of a case, by its row.
    """
    row_of = {name: row for row, name in enumerate(cases.names)}
    rows = [row for row in cases.rows("held_out").tolist() if cases.likeness[row] in SHOWN]
    pairs = [(row, row_of[cases.twin[row]]) for row in rows if cases.twin[row] in row_of]
    labels = dict(zip(map(tuple, pairs), _labels(cases, pairs), strict=True))

    def telling(pair: tuple[int, int]) -> tuple[bool, bool, int]:
        here, there = labels[pair]
        return here == there, "blank" in cases.seen[pair[0]].split("|"), SHOWN.index(cases.likeness[pair[0]])

    groups: dict[int, tuple[int, int]] = {}
    for pair in sorted(pairs, key=telling):
        groups.setdefault(int(cases.alike[pair[0]]), pair)
    chosen: list[tuple[int, int]] = []
    for _, alike in groupby(groups.values(), key=telling):
        chosen += _spread(list(alike), MOST_PAIRS - len(chosen))
    return [
        {
            "likeness": str(cases.likeness[row]),
            "differ": labels[row, twin][0] != labels[row, twin][1],
            "images": [
                {"picture": Markup(picture(at)), "name": cases.names[at], "label": label or "none", "part": part}
                for at, label, part in zip((row, twin), labels[row, twin], ("held out", "learned from"), strict=True)
            ],
        }
        for row, twin in chosen
    ]


def _spread(pairs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most so many, evenly spaced: cases stand class by class in many sources."""
    return [pairs[at] for at in np.unique(np.linspace(0, len(pairs) - 1, min(most, len(pairs))).astype(int)).tolist()]


def _labels(cases: Cases, pairs: list[tuple[int, int]]) -> list[tuple[str, str]]:
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    texts = [cases.label_texts(column) for column in rows.T]
    if cases.labels.ndim == 2:
        texts = [[text.replace("|", ", ") for text in column] for column in texts]
    return list(zip(*texts, strict=True))
