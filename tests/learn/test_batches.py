"""Each case once an epoch, ordered by (seed, epoch) alone, from any step on; pixels scaled as numpy does."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import Scaling
from pellucid.learn import Batches, Images

CPU = torch.device("cpu")


def batches(rows: np.ndarray, size: int, epochs: int, seed: int = 0, **more: str) -> Batches:
    count = int(rows.max()) + 1
    stored = np.arange(count * 9, dtype=np.uint16).reshape(count, 1, 3, 3)
    images = Images(stored, Scaling("by_255", (0.0,), (1.0,)), CPU)
    return Batches(images, torch.arange(count) * 10, rows, size, epochs, seed, **more)


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 4), st.integers(0, 5))
def test_every_training_case_is_seen_exactly_once_an_epoch(cases, size, epochs, seed):
    rows = np.arange(cases) * 2 + 1  # not 0, 1, 2 ...: places must not pass for rows
    seen = {}
    for number, batch in enumerate(given := list(batches(rows, size, epochs, seed)), 1):
        assert batch.number == number
        assert len(batch.rows) == size or number % -(-cases // size) == 0
        assert batch.labels.tolist() == (batch.rows * 10).tolist()
        seen.setdefault(batch.epoch, []).extend(batch.rows.tolist())
    assert len(given) == batches(rows, size, epochs).steps
    assert list(seen) == list(range(1, epochs + 1))
    assert all(sorted(epoch) == rows.tolist() for epoch in seen.values())


@given(
    st.integers(1, 40),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(0, 60),
    st.sampled_from(["none", "shift+flip"]),
)
def test_beginning_after_k_steps_gives_what_a_full_pass_gives_after_k(cases, size, epochs, k, augment):
    made = batches(np.arange(cases), size, epochs, augment=augment)
    whole = [(b.number, b.epoch, b.rows.tolist(), b.inputs.clone()) for b in made][k:]
    late = [(b.number, b.epoch, b.rows.tolist(), b.inputs.clone()) for b in made.after(k)]
    assert [first[:3] for first in whole] == [second[:3] for second in late]
    assert all(torch.equal(first[3], second[3]) for first, second in zip(whole, late, strict=True))


def orders(seed: int = 0, **more: str) -> list[list[int]]:
    return [b.rows.tolist() for b in batches(np.arange(50), 50, 3, seed, **more)]


def test_the_order_depends_on_the_seed_and_the_epoch():
    first, second, third = orders()
    assert first != second != third != first
    assert orders() == [first, second, third]
    assert orders(seed=1)[0] != first
    expected = np.random.default_rng([0, 1, 1]).permutation(np.arange(50)).tolist()
    assert second == expected


def test_shuffled_once_is_one_order_and_never_is_the_files():
    first, second, third = orders(shuffle="once")
    assert first == second == third != list(range(50))
    assert orders(shuffle="never") == [list(range(50))] * 3


def test_what_moves_in_augmentation_is_another_at_every_step_and_never_the_labels():
    made = batches(np.arange(20), 20, 2, augment="shift", shuffle="never")
    still = batches(np.arange(20), 20, 2, shuffle="never")
    moved = [batch.inputs.clone() for batch in made]
    at_rest = [batch.inputs.clone() for batch in still]
    assert not torch.equal(moved[0], moved[1])
    assert torch.equal(at_rest[0], at_rest[1])
    same = [torch.equal(a, b) for a, b in zip(moved[0], at_rest[0], strict=True)]
    assert 0 < sum(same) < 20  # a ninth stays where it is


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_images_are_scaled_as_numpy_scales_them(dtype, channels, channels_last):
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    stored = np.random.default_rng(0).integers(least, most, (9, channels, 5, 7), endpoint=True).astype(dtype)
    stored[0, 0, 0, :2] = least, most
    scaling = Scaling("standardise", (11.5, 7.0, -3.0)[:channels], (2.0, 30.0, 0.25)[:channels])
    images = Images(stored, scaling, CPU, channels_last)
    for rows in (
        np.array([8, 0, 3]),
        np.array([1]),
        np.array([5, 2, 2, 7, 0]),
    ):  # smaller, then larger: memory is reused
        mean = np.array(scaling.mean)[:, None, None]
        wanted = (stored[rows].astype(np.float64) - mean) / np.array(scaling.deviation)[:, None, None]
        found = images.scaled(images.pixels(rows))
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-2 if dtype != "uint8" else 1e-4)


def test_lent_images_do_not_change_the_stored_ones():
    stored = np.full((4, 1, 3, 3), 100, np.uint8)
    images = Images(stored, Scaling("standardise", (50.0,), (2.0,)), CPU)
    images.scaled(images.pixels(np.arange(4)))
    assert (stored == 100).all()
    assert images.scaled(images.pixels(np.array([2])))[0, 0, 0, 0].item() == 25.0
