"""The small 3-D network that tells nodules from other lumps: one tower for the near, one for the wide window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pellucid.ct.network.window import SCALES
from pellucid.shapes import Float


def _block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm3d(outputs), nn.ReLU()
    )


def _tower(width: int) -> nn.Sequential:
    """32 cubes a side become 16, 8 and 4."""
    return nn.Sequential(
        _block(1, width, kernel=5, stride=2),
        _block(width, width),
        _block(width, 2 * width, stride=2),
        _block(2 * width, 2 * width),
        _block(2 * width, 4 * width, stride=2),
        _block(4 * width, 4 * width),
    )


class NoduleNetwork(nn.Module):
    """Two towers of six convolutions, and one linear layer on what both found.

    Args:
        width: maps after the first convolution.

    >>> NoduleNetwork(4)(torch.zeros(2, 2, 32, 32, 32)).shape
    torch.Size([2, 2])
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.towers = nn.ModuleList(_tower(width) for _ in SCALES)
        self.dropout = nn.Dropout(0.3)  # chosen by us
        self.verdict = nn.Linear(len(SCALES) * 4 * width * (8 + 1), 2)  # of each map the middle 8 cubes, and the mean

    def forward(self, windows: Float[Tensor, "case 2 edge edge edge"]) -> Float[Tensor, "case 2"]:
        """Logits of "other" and of "nodule"; windows are levels scaled to -1..1 (`scaled`)."""
        found = []
        for scale, tower in enumerate(self.towers):
            maps = tower(windows[:, scale : scale + 1])
            # the centre, where the lump lies, kept apart from the whole
            found += [maps[:, :, 1:3, 1:3, 1:3].flatten(1), maps.mean(dim=(2, 3, 4))]
        together: Tensor = self.verdict(self.dropout(torch.cat(found, dim=1)))
        return together


def scaled(levels: Tensor) -> Tensor:
    """Levels 0..255 to about -1..1: aerated lung (-850 HU) near -0.8, soft tissue (0 HU) near 0.4."""
    return levels.float().sub_(127.5).div_(127.5)
