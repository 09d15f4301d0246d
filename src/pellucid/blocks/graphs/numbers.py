"""What a tensor holds, in a few words: all of it where it is small, else its mean, its ends, its norm and a corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from pellucid.drawing.svg import Number
from pellucid.shapes import Shaped

MOST_KEPT = 1024
"""Numbers of a tensor that are kept whole. Chosen by us: a graph of a hundred parts stays below a megabyte."""

MOST_WRITTEN = 4
"""Numbers that are written out one by one. Chosen by us: they fit one line of a box."""

CORNER = 3
"""Rows and columns of the corner that is kept of a large tensor. Chosen by us."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A tensor at one place of a graph."""

    shape: tuple[int, ...]
    mean: float
    lowest: float
    highest: float
    norm: float
    """Root of the sum of squares."""
    corner: Tensor
    """Its first rows and columns (of the first case and channel)."""
    whole: Tensor | None
    """All of it, where it has at most `MOST_KEPT` numbers."""

    def said(self) -> str:
        """In one line: a few numbers one by one, more of them by mean, ends and norm.

        >>> import torch
        >>> numbers_of(torch.tensor([1.0, 2.5])).said()
        '1, 2.5'
        >>> numbers_of(torch.arange(5.0)).said()
        'mean 2, 0 to 4, norm 5.477'
        """
        if self.whole is not None and self.whole.numel() <= MOST_WRITTEN:
            return ", ".join(written(number) for number in self.whole.flatten().tolist()) or "nothing"
        ends = f"{written(self.lowest)} to {written(self.highest)}"
        return f"mean {written(self.mean)}, {ends}, norm {written(self.norm)}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that JSON does not know are written as words."""
        facts = {"mean": self.mean, "lowest": self.lowest, "highest": self.highest, "norm": self.norm}
        kept = {"corner": self.corner} if self.whole is None else {"whole": self.whole}
        told = {name: _for_json(fact) for name, fact in facts.items()}
        return {"shape": list(self.shape), **told, **{name: _for_json(fact.tolist()) for name, fact in kept.items()}}


def numbers_of(tensor: Shaped[Tensor, "*shape"]) -> Numbers:
    """Mean, ends, norm and a corner of a tensor, computed in float64; a copy of it where it is small.

    Args:
        tensor: real numbers, whole numbers or truth values.
    """
    exact = tensor.detach().to("cpu")
    double = exact.double()
    some = double.numel() > 0
    corner = exact
    while corner.ndim > 2:
        corner = corner[0] if len(corner) else corner.flatten()
    corner = corner[(slice(CORNER),) * corner.ndim]
    return Numbers(
        shape=tuple(tensor.shape),
        mean=float(double.mean()) if some else float("nan"),
        lowest=float(double.min()) if some else float("nan"),
        highest=float(double.max()) if some else float("nan"),
        norm=float(double.square().sum().sqrt()),
        corner=corner.clone(),
        whole=exact.clone() if exact.numel() <= MOST_KEPT else None,
    )


def written(number: Number) -> str:
    """Four digits that count, as they stand in boxes and in the terminal.

    >>> written(-0.123456), written(3)
    ('-0.1235', '3')
    """
    return f"{number + 0.0:.4g}"  # -0.0 becomes 0


def times(shape: tuple[int, ...]) -> str:
    """A shape in words.

    >>> times((1, 28, 28)), times(())
    ('1×28×28', 'a number')
    """
    return "×".join(map(str, shape)) or "a number"


def _for_json(fact: Any) -> Any:
    if isinstance(fact, list):
        return [_for_json(part) for part in fact]
    return str(fact) if isinstance(fact, float) and fact - fact != 0 else fact
