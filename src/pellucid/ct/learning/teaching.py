"""Teaches the network, then freezes how it answers: calibration and threshold, on scans that it did not learn from."""

from __future__ import annotations

import numpy as np
import torch

from pellucid.blocks import Adam
from pellucid.ct.learning.drawing_batches import draw_batches
from pellucid.ct.learning.gathering import MARGIN, Cases
from pellucid.ct.learning.labelling import NODULE, OTHER
from pellucid.ct.network.model import NoduleNetwork
from pellucid.ct.network.verdicts import logits_of
from pellucid.learn import Learner, loss_of
from pellucid.learn.schedule import learning_rate
from pellucid.progress import Progress, silent
from pellucid.shapes import Float

# Chosen by us, on phantoms.
WIDTH, STEPS, BATCH_SIZE, PEAK_RATE, WEIGHT_DECAY = 16, 3000, 64, 3e-3, 0.02
FALSE_MARKS_A_SCAN = 1.0
"""The threshold is frozen where so many false marks a scan are left on the scans it is frozen on. Chosen by us, as the
middle of LUNA16's scale (1/8 to 8)."""


def teach(
    cases: Cases, *, width: int = WIDTH, steps: int = STEPS, seed: int = 0, progress: Progress = silent
) -> NoduleNetwork:
    """A network that learned from these cases."""
    torch.manual_seed(seed)
    network = NoduleNetwork(width)
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # fastest here
    optimizer = Adam(weight_decay=WEIGHT_DECAY, decoupled=True)
    learner = Learner(
        network,
        loss_of("multi-class"),
        optimizer,
        lambda step: learning_rate(step, steps, PEAK_RATE, "one-cycle"),
        bfloat16=True,
    )
    for step in learner.steps(draw_batches(cases, steps=steps, batch_size=BATCH_SIZE, seed=seed)):
        progress("learning", step.number, steps)
    network.eval()
    return network


def inner(cases: Cases) -> np.ndarray:
    """The windows without their margin, as the pipeline cuts them."""
    kept = slice(MARGIN, -MARGIN)
    return np.ascontiguousarray(cases.windows[:, :, kept, kept, kept])


def freeze(network: NoduleNetwork, cases: Cases, scans: int) -> tuple[float, float, float]:
    """Slope and intercept of the calibration, and the threshold of p_nodule.

    Args:
        network: taught.
        cases: all lumps of scans that it did not learn from, as many nodules among them as there are.
        scans: how many scans these are.
    Returns:
        slope, intercept (Platt 1999: logistic regression of the label on the logit), threshold.
    """
    from sklearn.linear_model import LogisticRegression

    used = cases.rows(np.flatnonzero(cases.found))
    logits = logits_of(network, inner(used))
    clear = used.labels != -1
    fitted = LogisticRegression(C=1e6).fit(logits[clear, None], used.labels[clear] == NODULE)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    chances = 1 / (1 + np.exp(-(slope * logits + intercept)))
    return slope, intercept, threshold_for(chances[used.labels == OTHER], scans)


def threshold_for(false_chances: Float[np.ndarray, " lump"], scans: int) -> float:
    """The least p_nodule at which at most FALSE_MARKS_A_SCAN other lumps a scan are accepted.

    >>> threshold_for(np.array([0.9, 0.8, 0.3, 0.1]), scans=2)
    0.55
    """
    ranked = np.sort(false_chances)[::-1]
    allowed = int(FALSE_MARKS_A_SCAN * scans)
    if allowed >= len(ranked):
        return 0.5
    above = ranked[allowed - 1] if allowed else 1.0
    return float((above + ranked[allowed]) / 2)
