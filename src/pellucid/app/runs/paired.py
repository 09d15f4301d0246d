"""How much more accurate one run is than another, case by case where both were measured on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.errors import BadInput
from pellucid.evaluate.checking.told import Told
from pellucid.evaluate.estimates.difference import rate_difference
from pellucid.evaluate.estimates.intervals import Estimate
from pellucid.evaluate.estimates.measuring import calls, trials_of
from pellucid.evaluate.reporting.templates import names_of_figures
from pellucid.run import Run
from pellucid.shapes import Float, Int


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more accurate one run is than another.

    Attributes:
        name: of the run.
        first: of the run that it is compared with.
        estimate: its accuracy less that of the other; None where they were measured on other cases.
        told: the same as a sentence.
    """

    name: str
    first: str
    estimate: Estimate | None
    told: str


def differences(runs: Sequence[tuple[str, Run]]) -> list[Difference]:
    """Every run's accuracy less that of the first run with the same held-out cases, paired.

    Args:
        runs: finished ones, each with its name; two or more.
    Returns:
        One for each run but the first; a run that is the first with its cases is told apart from the first of all.
    Raises:
        BadInput: the tables of one cannot be read.
    """
    firsts: dict[object, tuple[str, Told]] = {}
    found: list[Difference] = []
    try:
        for name, told in ((name, Told(run)) for name, run in runs):
            cases = (told.cases.task, told.cases.classes, *_held_out(told))
            if cases in firsts:
                found.append(_paired(name, told, *firsts[cases]))
                continue
            if firsts:
                found.append(_unpaired(name, told, *next(iter(firsts.values()))))
            firsts[cases] = (name, told)
    except (KeyError, TypeError, AttributeError):
        raise BadInput("A run's report.json or weights are damaged: `pellucid verify RUN` names what is.") from None
    return found


def _unpaired(name: str, told: Told, first: str, reference: Told) -> Difference:
    ours = set(_held_out(told))
    shared = len(ours & set(_held_out(reference)))
    said = (
        f"{name} and {first} were measured on other cases ({shared:,} of the {len(ours):,} held out by {name} were "
        f"held out by {first}, too): read each interval by itself; no difference can be taken case by case."
    )
    return Difference(name, first, None, said)


def _paired(name: str, told: Told, first: str, reference: Told) -> Difference:
    a, b = _rows(told), _rows(reference)
    groups = told.cases.groups_of(a)
    groups = reference.cases.groups_of(b) if groups is None else groups
    task, positive = told.cases.task, told.cases.positive(a)
    our, their = (
        trials_of(calls(_probabilities(one, rows), task), positive, task, groups)
        for one, rows in ((told, a), (reference, b))
    )
    estimate = rate_difference(our.right, their.right, our.groups)
    return Difference(name, first, estimate, _sentence(name, first, estimate, len(a), task))


def _sentence(name: str, first: str, estimate: Estimate, cases: int, task: str) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"{name} less {first}: not defined, {estimate.reason}."
    may = "0 lies outside the interval: chance alone hardly explains it."
    if estimate.low <= 0 <= estimate.high:
        may = "0 lies inside the interval: chance alone may explain it."
    figure = f"{names_of_figures(task)['accuracy']}, case by case on the same {cases:,} held-out cases"
    return f"{name} less {first}: {signed(estimate)} in {figure}. {may}"


def signed(estimate: Estimate) -> str:
    """A difference with its interval.

    >>> signed(Estimate(0.05, -0.01, 0.11, 200)), signed(Estimate(0.0, None, None, 200))
    ('+0.050 (-0.010 to +0.110)', '0.000')
    """
    value, *limits = (
        None if number is None else f"{number:+.3f}" if round(number, 3) else "0.000"
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return "not defined" if value is None else value if None in limits else f"{value} ({' to '.join(map(str, limits))})"


def _rows(told: Told) -> Int[np.ndarray, " some"]:
    """Held-out rows of split.csv, in an order that depends on the images alone."""
    cases, rows = told.cases, told.cases.rows("held_out")
    return np.array(sorted(rows.tolist(), key=lambda row: (cases.names[row], cases.sha256[row])), np.int64)


def _held_out(told: Told) -> list[tuple[str, str, str]]:
    """Name, pixels and truth of each held-out case, in the same order."""
    cases, rows = told.cases, _rows(told)
    labels = cases.label_texts(rows)
    return [(cases.names[row], cases.sha256[row], label) for row, label in zip(rows.tolist(), labels, strict=True)]


def _probabilities(told: Told, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some klass"]:
    """As predictions.csv has them."""
    held_out, p = told.cases.rows("held_out"), told.written[told.answers.of("held_out")]
    return np.asarray(p[np.searchsorted(held_out, rows)])
