"""What a rival is: its answers, and what it learned from; no torch is needed to say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Float, Int

MOST_FITTED = 10_000
"""Training cases that rivals and probes are fitted on, evenly spaced where there are more. Chosen by us: they are to be
humble, and to cost a second."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A rival's name, its probabilities for the rows asked for, and what it learned where that can be shown."""

    name: str
    told: str
    probabilities: Float[np.ndarray, "case klass"]
    weights: Float[np.ndarray, "klass channel row column"] | None = None


def thinned(train: Int[np.ndarray, " train"], most: int = MOST_FITTED) -> Int[np.ndarray, " fitted"]:
    """All rows, or `most` of them, evenly spaced.

    >>> thinned(np.arange(100, 109), most=3)
    array([100, 104, 108])
    """
    return train if len(train) <= most else train[np.linspace(0, len(train) - 1, most).astype(np.int64)]
