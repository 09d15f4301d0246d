"""Three formats side by side: what comes back is compared with what was saved, by each library itself."""

import h5py
import pytest
import torch
from safetensors.torch import load_file

from pellucid.blocks.anatomy import save_three_ways, shares_storage
from pellucid.blocks.anatomy.file_formats import FORMATS
from pellucid.blocks.anatomy.savable import HELD
from pellucid.blocks.anatomy.saving import same
from pellucid.errors import BadInput

BASE = torch.arange(12.0).reshape(3, 4)
MIXED = {
    "base": BASE,
    "turned": BASE.T,
    "net.weight": torch.tensor([[1, -2]], dtype=torch.int16),
    "mask": torch.tensor([True, False]),
    "one": torch.tensor(2.5, dtype=torch.float64),
    "odd": torch.tensor([float("nan"), float("inf")]),
    "pixels": torch.tensor([65535], dtype=torch.uint16),
}


def test_every_number_name_and_dtype_comes_back_in_all_three(tmp_path):
    for saved in save_three_ways(MIXED, tmp_path):
        assert (saved.keeps_names, saved.keeps_dtype, saved.same_numbers) == (True, True, True), saved.name
        assert saved.bytes_on_disk == saved.path.stat().st_size
        assert saved.bytes_of_numbers == 48 + 48 + 4 + 2 + 8 + 8 + 2


def test_only_torch_keeps_strides_and_what_shares_a_storage(tmp_path):
    torchs, safes, hdf5s = save_three_ways(MIXED, tmp_path)
    assert [(one.keeps_strides, one.keeps_sharing) for one in (torchs, safes, hdf5s)] == [
        (True, True),
        *[(False, False)] * 2,
    ]
    loaded = torch.load(torchs.path, weights_only=True)
    assert shares_storage(loaded["base"], loaded["turned"])
    safe = load_file(safes.path)
    assert not shares_storage(safe["base"], safe["turned"])
    assert "  does not keep strides, what shares a storage" in safes.lines()


def test_tensors_that_share_nothing_lose_nothing_by_it(tmp_path):
    assert all(one.keeps_strides and one.keeps_sharing for one in save_three_ways({"x": BASE}, tmp_path))


def test_the_files_are_what_each_library_reads(tmp_path):
    torchs, safes, hdf5s = save_three_ways({"base": BASE}, tmp_path)
    assert torch.equal(torch.load(torchs.path, weights_only=True)["base"], BASE)
    assert torch.equal(load_file(safes.path)["base"], BASE)
    with h5py.File(hdf5s.path) as file:
        assert file["base"][1].tolist() == [4, 5, 6, 7]


def test_torch_writes_the_whole_storage_behind_a_slice_and_a_clone_mends_it(tmp_path):
    large = torch.arange(100_000.0)
    whole, *others = save_three_ways({"few": large[:10]}, tmp_path)
    assert whole.bytes_on_disk > 400_000 > 100 * max(one.bytes_on_disk for one in others)
    assert "  only 40 bytes were asked for" in whole.lines()[1]
    assert save_three_ways({"few": large[:10].clone()}, tmp_path)[0].bytes_on_disk < 4000


def test_hdf5_has_no_bfloat16(tmp_path):
    torchs, safes, hdf5s = save_three_ways({"x": torch.tensor([1.5, 3.0], dtype=torch.bfloat16)}, tmp_path)
    assert [one.keeps_dtype for one in (torchs, safes, hdf5s)] == [True, True, False]
    assert hdf5s.same_numbers


def test_a_part_is_read_alone_and_is_the_first_row(tmp_path):
    for saved, form in zip(save_three_ways({"base": BASE, "turned": BASE.T}, tmp_path), FORMATS, strict=True):
        assert form.part(saved.path, "turned").tolist() == [[0, 4, 8]]


def test_numbers_that_differ_are_told_apart():
    assert not same(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
    assert not same(torch.tensor([float("nan")]), torch.tensor([0.0]))
    assert not same(torch.zeros(2), torch.zeros(2, 1))


def test_a_format_that_loses_numbers_is_found_out(tmp_path, monkeypatch):
    from dataclasses import replace

    from pellucid.blocks.anatomy import saving

    spoilt = replace(FORMATS[0], load=lambda path: {"base": FORMATS[0].load(path)["base"].half().T})
    monkeypatch.setattr(saving, "FORMATS", (spoilt, *FORMATS[1:]))
    saved = save_three_ways(MIXED, tmp_path)[0]
    assert not any([saved.keeps_names, saved.keeps_dtype, saved.keeps_strides, saved.keeps_sharing, saved.same_numbers])


def test_nothing_to_save_and_nowhere_to_save_it_are_refused(tmp_path):
    with pytest.raises(BadInput, match="There are no tensors"):
        save_three_ways({}, tmp_path)
    with pytest.raises(BadInput, match="is no folder"):
        save_three_ways({"x": BASE}, tmp_path / "none")


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"x": torch.zeros(2, dtype=torch.float8_e4m3fn)}, "float8_e4m3fn"),
        ({"x": torch.zeros(2, dtype=torch.complex128)}, "complex128"),
        ({"x": torch.tensor([1 + 2j]).conj()}, r"x.resolve_conj\(\)"),
        ({"x": torch.eye(2).to_sparse()}, r"x.to_dense\(\)"),
        ({"x": torch.zeros(2, device="meta")}, r"on meta.*x.cpu\(\)"),
        *[({name: BASE}, "cannot name a tensor") for name in (".", "", "/", "/a", "a/", "a//b", "a/./b", "a\0b")],
        ({"__metadata__": BASE}, "cannot name a tensor"),
        ({"a/b": BASE, "a": BASE}, "lies within 'a'.*Write 'a.b'"),
        ({"a": BASE, "a/b/c": BASE}, "lies within 'a'"),
    ],
)
def test_what_one_format_cannot_hold_is_refused_before_anything_is_written(tensors, said, tmp_path):
    with pytest.raises(BadInput, match=said) as problem:
        save_three_ways(tensors, tmp_path)
    assert "\n" not in str(problem.value)
    assert not list(tmp_path.iterdir())


def test_every_dtype_that_is_let_in_and_odd_names_go_through_all_three(tmp_path):
    tensors = {str(dtype): torch.tensor([0, 1, 1]).to(dtype) for dtype in HELD}
    odd = {"..": BASE, "a/b": BASE, "a/c": BASE, "a b": BASE, "ä": BASE}
    for saved in (*save_three_ways(tensors, tmp_path), *save_three_ways(odd, tmp_path)):
        assert (saved.keeps_names, saved.same_numbers) == (True, True), saved.name
