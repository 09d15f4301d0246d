"""The pages on tensors, broadcasting and graphs say what torch does, in numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def tensor(run):
    return run("a_tensor.py")


@pytest.fixture(scope="module")
def broadcasting(run):
    return run("broadcasting.py")


@pytest.fixture(scope="module")
def graphs(run):
    return run("regression_graphs.py")


def test_the_page_s_tensor_is_the_one_of_the_notes(tensor):
    whole = tensor["whole"]
    assert (whole.size, whole.stride, whole.offset) == ((3, 2), (2, 1), 0)
    assert tensor["storage"] == [4, 1, 5, 3, 2, 1]
    assert tensor["cell"] == 0 + 1 * 2 + 1 * 1
    assert tensor["points"].T.stride() == (1, 2)


def test_a_change_of_a_view_shows_in_the_others(tensor):
    assert (tensor["before"], tensor["after"]) == (5, 50)


def test_only_the_two_copies_are_told(tensor):
    assert [copied.operation for copied in tensor["watched"].found] == ["reshape", "index"]


def test_one_hot_rows_are_torch_s(tensor):
    hot = torch.nn.functional.one_hot(tensor["labels"], 3)
    text = "\n".join(tensor["hot"].lines())
    for row, numbers in enumerate(hot.tolist()):
        assert f"row {row}: column {numbers.index(1)} = 1    {numbers}" in text


def test_torch_saves_the_whole_storage_of_a_corner(tensor):
    of_torch, of_safetensors, _ = tensor["saved"]
    assert of_torch.bytes_on_disk > 40_000 > 1000 > of_safetensors.bytes_on_disk


def test_what_a_perfect_model_is_told_follows_from_the_shares(broadcasting):
    share = broadcasting["labels"].double().mean().item()
    assert broadcasting["told_accuracy"] == pytest.approx(share**2 + (1 - share) ** 2)
    assert broadcasting["told_loss"] == pytest.approx(2 * share * (1 - share), abs=1e-6)
    assert (broadcasting["true_accuracy"], broadcasting["true_loss"]) == (1, 0)
    np.testing.assert_allclose(broadcasting["answer"].numpy(), share, atol=1e-4)


def test_shapes_that_fit_and_that_do_not_are_torch_s(broadcasting):
    images, each = broadcasting["images"], broadcasting["each"]
    assert broadcasting["fits"].shape == tuple(images.shape)
    assert broadcasting["misfit"].shape is None
    with pytest.raises(RuntimeError):
        images - each
    assert not broadcasting["watched"].found


def test_slopes_of_both_regressions_by_hand(graphs):
    assert (graphs["y"], graphs["at_y"], graphs["at_t2"]) == (5.5, 1, 4)
    p = 1 / (1 + math.exp(-0.5))
    assert graphs["p"] == pytest.approx(p, abs=1e-12)
    assert graphs["at_a"] == pytest.approx(p - 1, abs=1e-12)
    np.testing.assert_allclose(graphs["of_hand"], [(p - 1) * x for x in (1, 3, 1.5)], atol=1e-12)
    np.testing.assert_allclose(graphs["t"].grad, graphs["of_hand"], atol=1e-12)


def test_the_drawn_boundary_is_where_p_is_one_half(graphs):
    t0, t1, t2 = graphs["weights"].tolist()
    for x1, x2 in graphs["on_the_boundary"]:
        assert t0 + t1 * x1 + t2 * x2 == pytest.approx(0)
    row, column = 45, 60  # x2 = 1.5, x1 = 3
    assert graphs["probability"][row, column] == pytest.approx(graphs["p"])
