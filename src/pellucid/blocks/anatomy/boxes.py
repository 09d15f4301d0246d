"""Numbers of a Python list, each in a box of its own, against the same numbers side by side in a tensor."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pellucid.errors import BadInput


@dataclass(frozen=True, slots=True)
class Boxed:
    """What the same numbers take up in both forms, measured.

    Args:
        numbers: how many there are.
        list_bytes: the list alone: it holds no number, only where each lies.
        box_bytes: the boxes, each counted once (small whole numbers are shared by all of Python).
        boxes: how many different ones there are.
        tensor_bytes: the numbers in a tensor's storage.
        dtype: of the tensor.
    """

    numbers: int
    list_bytes: int
    box_bytes: int
    boxes: int
    tensor_bytes: int
    dtype: str

    @property
    def times(self) -> float:
        """How many times as much the list takes up, boxes and all."""
        return (self.list_bytes + self.box_bytes) / self.tensor_bytes

    def lines(self) -> list[str]:
        """Both forms in bytes."""
        together = self.list_bytes + self.box_bytes
        return [
            f"Python list: {self.list_bytes:,} bytes of places and {self.box_bytes:,} in {self.boxes:,} boxes, "
            f"{together:,} bytes ({together / self.numbers:.1f} a number)",
            f"tensor of {self.dtype}: {self.tensor_bytes:,} bytes ({self.tensor_bytes / self.numbers:.1f} a number), "
            f"one beside the other; the list takes {self.times:.1f} times as much",
        ]


def boxed(numbers: Sequence[int | float], dtype: torch.dtype | None = None) -> Boxed:
    """How many bytes these numbers take up as a list, and as a tensor.

    Args:
        numbers: at least one.
        dtype: of the tensor; torch's own choice where None (int64 for whole numbers, float32 for others).
    Returns:
        bytes of both, the list's by sys.getsizeof, the tensor's from its storage.
    Raises:
        BadInput: there are no numbers, or some that the dtype cannot hold.

    >>> boxed([0.5 + k for k in range(1000)]).tensor_bytes
    4000
    """
    if not numbers:
        raise BadInput("There are no numbers; at least one was needed. Pass a list that is not empty.")
    places = list(numbers)
    boxes = {id(number): number for number in places}
    try:
        tensor = torch.tensor(places, dtype=dtype)
    except (RuntimeError, TypeError, ValueError, OverflowError) as problem:
        told = " ".join(str(problem).split())
        raise BadInput(f"A tensor cannot hold these numbers ({told}). Pass such as fit, or a wider dtype.") from None
    return Boxed(
        numbers=len(places),
        list_bytes=sys.getsizeof(places),
        box_bytes=sum(map(sys.getsizeof, boxes.values())),
        boxes=len(boxes),
        tensor_bytes=tensor.untyped_storage().nbytes(),
        dtype=str(tensor.dtype).removeprefix("torch."),
    )
