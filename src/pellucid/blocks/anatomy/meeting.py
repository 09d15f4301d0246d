"""Two shapes aligned at the right: what each pair of axes comes to, and why two shapes do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from pellucid.blocks.anatomy.mending import drop_axis, mend


@dataclass(frozen=True, slots=True)
class Meeting:
    """One axis of both shapes, counted from the right, since that is how they are aligned.

    Args:
        axis: -1 for the last, -2 for the one before it ...
        first: its length in the first shape; None where that shape has no such axis.
        second: the same in the second.
    """

    axis: int
    first: int | None
    second: int | None

    @property
    def length(self) -> int | None:
        """What both come to: alike, or the other one where one is 1 or missing; None where they do not fit."""
        first, second = (1 if length is None else length for length in (self.first, self.second))
        if first == second or second == 1:
            return first
        return second if first == 1 else None


@dataclass(frozen=True, slots=True)
class AlignedShapes:
    """Two shapes axis by axis, what they come to, and why they do not fit if they do not.

    Args:
        first: the first shape.
        second: the second.
        axes: both shapes axis by axis, from left to right.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    axes: tuple[Meeting, ...]

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The result's; None where the shapes do not fit."""
        met = [axis.length for axis in self.axes]
        return None if None in met else tuple(length for length in met if length is not None)

    @property
    def why_not(self) -> str:
        """Which axes do not fit, with both lengths; empty where all do."""
        apart = [axis for axis in self.axes if axis.length is None]
        told = [
            f"axis {axis.axis} has length {axis.first} in the first and {axis.second} in the second" for axis in apart
        ]
        return (
            f"{self.first} and {self.second} do not fit: {'; '.join(told)}; alike, or one of them 1, was needed."
            if told
            else ""
        )

    @property
    def mend(self) -> str:
        """What would make two shapes fit that do not; empty where they do."""
        return "" if self.shape is not None else mend(self.first, self.second)

    @property
    def warning(self) -> str:
        """Said where as many numbers on both sides, as (N,) and (N, 1), meet each with each; else empty."""
        if self.shape is None or len(self.first) == len(self.second) or prod(self.first) != prod(self.second):
            return ""
        if self.shape in (self.first, self.second) or prod(self.shape) == prod(self.first):
            return ""
        pairs = " x ".join(map(str, self.shape))
        return (
            f"Both hold {prod(self.first)} numbers, yet the result is {pairs}: every number of one meets every number "
            f"of the other, not its own partner. If one to one was meant: {drop_axis(self.first, self.second)}."
        )
