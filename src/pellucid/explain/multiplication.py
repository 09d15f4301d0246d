"""Down to the single multiplication: one output of the first layer that multiplies pixels, spelled out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn.functional import unfold

from pellucid.explain.sums import Sum, added_up
from pellucid.shapes import Float


@dataclass(frozen=True, slots=True)
class Multiplied:
    """One output of a convolution: a patch of the image times a kernel, number by number."""

    name: str
    channel: int
    place: tuple[int, int]
    """Row and column of the output."""
    corner: tuple[int, int]
    """Row and column of the patch's first pixel; negative where it hangs over the edge."""
    hangs_over: bool
    """Some of the patch lies over an edge of the image, where it counts as 0."""
    patch: Float[np.ndarray, "channel row column"]
    """Scaled pixels."""
    kernel: Float[np.ndarray, "channel row column"]
    bias: float
    sum: Sum

    @property
    def products(self) -> Float[np.ndarray, "channel row column"]:
        """Patch x kernel."""
        return np.asarray(self.patch * self.kernel)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "layer": self.name,
            "channel": self.channel,
            "row": self.place[0],
            "column": self.place[1],
            "patch": self.patch.tolist(),
            "kernel": self.kernel.tolist(),
            "products": self.products.tolist(),
            "bias": self.bias,
            "sum": self.sum.as_dict(),
        }


def one_output(
    name: str,
    block: nn.Conv2d,
    given: Float[Tensor, "1 channel row column"],
    gave: Float[Tensor, "1 out down across"],
    place: tuple[int, int, int],
    scale: float,
) -> Multiplied:
    """A convolution's output at (channel, row, column): its patch and kernel, and that their products sum to it.

    >>> import torch
    >>> block = nn.Conv2d(1, 1, 2, bias=False).double().requires_grad_(False)
    >>> image = torch.arange(9.0, dtype=torch.float64).reshape(1, 1, 3, 3)
    >>> one_output("stem", block, image, block(image), (0, 1, 1), 1.0).patch.tolist()
    [[[4.0, 5.0], [7.0, 8.0]]]
    """
    channel, row, column = place
    high, wide = block.kernel_size
    padding: Any = block.padding
    patches = unfold(given, block.kernel_size, block.dilation, padding, block.stride)[0]
    patch = patches[:, row * gave.shape[3] + column].reshape(given.shape[1], high, wide).numpy()
    kernel = block.weight.detach()[channel].numpy()
    bias = 0.0 if block.bias is None else float(block.bias[channel])
    terms = np.append((patch * kernel).ravel(), bias)
    told = f"{patch.size} scaled pixels x weights" + ("" if block.bias is None else " and the bias")
    summed = added_up(
        f"{name} {channel} at ({row}, {column})", told, terms, float(gave[0, channel, row, column]), scale
    )
    corner = (row * block.stride[0] - int(padding[0]), column * block.stride[1] - int(padding[1]))
    ends = corner[0] + high > given.shape[2] or corner[1] + wide > given.shape[3]
    return Multiplied(name, channel, (row, column), corner, min(corner) < 0 or ends, patch, kernel, bias, summed)
