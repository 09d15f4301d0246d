"""The facts of a tensor, held against torch's own, over views of all kinds."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.blocks.anatomy import anatomy, families, shares_storage
from pellucid.blocks.anatomy.corner import corner_of
from pellucid.blocks.anatomy.looking import cells_read
from pellucid.errors import BadInput


@st.composite
def views(draw):
    """A tensor of up to four axes, sliced with steps, permuted, and perhaps expanded or with windows."""
    size = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    base = torch.arange(torch.tensor(size).prod().item() + 3, dtype=draw(st.sampled_from([torch.int16, torch.float64])))
    view = base[draw(st.integers(0, 3)) :][: torch.tensor(size).prod().item()].view(size)
    view = view.permute(draw(st.permutations(range(len(size)))))
    view = view[tuple(slice(draw(st.integers(0, 1)), None, draw(st.integers(1, 2))) for _ in size)]
    if draw(st.booleans()):
        view = view.unsqueeze(0).expand(draw(st.integers(1, 3)), *view.shape)
    if draw(st.booleans()) and view.shape[-1] > 1:
        view = view.unfold(-1, 2, 1)
    return view


@settings(max_examples=50)
@given(views())
def test_facts_are_torchs_own(view):
    seen = anatomy(view)
    assert (seen.size, seen.stride, seen.offset) == (tuple(view.shape), view.stride(), view.storage_offset())
    assert (seen.contiguous, seen.numbers) == (view.is_contiguous(), view.numel())
    assert seen.address == view.untyped_storage().data_ptr()
    assert seen.storage_bytes == view.untyped_storage().nbytes() == seen.storage_length * seen.bytes_per_number


@settings(max_examples=50)
@given(views())
def test_the_cell_of_every_index_holds_its_number(view):
    seen = anatomy(view)
    storage = torch.tensor([], dtype=view.dtype).set_(view.untyped_storage())
    indices = list(product(*map(range, view.shape)))
    for index in indices:
        assert storage[seen.cell(index)] == view[index]
        assert seen.cell([place - length for place, length in zip(index, seen.size, strict=True)]) == seen.cell(index)
    assert seen.cells_read == len({seen.cell(index) for index in indices})


@settings(max_examples=50)
@given(views())
def test_what_is_drawn_of_a_small_tensor_is_all_of_it(view):
    seen = anatomy(view)
    if max(seen.size, default=1) <= 10 and seen.numbers <= 48 and len(seen.size) < 3:
        assert set(seen.corner) == set(product(*map(range, view.shape)))
    assert all(dict(seen.cells)[seen.cell(index)] == view[index] for index in seen.corner)


def test_cells_that_overlap_are_counted_once():
    assert cells_read((5, 3), (1, 1)) == 7  # windows of 3 along 7 cells
    assert cells_read((4, 3), (0, 1)) == 3  # expanded
    assert cells_read((3, 4, 2), (8, 1, 4)) == 24
    assert cells_read((), ()) == 1
    assert cells_read((0, 3), (3, 1)) == 0


def test_of_a_large_tensor_the_first_rows_columns_and_planes_are_drawn():
    seen = anatomy(torch.zeros(2, 3, 28, 28), "images")
    assert len(seen.corner) == 3 * 4 * 6 == len(set(seen.corner))
    assert max(seen.corner) == (0, 2, 3, 5)
    assert not seen.whole
    assert "…" in seen.lines()[5]
    assert corner_of((100,)) == tuple((k,) for k in range(6))


def test_single_numbers_and_empty_tensors_have_an_anatomy():
    single, empty = anatomy(torch.tensor(3.5)), anatomy(torch.zeros(0, 3))
    assert (single.size, single.cell(()), single.cells) == ((), 0, ((0, 3.5),))
    assert (empty.numbers, empty.cells, empty.corner, empty.share) == (0, (), (), 1.0)
    assert "              nothing" in empty.lines()
    assert single.lines(at=())[-1] == "  x[()] reads cell 0 = 0, which holds 3.5"


def test_facts_do_not_follow_the_tensor():
    tensor = torch.zeros(2)
    seen = anatomy(tensor)
    tensor[0] = 7
    assert seen.cells == ((0, 0.0), (1, 0.0))


def test_another_dtype_of_the_same_bytes_counts_cells_anew():
    numbers = torch.tensor([1, 2], dtype=torch.int32)
    halves = anatomy(numbers.view(torch.int16))
    assert (halves.storage_length, halves.storage_bytes, halves.address) == (4, 8, anatomy(numbers).address)


@pytest.mark.parametrize(
    ("index", "said"), [((0,), "has 1 number; x has 2 axes"), ((3, 0), "beyond axis 0"), ((0, -3), "beyond axis 1")]
)
def test_an_index_that_reads_nothing_is_refused(index, said):
    with pytest.raises(BadInput, match=said):
        anatomy(torch.zeros(3, 2)).cell(index)


@pytest.mark.parametrize(
    ("tensor", "said"), [(torch.eye(2).to_sparse(), "sparse_coo"), (torch.zeros(2, device="meta"), "meta device")]
)
def test_tensors_without_numbers_in_a_row_are_refused(tensor, said):
    with pytest.raises(BadInput, match=said):
        anatomy(tensor)


def test_families_are_those_that_a_change_reaches():
    tensor = torch.arange(6.0)
    tied = torch.nn.Linear(3, 3)
    named = {"a": tensor, "b": tensor[3:], "c": tensor.clone(), "w": tied.weight, "t": tied.weight.T.detach()}
    assert families(named) == [["a", "b"], ["c"], ["w", "t"]]
    for first, second in product(named, named):
        together = any({first, second} <= set(family) for family in families(named))
        assert shares_storage(named[first], named[second]) == together
    assert families({"one": torch.zeros(0), "other": torch.zeros(0)}) == [["one"], ["other"]]
    assert not shares_storage(torch.zeros(0), torch.zeros(0))  # neither stores anything


def test_a_view_is_never_denied_where_torch_does_not_tell():
    x = torch.arange(6.0)
    with torch.inference_mode():
        made = torch.zeros(2, 3).T
    for unknown in (x, x.detach(), x.view(torch.int32), made):
        (line,) = (line for line in anatomy(unknown).lines() if line.startswith("  view"))
        assert not line.startswith("  view        no"), line
    assert shares_storage(x, x.detach())
    assert "  view        yes: it reads 6 of the storage's 6 cells (100.0%)" in anatomy(x.view(2, 3)).lines()
    assert "shares_storage(a, b) tells" in "".join(anatomy(x.detach()).lines())


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (torch.tensor([1 + 2j]).conj(), r"resolve_conj\(\)"),
        (torch.tensor([1 + 2j]).conj().imag, r"resolve_neg\(\)"),
    ],
)
def test_signs_that_are_turned_as_one_reads_are_refused(tensor, said):
    with pytest.raises(BadInput, match=said):
        anatomy(tensor)
    assert anatomy(tensor.resolve_conj().resolve_neg()).cells[0][1] in (1 - 2j, -2.0)


def test_a_quantized_tensor_is_to_be_dequantized(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "is_quantized", True)  # making one warns of torch's own plans
    with pytest.raises(BadInput, match=r"quantized.*dequantize\(\)"):
        anatomy(torch.zeros(2))


def test_one_byte_is_one_byte():
    told = "\n".join(anatomy(torch.zeros(1, dtype=torch.uint8)).lines())
    assert "1 number of uint8, 1 byte each" in told
    assert "1 cell, 1 byte, on cpu" in told
