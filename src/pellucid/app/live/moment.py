"""One moment of learning: weights, what the probes make of them, losses, sizes of slopes, and the worst cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pellucid.app.live.activations import activations_of
from pellucid.learn.batches import Images
from pellucid.learn.fit import accuracy_of, logits_of
from pellucid.learn.learner import Learner
from pellucid.learn.losses import probabilities
from pellucid.shapes import Float, Int, Shaped

MOST_WORST = 6
"""Worst cases in view. Chosen by us: a row of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What is recorded of one step; the same only as itself.

    Attributes:
        step, epoch: how far learning was; both 0 before the first step.
        train_loss: mean over the steps since the moment before; NaN at the first.
        valid_loss, valid_accuracy: of the validation images that are looked at.
        worst_rows: of these the ones with the largest losses, the worst first.
        worst_losses: their losses.
        worst_p: their probabilities of every class, as the model gives them (not calibrated).
        weights: the model's whole state, by name.
        activations: what each block gave for each probe, by its name.
        gradient_norms: lengths of the last step's slopes, by the weight's name; NaN before the first step.
    """

    step: int
    epoch: int
    train_loss: float
    valid_loss: float
    valid_accuracy: float
    worst_rows: Int[np.ndarray, " worst"]
    worst_losses: Float[np.ndarray, " worst"]
    worst_p: Float[np.ndarray, "worst klass"]
    weights: Mapping[str, Shaped[np.ndarray, " *shape"]] = field(repr=False)
    activations: Mapping[str, Float[np.ndarray, probe * after]] = field(repr=False)
    gradient_norms: Mapping[str, float] = field(repr=False)

    @property
    def bytes(self) -> int:
        """Of memory."""
        return sum(array.nbytes for array in (*self.weights.values(), *self.activations.values()))


def losses_of_each(
    logits: Float[Tensor, "case klass"], labels: Shaped[Tensor, " case *klass"]
) -> Float[Tensor, " case"]:
    """The loss of every case by itself; their mean is the loss of all.

    >>> losses_of_each(torch.tensor([[0.0, 0.0]]), torch.tensor([1])).item()  # -log(1/2)
    0.6931471824645996
    """
    if labels.dim() == 2:
        return functional.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none").mean(1)
    return functional.cross_entropy(logits, labels, reduction="none")


def take_moment(
    learner: Learner,
    images: Images,
    labels: Shaped[Tensor, " case *klass"],
    probes: Int[np.ndarray, " probe"],
    looked_at: Int[np.ndarray, " looked"],
    *,
    task: str,
    step: int,
    epoch: int,
    train_loss: float,
) -> Moment:
    """Look at a learner between two steps; its weights are copied, and nothing is learned.

    Args:
        learner: what learns.
        images, labels: of the whole data set.
        probes: rows whose activations are kept.
        looked_at: rows that loss and worst cases are taken from.
        task: of the data set.
        step, epoch: how far it is.
        train_loss: mean since the moment before.
    """
    logits = torch.from_numpy(logits_of(learner, images, looked_at))
    truths = labels[torch.from_numpy(looked_at).to(labels.device)].cpu()
    each = losses_of_each(logits, truths)
    worst = torch.argsort(each, descending=True, stable=True)[:MOST_WORST]
    with learner.precision(images.device):
        gave = activations_of(learner.model, images.scaled(images.pixels(probes)))
    return Moment(
        step, epoch, train_loss, float(each.mean()), accuracy_of(logits, truths),
        looked_at[worst.numpy()], each[worst].numpy(), probabilities(logits[worst], task).numpy(),
        {name: _kept(value) for name, value in learner.model.state_dict().items()},
        {name: _kept(value) for name, value in gave.items()},
        gradient_norms(learner.model, bool(step)),
    )  # fmt: skip


def gradient_norms(model: nn.Module, learned: bool) -> dict[str, float]:
    """The length of the slope of each weight; NaN where nothing was learned yet."""
    named = {name: weight.grad for name, weight in model.named_parameters()}
    return {
        name: float(slope.norm()) if learned and slope is not None else float("nan") for name, slope in named.items()
    }


def _kept(value: Tensor) -> np.ndarray:
    return value.detach().cpu().contiguous().clone().numpy()
