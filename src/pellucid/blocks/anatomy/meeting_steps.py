"""Broadcasting in words: align, pad, stretch, compare."""

from pellucid.blocks.anatomy.meeting import Broadcasting, Meeting


def lines(met: Broadcasting) -> list[str]:
    """Each step with both shapes as it leaves them, then the result, or the reason and a way out.

    >>> from pellucid.blocks.anatomy import broadcast
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


def _row(met: Broadcasting, which: str, missing: int | None) -> tuple[str, list[str]]:
    lengths = [getattr(axis, which) for axis in met.axes]
    return which, [str(missing or "") if length is None else str(length) for length in lengths]


def _table(step: str, *rows: tuple[str, list[str]]) -> list[str]:
    columns = zip(*(cells for _, cells in rows), strict=True)
    widths = [max(len(cell) for cell in column) for column in columns]
    return [
        (f"{step if place == 0 else '':19}{name:10}" + "  ".join(map(str.rjust, cells, widths))).rstrip()
        for place, (name, cells) in enumerate(rows)
    ]
