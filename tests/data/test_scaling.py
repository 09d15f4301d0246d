"""Scaling is measured on the training part alone, and agrees with float64 arithmetic."""

import numpy as np
import pytest

from pellucid.data import measure_scaling
from pellucid.data.scaling import MOST_MEASURED
from pellucid.errors import BadInput

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize(
    "images",
    [
        GENERATOR.integers(0, 256, (700, 1, 6, 5), dtype=np.uint8),
        GENERATOR.integers(0, 256, (40, 3, 6, 5), dtype=np.uint8) // np.array([1, 2, 5], np.uint8)[:, None, None],
        GENERATOR.integers(-1024, 3072, (40, 1, 6, 5), dtype=np.int16),
        GENERATOR.integers(60_000, 60_004, (40, 1, 64, 64), dtype=np.uint16),  # a small deviation far from zero
    ],
)
def test_mean_and_deviation_are_those_of_the_training_part_in_float64(images):
    train = np.arange(0, len(images), 3)
    scaling = measure_scaling(images, train)
    exact = images[train].astype(np.float64)
    np.testing.assert_allclose(scaling.mean, exact.mean((0, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(scaling.deviation, exact.std((0, 2, 3)), rtol=1e-5)


def test_other_parts_change_nothing():
    images = GENERATOR.integers(0, 256, (50, 1, 6, 5), dtype=np.uint8)
    train = np.arange(20)
    before = measure_scaling(images, train)
    images[20:] = 255
    assert measure_scaling(images, train) == before
    images[19] = 255
    assert measure_scaling(images, train) != before


def test_many_training_images_are_measured_at_even_distances():
    images = np.zeros((3 * MOST_MEASURED, 1, 1, 1), np.uint8)
    images[: 3 * MOST_MEASURED // 2] = 100
    scaling = measure_scaling(images, np.arange(3 * MOST_MEASURED))
    assert scaling.mean == (50.0,)
    assert scaling.deviation == (50.0,)


@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 255.0), (np.uint16, 65535.0)])
def test_by_255_takes_white_to_one_and_twice_makes_it_dark(dtype, most):
    images = np.zeros((2, 3, 2, 2), dtype)
    assert measure_scaling(images, np.array([0]), "by_255").deviation == (most,) * 3
    assert measure_scaling(images, np.array([0]), "by_255_twice").deviation == (most * 255,) * 3


def test_constant_images_and_unknown_kinds_are_refused():
    images = np.full((4, 1, 2, 2), 7, np.uint8)
    with pytest.raises(BadInput, match="one constant value"):
        measure_scaling(images, np.arange(4))
    with pytest.raises(BadInput, match="'minmax' is none of standardise, by_255"):
        measure_scaling(images, np.arange(4), "minmax")


def test_a_colour_that_is_the_same_everywhere_says_nothing_and_stops_nothing():
    images = np.zeros((3, 2, 2, 2), np.uint8)
    images[:, 0] = np.arange(12).reshape(3, 2, 2)
    images[:, 1] = 7
    scaling = measure_scaling(images, np.arange(3))
    assert scaling.mean[1] == 7
    assert scaling.deviation[1] == 1
    np.testing.assert_allclose(scaling.deviation[0], np.arange(12).std())
