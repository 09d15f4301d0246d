"""How far the sensitivities could lie elsewhere had other scans been taken: a bootstrap over scans."""

from dataclasses import dataclass

import numpy as np

from pellucid.ct.froc.curve import Ranked, sensitivities
from pellucid.errors import BadInput
from pellucid.shapes import Float

CONFIDENCE = 0.95
LEAST = 100
"""Chosen by us: of fewer resamples, an end of a 95% interval would rest on the two outermost."""
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Intervals:
    """95% intervals, as low and high end.

    Attributes:
        sensitivity: one for each of the seven rates of false positives a scan.
        cpm: of their mean.
        resamples: how many sets of scans were drawn.
        seed: they were drawn with.
    """

    sensitivity: tuple[Interval, ...]
    cpm: Interval
    resamples: int
    seed: int


def check_resamples(resamples: int, scans: int) -> None:
    """See that the bootstrap can be done.

    Raises:
        BadInput: too few resamples (but 0: none are wanted), or a single scan.
    """
    if resamples and resamples < LEAST:
        raise BadInput(f"{resamples} resamples are too few for a 95% interval: 0 (no interval), or {LEAST} and more.")
    if resamples and scans < 2:
        raise BadInput("The truth names one scan: an interval needs at least two to draw from. Leave --bootstrap out.")


def draw_intervals(ranked: Ranked, *, resamples: int, seed: int) -> Intervals:
    """Draw as many scans as there are, with replacement, again and again; the middle 95% of what comes out.

    Scans are drawn, never single marks: those of one scan go together. A set without any nodule has no sensitivity, and
    is drawn anew. This is the bootstrap of LUNA16's script (whole scans; of n sorted values those at n * 0.025 and
    n * 0.975, rounded down), which draws a band round the curve from 1,000 sets; here the ends are taken at the seven
    rates alone, and CPM, for which that script has no interval, gets one of the same resamples.

    Args:
        resamples: at least 100; LUNA16 takes 1,000.
        seed: of the draw.
    Source: Efron and Tibshirani 1993, chapter 13 (percentile interval); Setio et al. 2017.
    """
    draw, scans = np.random.default_rng(seed), len(ranked.matched.nodules)
    values = np.sort([_values(ranked, draw, scans) for _ in range(resamples)], axis=0)
    tail = (1 - CONFIDENCE) / 2
    low, high = (values[int(resamples * share)].tolist() for share in (tail, 1 - tail))
    *ends, cpm = zip(low, high, strict=True)
    return Intervals(tuple(ends), cpm, resamples, seed)


def _values(ranked: Ranked, draw: np.random.Generator, scans: int) -> Float[np.ndarray, "8"]:
    """The seven sensitivities and their mean, of one set of scans."""
    times = np.zeros(scans, np.int64)
    while not (times * ranked.matched.nodules).any():
        times = np.bincount(draw.integers(scans, size=scans), minlength=scans)
    found = sensitivities(ranked, times)
    return np.append(found, found.mean())
