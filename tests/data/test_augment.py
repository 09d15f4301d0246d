"""Shifts repeat the edge, mirrors mirror, and the same generator draws the same moves."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.data.augment import Moves, apply_moves, draw_moves
from pellucid.errors import BadInput


def by_hand(image, down, right, mirror):
    """Pad with the edge, cut the shifted window, mirror: numpy's own words."""
    size, pad = image.shape[-1], 20
    padded = np.pad(image, ((0, 0), (pad, pad), (pad, pad)), mode="edge")
    window = padded[:, pad - down : pad - down + size, pad - right : pad - right + size]
    return window[..., ::-1] if mirror else window


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8), st.booleans()), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_each_image_moves_as_numpy_moves_it(moves, channels):
    images = np.random.default_rng(0).integers(0, 256, (len(moves), channels, 7, 7), dtype=np.uint8)
    down, right, mirror = (np.array(column) for column in zip(*moves, strict=True))
    moved = apply_moves(torch.from_numpy(images), Moves(down, right, mirror)).numpy()
    for image, result, move in zip(images, moved, moves, strict=True):
        np.testing.assert_array_equal(result, by_hand(image, *move))


def test_inside_a_shift_is_numpys_roll():
    image = torch.arange(36.0).reshape(1, 1, 6, 6)
    moved = apply_moves(image, Moves(np.array([1]), np.array([-2]), np.array([False])))[0, 0]
    rolled = np.roll(image[0, 0].numpy(), (1, -2), axis=(0, 1))
    np.testing.assert_array_equal(moved[1:, :-2], rolled[1:, :-2])


def test_no_moves_change_nothing():
    images = torch.rand(3, 2, 5, 5)
    still = Moves(np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, bool))
    assert torch.equal(apply_moves(images, still), images)


def test_moves_reach_a_sixteenth_of_the_side_both_ways_and_no_further():
    moves = draw_moves("shift+flip", 4000, 64, np.random.default_rng(0))
    for shift in (moves.down, moves.right):
        assert set(shift.tolist()) == set(range(-4, 5))
    assert 0.45 < moves.mirror.mean() < 0.55
    assert set(draw_moves("shift", 400, 8, np.random.default_rng(0)).down.tolist()) == {-1, 0, 1}


def test_shift_alone_never_mirrors_and_none_moves_nothing():
    generator = np.random.default_rng(0)
    assert not draw_moves("shift", 1000, 28, generator).mirror.any()
    state = generator.bit_generator.state
    still = draw_moves("none", 1000, 28, generator)
    assert not np.concatenate([still.down, still.right, still.mirror]).any()
    assert generator.bit_generator.state == state


def test_the_same_generator_draws_the_same():
    one, other = (draw_moves("shift+flip", 50, 28, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.down, other.down)
    np.testing.assert_array_equal(one.mirror, other.mirror)


def test_another_kind_is_refused():
    with pytest.raises(BadInput, match="'rotate' is none of none, shift"):
        draw_moves("rotate", 1, 8, np.random.default_rng(0))
