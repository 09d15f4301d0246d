"""Many units in one flat picture: across the output's cut, and along it where points differ most."""

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
        cut: right, up and constant: right * shown[:, 0] + up * shown[:, 1] + constant is the output's sum.
    """

    values: Float[Tensor, "case unit"]
    centre: Float[Tensor, " unit"]
    directions: Float[Tensor, "axis unit"]
    shown: Float[Tensor, "case axis"]
    cut: tuple[float, float, float]


def represent(values: Float[Tensor, "case unit"], weight: Float[Tensor, " unit"], bias: float) -> Representation:
    """Two axes at most: the units themselves, or, of more than two, two directions between them.

    To the right is the direction of the output's weights: straight across its cut, so that the cut is a line in the
    picture, too. Up is, of all directions along the cut, the one in which points differ most (the first principal
    component); it points to where its largest part is above 0, so that a picture does not flip from step to step.
    Where all weights are 0 there is no cut, and both directions are principal components.

    Args:
        values: finite.
        weight, bias: of the output.

    >>> seen = represent(torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.0, 3.0]]), torch.tensor([2.0, 0.0, 0.0]), 0.5)
    >>> seen.shown[:, 0], seen.cut
    (tensor([ 1., -1.]), (2.0, 0.0, 0.5))
    """
    units = values.shape[1]
    if units <= 2:
        right, up = [*weight.tolist(), 0.0][:2]
        cut = (right, up, bias)
        return Representation(values, values.new_zeros(units), torch.eye(units, dtype=values.dtype), values, cut)
    centre, length = values.mean(0), weight.norm()
    away = values - centre
    if length > 0:
        across = weight / length
        along = _widest(away - (away @ across)[:, None] * across)[:1]
        along = along - (along @ across)[:, None] * across  # where points do not differ along the cut, any direction is
        directions = torch.cat([across[None], along / along.norm().clamp_min(1e-12)])
    else:
        directions = _widest(away)[:2]
    cut = (float(length), 0.0, float(weight @ centre) + bias)
    return Representation(values, centre, directions, away @ directions.T, cut)


def _widest(away: Float[Tensor, "case unit"]) -> Float[Tensor, "axis unit"]:
    """Directions in which points differ, the widest first."""
    directions: Tensor = torch.linalg.svd(away, full_matrices=False)[2]
    signs: Tensor = directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
    return directions * signs
