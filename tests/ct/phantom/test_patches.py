"""A nodule on the scene's grid: its centre and volume are what was asked for, in any spacing and turn."""

import numpy as np
import pytest

from pellucid.ct.phantom.grids import Grid, box_of
from pellucid.ct.phantom.patches import measured, rotation, sampled
from pellucid.ct.shapes import load_shapes, sphere

SPACINGS = [(0.7, 0.7, 0.7), (1.25, 0.62, 0.62), (1.0, 0.88, 0.7)]


def test_the_centre_and_diameter_of_three_voxels_by_hand():
    share = np.zeros((3, 4, 5), np.float32)
    share[1, 2, 3], share[2, 2, 3] = 1.0, 0.5
    centre, diameter = measured(share, Grid((10.0, 20.0, 30.0), (2.0, 1.0, 0.5), (3, 4, 5)))
    np.testing.assert_allclose(centre, [10 + 2 * 4 / 3, 22, 31.5])
    assert diameter == pytest.approx((1.5 * 2.0 * 1.0 * 0.5 * 6 / np.pi) ** (1 / 3))


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("diameter", [3.0, 6.5, 18.0])
def test_a_ball_is_where_it_was_put_and_as_large(spacing, diameter):
    grid = Grid((-30.0, -28.0, -25.0), spacing, (60, 80, 84))
    centre = np.array([-3.3, -2.1, 1.7])
    box, share = sampled(sphere(diameter), grid, centre, np.eye(3))
    at, width = measured(share, box_of(grid, box))
    np.testing.assert_allclose(at, centre, atol=0.02)
    assert width == pytest.approx(diameter, rel=0.01)
    z, y, x = box_of(grid, box).axes()
    away = np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)
    assert share[away < diameter / 2 - 1.2].min(initial=1) > 0.99
    assert share[away > diameter / 2 + 1.2].max() < 0.01


@pytest.mark.parametrize("seed", [0, 1])
def test_a_turned_nodule_keeps_its_centre_and_volume(seed):
    rng = np.random.default_rng(seed)
    grid = Grid((-30.0, -28.0, -25.0), (1.0, 0.7, 0.8), (60, 80, 70))
    shape = load_shapes("train").draw(rng, 11.0, "solid")
    box, share = sampled(shape, grid, np.array([1.0, 2.0, 3.0]), rotation(rng))
    at, width = measured(share, box_of(grid, box))
    np.testing.assert_allclose(at, [1, 2, 3], atol=0.05)
    assert width == pytest.approx(11.0, rel=0.01)
