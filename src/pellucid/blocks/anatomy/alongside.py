"""Several tensors side by side: those that share a storage below it, others below their own."""

from dataclasses import dataclass

from torch import Tensor

from pellucid.blocks.anatomy.drawn import draw
from pellucid.blocks.anatomy.looking import Anatomy, anatomy
from pellucid.drawing.paper import on_paper
from pellucid.errors import BadInput
from pellucid.shapes import Shaped


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What `side_by_side` found: the facts of each tensor, in order."""

    tensors: tuple[Anatomy, ...]

    def lines(self) -> list[str]:
        """Each tensor's facts, and at the end which of them share a storage."""
        told = [line for one in self.tensors for line in one.lines()]
        groups: dict[tuple[str, int], list[str]] = {}
        for one in self.tensors:
            groups.setdefault((one.device, one.address), []).append(one.name)
        for (_, address), names in groups.items():
            if len(names) > 1 and address:
                told.append(f"{', '.join(names)} share one storage: a change through one of them shows in all.")
        return told

    def as_svg(self, cell: int | None = None) -> str:
        """Storage and tensors; with `cell`, this cell of the first storage is outlined wherever it is read.

        Raises:
            BadInput: the storage has no such cell.
        """
        length = self.tensors[0].storage_length
        if cell is not None and not 0 <= cell < length:
            raise BadInput(f"Cell {cell} is not in the storage, which has {length}. Take one from 0 to {length - 1}.")
        return draw(self.tensors, cell=cell)

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def _repr_html_(self) -> str:
        return on_paper(self.as_svg())


def side_by_side(*named: tuple[str, Shaped[Tensor, "..."]]) -> SideBySide:
    """Look into several tensors at once, to see which cells they have in common.

    Args:
        named: a name and a tensor each.
    Returns:
        their facts, drawn one below another.
    Raises:
        BadInput: none was given, or one has no strides.

    >>> import torch
    >>> notes = torch.tensor([[4, 1], [5, 3], [2, 1]])
    >>> side_by_side(("notes", notes), ("notes.T", notes.T)).lines()[-1]
    'notes, notes.T share one storage: a change through one of them shows in all.'
    """
    if not named:
        raise BadInput('No tensor was given; at least one was needed. Pass pairs such as ("x", x).')
    return SideBySide(tuple(anatomy(tensor, name) for name, tensor in named))
