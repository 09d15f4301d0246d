"""Where the steps of a loop with a module begin and end, and where it is judged: seen from its hooks."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from pellucid.doctor.looking import Kept
from pellucid.doctor.loss_calls import copied
from pellucid.doctor.measuring import measure_gradients, measure_moves, remember
from pellucid.doctor.noting import Notes
from pellucid.doctor.opening import FIRST, Opening, compiled
from pellucid.doctor.steps_by_hand import about_to_update, going_backward, look_after_backward


class StepsOfModule:
    """Opens a look at the forward pass of the steps that are due, and of the first batches of each evaluation."""

    def __init__(self, opening: Opening, model: nn.Module) -> None:
        self.opening = opening
        self.history = opening.history
        self.model = model
        self._stops: list[Callable[[], object]] = []
        self._updated = True
        self._waiting = True
        self._first: RemovableHandle | None = None
        self._judging = False
        self._batch = 0
        self._shown = False
        self._next_shown = 0

    def begin(self) -> None:
        """Hang up the hooks."""
        hook, model, optimizer = self.opening.hook, self.model, self.history.optimizer
        asked, copied_whole = hook(self.forward, self.deepcopied), hook(self.state_taken)
        self._stops += [
            model.register_forward_pre_hook(asked, with_kwargs=True).remove,
            model.register_state_dict_post_hook(copied_whole).remove,  # type: ignore[no-untyped-call]
        ]
        self.opening.eyes.around_backward = hook(self.before_backward), hook(self.after_backward)
        if optimizer is not None:
            self._stops.append(optimizer.register_step_post_hook(hook(self.after_update)).remove)
            self._first = optimizer.register_step_pre_hook(hook(self.before_first_update))
            self._stops.append(self._first.remove)

    def end(self) -> None:
        """Take everything down again; the last look is handed over."""
        while self._stops:
            self._stops.pop()()
        self._close()

    def shown(self, step: int) -> bool:
        """A step is shown from outside; whether to look at it. From then on, hooks speak of evaluation only."""
        self.history.steps = step
        if step < self._next_shown and not self._judging:
            return False
        if not self._shown:
            self._shown, self.opening.eyes.notes = True, None
        self._close()
        self._judging = False
        if len(self.history.training) >= FIRST and step < self._next_shown:
            return False
        self._next_shown = step + (1 if len(self.history.training) < FIRST - 1 else self.opening.every)
        return True

    def forward(self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The model is about to be asked."""
        if self.opening.elsewhere():
            return
        if not model.training or not torch.is_grad_enabled():
            self._evaluating()
        else:
            self._training()
        if self.opening.notes is not None:
            self._asked(self.opening.notes, args, kwargs)

    def answer(self, *_: object) -> None:
        """The model has answered."""
        if self.opening.notes is not None and not self.opening.elsewhere():
            self.opening.notes.in_forward = False
            self.opening.see()

    def before_backward(self, loss: object) -> None:
        """Gradients that stand there now were not zeroed."""
        notes = self.opening.notes
        if notes is None or self.opening.elsewhere():
            return
        going_backward(notes, loss, self.opening.weights)
        if self.history.optimizer is None:
            remember(notes, self.opening.weights)

    def after_backward(self) -> None:
        """Without an optimizer, this is the last that is seen of the gradients; with one, they must last until then."""
        notes = self.opening.notes
        if notes is None or self.opening.elsewhere():
            return
        if self.history.optimizer is None:
            measure_gradients(notes, self.opening.weights)
        else:
            look_after_backward(notes, self.opening.weights)

    def before_first_update(self, *_: object) -> None:
        """What the model is asked from now on belongs to the update, as in LBFGS, or follows it."""
        self._waiting = False

    def before_update(self, *_: object) -> None:
        """The optimizer is about to change the weights."""
        notes = self.opening.notes
        if notes is not None and notes.phase == "training" and not self.opening.elsewhere():
            about_to_update(self.opening, notes)

    def after_update(self, *_: object) -> None:
        """The optimizer has changed the weights: the step is over."""
        if self.opening.elsewhere():
            return
        self._updated, self.history.updated = True, True
        if self._first is not None:
            self._first.remove()
            self._first = None
        notes = self.opening.notes
        if notes is not None and notes.phase == "training":
            self._close()

    def deepcopied(self) -> None:
        """Someone copies the model."""
        self._keep("deepcopy", None)

    def state_taken(self, model: nn.Module, state: object, *_: object) -> None:
        """Someone asks for the weights; whether a copy is made of them will show in who holds them later."""
        self._keep("state_dict", weakref.ref(state))

    def _keep(self, how: Literal["deepcopy", "state_dict"], held: Callable[[], object] | None) -> None:
        self.history.kept.append(Kept(self.history.steps, how, len(self.history.evaluations), held))

    def _training(self) -> None:
        self._judging = False
        self.history.asked += self._waiting
        if self._shown:
            self._close()
        elif self._updated or self.history.optimizer is None:
            self._updated = False
            if self.opening.notes is not None:
                self._close()
            self.history.steps += 1
            if self.opening.due():
                self.opening.open("training", early=len(self.history.training) < FIRST)
                self._hang()

    def _evaluating(self) -> None:
        if not self._judging:
            self._judging, self._batch = True, 0
            self._close()
            self.history.evaluations.append([])
        self._batch += 1
        if self._batch <= FIRST + 1:
            self._close()
        if self._batch <= FIRST:
            self.opening.open("evaluation", early=len(self.history.evaluations) == 1)
            self._hang()

    def _hang(self) -> None:
        self.opening.hang(self.model.register_forward_hook, self.answer)
        if self.history.optimizer is not None:
            self.opening.hang(self.history.optimizer.register_step_pre_hook, self.before_update)

    def _asked(self, notes: Notes, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        notes.training_mode, notes.records_gradients = self.model.training, torch.is_grad_enabled()
        notes.in_forward = True
        notes.asked += not notes.full
        given = next((value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)), None)
        if given is not None and notes.inputs is None:
            notes.inputs = copied(given) if notes.early else None
            notes.mark(given, "inputs")
        if notes.full or compiled(self.model):
            self.opening.see_no_more()
        else:
            self.opening.see()

    def _close(self) -> None:
        self.opening.see_no_more()
        notes = self.opening.notes
        if notes is not None and notes.before:
            measure_moves(notes, self.opening.weights)
        self.opening.close()
