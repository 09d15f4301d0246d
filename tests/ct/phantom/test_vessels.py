"""Trees against Murray's law and their own ends; tubes against the volumes of cylinders."""

import numpy as np
import pytest

from pellucid.ct.phantom.grids import Grid
from pellucid.ct.phantom.trees import Pieces, bend, grow
from pellucid.ct.phantom.tubes import draw_tubes


@pytest.fixture(scope="module")
def tree():
    rng = np.random.default_rng(0)
    return grow(rng, np.zeros(3), rng.uniform(5, 80, (700, 3)), 0.4), 700


def test_at_every_fork_the_radii_follow_murrays_law(tree):
    made, _ = tree
    children = np.bincount(made.parents[1:], made.radii[1:] ** 3, len(made.radii))
    forks = np.flatnonzero(children)
    np.testing.assert_allclose(made.radii[forks] ** 3, children[forks], rtol=1e-9)
    assert np.bincount(made.parents[1:])[forks].max() == 2


def test_every_tip_is_reached_once_and_all_hang_on_the_root(tree):
    made, tips = tree
    ends = np.setdiff1d(np.arange(len(made.radii)), made.parents)
    assert len(ends) == tips
    np.testing.assert_allclose(made.radii[ends], 0.4)
    assert (made.parents[1:] < np.arange(1, len(made.parents))).all()


def test_the_tree_of_two_tips_by_hand():
    made = grow(np.random.default_rng(0), np.zeros(3), np.array([[0.0, 10, 5], [0, 10, -5]]), 1.0)
    assert len(made.radii) == 3  # the root is the fork: two tips leave it
    assert sorted(map(tuple, made.places[1:].tolist())) == [(0, 10, -5), (0, 10, 5)]
    np.testing.assert_allclose(made.radii, [2 ** (1 / 3), 1, 1])


def test_bent_branches_begin_and_end_where_straight_ones_do(tree):
    made, _ = tree
    pieces = bend(made)
    ends = {tuple(np.round(place, 6)) for place in pieces.ends}
    assert {tuple(np.round(place, 6)) for place in made.places[1:]} <= ends
    assert (pieces.start_radii >= pieces.end_radii - 1e-9).all()


def one(start, end, radius):
    return Pieces(np.array([start], float), np.array([end], float), np.array([radius]), np.array([radius]))


@pytest.mark.parametrize("radius", [0.25, 0.4, 0.7, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("end", [(20.0, 20.0, 44.0), (38.0, 31.0, 40.0)])
def test_a_tube_takes_the_volume_of_its_cylinder_and_lies_where_it_should(radius, end):
    grid = Grid((0.0, 0.0, 0.0), (0.9, 0.7, 0.7), (60, 72, 80))
    start = np.array([20.3, 20.1, 16.2])
    into = np.zeros(grid.shape, np.int16)
    draw_tubes(into, grid, one(start, end, radius), np.array([1000.0]))
    length = np.linalg.norm(np.array(end) - start)
    wanted = np.pi * radius**2 * length + 4 / 3 * np.pi * radius**3  # round ends
    got = into.sum() / 1000 * 0.9 * 0.7 * 0.7
    assert got == pytest.approx(wanted, rel=0.1)
    centre = [float((into * axis).sum() / into.sum()) for axis in grid.axes()]
    np.testing.assert_allclose(centre, (start + end) / 2, atol=0.35)


def test_tubes_that_leave_the_grid_are_left_out_without_harm():
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (10, 12, 14))
    into = np.zeros(grid.shape, np.int16)
    for radius in (0.3, 0.9, 4.0):
        draw_tubes(into, grid, one((50, 50, 50), (60, 50, 50), radius), np.array([500.0]))
    assert not into.any()
