"""Copies that nobody asked for are named; views are not."""

import inspect

import numpy as np
import pytest
import torch

from pellucid.blocks.anatomy import shares_storage, watch_copies
from pellucid.blocks.anatomy.copy_words import WATCHED

X = torch.arange(6, dtype=torch.float32).reshape(2, 3)
COPIES = {
    "reshape": lambda: X.T.reshape(6),
    "flatten": lambda: X.T.flatten(),
    "ravel": lambda: torch.ravel(X.T),
    "reshape_as": lambda: X.T.reshape_as(X),
    "contiguous": lambda: X.T.contiguous(),
    "to": lambda: X.to(torch.float64, True),
    "type_as": lambda: X.type_as(torch.zeros(1, dtype=torch.int8)),
    "half": lambda: X.half(),
    "index": lambda: X[[0, 1]],
    "index_select": lambda: torch.index_select(X, 1, torch.tensor([2])),
    "masked_select": lambda: X.masked_select(X > 1),
    "take": lambda: X.take(torch.tensor([0])),
    "gather": lambda: X.gather(1, torch.tensor([[0], [1]])),
    "diag": lambda: torch.diag(X),
    "flip": lambda: X.flip(0),
    "rot90": lambda: torch.rot90(X),
    "repeat": lambda: X.repeat(2, 1),
    "tile": lambda: torch.tile(X, (2, 2)),
}
VIEWS = {
    "reshape": lambda: X.reshape(3, 2),
    "flatten": lambda: X.flatten(),
    "contiguous": lambda: X.contiguous(),
    "to the same dtype": lambda: X.to(torch.float32),
    "float": lambda: X.float(),
    "to the same device": lambda: X.to("cpu"),
    "cpu": lambda: X.cpu(),
    "slice": lambda: X[:, ::2],
    "row": lambda: X[1],
    "new axis": lambda: X[None, ..., None],
    "transpose": lambda: X.T,
    "expand": lambda: X.expand(4, 2, 3),
    "channels last already": lambda: X.view(1, 1, 2, 3).contiguous(memory_format=torch.channels_last),
}
ASKED = {
    "clone": lambda: X.clone(),
    "to with copy": lambda: X.to(torch.float64, copy=True),
    "to with copy by its place": lambda: X.to("cpu", torch.float32, False, True),
    "to a dtype with copy by its place": lambda: X.to(torch.float64, False, True),
    "a matrix of a vector": lambda: torch.diag(X[0]),
    "a matrix of a named vector": lambda: torch.diag(input=X[0]),
    "arithmetic": lambda: X + 1,
    "cat": lambda: torch.cat([X, X]),
}


@pytest.mark.parametrize("operation", COPIES)
def test_a_silent_copy_is_named_with_its_bytes_and_two_ways_out(operation):
    with watch_copies() as watch:
        made = COPIES[operation]()
    assert not shares_storage(made, X)
    (copied,) = watch.found
    assert (copied.operation, copied.bytes_copied) == (operation, made.numel() * made.element_size())
    assert f"copied {made.numel()} number{'s' * (made.numel() > 1)} ({copied.bytes_copied} bytes)" in copied.told
    assert copied.copy_meant
    assert copied.view_needed


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_not_listed(name):
    with watch_copies() as watch:
        made = VIEWS[name]()
    assert shares_storage(made, X)
    assert not watch.found
    assert watch.lines() == ["No operation copied without a word."]


@pytest.mark.parametrize("name", ASKED)
def test_a_copy_by_name_is_not_listed(name):
    with watch_copies() as watch:
        ASKED[name]()
    assert not watch.found


def test_the_ways_out_do_what_they_say():
    with watch_copies() as watch:
        X.T.reshape(6)
    (copied,) = watch.found
    assert copied.copy_meant == "x.contiguous().view(6)"
    assert torch.equal(X.T.contiguous().view(6), X.T.reshape(6))
    with pytest.raises(RuntimeError, match="view"):  # as view_needed says: it refuses
        X.T.view(6)


def test_copies_of_one_line_are_counted_together_and_others_apart():
    with watch_copies() as watch:
        for _ in range(5):
            X.T.reshape(6)
        X.T.reshape(6)
    assert [copied.times for copied in watch.found] == [5, 1]
    assert "(5 times, 120 bytes in all)" in watch.lines()[0]


def test_the_place_is_the_callers_even_where_torch_copies_inside_a_module():
    flat = torch.nn.Flatten()
    with watch_copies() as watch:
        flat(X.unsqueeze(0).transpose(1, 2)); here = inspect.currentframe().f_lineno  # fmt: skip  # noqa: E702
    (copied,) = watch.found
    assert (copied.operation, copied.where) == ("flatten", f"test_copies.py:{here}")


def test_watching_changes_no_number_and_no_slope():
    weight = torch.ones(3, requires_grad=True)

    def loss():
        return ((X.T.reshape(2, 3) * weight)[[0]].double() ** 2).sum()

    plain = torch.autograd.grad(loss(), weight)[0]
    with watch_copies() as watch:
        watched = torch.autograd.grad(loss(), weight)[0]
    assert torch.equal(plain, watched)
    assert [copied.operation for copied in watch.found] == ["reshape", "index", "double"]


def test_after_the_block_nothing_is_watched():
    with watch_copies() as watch:
        pass
    X.T.reshape(6)
    assert not watch.found


def test_numpy_flips_by_a_view_where_torch_copies():  # why flip is listed
    array = X.numpy()
    assert np.shares_memory(array, np.flip(array, 0))


def test_every_watched_operation_is_one_of_torchs():
    assert [name for name in sorted(WATCHED) if not hasattr(torch.Tensor, name) and not hasattr(torch, name)] == []
