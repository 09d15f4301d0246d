"""A model, a loss, an optimizer and a schedule; `steps` yields each step of learning, whole, for a loop to read."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from pellucid.blocks import (
    SGD,
    Adam,
    Layer,
    backward,
    check_binary_labels,
    check_labels,
    cross_entropy_with_slope,
    forward,
    layers_of,
)
from pellucid.learn.batches import Batch
from pellucid.learn.losses import Loss
from pellucid.shapes import Float, Shaped

Schedule = Callable[[int], float]
"""Step number (from 1) to learning rate."""


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One step of learning, after it was made. Its tensors are lent until the next step: copy what you keep."""

    number: int
    epoch: int
    inputs: Float[Tensor, "case channel *depth row column"]
    labels: Shaped[Tensor, " case *klass"]
    logits: Float[Tensor, "case klass"]
    loss: Float[Tensor, ""]
    learning_rate: float
    model: nn.Module

    def __repr__(self) -> str:
        return f"<step {self.number}, epoch {self.epoch}: loss {self.loss.item():.4f} on {len(self.labels)} cases>"

    @property
    def gradients(self) -> dict[str, Tensor]:
        """The loss's slope with regard to each weight, by the weight's name."""
        return {name: weight.grad for name, weight in self.model.named_parameters() if weight.grad is not None}

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{' x '.join(map(str, slope.shape))}</td>"
            f"<td>{slope.norm().item():.3g}</td></tr>"
            for name, slope in self.gradients.items()
        )
        return (
            f"<b>step {self.number}</b> (epoch {self.epoch}): loss {self.loss.item():.4f} on {len(self.labels)} cases, "
            f"learning rate {self.learning_rate:.3g}"
            f"<table><tr><th>weight</th><th>shape</th><th>slope's length</th></tr>{rows}</table>"
        )


Examine = Callable[[Step], None]
"""Looks at a step, and leaves it as it is: a doctor's `examine`."""


def unexamined(_: Step) -> None:
    """Looks at nothing."""


class Learner:
    """What learns.

    Args:
        model: gives logits, [case, class].
        loss: logits and labels to one number (see `losses`).
        optimizer: SGD or Adam of `pellucid.blocks`.
        schedule: the learning rate of each step; None leaves the optimizer's own.
        bfloat16: compute convolutions and products in bfloat16 (weights stay float32).

    A model of linear layers and activations is taught by the slopes written in `pellucid.blocks`, any other by
    autograd; tests hold both to the same weights. The optimizers are the blocks' too: torch.optim takes over a second
    to begin.

    >>> import numpy as np
    >>> from pellucid.learn import loss_of
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> learner = Learner(model, loss_of("multi-class"), SGD(learning_rate=0.5))
    >>> batch = Batch(1, 1, torch.ones(3, 1, 2, 2), torch.tensor([0, 0, 1]), np.arange(3))
    >>> first, second = [step.loss.item() for step in learner.steps([batch, batch])]
    >>> second < first
    True
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        optimizer: SGD | Adam,
        schedule: Schedule | None = None,
        *,
        bfloat16: bool = False,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.bfloat16 = bfloat16
        self._parameters = list(model.parameters())
        self.weights = [weight.detach() for weight in self._parameters]
        self.state = optimizer.start(self.weights)
        self._layers = layers_of(model) if loss.name == "cross-entropy" and not bfloat16 else None
        self._looked_at_labels = False
        if self._layers is not None:
            for weight in model.parameters():
                weight.grad = torch.empty_like(weight)

    def steps(self, batches: Iterable[Batch]) -> Iterator[Step]:
        """Learn from each batch in turn, and hand out the step when it is made. Leave the loop to stop.

        Raises:
            BadInput: labels that the model's outputs cannot hold (looked at in the first batch).
        """
        for batch in batches:
            if not self.model.training:
                self.model.train()
            logits, loss = (
                self._slopes_by_hand(batch, self._layers) if self._layers else self._slopes_by_autograd(batch)
            )
            optimizer = self.optimizer
            if self.schedule is not None:
                optimizer = replace(optimizer, learning_rate=self.schedule(batch.number))
            with torch.no_grad():
                self.state = optimizer.step(self.weights, self._slopes(), self.state)
            rate = optimizer.learning_rate
            yield Step(batch.number, batch.epoch, batch.inputs, batch.labels, logits, loss, rate, self.model)

    def _slopes(self) -> list[Tensor]:
        return [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in self._parameters]

    def _slopes_by_hand(self, batch: Batch, layers: Sequence[Layer]) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            activations = forward(layers, batch.inputs.flatten(1))
            self._look_at_labels(batch, activations.logits)
            loss, slope = cross_entropy_with_slope(activations.logits, batch.labels)
            backward(layers, activations, slope, out=self._slopes())
        return activations.logits, loss

    def _slopes_by_autograd(self, batch: Batch) -> tuple[Tensor, Tensor]:
        with self.precision(batch.inputs.device):
            logits = self.model(batch.inputs).float()
        self._look_at_labels(batch, logits)
        loss = self.loss(logits, batch.labels)
        self.model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        return logits.detach(), loss.detach()

    def _look_at_labels(self, batch: Batch, logits: Tensor) -> None:
        if self._looked_at_labels:
            return
        if self.loss.name == "binary cross-entropy":
            check_binary_labels(batch.labels, logits)
        else:
            check_labels(batch.labels, logits.shape[1], len(logits))
        self._looked_at_labels = True

    def precision(self, device: torch.device) -> AbstractContextManager[object]:
        """bfloat16 where asked for, else nothing."""
        return torch.autocast(device.type, torch.bfloat16) if self.bfloat16 else nullcontext()

    def logits(self, inputs: Float[Tensor, "case channel *depth row column"]) -> Float[Tensor, "case klass"]:
        """The model's answer to a batch, nothing learned."""
        self.model.eval()
        with torch.inference_mode(), self.precision(inputs.device):
            answer: Tensor = self.model(inputs).float()
        return answer
