"""Airways beside arteries, the windpipe in its wall of soft tissue, and sheets that hold the volume they should."""

import numpy as np
import pytest

from pellucid.ct.phantom.grids import Grid
from pellucid.ct.phantom.physique import draw_physique
from pellucid.ct.phantom.sheets import Sheet, bands, draw_sheet, fissures
from pellucid.ct.phantom.thorax import make_thorax
from pellucid.ct.phantom.trees import bend
from pellucid.ct.phantom.vessels import THINNEST_MM, airways, grow_vessels
from pellucid.ct.phantom.windpipe import windpipe


@pytest.fixture(scope="module")
def person():
    rng = np.random.default_rng(5)
    drawn = draw_physique(rng)
    grid = Grid((-160.0, -120.0, -190.0), (5.0, 5.0, 5.0), (58, 50, 77))
    return drawn, make_thorax(rng, drawn, grid)


def depth_at(thorax, places):
    index = np.rint(thorax.grid.index(places)).astype(int)
    inside = np.clip(index, 0, np.array(thorax.lung.shape) - 1)
    return thorax.lung[tuple(inside.T)]


def test_an_airway_runs_beside_its_artery_about_as_wide_with_a_wall_around_its_lumen(person):
    drawn, thorax = person
    artery = next(tree for name, tree in grow_vessels(np.random.default_rng(1), drawn, thorax) if name == "artery")
    outer, lumen, central = airways(np.random.default_rng(2), artery, drawn, thorax)
    assert len(outer.starts) > 50
    assert len(lumen.starts) == len(central) <= len(outer.starts)
    beside = {tuple(np.round(place, 6)): radius for place, radius in zip(lumen.ends, lumen.end_radii, strict=True)}
    pieces = bend(artery)
    pieces = pieces.rows(np.flatnonzero(pieces.end_radii > THINNEST_MM))
    for place, radius in zip(outer.ends, outer.end_radii, strict=True):
        touched = np.linalg.norm(pieces.ends - place, axis=1) <= pieces.end_radii + radius
        ratio = radius / pieces.end_radii[touched]
        assert ((ratio > 0.75) & (ratio < 1.1)).any()
        inner = beside.get(tuple(np.round(place, 6)))
        if inner is not None:  # not plugged
            assert 0.1 * radius < radius - inner <= 1.6 + 1e-9


def test_airways_stay_in_the_lung_but_for_those_at_the_windpipe_s_fork(person):
    drawn, thorax = person
    artery = next(tree for name, tree in grow_vessels(np.random.default_rng(1), drawn, thorax) if name == "artery")
    _, lumen, central = airways(np.random.default_rng(2), artery, drawn, thorax)
    assert 0 < central.sum() < len(central)
    assert np.median(depth_at(thorax, lumen.ends[~central])) > 5
    assert (depth_at(thorax, lumen.ends[~central]) > -8).all()  # a voxel of this grid is 5 mm wide


def test_the_windpipe_forks_into_a_wider_steeper_right_bronchus_and_a_left_one(person):
    drawn, _ = person
    pipe = windpipe(np.random.default_rng(0), drawn)
    (down, right, left) = pipe.ends - pipe.starts
    np.testing.assert_array_equal(pipe.starts[1:], pipe.ends[[0, 0]])
    assert down[0] < -100
    assert right[2] < 0 < left[2]
    assert -right[0] / abs(right[2]) > -left[0] / abs(left[2])
    assert pipe.end_radii[1] > pipe.end_radii[2]


def test_fissures_part_both_lungs_and_are_thinner_than_a_millimetre(person):
    drawn, thorax = person
    made = fissures(np.random.default_rng(3), drawn, thorax)
    sides = [np.sign(np.median(sheet.points[:, 2])) for sheet in made]
    assert sides == [-1, 1, -1]  # two in the right lung, of three lobes; one in the left, of two
    for sheet in made:
        assert 0 < sheet.thickness.max() < 0.6
        assert (depth_at(thorax, sheet.points[sheet.thickness > 0]) > -8).all()
        assert np.linalg.norm(sheet.normal) == pytest.approx(1)


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (1.0, -0.9, 0.0), (0.2, 0.5, 1.0)])
@pytest.mark.parametrize("thickness", [0.3, 2.5])
def test_a_flat_sheet_holds_the_volume_of_its_slab_and_lies_in_its_plane(normal, thickness):
    grid = Grid((0.0, 0.0, 0.0), (0.8, 0.7, 0.7), (60, 60, 60))
    normal = np.array(normal) / np.linalg.norm(normal)
    first = np.cross(normal, [0.3, 0.4, -0.8])
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    a, b = (axis.ravel() for axis in np.meshgrid(*[np.arange(-10, 10.01, 0.3)] * 2, indexing="ij"))
    centre = np.array([23.0, 20.0, 21.0])
    points = centre + a[:, None] * first + b[:, None] * second
    into = np.zeros(grid.shape, np.int16)
    draw_sheet(into, grid, Sheet(points, normal, np.full(len(a), thickness)), 1000.0)
    share = into / 1000.0
    assert share.sum() * 0.8 * 0.7 * 0.7 == pytest.approx(20 * 20 * thickness, rel=0.15)
    z, y, x = grid.axes()
    away = np.abs((z - centre[0]) * normal[0] + (y - centre[1]) * normal[1] + (x - centre[2]) * normal[2])
    assert away[share > 0].max() < thickness / 2 + 2
    assert (share * away).sum() / share.sum() < thickness / 4 + 0.6


def test_bands_are_longer_than_a_nodule_s_likeness_and_taper_to_their_rim(person):
    _, thorax = person
    made = [sheet for seed in range(30) for sheet in bands(np.random.default_rng(seed), thorax)]
    assert len(made) > 30
    for sheet in made:
        middle = sheet.points.mean(axis=0)
        assert np.linalg.norm(sheet.points - middle, axis=1).max() > 11
        assert sheet.thickness.max() < 2.6 * 1.4 + 1e-6
