"""Which part of a tensor is drawn: all of a small one, the first rows, columns and planes of a large one."""

from collections.abc import Sequence
from itertools import islice, product
from math import prod

# Chosen by us: so many cells are still read one by one on a page 760 px wide.
SMALL = 48  # numbers; a storage that is no longer is drawn whole, and a tensor as far as it fits the page
PLANES = 3
ROWS, COLUMNS = 10, 10  # of a small tensor
FEW_ROWS, FEW_COLUMNS = 4, 6  # of a large one


def planes_of(size: Sequence[int]) -> list[tuple[int, ...]]:
    """The indices of all axes but the last two, for the planes that are drawn.

    >>> planes_of((2, 2, 28, 28))
    [(0, 0), (0, 1), (1, 0)]
    """
    return list(islice(product(*map(range, size[:-2])), PLANES))


def rows_and_columns(size: Sequence[int]) -> tuple[int, int]:
    """How many rows and columns of each plane are drawn; a tensor of one axis is one row, of none one cell.

    >>> rows_and_columns((3, 28, 5)), rows_and_columns((3, 2))
    ((4, 5), (3, 2))
    """
    rows, columns = (ROWS, COLUMNS) if prod(size) <= SMALL else (FEW_ROWS, FEW_COLUMNS)
    return min(size[-2] if len(size) > 1 else 1, rows), min(size[-1] if size else 1, columns)


def corner_of(size: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """All indices that are drawn, the last axis moving fastest.

    >>> corner_of((2, 2))
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    rows, columns = rows_and_columns(size)
    ends = [range(length) for length in (rows, columns)[max(0, 2 - len(size)) :]]
    return tuple((*plane, *place) for plane in planes_of(size) for place in product(*ends))
