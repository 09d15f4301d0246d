"""A model that learns from one's own images in a thread of its own: run, pause, step."""

from __future__ import annotations

import math
import threading
import time

import torch

from pellucid.app.live.looking import Looking
from pellucid.app.live.moment import Moment
from pellucid.app.live.recording import About, Recording
from pellucid.app.live.subject import Subject
from pellucid.doctor import Finding, watch
from pellucid.errors import BadInput, PellucidError
from pellucid.learn import Plan, Settings, Step, build_model, plan_learning
from pellucid.learn.models import count_parameters

MOST_WEIGHTS = 50_000_000
"""Of a model on the page. Chosen by us: with its optimizer it takes half a gigabyte."""
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
            BadInput: the settings do not fit the images, or the model would be too large.
        """
        _check_size(subject, settings)
        with subject.building:  # first weights are drawn from torch's one generator
            self._plan = plan_learning(settings, subject.dataset, subject.split, device, subject.scaling)
        self.subject, self.settings, self.steps = subject, self._plan.settings, self._plan.batches.steps
        self.problem, self.finished, self.pace = "", False, 0.0
        every = max(1, min(RARELY, self.steps // LOOKS_OF_DOCTOR))
        self._doctor = watch(self._plan.learner.model, every=every, classes=len(subject.dataset.classes))
        self._looking = Looking(self._plan, subject)
        self.recording = Recording(_about(subject, self._plan), subject)
        self._left, self._resting, self._ended = 0.0, True, False  # steps that may be taken before it rests
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._look(0, 0)

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
    def seconds(self) -> float:
        """How long it has learned."""
        return self._looking.learning

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

    def join(self, seconds: float) -> None:
        """Wait until it has ended: a process may not go while a thread of it still computes."""
        if self._thread is not None:
            self._thread.join(seconds)

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
            self._doctor.examine(step)
            self._looking.note(step, time.monotonic() - begun)
            is_last = step.number == self.steps
            if is_last or self._looking.is_due(step.number):
                self._look(step.number, step.epoch)
            if self.problem or not (is_last or self._rest(step)):
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

    def _look(self, step: int, epoch: int) -> None:
        moment = self._looking.take(step, epoch)
        if moment is None:
            self._stop(f"The loss was no number any more by step {step}: choose a smaller learning rate.")
        else:
            self.recording.add(moment)

    def _stop(self, why: str) -> None:
        with self._change:
            self.problem = why
            self._change.notify_all()


def _about(subject: Subject, plan: Plan) -> About:
    dataset = subject.dataset
    return About(
        subject.name, plan.settings.as_dict(), count_parameters(plan.learner.model), dataset.classes, dataset.task,
        dataset.images.shape[1], dataset.images.shape[2], plan.scaling.as_dict(), tuple(map(int, subject.probes)),
    )  # fmt: skip


def _check_size(subject: Subject, settings: Settings) -> None:
    """See that the model is not too large, before any memory is taken for it."""
    channels, size = subject.dataset.images.shape[1:3]
    with torch.device("meta"):
        weights = count_parameters(build_model(settings, channels, size, len(subject.dataset.classes)))
    if weights > MOST_WEIGHTS:
        raise BadInput(
            f"That model would have {weights:,} weights, and {MOST_WEIGHTS:,} are the most here: choose fewer hidden "
            "units, or a smaller --image-size."
        )


def like(settings: Settings, changes: dict[str, object]) -> Settings:
    """Settings with changes, each checked; None leaves a setting open again.

    Raises:
        BadInput: a value that cannot be.

    >>> like(Settings(model="mlp", hidden=(8,)), {"hidden": None}).told()
    {'model': 'mlp'}
    """
    return Settings.of({**settings.told(), **changes}, "settings")
