"""Where the steps of a loop without a module begin and end: from backward to backward, or from update to update."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor
from torch._C import DisableTorchFunction

from pellucid.doctor.listening import hear_backward
from pellucid.doctor.looking import LossCall
from pellucid.doctor.measuring import gradients_of, left_over, measure_gradients, measure_moves, norms, remember
from pellucid.doctor.noting import Notes
from pellucid.doctor.opening import FIRST, Opening


class StepsByHand:
    """Opens a look at the steps that are due; at all others only the call of `backward` is heard."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.history = opening.history
        self._stops: list[Callable[[], object]] = []

    def begin(self) -> None:
        """Listen, and open the first look."""
        before, after = self.opening.hook(self.before_backward), self.opening.hook(self.after_backward)
        self._stops += hear_backward(before, after)
        optimizer = self.history.optimizer
        if optimizer is not None:
            self._stops.append(optimizer.register_step_post_hook(self.opening.hook(self.after_update)).remove)
        self.opening.elsewhere()  # this thread's loop
        self._next()

    def end(self) -> None:
        """Listen no more; the last look is handed over."""
        while self._stops:
            self._stops.pop()()
        self._close()

    def before_backward(self, loss: object) -> None:
        """Gradients that stand there now were not zeroed."""
        notes = self.opening.notes
        if notes is None or self.opening.elsewhere():
            return
        going_backward(notes, loss, self.opening.weights)
        self.history.asked += not (notes.shut or self.history.updated)
        if notes.full:
            self.opening.see_no_more()

    def after_backward(self) -> None:
        """Without an optimizer a step is over when its slopes are there; the update is the next one's beginning."""
        notes = self.opening.notes
        if self.opening.elsewhere():
            return
        if self.history.optimizer is not None:
            look_after_backward(notes, self.opening.weights)
            return
        if notes is not None:
            self.opening.see_no_more()
            measure_gradients(notes, self.opening.weights)
            measure_moves(notes, self.opening.weights)
            self._close()
        self._next()

    def before_update(self, *_: object) -> None:
        """The optimizer is about to change the weights."""
        notes = self.opening.notes
        if notes is not None and not self.opening.elsewhere():
            about_to_update(self.opening, notes)

    def after_update(self, *_: object) -> None:
        """The optimizer has changed the weights: the step is over."""
        if self.opening.elsewhere():
            return
        self.history.updated = True
        if self.opening.notes is not None:
            measure_moves(self.opening.notes, self.opening.weights)
            self._close()
        self._next()

    def _close(self) -> None:
        self.opening.see_no_more()
        self.opening.close()

    def _next(self) -> None:
        history = self.history
        history.steps += 1
        if not self.opening.due():
            return
        notes = self.opening.open("training", early=len(history.training) < FIRST)
        notes.by_hand = True
        if history.optimizer is not None:
            self.opening.hang(history.optimizer.register_step_pre_hook, self.before_update)
        for name, parameter in history.parameters.items():
            notes.mark(parameter, f"weight {name}")
        remember(notes, self.opening.weights)
        self.opening.see()


def going_backward(notes: Notes, loss: object, parameters: Mapping[str, Tensor]) -> None:
    """Note what stands there before it; a loss that no function gave is noted as a number."""
    with DisableTorchFunction():
        if not notes.losses and isinstance(loss, Tensor) and loss.numel() == 1:
            notes.losses.append(LossCall("by hand", None, None, "mean", float(loss.detach()), True))
        if not notes.backwards:
            notes.left_over = left_over(parameters)
    notes.backwards += 1


def look_after_backward(notes: Notes | None, weights: Mapping[str, Tensor]) -> None:
    """Gradients that backward gave, in early looks: they must still be there when the optimizer steps."""
    if notes is not None and notes.early and not notes.full:
        (notes.after_backward,) = norms(gradients_of(weights))


def about_to_update(opening: Opening, notes: Notes) -> None:
    """See no more of this step, and measure what the update will change."""
    notes.shut = True
    opening.see_no_more()
    optimizer = opening.history.optimizer
    if optimizer is not None:
        notes.learning_rates = tuple(float(group["lr"]) for group in optimizer.param_groups)
    measure_gradients(notes, opening.weights)
    if not notes.before:
        remember(notes, opening.weights)
