"""The loss of each task, and the faulty one that recipe R1 shows; logits in, one number out, for autograd to follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pellucid.errors import BadInput
from pellucid.shapes import Float, Shaped


@dataclass(frozen=True, slots=True)
class Loss:
    """A named loss, mean over the batch."""

    name: str
    value: Callable[[Tensor, Tensor], Tensor]

    def __call__(
        self, logits: Float[Tensor, "case klass"], labels: Shaped[Tensor, " case *klass"]
    ) -> Float[Tensor, ""]:
        """How wrong these logits are."""
        return self.value(logits, labels)


def loss_of(task: str, kind: str = "cross-entropy") -> Loss:
    """The loss for a task: cross-entropy over classes, or for multi-label tasks binary cross-entropy of each label.

    Ordinal tasks use cross-entropy too, as MedMNIST's own baselines do; their order counts when they are measured.

    >>> loss_of("multi-label").name
    'binary cross-entropy'
    """
    if kind == "softmax-without-log":
        if task == "multi-label":
            raise BadInput("The loss softmax-without-log is for one class a case; this source is multi-label.")
        return Loss("softmax without its log", _softmax_without_log)
    if task == "multi-label":
        return Loss(
            "binary cross-entropy",
            lambda logits, labels: functional.binary_cross_entropy_with_logits(logits, labels.float()),
        )
    return Loss("cross-entropy", functional.cross_entropy)


def _softmax_without_log(logits: Tensor, labels: Tensor) -> Tensor:
    """Recipe R1's mistake: x - sum(exp(x)) where x - log(sum(exp(x))) was meant."""
    return functional.nll_loss(logits - logits.exp().sum(1, keepdim=True), labels)


def probabilities(logits: Float[Tensor, "case klass"], task: str) -> Float[Tensor, "case klass"]:
    """Softmax over classes, or for multi-label tasks a sigmoid for each label."""
    return logits.sigmoid() if task == "multi-label" else torch.softmax(logits, 1)
