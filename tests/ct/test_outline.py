"""Volume, elongation and irregularity against bodies whose measures are known."""

import numpy as np
import pytest
from scipy.spatial import SphericalVoronoi

from pellucid.ct.outline import LINES, measure, surface_mm2
from pellucid.errors import BadInput

PLACE = np.arange(-20, 21)


def ellipsoid(axes_mm, centre=(0.0, 0.0, 0.0)):
    grid = np.meshgrid(PLACE, PLACE, PLACE, indexing="ij")
    return sum(((one - c) / a) ** 2 for one, c, a in zip(grid, centre, axes_mm, strict=True)) < 1


def test_the_13_lines_stand_for_their_share_of_all_directions():
    lines = np.array([line for line, _ in LINES], float)
    units = lines / np.linalg.norm(lines, axis=1)[:, None]
    cells = SphericalVoronoi(np.vstack([units, -units]))
    shares = 2 * cells.calculate_areas()[:13] / (4 * np.pi)
    np.testing.assert_allclose([share for _, share in LINES], shares, atol=1e-8)


@pytest.mark.parametrize("diameter_mm", [4, 6, 10, 16])
def test_balls_have_on_average_the_surface_of_balls(diameter_mm):
    rng = np.random.default_rng(0)
    found = [surface_mm2(ellipsoid([diameter_mm / 2] * 3, rng.uniform(-0.5, 0.5, 3))) for _ in range(20)]
    assert np.mean(found) == pytest.approx(np.pi * diameter_mm**2, rel=0.01)


@pytest.mark.parametrize("diameter_mm", [8, 12, 24])
def test_a_ball_is_neither_long_nor_rough(diameter_mm):
    ball = ellipsoid([diameter_mm / 2] * 3, (0.2, -0.1, 0.3))
    told = measure(ball)
    assert told.volume_mm3 == ball.sum()
    assert told.diameter_mm == pytest.approx(diameter_mm, rel=0.02)
    assert told.elongation == pytest.approx(1.0, abs=0.05)
    assert 0 <= told.irregularity < 0.015


def test_a_cube_worked_out_by_hand():
    told = measure(np.ones((10, 10, 10), bool))
    # Lines that enter it: 100 along each axis, 19 * 10 across each face's diagonal, 3 * 100 - 3 * 10 + 1 across it.
    shadow = 3 * 0.0915557824 * 100 + 6 * 0.0739612558 * 190 / 2**0.5 + 4 * 0.0703912796 * 271 / 3**0.5
    surface = 4 * shadow + 2.1016  # what lines miss at the rim
    assert surface_mm2(np.ones((10, 10, 10), bool)) == pytest.approx(surface, rel=1e-5)
    assert (told.volume_mm3, told.elongation) == (1000.0, pytest.approx(1.0))
    assert told.irregularity == pytest.approx(1 - np.cbrt(np.pi * 6000**2) / surface, rel=1e-4)
    assert surface_mm2(np.ones((60, 60, 60), bool)) == pytest.approx(0.92 * 6 * 60**2, rel=0.005)


def test_an_ellipsoid_twice_as_long_as_wide():
    body = ellipsoid([7.0, 14.0, 7.0], (0.3, 0.1, -0.2))
    told, eccentric = measure(body), np.sqrt(1 - 0.25)
    surface = 2 * np.pi * 49 * (1 + 2 / eccentric * np.arcsin(eccentric))
    assert told.elongation == pytest.approx(2.0, rel=0.01)
    assert surface_mm2(body) == pytest.approx(surface, rel=0.01)
    assert told.irregularity == pytest.approx(1 - np.cbrt(np.pi * (6 * body.sum()) ** 2) / surface, abs=0.01)


def test_a_lumpy_body_has_the_surface_of_its_mesh():
    from skimage.measure import marching_cubes, mesh_surface_area

    z, y, x = np.meshgrid(PLACE, PLACE, PLACE, indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2) + 1e-9
    field = 11 + 2.5 * np.sin(3 * np.arctan2(y, x)) * (1 - (z / radius) ** 2) + 2 * z / radius - radius
    mesh = mesh_surface_area(*marching_cubes(field, 0.0)[:2])
    assert surface_mm2(field > 0) == pytest.approx(mesh, rel=0.02)


def test_spikes_make_it_rough_but_hardly_long():
    ball = ellipsoid([6.0, 6.0, 6.0])
    spiky = ball.copy()
    for axis in range(3):
        for start in (np.s_[5:20], np.s_[21:36]):
            cut = [np.s_[20:21]] * 3
            cut[axis] = start
            spiky[tuple(cut)] = True
    assert measure(ball).irregularity < 0.015
    assert measure(spiky).irregularity > 0.15
    assert measure(spiky).elongation == pytest.approx(1.0, abs=0.01)


def test_finer_voxels_measure_the_same_body_smaller():
    body = ellipsoid([7.0, 14.0, 7.0])
    coarse, fine = measure(body), measure(body, 0.5)
    assert fine.volume_mm3 == coarse.volume_mm3 / 8
    assert fine.diameter_mm == pytest.approx(coarse.diameter_mm / 2)
    assert (fine.elongation, fine.irregularity) == (coarse.elongation, pytest.approx(coarse.irregularity))


def test_where_it_lies_and_how_it_is_turned_changes_nothing():
    body = ellipsoid([5.0, 9.0, 13.0], (0.3, 0.1, -0.2))
    for other in (np.pad(body, 3), body.transpose(2, 0, 1), body[::-1, :, ::-1]):
        assert measure(other).irregularity == pytest.approx(measure(body).irregularity)
        assert measure(other).elongation == pytest.approx(measure(body).elongation)


def test_a_single_voxel_is_measured_and_none_is_refused():
    assert measure(np.ones((1, 1, 1), bool)).elongation == 1.0
    with pytest.raises(BadInput, match="without a voxel cannot be measured"):
        measure(np.zeros((2, 2, 2), bool))
