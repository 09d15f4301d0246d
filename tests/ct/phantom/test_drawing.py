"""Whole phantoms: repeatable, different by seed and part, nodules apart and in the lung, tissues as dense as known."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from pellucid.ct.phantom import draw_phantom
from pellucid.ct.phantom.grids import Grid
from pellucid.ct.phantom.nodules import Room, draw_nodules
from pellucid.ct.phantom.physique import draw_physique
from pellucid.ct.phantom.thorax import make_thorax, without_islands
from pellucid.ct.phantom.tissues import surroundings
from pellucid.ct.shapes import load_shapes
from pellucid.errors import BadInput

GRID = Grid((-160.0, -120.0, -190.0), (1.0, 1.0, 1.0), (290, 250, 385))


def all_of_it(box):
    return np.ones([axis.stop - axis.start for axis in box])


@pytest.fixture(scope="module")
def person():
    rng = np.random.default_rng(5)
    drawn = draw_physique(rng)
    grid = Grid((-160.0, -120.0, -190.0), (5.0, 5.0, 5.0), (58, 50, 77))
    return drawn, make_thorax(rng, drawn, grid), rng


def test_lungs_lie_inside_the_chest_above_the_diaphragm_and_outside_the_mediastinum(person):
    _, thorax, _ = person
    inside = thorax.lung > 4
    assert inside.any()
    assert (thorax.wall[inside] > 0).all()
    assert (thorax.dome[inside] > 0).all()
    assert (thorax.core[inside] < 0).all()
    litres = float((thorax.lung > 0).sum()) * 5.0**3 / 1e6
    assert 2 < litres < 9  # adults' lungs, breathed in
    right, left = ((thorax.lung > 0) & (side * thorax.place[2] > 0) for side in (-1, 1))
    assert 0.9 < right.sum() / left.sum() < 1.8  # the heart takes from the left one


def test_what_floats_in_the_lung_becomes_lung_and_what_touches_its_wall_stays():
    lung = np.full((9, 9, 20), -5.0, np.float32)
    lung[1:8, 1:8, 1:19] = 9.0
    lung[4, 4, 5] = -3.0  # floats
    lung[4, 4, 10], lung[4, 4, 11] = -3.0, 0.5  # too shallow a rim for the finer grid
    lung[1:4, 4, 15] = -3.0  # hangs from the wall
    mended = without_islands(lung)
    floated = np.zeros(lung.shape, bool)
    floated[4, 4, [5, 10, 11]] = True
    assert (mended[floated] == 2).all()
    np.testing.assert_array_equal(mended[~floated], lung[~floated])


def test_no_nodule_is_put_where_a_vessel_would_hide_it(person):
    _, thorax, _ = person

    def half(box):  # vessels fill the right half
        free = np.ones([axis.stop - axis.start for axis in box])
        free[:, :, : max(0, 190 - box[2].start)] = 0
        return free

    room = Room(thorax, GRID, all_of_it, half, np.zeros((0, 3)))
    drawn = draw_nodules(np.random.default_rng(2), load_shapes(), 12, 0, room)
    assert len(drawn) > 6
    assert all(one.centre_zyx_mm[2] > -0.6 * one.diameter_mm for one in drawn)


def test_no_two_nodules_come_nearer_than_4_mm_however_long_and_thin(person):
    _, thorax, _ = person
    room = Room(thorax, GRID, all_of_it, all_of_it, np.zeros((0, 3)))
    drawn = draw_nodules(np.random.default_rng(7), load_shapes(), 40, 0, room)
    assert len(drawn) > 20
    voxels = [np.argwhere(one.patch.share > 0) + [axis.start for axis in one.patch.box] for one in drawn]
    for number, (one, own) in enumerate(zip(drawn, voxels, strict=True)):
        away = np.linalg.norm(own + np.array(GRID.origin_zyx_mm) - one.centre_zyx_mm, axis=1)
        assert away.max() == pytest.approx(one.reach_mm, abs=1e-3)
        for other in voxels[:number]:
            assert cKDTree(own).query(other)[0].min() > 4


def test_tissues_have_their_radiodensity(person):
    drawn, thorax, rng = person
    grid = Grid((-140.0, -100.0, -170.0), (3.0, 3.0, 3.0), (80, 66, 113))
    hu = surroundings(rng, drawn, thorax, grid)
    assert hu[0, 0, 0] == pytest.approx(-1000, abs=1)  # beside the body
    centre = np.array([-72.0, -drawn.half_depth + 52 * drawn.heart, 14 + drawn.shift])
    index = tuple(np.rint(grid.index(centre)).astype(int))
    around = hu[index[0] - 3 : index[0] + 4, index[1] - 3 : index[1] + 4, index[2] - 3 : index[2] + 4]
    assert drawn.blood_hu * 0.8 - 25 < np.median(around) < drawn.blood_hu + 25  # a chamber of the heart
    assert 0.01 < (hu > 300).mean() < 0.12  # compact bone
    assert (hu < -60).mean() > 0.05  # fat and air


def test_balls_are_as_wide_as_long_and_of_any_size(person):
    _, thorax, _ = person
    room = Room(thorax, GRID, all_of_it, all_of_it, np.zeros((0, 3)))
    drawn = draw_nodules(np.random.default_rng(2), load_shapes(), 12, 0, room, balls=1.0)
    assert len(drawn) > 6
    for one in drawn:
        dense = np.argwhere(one.patch.share > 0.5)
        np.testing.assert_allclose(np.ptp(dense, axis=0) + 1, one.diameter_mm, atol=1.01)
    assert max(one.diameter_mm for one in drawn) > 20
    assert min(one.diameter_mm for one in drawn) < 10


def test_what_cannot_be_drawn_is_refused_in_one_line():
    for wrong in ({"seed": -1}, {"seed": 0, "nodules": 41}, {"seed": 0, "balls": 1.5}):
        with pytest.raises(BadInput, match=r"^[^\n]+$"):
            draw_phantom(**wrong)


@pytest.fixture(scope="module")
def phantom():
    return draw_phantom(0)


@pytest.mark.slow
def test_nodules_lie_apart_in_the_scan_and_their_truth_is_plausible(phantom):
    assert 4 <= sum(one.counts for one in phantom.nodules) <= 10
    assert all((one.diameter_mm >= 3) == one.counts for one in phantom.nodules)
    centres = np.array([one.centre_xyz_mm for one in phantom.nodules])
    radii = np.array([one.diameter_mm / 2 for one in phantom.nodules])
    gap = np.linalg.norm(centres[:, None] - centres, axis=2) - radii[:, None] - radii
    assert gap[~np.eye(len(gap), dtype=bool)].min() > 2
    irc = phantom.volume.frame.to_irc(centres)
    assert (irc > 2).all()
    assert (irc < np.array(phantom.volume.voxels_hu.shape) - 3).all()


@pytest.mark.slow
def test_at_a_solid_nodule_the_scan_is_dense_and_around_it_there_is_lung(phantom):
    hu, frame = phantom.volume.voxels_hu, phantom.volume.frame
    seen = 0
    for one in phantom.nodules:
        if one.kind != "solid" or one.diameter_mm < 6:
            continue
        at = np.rint(frame.to_irc(np.array([one.centre_xyz_mm]))[0]).astype(int)
        near = hu[at[0], at[1] - 1 : at[1] + 2, at[2] - 1 : at[2] + 2]
        reach = int(np.ceil((one.diameter_mm + 6) / frame.spacing_xyz_mm[0]))
        rows, columns = (slice(max(at[axis] - reach, 0), at[axis] + reach) for axis in (1, 2))
        assert near.mean() > -350
        assert np.percentile(hu[at[0], rows, columns], 15) < -600
        seen += 1
    assert seen


@pytest.mark.slow
def test_the_same_seed_repeats_bit_for_bit_and_others_do_not(phantom):
    again = draw_phantom(0)
    np.testing.assert_array_equal(again.volume.voxels_hu, phantom.volume.voxels_hu)
    assert again.nodules == phantom.nodules
    other = draw_phantom(0, part="test")
    assert other.volume.seriesuid != phantom.volume.seriesuid
    assert [one.centre_xyz_mm for one in other.nodules] != [one.centre_xyz_mm for one in phantom.nodules]
    assert other.volume.seriesuid == "phantom-test-0"


@pytest.mark.slow
def test_without_nodules_there_are_none_and_with_many_all_lie_apart():
    assert draw_phantom(0, nodules=0).nodules == []
    many = draw_phantom(0, nodules=15).nodules
    assert sum(one.counts for one in many) >= 13
