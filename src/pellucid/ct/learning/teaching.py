"""Teaches the network, then freezes how it answers: calibration and threshold, on scans that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from pellucid.blocks import Adam
from pellucid.ct.learning.drawing_batches import draw_batches
from pellucid.ct.learning.gathering import MARGIN, Cases
from pellucid.ct.learning.labelling import NODULE, OTHER, UNCLEAR
from pellucid.ct.network.model import NoduleNetwork
from pellucid.ct.network.verdicts import logits_from_all_sides, logits_of
from pellucid.learn import Learner, loss_of
from pellucid.learn.schedule import learning_rate
from pellucid.progress import Progress, silent
from pellucid.shapes import Bool, Float, Int

# Chosen by us, on phantoms.
WIDTH, BATCH_SIZE, PEAK_RATE, WEIGHT_DECAY = 16, 64, 3e-3, 0.02
SECOND_LESSON = 0.6
"""Steps of the second lesson, as a share of the first. Chosen by us."""
LEAST_HARDNESS = 0.1
"""A case that is no longer hard is drawn a tenth as often as one that is wholly wrong. Chosen by us."""
FALSE_MARKS_A_SCAN = 1.0
"""The threshold is frozen where so many false marks a scan are left on the scans it is frozen on. Chosen by us, as the
middle of LUNA16's scale (1/8 to 8)."""


def teach(cases: Cases, *, width: int = WIDTH, steps: int, seed: int = 0, progress: Progress = silent) -> NoduleNetwork:
    """A network that learned from these cases, in two lessons: all alike, then those it found hard more often.

    Args:
        cases: to learn from.
        width: of the network.
        steps: of the first lesson; the second has 0.6 times as many.
        seed: of its first weights, and of what is drawn.
        progress: told of each step.
    """
    torch.manual_seed(seed)
    network = NoduleNetwork(width)
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # fastest here
    again = round(SECOND_LESSON * steps)
    lesson(network, cases, None, steps=steps, seed=seed, peak_rate=PEAK_RATE,
           tell=lambda step: progress("first lesson", step, steps))  # fmt: skip
    lesson(network, cases, hardness(network, cases), steps=again, seed=seed + 1, peak_rate=PEAK_RATE / 2,
           tell=lambda step: progress("second lesson", step, again))  # fmt: skip
    return network


def lesson(
    network: NoduleNetwork,
    cases: Cases,
    hard: Float[np.ndarray, " case"] | None,
    *,
    steps: int,
    seed: int,
    peak_rate: float,
    tell: Callable[[int], None],
) -> None:
    """Teach the network: so many batches, the learning rate rising to its peak and falling again."""
    learner = Learner(
        network,
        loss_of("multi-class"),
        Adam(weight_decay=WEIGHT_DECAY, decoupled=True),
        lambda step: learning_rate(step, steps, peak_rate, "one-cycle"),
        bfloat16=True,
    )
    for step in learner.steps(draw_batches(cases, hard, steps=steps, batch_size=BATCH_SIZE, seed=seed)):
        tell(step.number)
    network.eval()


def logits_by_scan(network: NoduleNetwork, cases: Cases) -> Float[np.ndarray, " case"]:
    """What the pipeline says of each case, scan by scan."""
    logits = np.zeros(len(cases))
    for scan in np.unique(cases.scans):
        rows = np.flatnonzero(cases.scans == scan)
        logits[rows] = logits_from_all_sides(network, inner(cases.rows(rows)))
    return logits


def hardness(network: NoduleNetwork, cases: Cases) -> Float[np.ndarray, " case"]:
    """How often each case is to be drawn in the second lesson: as far as the network was off, and never quite 0."""
    off = np.abs(1 / (1 + np.exp(-logits_of(network, inner(cases)))) - (cases.labels == NODULE))
    often: Float[np.ndarray, " case"] = LEAST_HARDNESS + off
    return often


def inner(cases: Cases) -> np.ndarray:
    """The windows without their margin, as the pipeline cuts them."""
    kept = slice(MARGIN, -MARGIN)
    return np.ascontiguousarray(cases.windows[:, :, kept, kept, kept])


@dataclass(frozen=True, slots=True)
class Frozen:
    """How the network answers, and how it did on the scans that this was frozen on.

    Attributes:
        slope, intercept: of the calibration (Platt 1999: logistic regression of the label on the logit).
        threshold: of p_nodule.
        found: share of the nodules that reach it; those of which no lump was made count as missed.
        false_marks_a_scan: spots that reach it and are no nodules, as `ct find` would mark them.
    """

    slope: float
    intercept: float
    threshold: float
    found: float
    false_marks_a_scan: float


def freeze(network: NoduleNetwork, cases: Cases, scans: int) -> Frozen:
    """Calibration and threshold.

    Args:
        network: taught.
        cases: all lumps of scans that it did not learn from, as many nodules among them as there are.
        scans: how many scans these are.
    """
    from sklearn.linear_model import LogisticRegression

    seen = cases.rows(np.flatnonzero(cases.found))
    logits = logits_by_scan(network, seen)
    clear = seen.labels != UNCLEAR
    fitted = LogisticRegression(C=1e6).fit(logits[clear, None], seen.labels[clear] == NODULE)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    chances = 1 / (1 + np.exp(-(slope * logits + intercept)))
    false = likeliest(seen.scans, seen.spots, chances, seen.labels == OTHER)
    threshold = threshold_for(false, scans)
    found = likeliest(seen.scans, seen.nodules, chances, seen.labels == NODULE) >= threshold
    there = likeliest(cases.scans, cases.nodules, np.ones(len(cases)), cases.labels == NODULE)
    return Frozen(
        slope, intercept, threshold, float(found.sum() / len(there)), float((false >= threshold).sum() / scans)
    )


def likeliest(
    scans: Int[np.ndarray, " case"],
    numbers: Int[np.ndarray, " case"],
    chances: Float[np.ndarray, " case"],
    which: Bool[np.ndarray, " case"],
) -> Float[np.ndarray, " thing"]:
    """Of several lumps of one and the same thing the greatest chance.

    Args:
        scans, numbers: lumps of the same scan and number are one thing.
        chances: their p_nodule.
        which: those that are looked at.

    >>> likeliest(np.array([0, 0, 1]), np.array([5, 5, 5]), np.array([0.1, 0.7, 0.4]), np.ones(3, bool)).tolist()
    [0.7, 0.4]
    """
    things, rows = np.unique(np.stack([scans, numbers], axis=1)[which], axis=0, return_inverse=True)
    found = np.zeros(len(things))
    np.maximum.at(found, rows, chances[which])
    return found


def threshold_for(false_chances: Float[np.ndarray, " spot"], scans: int) -> float:
    """A p_nodule that at most FALSE_MARKS_A_SCAN other spots a scan reach, half way to the next; 0.5 if all may.

    >>> threshold_for(np.array([0.9, 0.8, 0.3, 0.1]), scans=2)
    0.55
    """
    ranked = np.sort(false_chances)[::-1]
    allowed = int(FALSE_MARKS_A_SCAN * scans)
    if allowed >= len(ranked):
        return 0.5
    if ranked[allowed - 1] == ranked[allowed]:  # equal ones reach it together, or not at all
        return float(np.nextafter(ranked[allowed], 2.0))
    return float((ranked[allowed - 1] + ranked[allowed]) / 2)
