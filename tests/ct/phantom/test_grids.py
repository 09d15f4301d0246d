"""Grids of the phantom: places by hand, and stretching against functions that are known everywhere."""

import numpy as np

from pellucid.ct.phantom.grids import Grid, ball_of, box_of, smooth_noise, stretch, stretched

FINE = Grid((-9.0, 4.0, -20.0), (1.0, 0.7, 0.6), (20, 17, 31))  # lopsided: a swapped axis must show


def test_a_place_worked_out_by_hand():
    np.testing.assert_allclose(FINE.place(np.array([2, 10, 5])), [-7.0, 11.0, -17.0])
    np.testing.assert_allclose(FINE.index(np.array([-7.0, 11.0, -17.0])), [2, 10, 5])


def test_a_parabola_known_on_a_coarse_grid_is_right_on_the_fine_one():
    coarse = FINE.coarser(3.0)

    def parabola(grid):
        z, y, x = (axis.astype(float) for axis in grid.axes())
        return 0.02 * z**2 - 0.05 * y * x + 0.3 * x - 0.01 * y**2 + 2

    np.testing.assert_allclose(stretched(parabola(coarse).astype(np.float32), coarse, FINE), parabola(FINE), atol=1e-4)


def test_one_slice_is_the_same_as_that_slice_of_all():
    coarse = FINE.coarser(3.0)
    values = np.random.default_rng(0).standard_normal(coarse.shape).astype(np.float32)
    whole = stretched(values, coarse, FINE)
    for number in (0, 7, 19):
        np.testing.assert_allclose(stretch(values, coarse, FINE).slice(number), whole[number], atol=1e-5)


def test_a_box_holds_the_whole_ball_and_knows_where_it_lies():
    centre = np.array([-1.0, 9.0, -12.0])
    box = ball_of(FINE, centre, 2.5)
    z, y, x = FINE.axes()
    inside = ((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) <= 2.5**2
    assert inside.sum() == inside[box].sum() > 50
    np.testing.assert_allclose(box_of(FINE, box).axes()[2], x[box[2]], atol=1e-5)


def test_smooth_noise_has_the_promised_mean_deviation_and_width():
    grid = Grid((0.0, 0.0, 0.0), (2.0, 2.0, 2.0), (60, 50, 70))
    noise = smooth_noise(np.random.default_rng(1), grid, 10.0)
    assert abs(noise.mean()) < 0.1
    assert 0.8 < noise.std() < 1.2
    assert np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(noise[:, :, :-12].ravel(), noise[:, :, 12:].ravel())[0, 1]) < 0.1
