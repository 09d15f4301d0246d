"""The dial: how rarely may answers be wrong, and how many images must a person see for that?

An image is answered where the model is at least so confident, and goes to a person where it is not. Thresholds are
chosen on the calibration part so that the error among the answered stays below what was asked for, not just there but
with 95% confidence; the held-out part then shows what came of it.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import rate_estimate, undefined
from pellucid.evaluate.trust.reliability import Labels, Probabilities
from pellucid.evaluate.trust.thresholds import Ladder, climb, lowest_passing, needed_units
from pellucid.shapes import Bool, Float

LEVELS = (0.005, 0.01, 0.02, 0.05, 0.10)  # error among the answered; chosen by us
CURVE_POINTS = 200  # chosen by us, because a plot a few hundred pixels wide shows no more
FEW_ANSWERED = 20  # where the curve begins; chosen by us, because a rate of fewer cases jumps by more than 5%


@dataclass(frozen=True, slots=True)
class Level:
    """What to do for one asked error.

    Args:
        asked: highest error among the answered, above 0 and below 1.
        threshold: images are answered from this confidence on, 0 being all; None: no threshold can be promised.
        bound: upper confidence bound of the error at this threshold; None where there is none.
        units: calibration cases (groups, where there are) that the threshold was chosen from.
        needed: how many answered units without an error it takes at least.
    """

    asked: float
    threshold: float | None
    bound: float | None
    units: int
    needed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> "Level":
        """What `as_dict` gave.

        Raises:
            BadInput: something else.
        """
        try:
            given = [None if facts[name] is None else float(facts[name]) for name in ("threshold", "bound")]
            return Level(float(facts["asked"]), given[0], given[1], int(facts["units"]), int(facts["needed"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(f"The dial is not as this version of pellucid writes it ({problem}): train again.") from None

    def told(self, unit: str = "case") -> str:
        """The promise, or why there is none, in words.

        >>> print(Level(0.01, None, None, 78, 299).told("patient"))
        At 1% error no threshold can be promised: 299 calibration patients without an error are needed, there are 78.
        """
        begun = f"At {percent(self.asked)} error"
        if self.threshold is not None:
            return f"{begun}, images are answered from a confidence of {self.threshold:.6g} on."
        if self.units < self.needed:
            needed = f"{self.needed:,} calibration {unit}s without an error are needed, there are {self.units:,}"
            return f"{begun} no threshold can be promised: {needed}."
        return f"{begun} no threshold can be promised: too many of the surest calibration answers are wrong."


def choose_thresholds(
    probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None
) -> tuple[Level, ...]:
    """For each level the lowest threshold whose error is below it with 95% confidence.

    At most 5% of calibration parts give a level a threshold whose true error exceeds it; `lowest_passing` says how.

    Where cases come in groups a patient is one unit, and counts as wrong if any answered image is: the promise is that
    of patients with an answer, at most so many get a wrong one. For images it is careful, where patients have about
    equally many.

    Args:
        probabilities: of the calibration cases, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        one for each of `LEVELS`, in their order.
    Source: Geifman and El-Yaniv 2017, Selective classification for deep neural networks.

    >>> p = np.linspace(1, 0.5, 100)  # of the first class; the 20 least sure answers are wrong
    >>> [one.threshold for one in choose_thresholds(np.stack([p, 1 - p], 1), (np.arange(100) >= 80) * 1, "binary")]
    [None, None, None, 0.601010101010101, 0.5909090909090908]
    """
    confidence, wrong = confidence_of(probabilities, task), is_wrong(probabilities, labels, task)
    ladder = climb(confidence, wrong, groups)
    return tuple(_level(asked, ladder) for asked in LEVELS)


def check_dial(
    probabilities: Probabilities, labels: Labels, task: str, groups: Groups, levels: Sequence[Level]
) -> list[dict[str, Any]]:
    """What the thresholds do on cases that had no part in them, for JSON.

    Args:
        probabilities: of the held-out cases, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.
        levels: what `choose_thresholds` gave for the calibration part.
    Returns:
        for each level its own facts, `to_person` (share of images that go to a person), `error` (share of wrong among
        the answered images), `groups_error` (share of patients with an answer who get a wrong one; None without
        groups), `verdict` and `told`, a sentence. The verdict judges what was promised, which is `groups_error` where
        there are groups: kept (at most what was asked), unclear (more, but the interval holds what was asked),
        broken (the whole interval lies above), or none where nothing was promised or answered.

    >>> p = np.array([[0.99, 0.01], [0.7, 0.3], [0.02, 0.98], [0.9, 0.1]])
    >>> found = check_dial(p, np.array([0, 0, 1, 0]), "binary", None, [Level(0.05, 0.8, 0.04, 100, 59)])
    >>> found[0]["to_person"]["value"], found[0]["told"]
    (0.25, 'At 5% error, 25.0% of images go to a person; of the others 0.00% are wrong.')
    """
    confidence, wrong = confidence_of(probabilities, task), is_wrong(probabilities, labels, task)
    return [_check(one, confidence, wrong, groups) for one in levels]


def error_curve(
    probabilities: Probabilities, labels: Labels, task: str, *, points: int = CURVE_POINTS
) -> Float[np.ndarray, "point 2"]:
    """How the error among the answered grows with the share of images that are answered, the surest first.

    Args:
        probabilities: of the cases, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        points: at most about so many, evenly spaced.
    Returns:
        share answered, and error among them, both 0 to 1; from 20 cases on, and always with all of them as the end.
        Equally confident cases are answered together.
    Source: El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification, Journal of Machine
        Learning Research 11:1605 (the risk-coverage curve).

    >>> p = np.linspace(1, 0.51, 40)
    >>> error_curve(np.stack([p, 1 - p], 1), (np.arange(40) >= 30) * 1, "binary")[[0, -1]].tolist()
    [[0.5, 0.0], [1.0, 0.25]]
    """
    confidence, wrong = confidence_of(probabilities, task), is_wrong(probabilities, labels, task)
    order = np.argsort(-confidence, kind="stable")
    falling, errors = confidence[order], np.cumsum(wrong[order])
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], [True] * bool(len(falling))))
    kept = last[(last + 1 >= FEW_ANSWERED) | (last == len(falling) - 1)]
    kept = kept[np.unique(np.linspace(0, len(kept) - 1, min(points, len(kept))).astype(int))]
    return np.stack([(kept + 1) / max(1, len(falling)), errors[kept] / (kept + 1)], 1)


def confidence_of(probabilities: Probabilities, task: str) -> Float[np.ndarray, " case"]:
    """How sure a case's answer is: the largest p; for multi-label the least sure label's max(p, 1 - p).

    >>> p = np.array([[0.9, 0.3], [0.6, 0.05]])
    >>> confidence_of(p, "multi-label").tolist()
    [0.7, 0.6]
    """
    p = probabilities.astype(np.float64)
    return np.asarray(np.maximum(p, 1 - p).min(1) if task == "multi-label" else p.max(1))


def is_wrong(probabilities: Probabilities, labels: Labels, task: str) -> Bool[np.ndarray, " case"]:
    """Whether the likeliest class is not the case's own; for multi-label, whether any label is wrongly called at 0.5.

    >>> is_wrong(np.array([[0.9, 0.3], [0.6, 0.05]]), np.array([[1, 0], [1, 1]]), "multi-label").tolist()
    [False, True]
    """
    if task == "multi-label":
        return np.asarray(((probabilities >= 0.5) != (labels == 1)).any(1))
    return np.asarray(probabilities.argmax(1) != labels)


def percent(share: float) -> str:
    """A share as few digits of percent as it needs.

    >>> percent(0.005), percent(0.1)
    ('0.5%', '10%')
    """
    return f"{100 * share:.3g}%"


def _level(asked: float, ladder: Ladder) -> Level:
    threshold, bound = lowest_passing(asked, ladder) or (None, None)
    return Level(asked, threshold, bound, ladder.units, needed_units(asked))


def _check(
    level: Level, confidence: Float[np.ndarray, " case"], wrong: Bool[np.ndarray, " case"], groups: Groups
) -> dict[str, Any]:
    threshold = math.inf if level.threshold is None else level.threshold
    answered = confidence >= threshold
    group = None if groups is None else groups[answered]
    error = rate_estimate(wrong[answered], group) if answered.any() else undefined("no image is answered")
    whole = None
    if group is not None and len(group):
        place = np.unique(group, return_inverse=True)[1]
        whole = rate_estimate(np.bincount(place, wrong[answered]) > 0)
    judged = error if groups is None else whole
    verdict = "none"
    if judged is not None and judged.value is not None and judged.low is not None:
        verdict = "kept" if judged.value <= level.asked else "unclear" if judged.low <= level.asked else "broken"
    to_person = rate_estimate(~answered, groups)
    told = level.told("case" if groups is None else "group")
    if level.threshold is not None and to_person.value is not None:
        told = f"At {percent(level.asked)} error, {to_person.value:.1%} of images go to a person"
        told += "" if error.value is None else f"; of the others {error.value:.2%} are wrong"
        if whole is not None and whole.value is not None:
            told += f", and {whole.value:.2%} of the groups with an answer have a wrong one"
        told += "."
    return {
        **level.as_dict(),
        "to_person": to_person.as_dict(),
        "error": error.as_dict(),
        "groups_error": None if whole is None else whole.as_dict(),
        "verdict": verdict,
        "told": told,
    }
