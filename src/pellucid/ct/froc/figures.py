"""What scoring finds: sensitivities, counts and the curve, for machines and for people."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pellucid.ct.froc.curve import FP_PER_SCAN
from pellucid.ct.froc.matching import Matched
from pellucid.ct.froc.resampling import Interval, Intervals
from pellucid.shapes import Float


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What the marks of a probability and more come to.

    Attributes:
        threshold: that probability.
        found: nodules that they hit.
        sensitivity: those as a share of all nodules.
        false_positives: marks on nothing.
        fp_per_scan: the same for each scan.
    """

    threshold: float
    found: int
    sensitivity: float
    false_positives: int
    fp_per_scan: float


def at_threshold(matched: Matched, threshold: float) -> AtThreshold:
    """Count the marks that reach a threshold."""
    reached = matched.probability >= threshold
    found = int((matched.found & reached).sum())
    wrong, nodules = int(reached.sum()) - found, int(matched.nodules.sum())
    return AtThreshold(threshold, found, found / nodules, wrong, wrong / len(matched.nodules))


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """How good the marks are.

    Attributes:
        sensitivity: share of nodules found, at 0.125, 0.25, 0.5, 1, 2, 4 and 8 false positives a scan.
        cpm: mean of the seven (the challenge's competition performance metric).
        true_positives, false_negatives: nodules found and not found, all marks taken; their sum is `nodules`.
        false_positives: marks on nothing.
        candidates: marks looked at, 100 a scan at most.
        nodules: that count, in all scans.
        ignored_on_excluded: marks on excluded findings.
        ignored_double: further marks on a nodule that was found.
        scans: that were scored, with marks or without.
        curve_fp_per_scan, curve_sensitivity: the corners of the whole curve, from 0, 0 on.
        intervals: None where no bootstrap was asked for.
        told: what a user should know of how the files were taken, each in a sentence; may be empty.
        at: what the marks from a threshold on come to, where one was given.
    """

    sensitivity: tuple[float, ...]
    cpm: float
    true_positives: int
    false_positives: int
    false_negatives: int
    candidates: int
    nodules: int
    ignored_on_excluded: int
    ignored_double: int
    scans: int
    curve_fp_per_scan: Float[np.ndarray, "corner"]
    curve_sensitivity: Float[np.ndarray, "corner"]
    intervals: Intervals | None
    told: tuple[str, ...]
    at: AtThreshold | None = None

    def as_dict(self) -> dict[str, Any]:
        """What `pellucid ct score --json` prints; `intervals` is there where they were asked for."""
        facts: dict[str, Any] = {
            "fp_per_scan": list(FP_PER_SCAN),
            "sensitivity": _by_rate(self.sensitivity),
            "cpm": self.cpm,
            "true_positives": self.true_positives,
            "false_positives": self.false_positives,
            "false_negatives": self.false_negatives,
            "candidates": self.candidates,
            "nodules": self.nodules,
            "ignored_on_excluded": self.ignored_on_excluded,
            "ignored_double": self.ignored_double,
            "curve_points": len(self.curve_sensitivity),
        }
        if self.at:
            facts["at_threshold"] = asdict(self.at)
        if self.intervals:
            facts["intervals"] = {
                "sensitivity": _by_rate(list(map(_ends, self.intervals.sensitivity))),
                "cpm": _ends(self.intervals.cpm),
                "resamples": self.intervals.resamples,
                "seed": self.intervals.seed,
            }
        return facts

    def lines(self) -> list[str]:
        """The same for people."""
        given = self.intervals
        intervals = [*given.sensitivity, given.cpm] if given else [None] * (len(FP_PER_SCAN) + 1)
        heading = "false positives a scan  sensitivity" + (" (95% interval)" if given else "")
        names = [f"{rate:g}" for rate in FP_PER_SCAN] + ["CPM, their mean"]
        values = [*self.sensitivity, self.cpm]
        rows = [
            f"{name:>22}  {value:.3f}{_shown(ends)}" for name, value, ends in zip(names, values, intervals, strict=True)
        ]
        counted = (
            f"{self.scans:,} scans, {self.nodules:,} nodules: {self.true_positives:,} found, "
            f"{self.false_negatives:,} missed, all marks taken.",
            f"{self.candidates:,} marks: {self.false_positives:,} false, {self.ignored_on_excluded:,} on excluded "
            f"findings and {self.ignored_double:,} further ones on found nodules left out.",
        )
        drawn = [f"Intervals: {given.resamples:,} resamples of whole scans, seed {given.seed}."] if given else []
        at = self.at
        reached = at and (
            f"Marks of probability {at.threshold:g} and more: {at.found:,} found ({at.sensitivity:.3f}), "
            f"{at.fp_per_scan:.2f} false ones a scan."
        )
        return [heading, *rows, *counted, *([reached] if reached else []), *drawn]


def _by_rate(values: Any) -> dict[str, Any]:
    return {f"{rate:g}": value for rate, value in zip(FP_PER_SCAN, values, strict=True)}


def _ends(interval: Interval) -> dict[str, float]:
    return {"low": interval[0], "high": interval[1]}


def _shown(interval: Interval | None) -> str:
    return f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
