"""The heat map of two plain lungs with balls in them: where it is hot, how hot, at which size."""

import numpy as np
import pytest

from pellucid.ct.likeness import SIZES_MM, nodule_likeness
from pellucid.ct.lungs import Lungs
from pellucid.data.volumes import Frame, Volume

from . import drawn

SHAPE = (52, 56, 84)
CENTRES = {"solid": (20.0, 18.5, 22.0), "hazy": (32.0, 38.0, 24.0), "at the wall": (26.0, 28.5, 72.0)}
DIAMETERS = {"solid": 9.5, "hazy": 12.0, "at the wall": 9.5}


@pytest.fixture(scope="module")
def lungs():
    side = np.zeros(SHAPE, np.uint8)
    side[5:47, 5:51, 4:40], side[5:47, 5:51, 44:75] = 1, 2
    return Lungs(side > 0, side)


@pytest.fixture(scope="module")
def working(lungs):
    voxels = np.where(lungs.inside, -850.0, 40.0)
    for name, density in (("solid", 40), ("hazy", -650), ("at the wall", 40)):
        ball = drawn.share(SHAPE, CENTRES[name], DIAMETERS[name] / 2)
        voxels = np.where(lungs.inside, voxels + (density - voxels) * ball, voxels)
    voxels += np.random.default_rng(0).normal(0, 20, SHAPE)
    return Volume(voxels.astype(np.int16), Frame(np.array([-40.0, -30.0, 7.0]), np.ones(3), np.eye(3)), "two lungs")


@pytest.fixture(scope="module")
def heat(working, lungs):
    return nodule_likeness(working, lungs)


def hottest(heat, name):
    box = tuple(slice(int(at) - 4, int(at) + 5) for at in CENTRES[name])
    return float(heat.values[box].max())


def test_a_solid_ball_of_one_of_the_sizes_is_as_hot_as_its_contrast_says(heat):
    weighted = 890 * (9.5 / 10) ** 0.5
    assert 9.5 in SIZES_MM
    assert hottest(heat, "solid") == pytest.approx(weighted / (weighted + 300), abs=0.03)
    assert heat.sizes_mm[heat.size[20, 18, 22]] == 9.5


@pytest.mark.parametrize("size", [3.0, 5.3, 16.9, 30.0])
def test_balls_of_3_to_30_mm_are_as_hot_as_the_formula_says_and_hazy_ones_warm(size):
    shape, centre = (50, 52, 54), (25.0, 26.0, 27.0)
    side = np.zeros(shape, np.uint8)
    side[3:-3, 3:-3, 3:-3] = 1
    ball = drawn.share(shape, centre, size / 2)
    for density, about in ((40, 890 * (size / 10) ** 0.5), (-620, None)):
        voxels = np.where(side > 0, -850 + (density + 850) * ball, 40) + np.random.default_rng(0).normal(0, 20, shape)
        scan = Volume(voxels.astype(np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "ball")
        heat = nodule_likeness(scan, Lungs(side > 0, side))
        assert np.linalg.norm(heat.peaks_irc[0] - centre) <= 1.5 * 3**0.5  # the middle cube of the coarsest grid
        if about:
            assert heat.peaks_likeness[0] == pytest.approx(about / (about + 300), abs=0.05)
            assert heat.sizes_mm[heat.peaks_size[0]] == size
        else:
            assert heat.peaks_likeness[0] > 0.35


def test_a_hazy_ball_is_hot_too(heat):
    assert hottest(heat, "hazy") > 0.5
    assert heat.sizes_mm[heat.size[32, 38, 24]] in (9.5, 12.7, 16.9)


def test_a_ball_that_leans_on_the_wall_is_nearly_as_hot_as_a_free_one(heat):
    assert hottest(heat, "at the wall") > 0.9 * hottest(heat, "solid")


def test_the_likeliest_peaks_lie_in_the_balls_and_the_wall_gives_none_as_hot(heat):
    others = [
        likeness
        for irc, likeness in zip(heat.peaks_irc, heat.peaks_likeness, strict=True)
        if all(np.linalg.norm(irc - np.array(CENTRES[name])) > DIAMETERS[name] / 2 + 4 for name in CENTRES)
    ]
    assert max(others, default=0) < 0.45
    assert (np.diff(heat.peaks_likeness) <= 0).all()
    assert 0 < heat.peaks_likeness[0] < 1


def test_it_is_cold_outside_the_lungs(heat, lungs):
    assert not heat.values[~lungs.inside].any()
    assert lungs.inside[tuple(heat.peaks_irc.T)].all()


def test_the_same_scan_gives_the_same_heat_and_no_lungs_give_none(heat, working, lungs):
    again = nodule_likeness(working, lungs)
    np.testing.assert_array_equal(again.values, heat.values)
    np.testing.assert_array_equal(again.peaks_irc, heat.peaks_irc)
    nothing = nodule_likeness(working, Lungs(np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)))
    assert len(nothing.peaks_irc) == 0
    assert not nothing.values.any()
