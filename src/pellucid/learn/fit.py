"""The loop body of a run: progress, history, the best weights by validation loss, and checkpoints to go on from."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.errors import TrainingStopped
from pellucid.learn.batches import Batches, Images
from pellucid.learn.checkpoint import Progressed, load_checkpoint, save_checkpoint
from pellucid.learn.learner import Examine, Learner, unexamined
from pellucid.progress import Progress
from pellucid.run import History, HistoryRow
from pellucid.shapes import Float, Int, Shaped

SECONDS_BETWEEN_CHECKPOINTS = 10.0
"""A killed run loses at most this much work. Source: the promise of the Run folder."""

ROWS_A_RUN = 40
"""Rows of history.csv between epochs, so that even a run of one epoch has a curve. Chosen by us."""

LOOK_EVERY = 20
"""Steps between looks at the losses: a look waits for the device. Chosen by us."""

CASES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Fitted:
    """What learning left: the best weights, and where they came from."""

    best: dict[str, Tensor]
    best_step: int
    resumed_at_step: int | None
    steps: int
    seconds: float
    stopped: str = ""
    """Why it stopped early, or empty."""


def logits_of(learner: Learner, images: Images, rows: Int[np.ndarray, " case"]) -> Float[np.ndarray, "case klass"]:
    """The model's logits for these rows, in float32."""
    parts = [
        learner.logits(images.scaled(images.pixels(rows[start : start + CASES_AT_ONCE]))).cpu()
        for start in range(0, len(rows), CASES_AT_ONCE)
    ]
    return torch.cat(parts).numpy()


def answers_of(
    learner: Learner, images: Images, rows: Int[np.ndarray, " case"]
) -> tuple[Float[np.ndarray, "case klass"], Float[np.ndarray, "case feature"]]:
    """The very logits of `logits_of`, and beside them the features: what the layer named "logits" is given.

    Returns:
        Logits and features in float32. A linear model's last layer is given the pixels themselves: it has no features
        of its own, and its logits stand for them.
    """
    features: list[Tensor] = []
    has_own = sum(isinstance(part, nn.Linear | nn.Conv2d) for part in learner.model.modules()) > 1

    def take(_: nn.Module, given: tuple[Tensor]) -> None:
        features.append(given[0].float().cpu().clone())  # what a layer is given may be lent until the next batch

    watched = learner.model.get_submodule("logits").register_forward_pre_hook(take) if has_own else nullcontext()
    with watched:
        logits = logits_of(learner, images, rows)
    return logits, torch.cat(features).numpy() if has_own else logits


def fit(
    learner: Learner,
    batches: Batches,
    valid: Int[np.ndarray, " valid"],
    folder: Path,
    progress: Progress,
    examine: Examine = unexamined,
) -> Fitted:
    """Learn to the end, or go on to it from the checkpoint that lies in the folder.

    Ctrl-C ends the step at hand, writes a checkpoint and goes up. A loss that is no number ends learning; the best
    weights so far are kept.

    Args:
        learner: what learns.
        batches: what it learns from.
        valid: rows that choose the best weights.
        folder: for history.csv and the checkpoint.
        progress: told how far it is.
        examine: shown every step.
    Raises:
        TrainingStopped: the loss was no number before any weights could be called best.
    """
    at, stopped = _Position(learner, batches, valid, folder), ""
    with asked_to_stop() as asked:
        for losses in at.learn(progress, examine):
            stopped = _not_a_number(losses, at.progressed.step)
            if stopped:
                break
            if asked():
                at.save()
                raise KeyboardInterrupt
    if stopped and not at.best:
        raise TrainingStopped(f"{stopped} No weights were better than the first: lower --lr, and look at the images.")
    if not stopped:
        at.save()
    done = at.progressed
    return Fitted(at.best, done.best_step, at.resumed_at_step, done.step, at.seconds(), stopped)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C into a question that the loop asks between two steps; a second one interrupts at once."""
    told: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.getsignal(signal.SIGINT)

    def take_note(*_: object) -> None:
        told.append(True)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, take_note)
    try:
        yield lambda: bool(told)
    finally:
        signal.signal(signal.SIGINT, before)


def _not_a_number(losses: list[float], step: int) -> str:
    for place, loss in enumerate(losses):
        if not math.isfinite(loss):
            return f"The loss was {loss} at step {step - len(losses) + 1 + place}: learning stopped there."
    return ""


class _Position:
    """Where learning stands; everything that a checkpoint holds."""

    def __init__(self, learner: Learner, batches: Batches, valid: np.ndarray, folder: Path) -> None:
        self.learner, self.batches, self.valid = learner, batches, valid
        self.path = folder / "resume.safetensors"
        self.progressed = Progressed()
        self.best: dict[str, Tensor] = {}
        self.resumed_at_step: int | None = None
        rows: list[HistoryRow] = []
        if self.path.is_file():
            self.progressed, self.best, rows = load_checkpoint(self.path, learner)
            self.resumed_at_step = self.progressed.step
        self.history = History(folder / "history.csv", rows)
        self.begun = self.saved = time.monotonic()

    def seconds(self) -> float:
        """Spent learning, in all sittings."""
        return self.progressed.seconds + time.monotonic() - self.begun

    def save(self) -> None:
        """Write the checkpoint."""
        now = Progressed(
            self.progressed.step,
            self.progressed.best_step,
            self.progressed.best_loss,
            self.progressed.since_row,
            self.seconds(),
        )
        save_checkpoint(self.path, self.learner, self.best, now, self.history.rows)
        self.saved = time.monotonic()

    def learn(self, progress: Progress, examine: Examine) -> Iterator[list[float]]:
        """All steps to the end; yields the losses since the last look, at every look."""
        total, an_epoch = self.batches.steps, self.batches.steps_an_epoch
        a_row = max(1, total // ROWS_A_RUN)
        losses: list[Tensor] = []
        for step in self.learner.steps(self.batches.after(self.progressed.step)):
            losses.append(step.loss.clone())
            examine(step)
            ends = step.number % an_epoch == 0
            if not (ends or step.number % LOOK_EVERY == 0 or step.number % a_row == 0):
                continue
            looked = torch.stack(losses).tolist()
            losses.clear()
            total_loss, count = self.progressed.since_row
            self.progressed.step = step.number
            self.progressed.since_row = (total_loss + sum(looked), count + len(looked))
            if ends or step.number % a_row == 0:
                self._add_row(step.number, step.epoch, step.learning_rate, ends)
            yield looked
            if ends or time.monotonic() - self.saved > SECONDS_BETWEEN_CHECKPOINTS:
                self.save()
            progress("learning", step.number, total)

    def _add_row(self, step: int, epoch: int, rate: float, ends: bool) -> None:
        total_loss, count = self.progressed.since_row
        self.progressed.since_row = (0.0, 0)
        valid_loss, accuracy = self._look_at_valid(step) if ends else (None, None)
        self.history.add(HistoryRow(step, epoch, total_loss / count, valid_loss, accuracy, rate, self.seconds()))

    def _look_at_valid(self, step: int) -> tuple[float, float]:
        logits = torch.from_numpy(logits_of(self.learner, self.batches.images, self.valid))
        labels = self.batches.labels[torch.from_numpy(self.valid)].cpu()
        loss = self.learner.loss(logits, labels).item()
        if math.isfinite(loss) and (self.progressed.best_loss is None or loss < self.progressed.best_loss):
            self.progressed.best_loss, self.progressed.best_step = loss, step
            self.best = {name: value.detach().cpu().clone() for name, value in self.learner.model.state_dict().items()}
        return loss, accuracy_of(logits, labels)


def accuracy_of(logits: Float[Tensor, "case klass"], labels: Shaped[Tensor, " case *klass"]) -> float:
    """Share of cases whose largest logit is the right one; for multi-label, share of single labels called right."""
    if labels.dim() == 2:
        return ((logits > 0) == (labels == 1)).float().mean().item()
    return (logits.argmax(1) == labels).float().mean().item()
