"""What a batch normalisation adds whatever the pixels are: beta - gamma mu / sigma of each channel, and where it goes.

A norm gives gamma (x - mu) / sigma + beta, which is (gamma / sigma) x + (beta - gamma mu / sigma). The first part
multiplies, and goes into the weights of the pixels. The second is a constant of the channel, the same at every place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from pellucid.explain.going_back import affine, normalising
from pellucid.explain.sums import Sum, added_up
from pellucid.explain.walk import Passed
from pellucid.shapes import Float

Channels = Float[np.ndarray, " channel"]


@dataclass(frozen=True, slots=True)
class Norm:
    """The numbers of a batch normalisation that has learned, one of each a channel."""

    name: str
    gamma: Channels
    mu: Channels
    sigma: Channels
    """Root of the running variance and a little more (eps), so that nothing is divided by 0."""
    beta: Channels
    factor: Channels
    """gamma / sigma."""
    shift: Channels
    """beta - gamma mu / sigma."""

    def channel_as_dict(self, channel: int) -> dict[str, float]:
        """The numbers of one channel, for JSON."""
        return {name: float(getattr(self, name)[channel]) for name in ("gamma", "mu", "sigma", "beta", "shift")}


@dataclass(frozen=True, slots=True)
class Constant:
    """What a norm's constants add to a logit."""

    norm: Norm
    weight: Channels
    """The logit's weights of what the norm gives, with the gates as they fell, summed over the places of a channel."""
    sum: Sum

    @property
    def adds(self) -> Channels:
        """What each channel adds."""
        return np.asarray(self.norm.shift * self.weight)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: a list by channel."""
        channels = [
            {**self.norm.channel_as_dict(at), "weight": weight, "adds": adds}
            for at, (weight, adds) in enumerate(zip(self.weight.tolist(), self.adds.tolist(), strict=True))
        ]
        return {"norm": self.norm.name, "channels": channels, "sum": self.sum.as_dict()}


def norm_of(name: str, block: nn.BatchNorm2d) -> Norm:
    """A norm's numbers by channel.

    >>> norm = norm_of("norm", nn.BatchNorm2d(1, eps=0.0).double().eval())
    >>> norm.channel_as_dict(0)
    {'gamma': 1.0, 'mu': 0.0, 'sigma': 1.0, 'beta': 0.0, 'shift': 0.0}
    """
    factor, shift = (part.detach().numpy() for part in normalising(block))
    known: Any = block
    mu, sigma = known.running_mean.numpy(), (known.running_var + block.eps).sqrt().numpy()
    gamma, beta = (
        np.full_like(mu, otherwise) if part is None else part.detach().numpy()
        for part, otherwise in ((known.weight, 1.0), (known.bias, 0.0))
    )
    return Norm(name, gamma, mu, sigma, beta, factor, shift)


def constants_of_norms(
    way: Sequence[Passed], weights: Float[Tensor, " 1 *shape"], constants: Sequence[tuple[str, float]], scale: float
) -> Iterator[Constant]:
    """For each norm, from the last to the first, how its constant in a logit is made of its channels'.

    Args:
        way: blocks in the order in which they were passed.
        weights: the logit's, of what the last of them gave.
        constants: what each block adds to the logit, by its name.
        scale: the largest logit, which the sums are measured by.
    Raises:
        PellucidError: the channels' parts do not sum to the constant.
    """
    known = dict(constants)
    for at, passed in reversed(list(enumerate(way))):
        if not isinstance(passed.block, nn.BatchNorm2d):
            continue
        norm = norm_of(passed.name, passed.block)
        weight = affine(way[at + 1 :], weights).weights[0].sum((1, 2)).numpy()
        told = f"(beta - gamma mu / sigma) x weight of {len(weight)} channels"
        terms = np.asarray((norm.beta - norm.gamma * norm.mu / norm.sigma) * weight)
        yield Constant(norm, weight, added_up(f"constant of {norm.name}", told, terms, known[norm.name], scale))
