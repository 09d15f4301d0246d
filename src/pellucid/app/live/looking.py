"""When a learner is looked at, and what is kept of it: often at first, and never so much that learning waits."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor

from pellucid.app.live.moment import Moment, take_moment
from pellucid.app.live.subject import Subject
from pellucid.learn import Plan, Step

LOOK_SECONDS = 0.2
"""At most so long nothing new is shown, if looking is cheap. Chosen by us."""
GROWTH = 1.2
"""The first steps are looked at one by one, later ones ever further apart. Chosen by us: most happens at the start."""
MOST_LOOKING, FREE_LOOKING = 0.1, 0.5
"""Of the seconds of learning, and seconds in any case, that looking may take. Chosen by us."""


class Looking:
    """Takes the moments of one learner.

    Attributes:
        learning: seconds that steps took so far.
        looking: seconds that looks took so far.
    """

    def __init__(self, plan: Plan, subject: Subject) -> None:
        """Nothing was looked at yet.

        Args:
            plan: the learner and its batches.
            subject: what it learns from.
        """
        self._plan, self._subject = plan, subject
        self._losses: list[Tensor] = []
        self.learning = self.looking = 0.0
        self._next, self._last = 1.0, -math.inf

    def note(self, step: Step, seconds: float) -> None:
        """A step was made, and took so long."""
        self._losses.append(step.loss.clone())
        self.learning += seconds

    def is_due(self, step: int) -> bool:
        """Whether to look now."""
        allowed = self.looking <= FREE_LOOKING + MOST_LOOKING * self.learning
        return allowed and (step >= self._next or time.monotonic() - self._last >= LOOK_SECONDS)

    def take(self, step: int, epoch: int) -> Moment | None:
        """Look at the learner; None where the loss was no number since the last look."""
        began, plan, subject = time.monotonic(), self._plan, self._subject
        losses, self._losses = self._losses, []
        train_loss = float(torch.stack(losses).mean()) if losses else math.nan
        if losses and not math.isfinite(train_loss):
            return None
        moment = take_moment(
            plan.learner, plan.batches.images, plan.batches.labels, subject.probes, subject.looked_at,
            task=subject.dataset.task, step=step, epoch=epoch, train_loss=train_loss,
        )  # fmt: skip
        self._last = time.monotonic()
        self.looking += self._last - began if step else 0.0
        self._next = max(step + 1.0, step * GROWTH)
        return moment
