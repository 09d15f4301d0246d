"""Looking into a tensor: its facts as torch knows them, told in lines and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from pellucid.blocks.anatomy.corner import SMALL, corner_of
from pellucid.blocks.anatomy.drawn import draw
from pellucid.blocks.anatomy.fact_lines import lines
from pellucid.blocks.anatomy.facts import Scalar, TensorFacts
from pellucid.blocks.anatomy.sharing import refuse_lazy
from pellucid.drawing.paper import on_paper
from pellucid.errors import BadInput
from pellucid.shapes import Shaped


@dataclass(frozen=True, slots=True)
class Anatomy(TensorFacts):
    """What `anatomy` found: every field of `TensorFacts`, told in lines and drawn."""

    def lines(self, at: Sequence[int] | None = None) -> list[str]:
        """The facts as lines for a terminal; with `at`, also which cell this index reads.

        Raises:
            BadInput: `at` is no index of the tensor.
        """
        return lines(self, at)

    def as_svg(self, at: Sequence[int] | None = None) -> str:
        """The storage as a row of cells, and below it the tensor, each number in the colour of its cell.

        Args:
            at: an index to outline, with the sum that leads to its cell.
        Raises:
            BadInput: `at` is no index of the tensor.
        """
        return draw([self], at=at)

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def _repr_html_(self) -> str:
        return on_paper(self.as_svg())


def anatomy(tensor: Shaped[Tensor, "..."], name: str = "x") -> Anatomy:
    """What the tensor is made of: a storage, and size, offset and stride, by which it is read.

    Args:
        tensor: any strided tensor, on any device; it is neither changed nor kept.
        name: what to call it.
    Returns:
        its facts, and the numbers of the cells that a drawing shows.
    Raises:
        BadInput: the tensor has no strides (a sparse one), reads numbers that are not those of its storage (quantized
            ones, conj(), a negative view), or holds none (the meta device).

    >>> notes = torch.tensor([[4, 1], [5, 3], [2, 1]])
    >>> row = anatomy(notes[1], "notes[1]")
    >>> row.size, row.stride, row.offset, row.storage_length
    ((2,), (1,), 2, 6)
    >>> print(*row.lines(at=(1,)), sep="\\n")
    notes[1]: 2 numbers of int64, 8 bytes each
      size        (2,)
      stride      (1,): one step along axis 0 moves on by 1
      offset      2: notes[1][0] reads cell 2
      storage     6 cells, 48 bytes, on cpu
                  4 1 5 3 2 1
      contiguous  yes: row by row it reads one cell after the other
      view        yes: it reads 2 of the storage's 6 cells (33.3%)
      notes[1][1] reads cell 2 + 1×1 = 3, which holds 3
    """
    _refuse_what_has_none(tensor, name)
    length = tensor.untyped_storage().nbytes() // tensor.element_size()
    size, stride, offset = tuple(tensor.shape), tensor.stride(), int(tensor.storage_offset())
    corner, read = corner_of(size), cells_read(size, stride)
    places = [offset + sum(step * place for step, place in zip(stride, index, strict=True)) for index in corner]
    drawn = range(length) if length <= SMALL else sorted(set(places))
    return Anatomy(
        name=name,
        size=size,
        stride=stride,
        offset=offset,
        dtype=str(tensor.dtype).removeprefix("torch."),
        bytes_per_number=tensor.element_size(),
        storage_length=length,
        storage_bytes=tensor.untyped_storage().nbytes(),
        cells_read=read,
        contiguous=tensor.is_contiguous(),
        view=tensor._is_view() or read < length,
        address=tensor.untyped_storage().data_ptr(),
        device=str(tensor.device),
        layout=str(tensor.layout).removeprefix("torch."),
        corner=corner,
        cells=tuple(zip(drawn, _numbers(tensor, list(drawn), length), strict=True)),
    )


def _refuse_what_has_none(tensor: Shaped[Tensor, "..."], name: str) -> None:
    """Refuse a tensor whose numbers are not those of its storage, read by strides."""
    if tensor.is_quantized:
        raise BadInput(f"{name} is quantized: its storage holds codes, not its numbers. Pass {name}.dequantize().")
    if tensor.layout != torch.strided:
        kind = str(tensor.layout).removeprefix("torch.")
        raise BadInput(
            f"{name} is {kind}: no plain storage and strides to show. Pass {name}.to_dense(), or a part of it."
        )
    if tensor.is_meta:
        raise BadInput(f"{name} lies on the meta device, which stores no numbers. Make it on cpu to look into it.")
    refuse_lazy(tensor, name)


def _numbers(tensor: Shaped[Tensor, "..."], cells: list[int], length: int) -> list[Scalar]:
    """What stands in these cells of the tensor's storage."""
    storage = torch.as_strided(tensor.detach(), (length,), (1,), 0)
    return [storage[cell].item() for cell in cells]


def cells_read(size: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """How many different cells are read; each once, however many indices lead to it.

    >>> cells_read((3, 4), (0, 1)), cells_read((5, 3), (1, 1))  # expanded; a window of 3 that moves along 7 cells
    (4, 7)
    """
    if 0 in size:
        return 0
    axes = sorted((step, length) for step, length in zip(stride, size, strict=True) if step and length > 1)
    if _leap_over_each_other(axes):
        return prod(length for _, length in axes)
    reached = torch.ones(1, dtype=torch.bool)
    for step, length in axes:
        wider = torch.zeros(len(reached) + step * (length - 1), dtype=torch.bool)
        for place in range(length):
            wider[place * step : place * step + len(reached)] |= reached
        reached = wider
    return int(reached.sum())


def _leap_over_each_other(axes: list[tuple[int, int]]) -> bool:
    """Whether each step, the smallest first, leaps over all that the smaller ones reach: then no cell is read twice."""
    span = 1
    for step, length in axes:
        if step < span:
            return False
        span += step * (length - 1)
    return True
