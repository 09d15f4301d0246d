"""The facts of one step of pellucid's own loop, which uses neither autograd's hooks nor torch.optim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from pellucid.doctor.guessing import level_of_guessing
from pellucid.doctor.looking import History, Look, LossCall
from pellucid.doctor.loss_calls import copied, labels_of
from pellucid.doctor.measuring import gradients_of, measurable, norms
from pellucid.doctor.opening import FIRST

if TYPE_CHECKING:
    from pellucid.learn import Step

SAME = 1e-3
"""Two losses this near to each other are the same, in parts. Chosen by us: above bfloat16's rounding of a mean."""


def examine(step: Step, history: History, look: Callable[[Look], None]) -> None:
    """Hand over what a step shows: its inputs, logits, labels and loss, and its slopes.

    Args:
        step: as `learner.steps(batches)` yields it.
        history: what was seen before.
        look: is given the look.
    """
    with torch.no_grad():
        known = history.training[-1].losses[-1] if len(history.training) >= FIRST else None
        call = _loss_call(copied(step.logits).float(), copied(step.labels), float(step.loss), known)
        call = replace(call, guessing=level_of_guessing(call.name, call.given, call.target))
        labels, columns = labels_of([call])
        gradients, weights = norms(gradients_of(history.parameters), measurable(history.parameters))
        look(
            Look(
                step.number,
                "training",
                inputs=copied(step.inputs) if len(history.early_inputs) < 3 else None,
                losses=(call,),
                gradients=gradients,
                weights=weights,
                learning_rates=(step.learning_rate,),
                labels=labels,
                columns=columns,
                backwards=1,
            )
        )


def _loss_call(logits: Tensor, labels: Tensor, loss: float, known: LossCall | None) -> LossCall:
    """The call that gave this loss, found by its value, as a step does not name its loss; once known, it stays so."""
    if known is not None and known.name == "cross_entropy":
        return LossCall("cross_entropy", logits, labels, "mean", loss, True)
    if labels.dim() > 1:
        return LossCall("binary_cross_entropy_with_logits", logits, labels.float(), "mean", loss, True)
    without_log = logits - logits.exp().sum(1, keepdim=True)
    inside = bool((labels >= 0).all()) and bool((labels < logits.shape[1]).all())
    usual = not inside or _same(functional.cross_entropy(logits, labels), loss)
    if not usual and _same(functional.nll_loss(without_log, labels), loss):
        return LossCall("nll_loss", without_log, labels, "mean", loss, True, "forgot the log")
    return LossCall("cross_entropy", logits, labels, "mean", loss, True)


def _same(one: Tensor, other: float) -> bool:
    return abs(float(one) - other) <= SAME * max(1.0, abs(other))
