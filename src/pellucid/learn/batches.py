"""Mini-batches straight from the packed array; their order depends on (seed, epoch) alone: any step is found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pellucid.data import Scaling
from pellucid.data.augment import apply_moves, draw_moves
from pellucid.shapes import Float, Int, Shaped

MOST_OF_A_GPU = 0.5
"""Share of a GPU's free memory that images may take to live there wholly. Chosen by us: the rest is for the model."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and labels of one step; lent until the next one."""

    number: int
    epoch: int
    inputs: Float[Tensor, "case channel *depth row column"]
    labels: Shaped[Tensor, " case *klass"]
    rows: Int[np.ndarray, " case"]


class Images:
    """The stored images, scaled as they are asked for; on a GPU they live there wholly where they fit.

    On a CPU every batch is gathered and scaled in the same memory, since fresh memory for each would cost more than the
    arithmetic: what is returned is lent until the next call.
    """

    def __init__(
        self,
        stored: Shaped[np.ndarray, "case channel row column"],
        scaling: Scaling,
        device: torch.device,
        channels_last: bool = False,
        *,
        live_there: bool = True,
    ) -> None:
        self.stored = np.asarray(stored)
        self.device = device
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        shape = (1, stored.shape[1], 1, 1)
        self._mean = torch.tensor(scaling.mean, dtype=torch.float32).reshape(shape).to(device)
        self._per_deviation = (1 / torch.tensor(scaling.deviation, dtype=torch.float32)).reshape(shape).to(device)
        self._on_device = _whole_on(device, stored) if live_there else None
        self._gathered = np.empty((0, *stored.shape[1:]), stored.dtype)
        self._scaled = torch.empty((0, *stored.shape[1:]))

    def pixels(self, rows: Int[np.ndarray, " case"]) -> Shaped[Tensor, "case channel row column"]:
        """Stored values of these rows, on the device; lent until the next call."""
        if self._on_device is not None:
            return self._on_device[torch.from_numpy(rows).to(self.device)]
        if len(rows) > len(self._gathered):
            self._gathered = np.empty((len(rows), *self.stored.shape[1:]), self.stored.dtype)
        taken = self._gathered[: len(rows)]
        # mode="raise" would copy once more, and the rows come from a Split
        np.take(self.stored, rows, axis=0, out=taken, mode="clip")
        if taken.dtype == np.uint16:  # torch computes with int32 rather than uint16
            taken = taken.astype(np.int32)
        return torch.from_numpy(taken).to(self.device)

    def scaled(self, pixels: Shaped[Tensor, "case channel row column"]) -> Float[Tensor, "case channel row column"]:
        """(stored - mean) / deviation; lent until the next call."""
        if self.device.type != "cpu":
            inputs = pixels.to(torch.float32, memory_format=self.layout)
        else:
            if len(pixels) > len(self._scaled):
                self._scaled = torch.empty(pixels.shape, memory_format=self.layout)
            inputs = self._scaled[: len(pixels)].copy_(pixels)
        return inputs.sub_(self._mean).mul_(self._per_deviation)


def _whole_on(device: torch.device, stored: np.ndarray) -> Tensor | None:
    if device.type == "cpu" or stored.dtype == np.uint16:
        return None
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if stored.nbytes > MOST_OF_A_GPU * free:
            return None
    elif stored.nbytes > 2**31:
        return None
    return torch.from_numpy(np.array(stored)).to(device)


@dataclass(frozen=True, slots=True)
class Batches:
    """The training part, batch after batch, epoch after epoch; iterate, or begin anywhere by `after(step)`."""

    images: Images
    labels: Shaped[Tensor, " case *klass"]
    rows: Int[np.ndarray, " train"]
    batch_size: int
    epochs: int
    seed: int
    shuffle: str = "every-epoch"
    augment: str = "none"

    @property
    def steps_an_epoch(self) -> int:
        """Batches in an epoch, the last one perhaps smaller."""
        return -(-len(self.rows) // self.batch_size)

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.steps_an_epoch * self.epochs

    def __iter__(self) -> Iterator[Batch]:
        return self.after(0)

    def after(self, step: int) -> Iterator[Batch]:
        """All batches that follow `step` steps."""
        for epoch in range(step // self.steps_an_epoch, self.epochs):
            order = self._order(epoch)
            first = step - epoch * self.steps_an_epoch if epoch == step // self.steps_an_epoch else 0
            for place in range(first, self.steps_an_epoch):
                rows = order[place * self.batch_size : (place + 1) * self.batch_size]
                yield self._batch(epoch * self.steps_an_epoch + place, epoch, rows)

    def _order(self, epoch: int) -> np.ndarray:
        if self.shuffle == "never":
            return self.rows
        drawn = 0 if self.shuffle == "once" else epoch
        return np.random.default_rng([self.seed, 1, drawn]).permutation(self.rows)

    def _batch(self, number: int, epoch: int, rows: np.ndarray) -> Batch:
        pixels = self.images.pixels(rows)
        if self.augment != "none":
            generator = np.random.default_rng([self.seed, 2, number])
            pixels = apply_moves(pixels, draw_moves(self.augment, len(rows), pixels.shape[2], generator))
        labels = self.labels[torch.from_numpy(rows).to(self.labels.device)]
        return Batch(number + 1, epoch + 1, self.images.scaled(pixels), labels, rows)
