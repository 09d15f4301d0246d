"""The tensor [[4, 1], [5, 3], [2, 1]], worked out by hand."""

import torch

from pellucid.blocks.anatomy import anatomy, shares_storage, side_by_side

NOTES = [[4, 1], [5, 3], [2, 1]]


def test_it_is_a_storage_of_six_numbers_read_with_stride_two_and_one():
    seen = anatomy(torch.tensor(NOTES))
    assert seen.cells == ((0, 4), (1, 1), (2, 5), (3, 3), (4, 2), (5, 1))
    assert (seen.size, seen.stride, seen.offset) == ((3, 2), (2, 1), 0)
    assert (seen.dtype, seen.bytes_per_number, seen.storage_length, seen.storage_bytes) == ("int64", 8, 6, 48)
    assert (seen.contiguous, seen.view, seen.share, seen.device, seen.layout) == (True, False, 1.0, "cpu", "strided")


def test_row_one_begins_at_cell_two():
    row = anatomy(torch.tensor(NOTES)[1])
    assert (row.size, row.stride, row.offset, row.storage_length) == ((2,), (1,), 2, 6)
    assert (row.view, row.share, row.contiguous) == (True, 2 / 6, True)
    assert [row.cell((0,)), row.cell((1,)), row.cell((-1,))] == [2, 3, 3]


def test_the_transpose_reads_the_same_storage_with_strides_swapped_and_is_not_contiguous():
    notes = torch.tensor(NOTES)
    turned = anatomy(notes.T)
    assert (turned.size, turned.stride, turned.offset) == ((2, 3), (1, 2), 0)
    assert (turned.contiguous, turned.view) == (False, True)
    assert turned.address == anatomy(notes).address
    assert [turned.cell((0, k)) for k in range(3)] == [0, 2, 4]


def test_a_change_of_the_storage_shows_in_every_view():
    notes = torch.tensor(NOTES)
    turned, row, copy = notes.T, notes[1], notes.T.contiguous()
    notes.untyped_storage()[16] = 9  # the first byte of cell 2
    assert (notes[1, 0], turned[0, 1], row[0], copy[0, 1]) == (9, 9, 9, 5)
    seen = side_by_side(("notes", notes), ("notes.T", turned), ("row", row), ("copy", copy)).tensors
    assert [
        dict(one.cells)[one.cell(index)] for one, index in zip(seen, [(1, 0), (0, 1), (0,), (0, 1)], strict=True)
    ] == [*(9, 9, 9, 5)]


def test_contiguous_copies_the_transpose_into_a_storage_of_its_own():
    notes = torch.tensor(NOTES)
    copy = notes.T.contiguous()
    assert not shares_storage(notes, copy)
    assert [number for _, number in anatomy(copy).cells] == [4, 5, 2, 1, 3, 1]
    assert anatomy(copy).stride == (3, 1)
    assert shares_storage(notes, notes.contiguous())


def test_the_sum_is_written_out():
    assert (
        anatomy(torch.tensor(NOTES).T, "t").lines(at=(0, 1))[-1]
        == "  t[0, 1] reads cell 0 + 0×1 + 1×2 = 2, which holds 5"
    )
