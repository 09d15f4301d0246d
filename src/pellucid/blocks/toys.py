"""Toy problems in the plane: points of two classes, or with a height, on which a small network can be watched."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal, get_args

import torch
from torch import Tensor

from pellucid.errors import BadInput
from pellucid.shapes import Float

ClassToy = Literal["xor", "corners", "circles", "moons", "spirals", "gaussians"]
HeightToy = Literal["plane", "hills"]
CLASS_TOYS: tuple[ClassToy, ...] = get_args(ClassToy)
HEIGHT_TOYS: tuple[HeightToy, ...] = get_args(HeightToy)
HILLS = ((-0.6, 0.4, 1.0), (0.0, 0.4, -1.0), (0.6, 0.4, 1.0), (-0.6, -0.4, -1.0), (0.0, -0.4, 1.0), (0.6, -0.4, -1.0))
"""x, y and sign of each hill."""
WIDTH = 0.35  # of a hill
CLOUDS = ("gaussians", "corners")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of a toy problem.

    Attributes:
        places: x1 and x2 of each.
        targets: 0 or 1 for a class, -1 to 1 for a height.
    """

    places: Float[Tensor, "case 2"]
    targets: Float[Tensor, "case 1"]


def draw_toy(name: str, count: int, noise: float, generator: torch.Generator) -> Points:
    """Points of a toy problem, in random order, float64.

    Points without noise lie between -1 and 1: where sums are small, no activation is saturated from the start. Noise
    moves points after their class is known, so that classes overlap; clouds (gaussians, corners) it widens.

    Args:
        name: one of CLASS_TOYS or HEIGHT_TOYS.
        count: how many; 2 or more. Both classes are as large (to one point), but for xor, where chance decides.
        noise: 0 to 1. Along x1 and x2 points move by 0.25 * noise (standard deviation); clouds, which have a width
            without noise, too, by 0.08 + 0.5 * noise.
        generator: the source of randomness.
    Raises:
        BadInput: no such problem, or an impossible number.

    >>> points = draw_toy("circles", 6, 0.0, torch.Generator().manual_seed(0))
    >>> bool(((points.places.norm(dim=1) < 0.5) == (points.targets[:, 0] == 1)).all())
    True
    """
    if name not in (*CLASS_TOYS, *HEIGHT_TOYS):
        raise BadInput(f"There is no toy problem {name!r}: choose among {', '.join((*CLASS_TOYS, *HEIGHT_TOYS))}.")
    if count < 2 or not 0 <= noise <= 1:
        raise BadInput(f"{count} points with noise {noise:g} cannot be drawn: ask for 2 points or more, noise 0 to 1.")
    uniform = torch.rand(count, 2, generator=generator, dtype=torch.float64)
    normal = torch.randn(count, 2, generator=generator, dtype=torch.float64)
    ones = (torch.arange(count) % 2 == 1)[:, None]
    if name in HEIGHT_TOYS:
        places = 2 * uniform - 1
        targets = height(name, places)
    elif name == "xor":
        places = 0.92 * (2 * uniform - 1)
        targets = (places[:, :1] * places[:, 1:] < 0).double()
        places = places + 0.05 * places.sign()  # a gap along the axes
    else:
        places, targets = _shape(name, uniform, ones), ones.double()
    places = places + normal * (0.08 + 0.5 * noise if name in CLOUDS else 0.25 * noise)
    order = torch.randperm(count, generator=generator)
    return Points(places[order], targets[order])


def _shape(name: str, uniform: Float[Tensor, "case 2"], ones: Tensor) -> Float[Tensor, "case 2"]:
    """Where points of the two classes lie, without noise; class 1 where `ones` is true."""
    along, across = uniform[:, :1], uniform[:, 1:]
    if name == "gaussians":
        return torch.where(ones, 0.35, -0.35).double().expand(-1, 2)
    if name == "corners":  # XOR as a lecture draws it: four clouds, those across from each other of one class
        side = torch.where(along < 0.5, 0.5, -0.5).double()
        return torch.cat([side, torch.where(ones, -side, side)], 1)
    if name == "circles":
        radius = torch.where(ones, 0.4 * along.sqrt(), 0.6 + 0.25 * along)
        return radius * torch.cat([(2 * pi * across).cos(), (2 * pi * across).sin()], 1)
    if name == "moons":
        angle = pi * along
        upper = torch.cat([0.6 * angle.cos() - 0.3, 0.6 * angle.sin() - 0.15], 1)
        return torch.where(ones, -upper, upper)
    angle = 1.75 * 2 * pi * along + torch.where(ones, pi, 0.0)
    return 0.85 * along * torch.cat([angle.sin(), angle.cos()], 1)


def height(name: str, places: Float[Tensor, "case 2"]) -> Float[Tensor, "case 1"]:
    """The height that a regression has to find: a tilted plane, or three hills and three hollows.

    >>> height("plane", torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64))
    tensor([[1.],
            [0.]], dtype=torch.float64)
    """
    if name == "plane":
        return places.sum(1, keepdim=True) / 2
    found = torch.zeros(len(places), 1, dtype=places.dtype)
    for x, y, sign in HILLS:
        away = (places - torch.tensor([x, y], dtype=places.dtype)).norm(dim=1, keepdim=True)
        found += sign * (1 - away / WIDTH).clamp(min=0)
    return found
