"""A tensor drawn: the storage as a row of cells, and every tensor that reads it as a grid of the same colours."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from pellucid.blocks.anatomy.cells_drawn import HIGH, cell_drawn, dots, in_rows, right_edge, width_of
from pellucid.blocks.anatomy.fact_lines import cells, share_words, sum_words
from pellucid.blocks.anatomy.facts import Scalar, TensorFacts, counted
from pellucid.blocks.anatomy.grid import Place, grid
from pellucid.drawing.svg import INK, MUTED, Number, drawing, polyline, words

WIDTH, MARGIN = 764, 22  # px; in the margin a line leads from a tensor's cell up to the storage's
APART = 8  # px between rows of the storage; the line runs there
SUMS = 3  # sums written out below a tensor in which several indices read the cell


def draw(seen: Sequence[TensorFacts], *, at: Sequence[int] | None = None, cell: int | None = None) -> str:
    """Tensors below the storage that they read; those of another storage, or of another dtype, below their own.

    Args:
        seen: the tensors, in this order.
        at: an index of the first of them; its cell is outlined wherever it is read, and the sum written out.
        cell: the same by the cell's number, for the first storage.
    Returns:
        the drawing, as SVG.
    Raises:
        BadInput: `at` is no index of the first tensor.
    """
    chosen = cell if at is None else seen[0].cell(at)
    families: dict[tuple[object, ...], list[TensorFacts]] = {}
    for one in seen:
        key = (one.device, one.address, one.dtype) if one.address else (id(one),)
        families.setdefault(key, []).append(one)
    elements: list[Element] = []
    top: Number = 4
    for family in families.values():
        inside, top = _family(family, top, chosen, at)
        elements += inside
        chosen, at, top = None, None, top + 14
    names = ", ".join(one.name for one in seen)
    told = " ".join(f"{one.name}: size {one.size}, stride {one.stride}, offset {one.offset}." for one in seen)
    return drawing(right_edge(elements) + 8, top, f"Storage and indices of {names}", told, elements)


def _family(
    family: list[TensorFacts], top: Number, chosen: int | None, at: Sequence[int] | None
) -> tuple[list[Element], Number]:
    first = max(family, key=lambda one: len(one.cells))
    held = {cell: number for one in family for cell, number in one.cells}
    across = width_of(held.values())
    heading = f"storage: {cells(first)} of {first.dtype}, {counted(first.storage_bytes, 'byte')}"
    left_out = first.storage_length - len(held)
    note = f" · {left_out:,} of them are not drawn" if left_out else ""
    front: list[Element] = [words(MARGIN, top + 14, heading + note, colour=INK, weight=600)]
    below, bottoms = _storage(held, top + 22, across, first, chosen)
    front += below
    top = max((y for _, y in bottoms.values()), default=top + 22) + 20
    behind: list[Element] = []
    for one in family:
        inside, places, top = _tensor(one, top, across, held, chosen, at if one is family[0] else None)
        front += inside
        if chosen in bottoms:
            behind += [_lead(place, *bottoms[chosen]) for place in places if place.cell == chosen]
        top += 18
    return [*behind, *front], top


def _storage(
    held: dict[int, Scalar], top: Number, across: Number, first: TensorFacts, chosen: int | None
) -> tuple[list[Element], dict[int, tuple[Number, Number]]]:
    """The storage's cells, and where the lower edge of each has its middle."""
    shown: list[int | None] = []  # None where cells are left out
    expected = 0
    for cell in sorted(held):
        shown += [cell] if cell == expected else [None, cell]
        expected = cell + 1
    shown += [None] * (0 < expected < first.storage_length)
    elements: list[Element] = []
    bottoms: dict[int, tuple[Number, Number]] = {}
    for place, (right, row) in zip(shown, in_rows(len(shown), across, WIDTH - 2 * MARGIN), strict=True):
        x, y = MARGIN + right, top + row * (HIGH + APART)
        if place is None:
            elements.append(dots(x + across / 2, y + 20))
            continue
        said = f"cell {place} of the storage holds {held[place]}"
        cell_at = cell_drawn(x, y, across, held[place], place, kind="storage", title=said, chosen=place == chosen)
        elements.append(cell_at)
        bottoms[place] = (x + across / 2, y + HIGH)
    return elements, bottoms


def _tensor(
    seen: TensorFacts,
    top: Number,
    across: Number,
    held: dict[int, Scalar],
    chosen: int | None,
    at: Sequence[int] | None,
) -> tuple[list[Element], list[Place], Number]:
    """One tensor's name, facts, grid and sums; its places; and where the next one may begin."""
    facts = f"size {seen.size} · stride {seen.stride} · offset {seen.offset} · "
    facts += ("contiguous" if seen.contiguous else "not contiguous") + (" · a view" if seen.view else "")
    elements = [
        words(MARGIN, top + 12, seen.name, colour=INK, weight=600, size=13),
        words(MARGIN, top + 29, facts),
        words(MARGIN, top + 45, share_words(seen)),
    ]
    inside, places, bottom = grid(seen, top + 54, across, held, chosen, MARGIN, WIDTH)
    elements += inside
    if len(seen.corner) < seen.numbers:
        bottom += 16
        left_out = f"A corner: {len(seen.corner):,} of its {seen.numbers:,} numbers are drawn."
        elements.append(words(MARGIN, bottom, left_out, size=11))
    picked = [place.index for place in places if place.cell == chosen]
    sums = [at] if at is not None else picked[:SUMS]
    for index in sums:
        bottom += 18
        elements.append(words(MARGIN, bottom, sum_words(seen, index), colour=INK))
    more = len(picked) - len(sums)
    if picked and more > 0:
        bottom += 16
        reads = "indices read" if more > 1 else "index reads"
        elements.append(words(MARGIN, bottom, f"{more} more {reads} this cell."))
    return elements, places, bottom


def _lead(place: Place, x: Number, y: Number) -> Element:
    """A line from a tensor's cell, behind its neighbours, up the margin, to a storage cell's lower edge at x, y."""
    middle, margin, below = place.y + HIGH / 2, MARGIN / 2, y + APART / 2
    points = [(place.x, middle), (margin, middle), (margin, below), (x, below), (x, y)]
    return polyline(points, colour=MUTED, dash="4 3")
