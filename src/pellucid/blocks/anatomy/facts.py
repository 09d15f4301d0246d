"""The facts of one tensor: how size, offset and stride lead from an index to a cell of its storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.errors import BadInput

Scalar = bool | int | float | complex


def counted(count: int, one: str, more: str = "") -> str:
    """How many there are, in words.

    >>> counted(1, "byte"), counted(1200, "byte"), counted(2, "axis", "axes")
    ('1 byte', '1,200 bytes', '2 axes')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """A tensor as it is stored; a copy of its facts, so later changes to the tensor do not show.

    Args:
        name: what the tensor is called in words and drawings.
        size: length of each axis.
        stride: how many cells of storage one step along each axis moves on.
        offset: the cell that the index of only zeros reads.
        dtype: as torch names it, without "torch.".
        bytes_per_number: of one cell.
        storage_length: cells in the storage, counted in numbers of this dtype.
        storage_bytes: of the whole storage.
        cells_read: how many different cells the tensor reads; fewer than its numbers where a stride is 0.
        contiguous: whether reading the tensor row by row walks through its cells one after the other.
        view: True where it is known to be a view: torch says so, or it reads less than its storage. False is no "no":
            torch does not tell it of x.detach(), x.view(dtype) and what was made in inference mode.
        address: of the storage's first byte; alike for tensors that share it. 0 where nothing is stored.
        device: where the storage lies.
        layout: how torch keeps the numbers; always "strided" here.
        corner: the indices that are drawn: all of a small tensor, the first ones of a large one.
        cells: the cells of storage that are drawn, each with its number.
    """

    name: str
    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    dtype: str
    bytes_per_number: int
    storage_length: int
    storage_bytes: int
    cells_read: int
    contiguous: bool
    view: bool
    address: int
    device: str
    layout: str
    corner: tuple[tuple[int, ...], ...]
    cells: tuple[tuple[int, Scalar], ...]

    @property
    def numbers(self) -> int:
        """How many numbers the tensor has: the product of its sizes."""
        count = 1
        for length in self.size:
            count *= length
        return count

    @property
    def share(self) -> float:
        """How much of its storage the tensor reads, from 0 to 1."""
        return self.cells_read / self.storage_length if self.storage_length else 1.0

    @property
    def whole(self) -> bool:
        """Whether all of the tensor and all of its storage are drawn."""
        return len(self.corner) == self.numbers and len(self.cells) == self.storage_length

    def cell(self, index: Sequence[int]) -> int:
        """The cell of storage that an index reads: offset + the sum of stride x index.

        Args:
            index: one whole number an axis; -1 is the last, as everywhere in Python.
        Returns:
            the cell's number; 0 is the storage's first.
        Raises:
            BadInput: too few or too many numbers, or one beyond its axis.

        >>> import torch
        >>> from pellucid.blocks.anatomy import anatomy
        >>> anatomy(torch.tensor([[4, 1], [5, 3], [2, 1]])).cell((1, 0))
        2
        """
        return self.offset + sum(step * place for step, place in zip(self.stride, self.place_of(index), strict=True))

    def place_of(self, index: Sequence[int]) -> tuple[int, ...]:
        """The index counted from 0, once it is known to lie within the tensor.

        Raises:
            BadInput: too few or too many numbers, or one beyond its axis.
        """
        if len(index) != len(self.size):
            raise BadInput(
                f"The index {tuple(index)} has {counted(len(index), 'number')}; {self.name} has "
                f"{counted(len(self.size), 'axis', 'axes')}, sizes {self.size}. Give one number an axis."
            )
        for axis, (place, length) in enumerate(zip(index, self.size, strict=True)):
            if not -length <= place < length:
                raise BadInput(
                    f"Index {place} lies beyond axis {axis} of {self.name}, whose length is {length}. "
                    + (f"Take one from 0 to {length - 1}." if length else "An axis of length 0 holds nothing.")
                )
        return tuple(place % length for place, length in zip(index, self.size, strict=True))
