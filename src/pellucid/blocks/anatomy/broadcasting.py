"""Broadcasting step by step: align, pad, stretch, compare, in words and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pellucid.blocks.anatomy.meeting import AlignedShapes, Meeting
from pellucid.blocks.anatomy.meeting_drawn import draw
from pellucid.drawing.paper import on_paper
from pellucid.errors import BadInput


def lines(met: AlignedShapes) -> list[str]:
    """Each step with both shapes as it leaves them, then the result, or the reason and a way out.

    >>> print(*lines(broadcast((4, 3), (4, 1))), sep="\\n")
    align right        first     4  3
                       second    4  1
    stretch 1 to n     axis -1 of the second: 1 -> 3, the same numbers read again (stride 0), nothing is copied
    compare            axis -2: 4 = 4, axis -1: 3 = 3
    result             (4, 3)
    """
    told = _table("align right", _row(met, "first", None), _row(met, "second", None))
    if any(None in (axis.first, axis.second) for axis in met.axes):
        told += _table("pad with 1", _row(met, "first", 1), _row(met, "second", 1))
    stretched = [words for axis in met.axes for words in stretches(axis)]
    told += [f"{'stretch 1 to n' if place == 0 else '':19}{words}" for place, words in enumerate(stretched)]
    told.append(f"{'compare':19}{', '.join(compared(axis) for axis in met.axes) or 'no axis at all'}")
    told.append(f"{'result':19}{met.shape}" if met.shape is not None else f"{'no result':19}{met.why_not}")
    told += [f"{'mend':19}{met.mend}"] if met.mend else []
    return told + ([f"{'warning':19}{met.warning}"] if met.warning else [])


def stretches(axis: Meeting) -> list[str]:
    """Which of both is stretched along this axis, if any, and to what."""
    pairs = (("first", axis.first, axis.second), ("second", axis.second, axis.first))
    return [
        f"axis {axis.axis} of the {name}: 1 -> {other}, the same numbers read again (stride 0), nothing is copied"
        for name, length, other in pairs
        if (1 if length is None else length) == 1 and other not in (1, None)
    ]


def compared(axis: Meeting) -> str:
    """Both lengths of an axis after stretching."""
    if axis.length is not None:
        return f"axis {axis.axis}: {axis.length} = {axis.length}"
    return f"axis {axis.axis}: {axis.first} is not {axis.second}"


def _row(met: AlignedShapes, which: str, missing: int | None) -> tuple[str, list[str]]:
    lengths = [getattr(axis, which) for axis in met.axes]
    return which, [str(missing or "") if length is None else str(length) for length in lengths]


def _table(step: str, *rows: tuple[str, list[str]]) -> list[str]:
    columns = zip(*(cells for _, cells in rows), strict=True)
    widths = [max(len(cell) for cell in column) for column in columns]
    return [
        (f"{step if place == 0 else '':19}{name:10}" + "  ".join(map(str.rjust, cells, widths))).rstrip()
        for place, (name, cells) in enumerate(rows)
    ]


@dataclass(frozen=True, slots=True)
class Broadcasting(AlignedShapes):
    """What `broadcast` found: every field of `AlignedShapes`, told step by step and drawn."""

    def lines(self) -> list[str]:
        """Align, pad, stretch, compare: each step with both shapes as it leaves them."""
        return lines(self)

    def as_svg(self) -> str:
        """Both shapes above their result, axis below axis; what was padded, stretched, or does not fit is marked."""
        return draw(self)

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def _repr_html_(self) -> str:
        return on_paper(self.as_svg())


def broadcast(first: Sequence[int], second: Sequence[int]) -> Broadcasting:
    """How torch and NumPy would stretch two shapes to each other, or why they cannot.

    Args:
        first: lengths of the axes, as `tensor.shape`.
        second: of the other tensor.
    Returns:
        the axes where they meet, with the result's shape, or the reason and a way out.
    Raises:
        BadInput: a length below 0.
    Source: the NumPy manual, "Broadcasting", general rules.

    >>> broadcast((2, 3), (3,)).shape
    (2, 3)
    >>> broadcast((2, 3), (2,)).why_not
    '(2, 3) and (2,) do not fit: axis -1 has length 3 in the first and 2 in the second; alike, or one of them 1, ...'
    >>> broadcast((2, 3), (2,)).mend
    'second.unsqueeze(1), of shape (2, 1), would fit: the result is (2, 3).'
    >>> broadcast((64,), (64, 1)).warning
    'Both hold 64 numbers, yet the result is 64 x 64: ...'
    """
    for shape in (first, second):
        if min(shape, default=0) < 0:
            raise BadInput(f"The shape {tuple(shape)} has a length below 0; give lengths of axes, as tensor.shape.")
    met = list(zip_longest(reversed(first), reversed(second)))
    axes = [Meeting(-place, one, other) for place, (one, other) in enumerate(met, start=1)]
    return Broadcasting(tuple(first), tuple(second), tuple(reversed(axes)))
