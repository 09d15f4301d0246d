"""What the doctor sees when it looks at a step of a loop, and what it remembers: facts, no opinions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from pellucid.doctor.finding import Finding

Phase = Literal["training", "evaluation"]


@dataclass(frozen=True, slots=True)
class LossCall:
    """One call of a loss function.

    Args:
        name: torch's, as in torch.nn.functional: cross_entropy, nll_loss, mse_loss, binary_cross_entropy, ...
        given: its first argument (logits, log-probabilities, guesses), a detached copy; None in history.
        target: its second argument, a detached copy; None in history.
        reduction: mean, sum or none.
        guessing: what the loss would be for always answering with the shares of the labels; nan if unknown.
        counts: how often each label occurs, where there is one a case and it was counted.
        ignored: the label that is left out (ignore_index).
        remark: what is known of how the first argument was made ("sigmoid", "probabilities"), or nothing.
        value: the loss, as a mean over what it was taken of whatever the reduction was; nan where it raised.
        differentiable: whether autograd recorded it.
        refused: what torch said, where it raised; else nothing.
    """

    name: str
    given: Tensor | None
    target: Tensor | None
    reduction: str
    value: float
    differentiable: bool
    remark: str = ""
    ignored: int = -100
    guessing: float = math.nan
    counts: Mapping[int, int] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that may be part of a mistake: eq, sub, mul, div, exp, sum, softmax, ...

    Args:
        name: torch's, without underscores: sub stands for -, Tensor.sub, torch.sub and sub_.
        shapes: of its tensor arguments.
        shape: of its result.
        remark: what `seeing` noticed of it, in a word or two; empty for nothing.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Rectified:
    """One ReLU: how many cases went through it, and which of its units gave 0 for all of them.

    Units are channels where there are rows and columns behind them.
    """

    number: int
    cases: int
    silent: frozenset[int]
    units: int


@dataclass(frozen=True, slots=True)
class Look:
    """One looked-at step of training, or one looked-at batch of evaluation.

    Args:
        step: steps of training begun so far, this one included.
        phase: evaluation where no gradient was recorded or the model was in eval mode.
        training_mode: the model's `training` flag; True for tensors without a module.
        records_gradients: whether autograd was on in the forward pass.
        inputs: the model's first tensor argument, a copy of the first cases; only in early looks, else None.
        first_operation: the name of the first operation that the inputs went into, views left out; "" if unknown.
        losses: calls of loss functions, in order; a by-hand -log_p[rows, labels] stands here as nll_loss.
        operations: other calls that may be part of a mistake, in order.
        rectified: each ReLU of the forward pass, in order.
        gradients: norm of each parameter's gradient as the optimizer finds it; without those that have none.
        left_over: norm of all gradients as this step's first backward began: not 0 if they were not zeroed.
        weights: norm of each parameter before the update.
        moved: norm of what the update changed in each parameter.
        recorded_updates: parameters whose update autograd recorded.
        learning_rates: of each of the optimizer's groups.
        labels: how often each label occurs in the last loss over classes, where it takes one label a case.
        columns: how many outputs, one for each class, that loss was given; 0 if unknown.
        backwards: how often backward was called in this step (above 1: gradients are accumulated).
        asked: how often the module was asked in this step; 0 without a module.
        after_backward: norm of each parameter's gradient after the last backward; only in early looks.
    """

    step: int
    phase: Phase
    training_mode: bool = True
    records_gradients: bool = True
    inputs: Tensor | None = None
    first_operation: str = ""
    losses: tuple[LossCall, ...] = ()
    operations: tuple[Operation, ...] = ()
    rectified: tuple[Rectified, ...] = ()
    gradients: Mapping[str, float] = field(default_factory=dict)
    left_over: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
    moved: Mapping[str, float] = field(default_factory=dict)
    recorded_updates: tuple[str, ...] = ()
    learning_rates: tuple[float, ...] = ()
    labels: dict[int, int] = field(default_factory=dict)
    columns: int = 0
    backwards: int = 0
    asked: int = 0
    after_backward: Mapping[str, float] = field(default_factory=dict)

    @property
    def loss(self) -> float | None:
        """The value of the last loss called (the mean over its cases), or None: a call that raised gave none."""
        return self.losses[-1].value if self.losses and not self.losses[-1].refused else None

    def without_tensors(self) -> Look:
        """The same facts as numbers only, to be remembered."""
        losses = tuple(replace(call, given=None, target=None) for call in self.losses)
        return replace(self, inputs=None, losses=losses)


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of the weights was taken: by copy.deepcopy(model) or by model.state_dict().

    Args:
        step: steps of training begun by then.
        how: by which of the two.
        evaluations: phases of evaluation begun by then.
        held: gives the dictionary that state_dict() gave while anybody holds it, and None after that.
    """

    step: int
    how: Literal["deepcopy", "state_dict"]
    evaluations: int
    held: Callable[[], object] | None = None


@dataclass(slots=True)
class History:
    """What is watched, and what was seen so far.

    Args:
        parameters: each parameter by its name (leaf tensors by their place or key).
        model: the module, or None for tensors without one.
        optimizer: torch's, or None.
        classes: how many classes there are, where the user said so.
        resumed: whether the user said that training goes on from weights that were trained before.
        steps: steps of training begun so far.
        training: looks at steps of training, tensors left out.
        evaluations: phases of evaluation so far, each with looks at its first batches, tensors left out.
        early_inputs: inputs of the first three looks at steps of training.
        kept: when copies of the weights were taken.
        scaling: "as-pretrained" where the user follows the constants of a pretrained network on purpose.
        told: kinds of findings told so far; a check may return at once for its own.
        asked: how often the module was asked, to learn, before the optimizer was first asked for a step; of a loop
            without a module, how often it went backward.
        updated: whether the optimizer has made a step.
    """

    parameters: Mapping[str, Tensor]
    model: nn.Module | None = None
    optimizer: Optimizer | None = None
    classes: int | None = None
    resumed: bool = False
    scaling: str | None = None
    steps: int = 0
    training: list[Look] = field(default_factory=list)
    evaluations: list[list[Look]] = field(default_factory=list)
    early_inputs: list[Tensor] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    asked: int = 0
    updated: bool = False


class Check(Protocol):
    """Looks at one look, when it is over; `history` does not hold it yet."""

    def __call__(self, look: Look, history: History, /) -> Iterable[Finding]:
        """What is wrong with it."""


class LastCheck(Protocol):
    """Looks at everything, when the with-block ends."""

    def __call__(self, history: History, /) -> Iterable[Finding]:
        """What was wrong with it."""
