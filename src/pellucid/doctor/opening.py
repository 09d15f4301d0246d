"""Opening the eyes for one step that is to be looked at, and closing them when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import nn
from torch._C import DisableTorchFunction

from pellucid.doctor.eyes import Eyes
from pellucid.doctor.hooks import Hook
from pellucid.doctor.looking import History, Look, Phase
from pellucid.doctor.loss_calls import labels_of
from pellucid.doctor.measuring import measurable
from pellucid.doctor.noting import Notes
from pellucid.doctor.stack import put_in, take_out

FIRST = 3
"""Steps that are looked at in any case, and batches of each phase of evaluation. Chosen by us."""

MOST_STUMBLES = 100
"""So many exceptions are kept. Chosen by us."""


class Opening:
    """Begins a look, sees or does not see while it lasts, and hands it over when it is over.

    Args:
        history: what is watched.
        every: steps from look to look, after the first three.
        look: is given each look when it is over.
    """

    def __init__(self, history: History, every: int, look: Callable[[Look], None]) -> None:
        self.history = history
        self.every = every
        self.eyes = Eyes(self.stumble)
        self.weights = measurable(history.parameters)
        self.stumbled: list[Exception] = []
        self._look = look
        self._thread: int | None = None
        self._hooks: list[Any] = []
        self._seeing = False

    @property
    def notes(self) -> Notes | None:
        """What is being noted of the look that is open."""
        return self.eyes.notes

    def due(self) -> bool:
        """Whether the step that has begun is to be looked at."""
        step = self.history.steps
        return step % self.every == 0 or step <= FIRST

    def open(self, phase: Phase, early: bool) -> Notes:
        """Begin a look."""
        self.eyes.notes = notes = Notes(self.history.steps, phase, early)
        return notes

    def hang(self, register: Callable[..., Any], call: Callable[..., None]) -> None:
        """Hang up a hook that only this look needs: at all other steps it would cost, and see nothing."""
        self._hooks.append(register(self.hook(call)))

    def close(self) -> None:
        """The look is over."""
        notes, self.eyes.notes = self.eyes.notes, None
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        if notes is not None:
            with DisableTorchFunction():
                notes.labels_and_columns = labels_of(notes.losses)
                self._look(notes.finished())

    def see(self) -> None:
        """From now on, every call of torch in this thread passes before the eyes."""
        if not self._seeing and self.notes is not None and not self.notes.full:
            put_in(self.eyes)
            self._seeing = True

    def see_no_more(self) -> None:
        """Until they are opened again."""
        if self._seeing and not self.elsewhere():
            take_out(self.eyes)
            self._seeing = False

    def elsewhere(self) -> bool:
        """Whether this is another thread than the loop's, such as those of torch.nn.DataParallel."""
        me = threading.get_ident()
        if self._thread is None:
            self._thread = me
        return self._thread != me

    def hook(self, call: Callable[..., None], on_copy: Callable[[], None] | None = None) -> Hook:
        """A hook of ours, which never raises."""
        return Hook(call, self.stumble, on_copy)

    def stumble(self, exception: Exception) -> None:
        """What goes wrong in the looking itself is kept and told at the end; the loop goes on."""
        if len(self.stumbled) < MOST_STUMBLES:
            self.stumbled.append(exception)


def compiled(model: nn.Module) -> bool:
    """Whether torch.compile made it: seeing inside would have it compiled anew."""
    return "_orig_mod" in model._modules or model._compiled_call_impl is not None
