"""Feature columns: what a network is told of a point beside its two coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi

import torch
from torch import Tensor

from pellucid.errors import BadInput
from pellucid.shapes import Float

FEATURES: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "x1": ("x₁", lambda x1, x2: x1),
    "x2": ("x₂", lambda x1, x2: x2),
    "x1x1": ("x₁²", lambda x1, x2: x1 * x1),
    "x2x2": ("x₂²", lambda x1, x2: x2 * x2),
    "x1x2": ("x₁x₂", lambda x1, x2: x1 * x2),
    "sinx1": ("sin 2πx₁", lambda x1, x2: torch.sin(2 * pi * x1)),
    "sinx2": ("sin 2πx₂", lambda x1, x2: torch.sin(2 * pi * x2)),
}
"""By name: how it is written, and what it is."""


def feature_columns(places: Float[Tensor, "case 2"], names: Sequence[str]) -> Float[Tensor, "case feature"]:
    """One column a feature, in the order of the names.

    Raises:
        BadInput: no feature, or one that is not known.

    >>> feature_columns(torch.tensor([[2.0, 3.0]]), ["x1", "x1x2"])
    tensor([[2., 6.]])
    """
    unknown = [name for name in names if name not in FEATURES]
    if unknown or not names:
        said = f"There is no feature {unknown[0]!r}" if unknown else "A network needs a feature"
        raise BadInput(f"{said}: choose among {', '.join(FEATURES)}.")
    return torch.stack([FEATURES[name][1](places[:, 0], places[:, 1]) for name in names], 1)
