"""Sets of classes that hold the truth as often as promised, and how that promise fared on held-out cases."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import Estimate, rate_estimate, undefined
from pellucid.evaluate.trust.coverage_law import MISSED, ROUNDING, coverage_law, rank_of
from pellucid.evaluate.trust.reliability import Labels, Probabilities, mean_of_cases
from pellucid.shapes import Bool, Float, Int


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """From which probability on a class is in the set.

    Args:
        limit: a class is possible where 1 - p is at most this; None: no guarantee is possible, and it always is.
        units: calibration cases of the class; where cases come in groups, groups that hold the class.
        needed: the least number of units for which there is a guarantee.
    """

    limit: float | None
    units: int
    needed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> "ClassLimit":
        """What `as_dict` gave.

        Raises:
            BadInput: something else.
        """
        try:
            limit = facts["limit"]
            return ClassLimit(None if limit is None else float(limit), int(facts["units"]), int(facts["needed"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(f"A limit is not as this version of pellucid writes it ({problem}): train again.") from None

    def told(self, name: str, unit: str = "case") -> str:
        """The promise, or why there is none, in words.

        >>> print(ClassLimit(None, 7, 19).told("nodule", "patient"))
        nodule: no guarantee possible; the calibration part has 7 patients with it, and at least 19 are needed.
        """
        have = f"{self.units:,} {unit}{'' if self.units == 1 else 's'} with it"
        if self.limit is None:
            lacking = f"the calibration part has {have}, and at least {self.needed} are needed"
            return f"{name}: no guarantee possible; {lacking}."
        return f"{name}: in the set where its probability is at least {1 - self.limit:.4g}; learned from {have}."


def fit_limits(
    probabilities: Probabilities, labels: Labels, task: str, groups: Groups = None, missed: float = MISSED
) -> tuple[ClassLimit, ...]:
    """Class-conditional split conformal prediction: learn for each class which probabilities its cases get.

    Of new cases of a class, all but `missed` have it in their set: on average over draws of the calibration part, and
    if new cases are like those. Where cases come in groups the promise is for whole patients: with probability at
    least 1 - `missed`, a new patient who has the class has it in the sets of ALL images of it. A group counts as one
    unit, by its image that fits the class worst.

    Args:
        probabilities: of the calibration cases, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix, and limits are for a label's presence.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.
        missed: share of units of each class that may be missed, above 0 and below 1.
    Returns:
        a limit for each class: the ceil((n + 1) (1 - missed))-th smallest 1 - p of its n units; none where n is less.
    Source: Vovk 2012, Conditional validity of inductive conformal predictors, Proceedings of Machine Learning Research
        25:475 (class by class); Dunn, Wasserman and Ramdas 2023, Distribution-free prediction sets for two-layer
        hierarchical models, Journal of the American Statistical Association 118:2491 (groups as units).

    >>> p = np.linspace(0.05, 0.95, 19)  # of the true class, in 19 cases
    >>> fit_limits(np.stack([p, 1 - p], 1), np.zeros(19, int), "binary")
    (ClassLimit(limit=0.95, units=19, needed=19), ClassLimit(limit=None, units=0, needed=19))
    """
    needed = math.ceil(1 / missed - ROUNDING) - 1
    found = []
    for k, has in enumerate(_has(labels, probabilities.shape[1]).T):
        worst = _worst(1 - probabilities[has, k].astype(np.float64), None if groups is None else groups[has])
        rank = rank_of(len(worst), missed)
        found.append(ClassLimit(float(np.sort(worst)[rank - 1]) if rank <= len(worst) else None, len(worst), needed))
    return tuple(found)


def sets(probabilities: Probabilities, limits: Sequence[ClassLimit], task: str) -> Bool[np.ndarray, "case klass"]:
    """Which classes each case may be of; a class without a guarantee is always among them.

    Where a case has exactly one class its likeliest is always among them too, so that no set is empty: that can only
    add to how often sets hold the truth. A multi-label case may have none.

    >>> sets(np.array([[0.8, 0.2]]), (ClassLimit(0.1, 30, 19), ClassLimit(0.9, 30, 19)), "binary").tolist()
    [[True, True]]
    """
    likeliest = probabilities == probabilities.max(1, keepdims=True)
    return np.asarray(_allowed(probabilities, limits) | (likeliest & (task != "multi-label")))


def check_sets(
    probabilities: Probabilities,
    labels: Labels,
    task: str,
    groups: Groups,
    limits: Sequence[ClassLimit],
    classes: Sequence[str],
    missed: float = MISSED,
) -> dict[str, Any]:
    """How the sets fare on cases that had no part in them, for JSON.

    Args:
        probabilities: of the held-out cases, 0 to 1.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.
        limits: what `fit_limits` gave for the calibration part.
        classes: name of each column.
        missed: as it was told to `fit_limits`.
    Returns:
        `coverage` (share of sets that hold the truth; multi-label: of present labels that are in their set), `groups`
        (share of patients whose sets all hold it; None without groups), `mean_size`, `one_answer` (share of cases with
        just one class in the set; multi-label: just the labels from one half on), `empty` (share of empty sets), and
        `per_class`: `coverage`, `groups`, `limit`, `units`, `needed`, `told`, and `law` as `coverage_law` gives it.
    Source: the law of coverage: Angelopoulos and Bates 2023, Conformal prediction: a gentle introduction, 3.2.

    >>> p, labels = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]]), np.array([0, 1, 1])
    >>> found = check_sets(p, labels, "binary", None, (ClassLimit(0.5, 40, 19),) * 2, ["no", "yes"])
    >>> found["coverage"]["value"], found["per_class"]["yes"]["coverage"]["value"], found["mean_size"]["value"]
    (0.6666666666666666, 0.5, 1.0)
    """
    chosen, has = sets(probabilities, limits, task), _has(labels, len(classes))
    bare = _allowed(probabilities, limits)
    size = chosen.sum(1).astype(float)
    alone = (chosen == (probabilities >= 0.5)).all(1) if task == "multi-label" else size == 1
    case, klass = np.nonzero(has)
    cluster = case if groups is None else groups[case]
    asked = None if groups is None and task != "multi-label" else cluster
    return {
        "missed": missed,
        "coverage": _rate(chosen[case, klass], asked).as_dict(),
        "groups": None if groups is None else _whole(chosen[case, klass], cluster).as_dict(),
        "mean_size": mean_of_cases(size, float(len(classes)), groups).as_dict(),
        "one_answer": _rate(alone, groups).as_dict(),
        "empty": _rate(size == 0, groups).as_dict(),
        "per_class": {
            name: _check_class(chosen[has[:, k], k], bare[has[:, k], k], limits[k], name, groups, has[:, k], missed)
            for k, name in enumerate(classes)
        },
    }


def _check_class(
    chosen: Bool[np.ndarray, " held"],
    bare: Bool[np.ndarray, " held"],
    limit: ClassLimit,
    name: str,
    groups: Groups,
    has: Bool[np.ndarray, " case"],
    missed: float,
) -> dict[str, Any]:
    """One class, on the cases that have it; the law is that of the limit alone, without the likeliest class."""
    group = None if groups is None else groups[has]
    units = bare if group is None else _all_of(bare, group)
    return {
        "coverage": _rate(chosen, group).as_dict(),
        "groups": None if group is None else _whole(chosen, group).as_dict(),
        **limit.as_dict(),
        "told": limit.told(name, "case" if groups is None else "group"),
        "law": coverage_law(int(units.sum()), len(units), limit.units, missed) if limit.limit is not None else None,
    }


def _has(labels: Labels, count: int) -> Bool[np.ndarray, "case klass"]:
    return np.asarray(labels == 1 if labels.ndim == 2 else labels[:, None] == np.arange(count))


def _allowed(probabilities: Probabilities, limits: Sequence[ClassLimit]) -> Bool[np.ndarray, "case klass"]:
    most = np.array([np.inf if one.limit is None else one.limit for one in limits])
    return np.asarray(1 - probabilities.astype(np.float64) <= most)


def _worst(scores: Float[np.ndarray, " held"], group: Int[np.ndarray, " held"] | None) -> Float[np.ndarray, " unit"]:
    """The largest score of each group."""
    if group is None:
        return scores
    names, place = np.unique(group, return_inverse=True)
    worst = np.full(len(names), -np.inf)
    np.maximum.at(worst, place, scores)
    return worst


def _all_of(covered: Bool[np.ndarray, " held"], group: Int[np.ndarray, " held"]) -> Bool[np.ndarray, " unit"]:
    return np.asarray(_worst(1.0 - covered, group) == 0)


def _whole(covered: Bool[np.ndarray, " held"], group: Int[np.ndarray, " held"]) -> Estimate:
    return _rate(_all_of(covered, group), None)


def _rate(right: Bool[np.ndarray, " case"], groups: Groups) -> Estimate:
    return rate_estimate(right, groups) if len(right) else undefined("no cases")
