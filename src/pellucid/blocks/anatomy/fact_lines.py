"""The facts of a tensor in words, a line each."""

from collections.abc import Sequence

from pellucid.blocks.anatomy.facts import Scalar, TensorFacts, counted


def lines(seen: TensorFacts, at: Sequence[int] | None = None) -> list[str]:
    """Size, stride, offset, storage, contiguity and view, each with what it means; `at` adds one index's cell."""
    step = ", ".join(f"one step along axis {axis} moves on by {step}" for axis, step in enumerate(seen.stride))
    still = [f"axis {axis}" for axis, step in enumerate(seen.stride) if step == 0 and seen.size[axis] > 1]
    start = index_words(seen, (0,) * len(seen.size))
    told = [
        f"{seen.name}: {how_many(seen)} of {seen.dtype}, {counted(seen.bytes_per_number, 'byte')} each",
        f"  size        {seen.size}",
        f"  stride      {seen.stride}" + (f": {step}" if step else ": no axis, so no step"),
        *([f"              {' and '.join(still)} stands still: its indices all read the same cells"] if still else []),
        f"  offset      {seen.offset}" + (f": {start} reads cell {seen.offset}" if seen.numbers else ""),
        f"  storage     {cells(seen)}, {counted(seen.storage_bytes, 'byte')}, on {seen.device}",
        f"              {storage_words(seen)}",
        f"  contiguous  {contiguity(seen)}",
        f"  view        {sharing(seen)}",
    ]
    return told if at is None else [*told, "  " + sum_words(seen, at)]


def how_many(seen: TensorFacts) -> str:
    """The tensor's sizes and how many numbers that makes, as "3 × 2 = 6 numbers"."""
    many = counted(seen.numbers, "number")
    return f"{' × '.join(map(str, seen.size))} = {many}" if len(seen.size) > 1 else many


def cells(seen: TensorFacts) -> str:
    """How many cells the storage has."""
    return counted(seen.storage_length, "cell")


def storage_words(seen: TensorFacts) -> str:
    """The storage's numbers in order; three dots where cells are left out."""
    said, last = [], -1
    for cell, number in seen.cells:
        said += ["…"] * (cell > last + 1) + [short(number)]
        last = cell
    return " ".join([*said, *["…"] * (last + 1 < seen.storage_length)]) or "nothing"


def contiguity(seen: TensorFacts) -> str:
    """Whether the tensor is contiguous, and what follows from it."""
    if seen.contiguous:
        return "yes: row by row it reads one cell after the other"
    return "no: row by row it leaps; .contiguous() would copy its numbers into a storage of their own"


def sharing(seen: TensorFacts) -> str:
    """Whether the tensor is a view, where that is known, and how much of the storage it reads."""
    if seen.view:
        return f"yes: {share_words(seen)}"
    return "it reads all of its storage: whether another tensor does, too, shares_storage(a, b) tells"


def share_words(seen: TensorFacts) -> str:
    """How much of the storage the tensor reads."""
    return f"it reads {seen.cells_read:,} of the storage's {cells(seen)} ({seen.share:.1%})"


def sum_words(seen: TensorFacts, at: Sequence[int]) -> str:
    """The sum from an index to its cell, with numbers put in, and what stands there where it is drawn.

    Raises:
        BadInput: `at` is no index of the tensor.
    """
    cell, place = seen.cell(at), seen.place_of(at)
    terms = "".join(f" + {one}×{step}" for one, step in zip(place, seen.stride, strict=True))
    held = dict(seen.cells)
    ends = f", which holds {short(held[cell])}" if cell in held else ""
    return f"{index_words(seen, place)} reads cell {seen.offset}{terms} = {cell}{ends}"


def index_words(seen: TensorFacts, index: Sequence[int]) -> str:
    """An index as it is written in code."""
    return f"{seen.name}[{', '.join(map(str, index)) or '()'}]"


def short(number: Scalar) -> str:
    """A number in few letters: whole ones as they are, others to four digits.

    >>> short(3), short(0.123456), short(True)
    ('3', '0.1235', 'True')
    """
    return f"{number:.4g}" if isinstance(number, float | complex) else str(number)
