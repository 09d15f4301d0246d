"""When pixels are said to lie far from those that were learned from, at the very edges."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.classifying.ranges import doubts_of


@pytest.mark.parametrize(
    ("low", "high", "doubted"),
    [
        (0, 100, False),
        (-50, 150, False),
        (-51, 100, True),
        (0, 151, True),
        (40, 50, False),
        (40, 49, True),
    ],
)
@pytest.mark.parametrize("offset", [0, -30, 1000])
def test_half_a_width_beyond_and_a_tenth_of_it_are_where_doubt_begins(low, high, doubted, offset):
    images = np.full((8, 2, 2), float(low + offset))
    images[3, 1, 0] = high + offset
    assert bool(doubts_of(images, float(offset), 100.0 + offset)) == doubted


def test_the_widest_range_there_is_is_no_overflow():
    most = float(np.finfo(np.float64).max)
    with np.errstate(all="raise"):
        assert doubts_of(np.array([[[-most, most]]]), -most, most) == []
        assert doubts_of(np.array([[[-most, most]]]), 0.0, most) != []
        assert doubts_of(np.zeros((8, 1, 2)), -most, most) != []


def test_few_images_may_all_be_dark():
    assert doubts_of(np.zeros((7, 2, 2)), 0.0, 100.0) == []
    assert doubts_of(np.zeros((8, 2, 2)), 0.0, 100.0) != []
