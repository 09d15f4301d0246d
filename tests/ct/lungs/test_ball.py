"""Balls against scipy's exact distances, on lopsided arrays."""

import numpy as np
import pytest
from scipy import ndimage

from pellucid.ct.lungs.ball import close, grow, shrink, squared_distance
from pellucid.ct.lungs.blocks import blocks_hu, voxels


@pytest.mark.parametrize("radius", [1, 2.5, 4, 11, 15])
def test_distances_within_the_radius_are_scipys(radius):
    mask = np.random.default_rng(0).random((9, 24, 37)) < 0.002
    exact = ndimage.distance_transform_edt(~mask) ** 2
    found = squared_distance(mask, radius).astype(float)
    near = exact <= radius**2
    np.testing.assert_allclose(found[near], exact[near], atol=1e-9)
    assert (found[~near] > radius**2).all()


def test_closing_by_a_ball_is_scipys():
    mask = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(20, 25, 30)), 2) > 0.05
    offsets = np.indices((7, 7, 7)) - 3
    element = (offsets**2).sum(axis=0) <= 9
    padded = np.pad(mask, 4)
    expected = ndimage.binary_closing(padded, element)[4:-4, 4:-4, 4:-4]
    np.testing.assert_array_equal(close(padded, 3)[4:-4, 4:-4, 4:-4], expected)
    np.testing.assert_array_equal(grow(mask, 3), ndimage.binary_dilation(mask, element))
    np.testing.assert_array_equal(shrink(mask, 3), ndimage.binary_erosion(mask, element, border_value=1))


def test_a_block_is_the_mean_of_its_voxels_and_an_odd_end_counts_twice():
    hu = np.random.default_rng(2).integers(-3024, 32767, (4, 5, 6)).astype(np.int16)
    even = np.concatenate([hu, hu[:, -1:]], axis=1).astype(float)
    exact = even.reshape(2, 2, 3, 2, 3, 2).mean(axis=(1, 3, 5))
    found = blocks_hu(hu)
    assert (np.abs(found - exact) <= 4).all()
    back = voxels(found > 0, (4, 5, 6))
    assert back.shape == hu.shape
    np.testing.assert_array_equal(back[::2, ::2, 1::2], found > 0)
