"""When to look: where the steps of a loop begin and end, seen from the hooks of its model and its optimizer."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from pellucid.doctor.eyes import Eyes
from pellucid.doctor.hooks import Hook
from pellucid.doctor.looking import History, Kept, Look, LossCall, Phase
from pellucid.doctor.loss_calls import copied, labels_of
from pellucid.doctor.noting import Notes, gradients_of, norms
from pellucid.doctor.stack import put_in, take_out

FIRST = 3
"""Steps that are looked at in any case, and batches of each phase of evaluation. Chosen by us."""

WHOLE_PHASES = 2
"""Phases of evaluation in which comparisons are watched to the end, since accuracies may be taken there."""

GLANCE = 4
"""Without a module nothing shows when a loop stops learning to judge. So comparisons are watched in each fourth step:
however long an epoch is, the end of one of four epochs falls on such a step. Chosen by us."""


class Rounds:
    """Opens the eyes at the steps that are to be looked at, closes them when the step is over, and hands over the look.

    Args:
        history: what is watched; its `steps`, `evaluations` and `kept` are counted here.
        every: steps from look to look, after the first three.
        look: is given each look when it is over.
    """

    def __init__(self, history: History, every: int, look: Callable[[Look], None]) -> None:
        self.history = history
        self.every = every
        self.look = look
        self.eyes = Eyes(self.before_backward, self.after_backward)
        self.by_hand = history.model is None
        self._thread: int | None = None
        self._updated = True
        self._phase = "training"
        self._batch = 0
        self._removable: list[Any] = []
        self._for_this_look: list[Any] = []
        self._open = False
        self._shown = False
        self._looked = 0

    def begin(self) -> None:
        """Hang up the hooks."""
        model, optimizer = self.history.model, self.history.optimizer
        if model is not None:
            self._removable += [
                model.register_forward_pre_hook(Hook(self.forward, self.deepcopied), with_kwargs=True),
                model.register_state_dict_post_hook(Hook(self.state_taken)),  # type: ignore[no-untyped-call]
            ]
        if optimizer is not None:
            self._removable.append(optimizer.register_step_post_hook(Hook(self.after_update)))
        if self.by_hand:
            self._thread = threading.get_ident()
            self._next_by_hand()
            self._see()

    def end(self) -> None:
        """Take everything down again; the last look is handed over."""
        for hook in self._removable:
            hook.remove()
        self._removable.clear()
        self.close()
        self._see_no_more()

    def begins(self, step: int) -> bool:
        """A step is shown from outside; whether to look at it. From then on, hooks speak of evaluation only."""
        if not self._shown:
            self._shown, self.eyes.notes = True, None
        self.close()
        self._see_no_more()
        self._phase, self.history.steps = "training", step
        if len(self.history.training) >= FIRST and step - self._looked < self.every:
            return False
        self._looked = step
        return True

    # a model with a forward pass ------------------------------------------------------------------------------------

    def forward(self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The model is about to be asked."""
        if self._elsewhere():
            return
        if not torch.is_grad_enabled() or not model.training:
            self._evaluating()
        else:
            self._phase = "training"
            if self._shown:
                self.close()
                self._see_no_more()
            elif self._updated or self.history.optimizer is None:
                self._updated = False
                self.close()
                self.history.steps += 1
                if self._due():
                    self._note("training", early=len(self.history.training) < FIRST)
        notes = self.eyes.notes
        if notes is None or notes.shallow:
            return
        notes.training_mode, notes.records_gradients = model.training, torch.is_grad_enabled()
        notes.in_forward = True
        given = next((value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)), None)
        if given is not None and notes.inputs is None:
            notes.inputs = copied(given) if notes.early else None
            notes.mark(given, "inputs")
        if _compiled(model):
            self._see_no_more()
        else:
            self._see()

    def answer(self, model: nn.Module, args: tuple[Any, ...], output: object) -> None:
        """The model has answered."""
        notes = self.eyes.notes
        if notes is None or self._elsewhere():
            return
        notes.in_forward = False
        if isinstance(output, Tensor) and not notes.shallow:
            notes.outputs = copied(output)
        self._see()

    def _evaluating(self) -> None:
        if self._phase == "training":
            self._phase, self._batch = "evaluation", 0
            self.history.evaluations.append([])
        self._batch += 1
        if self._batch <= FIRST:
            self.close()
            self._note("evaluation", early=len(self.history.evaluations) == 1)
        elif len(self.history.evaluations) <= WHOLE_PHASES and self.eyes.notes is not None:
            self.eyes.notes.shallow = True
        else:
            self.close()
            self._see_no_more()

    # backward and the optimizer -------------------------------------------------------------------------------------

    def before_backward(self, loss: object) -> None:
        """Gradients that stand there now were not zeroed; a loss that no function gave is noted as a number."""
        notes = self.eyes.notes
        if notes is not None and not notes.shallow:
            if not notes.losses and isinstance(loss, Tensor) and loss.numel() == 1:
                notes.losses.append(LossCall("by hand", None, None, "mean", float(loss.detach()), True))
            if not notes.backwards:
                notes.left_over = math.fsum(norms(gradients_of(self.history.parameters)).values())
            notes.backwards += 1

    def after_backward(self) -> None:
        """Without a module or an optimizer, a step is over when its slopes are there; else it goes on."""
        if self.by_hand and self.history.optimizer is None:
            notes = self.eyes.notes
            if notes is not None and not notes.shallow:
                self._measure_gradients(notes)
                self._measure_moves(notes)
            self.close()
            self._next_by_hand()

    def before_update(self, *_: object) -> None:
        """The optimizer is about to change the weights."""
        notes = self.eyes.notes
        if notes is None or notes.phase != "training" or self._elsewhere():
            return
        notes.shut = True
        if not self.by_hand:
            self._see_no_more()
        optimizer = self.history.optimizer
        if optimizer is not None:
            notes.learning_rates = tuple(float(group["lr"]) for group in optimizer.param_groups)
        self._measure_gradients(notes)

    def after_update(self, *_: object) -> None:
        """The optimizer has changed the weights: the step is over."""
        if self._elsewhere():
            return
        self._updated = True
        notes = self.eyes.notes
        if notes is not None and notes.phase == "training":
            self._measure_moves(notes)
            self.close()
        if self.by_hand:
            self._next_by_hand()
        else:
            self._see_no_more()

    def _measure_gradients(self, notes: Notes) -> None:
        parameters = self.history.parameters
        with torch._C.DisableTorchFunction():
            notes.gradients = norms(gradients_of(parameters))
            notes.weights = norms(parameters)
            if not notes.before:
                notes.before = {name: parameter.detach().clone() for name, parameter in parameters.items()}

    def _measure_moves(self, notes: Notes) -> None:
        with torch.no_grad(), torch._C.DisableTorchFunction():
            now = self.history.parameters
            shared = [name for name, old in notes.before.items() if name in now and now[name].shape == old.shape]
            if shared:
                moves = torch._foreach_sub([now[name] for name in shared], [notes.before[name] for name in shared])
                notes.moved = norms(dict(zip(shared, moves, strict=True)))

    # opening and closing --------------------------------------------------------------------------------------------

    def deepcopied(self) -> None:
        """Someone copies the model."""
        self._keep("deepcopy", None)

    def state_taken(self, model: nn.Module, state: object, *_: object) -> None:
        """Someone asks for the weights; whether a copy is made of them will show in who holds them later."""
        self._keep("state_dict", weakref.ref(state))

    def _keep(self, how: Literal["deepcopy", "state_dict"], held: Callable[[], object] | None) -> None:
        self.history.kept.append(Kept(self.history.steps, how, len(self.history.evaluations), held))

    def close(self) -> None:
        """The look is over."""
        notes, self.eyes.notes = self.eyes.notes, None
        for hook in self._for_this_look:
            hook.remove()
        self._for_this_look.clear()
        if notes is not None and not (notes.by_hand and notes.shallow and not notes.operations):
            with torch._C.DisableTorchFunction():
                notes.labels_and_columns = labels_of(notes.losses)
                self.look(notes.finished())

    def _next_by_hand(self) -> None:
        self.history.steps += 1
        notes = self._note("training", early=len(self.history.training) < FIRST)
        notes.by_hand, notes.shallow = True, not self._due()
        if notes.shallow:
            return
        with torch._C.DisableTorchFunction():
            for name, parameter in self.history.parameters.items():
                notes.mark(parameter, f"weight {name}")
                notes.before[name] = parameter.detach().clone()

    def _note(self, phase: Phase, early: bool) -> Notes:
        """Begin a look, with hooks that only looks need: at all other steps they would cost, and see nothing."""
        model, optimizer = self.history.model, self.history.optimizer
        if model is not None:
            self._for_this_look.append(model.register_forward_hook(Hook(self.answer)))
        if optimizer is not None:
            self._for_this_look.append(optimizer.register_step_pre_hook(Hook(self.before_update)))
        self.eyes.notes = notes = Notes(self.history.steps, phase, early)
        return notes

    def _due(self) -> bool:
        return self.history.steps <= FIRST or self.history.steps % self.every == 0

    def _see(self) -> None:
        if not self._open:
            put_in(self.eyes)
            self._open = True

    def _see_no_more(self) -> None:
        if self._open and not self._elsewhere():
            take_out(self.eyes)
            self._open = False

    def _elsewhere(self) -> bool:
        """Whether this is another thread than the loop's, such as those of torch.nn.DataParallel."""
        if self._thread is None:
            self._thread = threading.get_ident()
        return self._thread != threading.get_ident()


def _compiled(model: nn.Module) -> bool:
    """Whether torch.compile made it: seeing inside would have it compiled anew."""
    return hasattr(model, "_orig_mod") or getattr(model, "_compiled_call_impl", None) is not None
