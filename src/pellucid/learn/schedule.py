"""How the learning rate changes from step to step: a function of the step's number alone."""

from __future__ import annotations

import math

WARM_UP = 0.25
"""Share of the steps in which the rate rises. Source: Smith and Topin, Super-convergence, 2018 (torch: 0.3)."""

FIRST, LAST = 1 / 25, 1 / 10_000
"""Rates at the very start and end, as shares of the peak; torch's OneCycleLR has 1/25 and 1/250,000."""


def learning_rate(step: int, steps: int, peak: float, schedule: str) -> float:
    """The rate of step number `step` (from 1 to `steps`).

    one-cycle rises from peak/25 along half a cosine for a quarter of the steps, then falls to nearly 0 along another;
    constant stays at the peak.

    >>> [round(learning_rate(step, 8, 1.0, "one-cycle"), 2) for step in (1, 2, 8)]
    [0.52, 1.0, 0.0]
    """
    if schedule == "constant":
        return peak
    rising = max(1.0, WARM_UP * steps)
    if step <= rising:
        return _between(FIRST * peak, peak, step / rising)
    return _between(peak, LAST * peak, (step - rising) / (steps - rising))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
