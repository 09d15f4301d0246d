"""One hidden unit opened wholly: its bias, and every weight as it is stored times the scaled pixel that it meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from pellucid.explain.going_back import affine
from pellucid.explain.sums import Sum, added_up
from pellucid.explain.walk import Passed
from pellucid.shapes import Float


@dataclass(frozen=True, slots=True)
class OpenedUnit:
    """before = sum(weights * scaled pixels) + bias."""

    layer: str
    number: int
    weights: Float[np.ndarray, "channel row column"]
    """As they are stored in the layer."""
    inputs: Float[np.ndarray, "channel row column"]
    """The scaled pixels."""
    bias: float
    before: float
    """What the activation is given."""
    value: float
    """What it gives."""
    folded: float
    """What the logit gains for each 1 of `before`, with the gates of this image as they fell."""
    sum: Sum

    @property
    def products(self) -> Float[np.ndarray, "channel row column"]:
        """Weights x scaled pixels."""
        return np.asarray(self.weights * self.inputs)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "layer": self.layer,
            "unit": self.number,
            "weights": self.weights.tolist(),
            "products": self.products.tolist(),
            "bias": self.bias,
            "before_activation": self.before,
            "value": self.value,
            "sum": self.sum.as_dict(),
        }


def opened_unit(way: Sequence[Passed], weights: Float[Tensor, " 1 *shape"], scale: float) -> OpenedUnit | None:
    """The unit of the first layer that adds most to a logit, or takes most from it; None where no layer is hidden.

    Args:
        way: blocks in the order in which they were passed.
        weights: the logit's, of what the last of them gave.
        scale: the largest logit, which the sum is measured by.
    Raises:
        PellucidError: the products and the bias do not sum to the unit.
    """
    at = next((at for at, passed in enumerate(way) if isinstance(passed.block, nn.Linear | nn.Conv2d)), None)
    if at is None or at == len(way) - 1 or not isinstance(way[at].block, nn.Linear):
        return None
    passed, after = way[at], way[at + 1]
    block: Any = passed.block
    folded = affine(way[at + 1 :], weights).weights[0]
    number = int((folded * passed.gave[0]).abs().argmax())
    shape = way[0].given.shape[1:]
    stored, inputs = (part.reshape(shape).numpy() for part in (block.weight.detach()[number], passed.given[0]))
    bias = 0.0 if block.bias is None else float(block.bias[number])
    before = float(passed.gave[0, number])
    told = f"{stored.size:,} stored weights x scaled pixels and the bias"
    summed = added_up(
        f"{passed.name} unit {number}, opened", told, np.append((stored * inputs).ravel(), bias), before, scale
    )
    value = float(after.gave[0, number]) if isinstance(after.block, nn.ReLU) else before
    return OpenedUnit(passed.name, number, stored, inputs, bias, before, value, float(folded[number]), summed)
