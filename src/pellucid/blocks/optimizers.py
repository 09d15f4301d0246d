"""An optimizer moves the weights a little, against their slopes: SGD with momentum, and Adam.

Settings are frozen and the state is a value of its own, so that both can be saved, shown and compared:
`state = optimizer.start(weights)` once, then `state = optimizer.step(weights, slopes, state)`. Weights, and the tensors
inside the state, are written in place. One flat tensor that all weights are views of makes a step a few operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from pellucid.errors import BadInput


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerState:
    """What an optimizer remembers: steps taken and, for each weight, averages of its past slopes."""

    steps: int
    momenta: tuple[Tensor, ...]
    """Fading sum (SGD) or average (Adam) of past slopes; empty for SGD without momentum."""
    squares: tuple[Tensor, ...]
    """Fading average of past squared slopes; empty for SGD."""


@runtime_checkable
class Optimizer(Protocol):
    """What a training loop asks of an optimizer."""

    def start(self, weights: Sequence[Tensor]) -> OptimizerState:
        """The state before the first step."""
        ...

    def step(self, weights: Sequence[Tensor], slopes: Sequence[Tensor], state: OptimizerState) -> OptimizerState:
        """Move the weights in place, once, against their slopes; return the state after it."""
        ...


@dataclass(frozen=True, slots=True)
class SGD:
    """Stochastic gradient descent: weight -= learning_rate * velocity, where velocity = momentum * velocity + slope.

    Args:
        learning_rate: how far to go along a slope; at least 0.
        momentum: how much of the last move goes on, from 0 to below 1.
        weight_decay: pulls each weight towards 0 as if the loss held weight_decay / 2 * weight^2; at least 0.
    Raises:
        BadInput: a setting out of its range.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; in the form that
        torch.optim.SGD has, where the learning rate stands outside the velocity.

    >>> weight, sgd = torch.tensor([1.0]), SGD(learning_rate=0.1, momentum=0.5)
    >>> state = sgd.step([weight], [torch.tensor([2.0])], sgd.start([weight]))  # velocity 2
    >>> state = sgd.step([weight], [torch.tensor([2.0])], state)  # velocity 0.5 * 2 + 2 = 3
    >>> weight
    tensor([0.5000])
    """

    learning_rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Refuse settings out of their range."""
        _check_at_least_0("learning_rate", self.learning_rate)
        _check_share("momentum", self.momentum)
        _check_at_least_0("weight_decay", self.weight_decay)

    def start(self, weights: Sequence[Tensor]) -> OptimizerState:
        """The state before the first step: no velocity."""
        velocities = _zeros_like(weights)
        return OptimizerState(0, velocities if self.momentum else (), ())

    def step(self, weights: Sequence[Tensor], slopes: Sequence[Tensor], state: OptimizerState) -> OptimizerState:
        """Move the weights in place, once, against their slopes; return the state after it."""
        velocities = state.momenta if self.momentum else slopes
        for weight, slope, velocity in zip(weights, slopes, velocities, strict=True):
            if self.weight_decay:
                slope = slope.add(weight, alpha=self.weight_decay)
            if self.momentum:
                slope = torch.add(slope, velocity, alpha=self.momentum, out=velocity)
            weight.add_(slope, alpha=-self.learning_rate)
        return OptimizerState(state.steps + 1, state.momenta, ())


@dataclass(frozen=True, slots=True)
class Adam:
    """Each weight moves by about the learning rate, however large its slope: average slope / root of average square.

    Args:
        learning_rate: about how far each weight moves in a step; at least 0.
        momentum: how slowly the average slope fades (beta 1), from 0 to below 1.
        square_momentum: how slowly the average squared slope fades (beta 2), from 0 to below 1.
        epsilon: keeps a slope of 0 from dividing by 0.
        weight_decay: at least 0.
        decoupled: shrink the weights by learning_rate * weight_decay beside the step (AdamW), not through the slopes.
    Raises:
        BadInput: a setting out of its range.
    Source: Kingma and Ba 2015, "Adam", algorithm 1, whose defaults these are; Loshchilov and Hutter 2019, "Decoupled
        weight decay regularization", algorithm 2.

    >>> weights, adam = [torch.tensor([1.0, 1.0])], Adam(learning_rate=0.25)
    >>> state = adam.step(weights, [torch.tensor([1000.0, -0.001])], adam.start(weights))
    >>> weights
    [tensor([0.7500, 1.2500])]
    """

    learning_rate: float = 1e-3
    momentum: float = 0.9
    square_momentum: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = False

    def __post_init__(self) -> None:
        """Refuse settings out of their range."""
        _check_at_least_0("learning_rate", self.learning_rate)
        _check_share("momentum", self.momentum)
        _check_share("square_momentum", self.square_momentum)
        _check_at_least_0("epsilon", self.epsilon)
        _check_at_least_0("weight_decay", self.weight_decay)

    def start(self, weights: Sequence[Tensor]) -> OptimizerState:
        """The state before the first step: averages of nothing yet, 0."""
        return OptimizerState(0, _zeros_like(weights), _zeros_like(weights))

    def step(self, weights: Sequence[Tensor], slopes: Sequence[Tensor], state: OptimizerState) -> OptimizerState:
        """Move the weights in place, once, against their slopes; return the state after it."""
        steps = state.steps + 1
        # Averages that began at 0 are too small by these shares of their weight; early steps make up for it.
        stride = self.learning_rate / (1 - self.momentum**steps)
        root_share = sqrt(1 - self.square_momentum**steps)
        for weight, slope, mean, square in zip(weights, slopes, state.momenta, state.squares, strict=True):
            if self.weight_decay and self.decoupled:
                weight.mul_(1 - self.learning_rate * self.weight_decay)
            elif self.weight_decay:
                slope = slope.add(weight, alpha=self.weight_decay)
            mean.lerp_(slope, 1 - self.momentum)
            square.mul_(self.square_momentum).addcmul_(slope, slope, value=1 - self.square_momentum)
            weight.addcdiv_(mean, square.sqrt().div_(root_share).add_(self.epsilon), value=-stride)
        return OptimizerState(steps, state.momenta, state.squares)


def _zeros_like(weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    for number, weight in enumerate(weights):
        if weight.requires_grad:
            raise BadInput(
                f"Weight {number} is watched by autograd, and would refuse to be moved in place. Pass weight.detach()."
            )
    return tuple(torch.zeros_like(weight) for weight in weights)


def _check_at_least_0(name: str, value: float) -> None:
    if not value >= 0:
        raise BadInput(f"{name} is {value}; a number of at least 0 was needed. Choose one, such as 0.001.")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise BadInput(f"{name} is {value}; a number from 0 to below 1 was needed. Choose one, such as 0.9.")
