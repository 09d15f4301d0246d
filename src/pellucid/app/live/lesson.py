"""A model that learns from one's own images in a thread of its own: run, pause, step; looked at now and then."""

from __future__ import annotations

import math
import threading
import time

import torch
from torch import Tensor

from pellucid.app.live.moment import Moment, take_moment
from pellucid.app.live.recording import About, Recording
from pellucid.app.live.subject import Subject
from pellucid.doctor import Finding, watch
from pellucid.errors import PellucidError
from pellucid.learn import Settings, Step, plan_learning
from pellucid.learn.models import count_parameters

LOOK_SECONDS = 0.15
"""At most so long nothing new is shown, if looking is cheap. Chosen by us."""
GROWTH = 1.2
"""The first steps are looked at one by one, later ones ever further apart. Chosen by us: most happens at the start."""
MOST_LOOKING, FREE_LOOKING = 0.2, 0.5
"""Of the seconds of learning, and seconds in any case, that looking may take. Chosen by us."""
PATIENCE_SECONDS = 10.0
"""So long it is waited for a step to end: a process may not go while a thread of it still computes. Chosen by us."""
LOOKS_OF_DOCTOR, RARELY = 20, 50
"""The doctor looks at least so often, and every so many steps. Source: as in `pellucid train`."""


class Lesson:
    """One model learning from one source.

    Attributes:
        subject: what it learns from.
        settings: complete ones.
        recording: its moments so far; the newest is what is shown.
        steps: how many it takes in all.
        problem: why it had to stop; empty where it did not.
        finished: whether all steps were taken.
        pace: seconds to wait after each step; 0: as fast as it can.
    """

    def __init__(self, subject: Subject, settings: Settings, device: str | None = None) -> None:
        """Make everything ready, and take the first moment; nothing is learned yet.

        Raises:
            BadInput: the settings do not fit the images.
        """
        plan = plan_learning(settings, subject.dataset, subject.split, device)
        self.subject, self.settings, self._plan = subject, plan.settings, plan
        self.steps = plan.batches.steps
        self.problem, self.finished, self.pace = "", False, 0.0
        classes = len(subject.dataset.classes)
        every = max(1, min(RARELY, self.steps // LOOKS_OF_DOCTOR))
        self._doctor = watch(plan.learner.model, every=every, classes=classes)
        self.recording = Recording(self._about(), subject)
        self._left, self._resting, self._ended = 0.0, True, False  # steps that may be taken before it rests
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._losses: list[Tensor] = []
        self._looking = self._learning = 0.0
        self._next_look, self._looked_at = 1.0, 0.0
        self._look(0, 0)

    def _about(self) -> About:
        dataset, learner = self.subject.dataset, self._plan.learner
        return About(
            self.subject.name, self.settings.as_dict(), count_parameters(learner.model), dataset.classes, dataset.task,
            dataset.images.shape[1], dataset.images.shape[2], self._plan.scaling.as_dict(),
            tuple(int(row) for row in self.subject.probes),
        )  # fmt: skip

    @property
    def moment(self) -> Moment:
        """The newest."""
        return self.recording.moments[-1]

    @property
    def findings(self) -> list[Finding]:
        """What the doctor has found so far."""
        return list(self._doctor.findings)

    @property
    def looks(self) -> int:
        """How many steps the doctor has looked at."""
        return self._doctor.looks

    @property
    def running(self) -> bool:
        """Whether it learns by itself."""
        return self._left == math.inf and not self.finished and not self.problem

    def run(self) -> None:
        """Learn on, until it is paused or done."""
        self._allow(math.inf)

    def step(self) -> None:
        """Learn from one mini-batch, and rest."""
        self._allow(1.0)

    def pause(self) -> None:
        """Rest after the step at hand."""
        self._allow(0.0)

    def end(self) -> None:
        """Learn no more, after the step at hand; the recording stays."""
        with self._change:
            self._ended = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(PATIENCE_SECONDS)

    def wait(self, seconds: float) -> bool:
        """Wait until it rests or is done; whether it is so after so many seconds."""
        until = time.monotonic() + seconds
        with self._change:
            while not (self._resting or self.finished or self.problem):
                if (left := until - time.monotonic()) <= 0:
                    return False
                self._change.wait(left)
        return True

    def _allow(self, steps: float) -> None:
        with self._change:
            self._left = steps
            self._resting = self._resting and not steps
            if steps and self._thread is None:
                self._thread = threading.Thread(target=self._learn, name="lesson", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def _learn(self) -> None:
        """All steps, in the thread."""
        try:
            torch.set_num_threads(self._plan.threads)
            self._take_steps()
        except PellucidError as problem:
            self._stop(str(problem))
        except Exception as problem:  # noqa: BLE001 - a thread that ends in silence would look like one that rests
            self._stop(f"Learning stopped: {type(problem).__name__}: {problem}")

    def _take_steps(self) -> None:
        begun = time.monotonic()
        for step in self._plan.learner.steps(self._plan.batches):
            self._losses.append(step.loss.clone())
            self._doctor.examine(step)
            self._learning += time.monotonic() - begun
            if step.number == self.steps or self._is_look_due(step.number):
                self._look(step.number, step.epoch)
            if self.problem or not self._rest(step):
                return
            begun = time.monotonic()
        self._doctor.conclude()
        with self._change:
            self.finished = True
            self._change.notify_all()

    def _rest(self, step: Step) -> bool:
        """Wait where it is asked to; whether to go on."""
        with self._change:
            if self.pace and self._left > 1 and not self._ended:
                self._change.wait(self.pace)  # whatever is asked for meanwhile ends it
            self._left = max(0.0, self._left - 1)
            if not self._left and self.moment.step < step.number:
                self._look(step.number, step.epoch)
            self._resting = not self._left
            self._change.notify_all()
            while not self._left and not self._ended:
                self._change.wait()
        return not self._ended

    def _is_look_due(self, step: int) -> bool:
        now = time.monotonic()
        allowed = self._looking <= FREE_LOOKING + MOST_LOOKING * self._learning
        return allowed and (step >= self._next_look or now - self._looked_at >= LOOK_SECONDS)

    def _look(self, step: int, epoch: int) -> None:
        began = time.monotonic()
        plan, subject = self._plan, self.subject
        losses, self._losses = self._losses, []
        train_loss = float(torch.stack(losses).mean()) if losses else math.nan
        if losses and not math.isfinite(train_loss):
            self._stop(f"The loss was no number any more by step {step}: choose a smaller learning rate.")
            return
        moment = take_moment(
            plan.learner, plan.batches.images, plan.batches.labels, subject.probes, subject.looked_at,
            task=subject.dataset.task, step=step, epoch=epoch, train_loss=train_loss,
        )  # fmt: skip
        self.recording.add(moment)
        self._looked_at = time.monotonic()
        self._looking += self._looked_at - began if step else 0.0
        self._next_look = max(step + 1.0, step * GROWTH)

    def _stop(self, why: str) -> None:
        with self._change:
            self.problem = why
            self._change.notify_all()
