"""Many units in one flat picture: the two directions in which points differ most, as a layer sees them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pellucid.shapes import Float


@dataclass(frozen=True, slots=True, eq=False)
class Representation:
    """Points as a layer sees them, and how they come to lie where the picture shows them.

    Attributes:
        values: of each unit for each point.
        centre: taken off them: the mean of each unit; 0 where no more than two units are shown as they are.
        directions: of the picture's axes.
        shown: (values - centre) @ directions.T.
    """

    values: Float[Tensor, "case unit"]
    centre: Float[Tensor, " unit"]
    directions: Float[Tensor, "axis unit"]
    shown: Float[Tensor, "case axis"]


def represent(values: Float[Tensor, "case unit"]) -> Representation:
    """Two axes at most: the units themselves, or the two principal components of more than two.

    Each direction points to where its largest part is above 0, so that a picture does not flip from step to step.

    Args:
        values: finite.

    >>> represent(torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])).shown[:, 0]
    tensor([ 1., -1.])
    """
    units = values.shape[1]
    if units <= 2:
        return Representation(values, values.new_zeros(units), torch.eye(units, dtype=values.dtype), values)
    centre = values.mean(0)
    _, _, directions = torch.linalg.svd(values - centre, full_matrices=False)
    directions = directions[:2]
    directions = directions * directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
    return Representation(values, centre, directions, (values - centre) @ directions.T)
