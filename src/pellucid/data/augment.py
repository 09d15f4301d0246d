"""Small random shifts and flips of a whole batch at once; what is random is drawn first, and applied second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pellucid.errors import BadInput
from pellucid.shapes import Bool, Int, Shaped

KINDS = ("none", "shift", "shift+flip")


@dataclass(frozen=True, slots=True)
class Moves:
    """What is done to each image of one batch."""

    down: Int[np.ndarray, " case"]
    right: Int[np.ndarray, " case"]
    mirror: Bool[np.ndarray, " case"]


def draw_moves(kind: str, cases: int, size: int, generator: np.random.Generator) -> Moves:
    """Random moves for a batch; for kind "none" all of them 0.

    Args:
        kind: none; shift (up to a sixteenth of the side, at least 1 pixel); shift+flip (also left-right mirrored, half
            of the time: never where left and right differ, as in a chest).
        cases: images in the batch.
        size: side in pixels.
        generator: the only source of randomness.
    Raises:
        BadInput: another kind.
    """
    if kind not in KINDS:
        raise BadInput(f"Augmentation {kind!r} is none of {', '.join(KINDS)}.")
    most = 0 if kind == "none" else max(1, size // 16)
    down, right = generator.integers(-most, most + 1, (2, cases))
    mirror = generator.random(cases) < 0.5 if kind == "shift+flip" else np.zeros(cases, bool)
    return Moves(down, right, mirror)


def apply_moves(
    images: Shaped[Tensor, "case channel row column"], moves: Moves
) -> Shaped[Tensor, "case channel row column"]:
    """The batch, moved; what comes in at an edge repeats the edge.

    >>> image = torch.tensor([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]])
    >>> apply_moves(image, Moves(np.array([1]), np.array([0]), np.array([True])))[0, 0].tolist()
    [[3, 2, 1], [3, 2, 1], [6, 5, 4]]
    """
    size = images.shape[2]
    places = np.arange(size)
    rows = np.clip(places[None] - moves.down[:, None], 0, size - 1)
    columns = np.clip(places[None] - moves.right[:, None], 0, size - 1)
    columns = np.where(moves.mirror[:, None], columns[:, ::-1], columns)
    flat = torch.from_numpy(np.ascontiguousarray(rows[:, :, None] * size + columns[:, None, :])).reshape(
        len(rows), 1, -1
    )
    index = flat.to(images.device).expand(-1, images.shape[1], -1)
    return images.reshape(*images.shape[:2], -1).gather(2, index).reshape(images.shape)
