"""From heat to lumps on two plain lungs: one lump for each ball, at its place, with what is true of it."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pellucid.ct.likeness import nodule_likeness
from pellucid.ct.lumps import group, grouping
from pellucid.ct.lungs import Lungs
from pellucid.data.volumes import Frame, Volume

SHAPE = (60, 70, 96)
FRAME = Frame(np.array([-48.0, -31.0, 205.0]), np.ones(3), np.eye(3))
BALLS = {  # slice, row, column; diameter in mm; HU
    "solid": ((15.4, 16.0, 17.7), 6.0, 40),
    "hazy": ((43.0, 22.5, 24.0), 11.0, -620),
    "touching": ((20.0, 48.0, 22.0), 8.0, 40),
    "touched": ((20.0, 48.0, 30.5), 8.0, 40),
    "at the wall": ((30.0, 33.0, 84.5), 8.0, 40),
    "on a vessel": ((17.0, 24.0, 60.0), 8.0, 40),
    "large": ((41.0, 45.0, 66.0), 20.0, 40),
}


@pytest.fixture(scope="module")
def lungs():
    side = np.zeros(SHAPE, np.uint8)
    side[4:56, 4:66, 4:44], side[4:56, 4:66, 50:87] = 1, 2
    return Lungs(side > 0, side)


@pytest.fixture(scope="module")
def working(lungs):
    places = np.stack(np.indices(SHAPE), axis=-1).astype(float)
    voxels = np.where(lungs.inside, -860.0, 50.0)
    vessel = np.clip(2.0 - np.linalg.norm(places[..., :2] - (17.0, 21.0), axis=-1), 0, 1)
    voxels += np.where(lungs.inside, (40 - voxels) * vessel, 0)
    for centre, diameter, density in BALLS.values():
        share = np.clip(diameter / 2 + 0.5 - np.linalg.norm(places - centre, axis=-1), 0, 1)
        voxels += np.where(lungs.inside, (np.maximum(density, voxels) - voxels) * share, 0)
    voxels = gaussian_filter(voxels, 0.5) + np.random.default_rng(0).normal(0, 20, SHAPE)
    return Volume(voxels.astype(np.int16), FRAME, "two lungs")


@pytest.fixture(scope="module")
def lumps(working, lungs):
    return group(nodule_likeness(working, lungs), working, lungs)


def those_in(lumps, name):
    """Lumps whose centre lies within the ball: LUNA16's rule for a hit."""
    centre, diameter, _ = BALLS[name]
    x, y, z = FRAME.to_xyz_mm(np.array([centre]))[0]
    return [lump for lump in lumps if np.linalg.norm(np.subtract(lump.centre_xyz_mm, (x, y, z))) <= diameter / 2]


@pytest.mark.parametrize("name", [name for name in BALLS if not name.startswith("touch")])
def test_each_ball_is_one_lump(lumps, name):
    assert len(those_in(lumps, name)) == 1


@pytest.mark.parametrize("name", ["solid", "hazy", "large"])
def test_its_centre_and_diameter_are_the_balls(lumps, name):
    centre, diameter, _ = BALLS[name]
    (lump,) = those_in(lumps, name)
    np.testing.assert_allclose(lump.centre_xyz_mm, FRAME.to_xyz_mm(np.array([centre]))[0], atol=0.6)
    assert lump.diameter_mm == pytest.approx(diameter, rel=0.2)


def test_two_balls_that_touch_are_two_lumps(lumps):
    numbers = set()
    for name in ("touching", "touched"):
        lump = those_in(lumps, name)[0]
        np.testing.assert_allclose(lump.centre_xyz_mm, FRAME.to_xyz_mm(np.array([BALLS[name][0]]))[0], atol=1.1)
        assert lump.diameter_mm == pytest.approx(8, rel=0.2)
        numbers.add(lump.number)
    assert len(numbers) == 2


def test_the_likeliest_lumps_are_the_balls(lumps):
    balls = {lump.number for name in BALLS for lump in those_in(lumps, name)}
    assert max(balls) <= 15
    assert those_in(lumps, "large")[0].number <= 3


def test_lumps_are_numbered_in_the_order_of_their_likeness(lumps):
    assert [lump.number for lump in lumps] == list(range(1, len(lumps) + 1))
    assert (np.diff([lump.likeness for lump in lumps]) <= 0).all()


def test_a_lump_says_what_is_true_of_its_outline(lumps, working, lungs):
    for lump in lumps[:12]:
        at = np.argwhere(lump.outline) + lump.corner_irc
        np.testing.assert_allclose(lump.centre_xyz_mm, FRAME.to_xyz_mm(at.astype(float)).mean(axis=0), atol=1e-6)
        assert lump.mean_hu == pytest.approx(working.voxels_hu[tuple(at.T)].mean())
        assert np.pi / 6 * lump.diameter_mm**3 == pytest.approx(len(at))
        assert lungs.inside[tuple(at.T)].all()
        assert f"about {lump.diameter_mm:.0f} mm" in lump.why


def test_a_lump_knows_its_side_and_whether_it_is_hazy(lumps):
    assert those_in(lumps, "solid")[0].side == those_in(lumps, "hazy")[0].side == "right"
    assert those_in(lumps, "at the wall")[0].side == "left"
    assert those_in(lumps, "solid")[0].why.startswith("A solid, ball-like spot of about ")
    assert those_in(lumps, "hazy")[0].why.startswith("A hazy, ball-like spot of about ")


def test_the_same_scan_gives_the_same_lumps_and_no_more_than_the_most(lumps, working, lungs, monkeypatch):
    monkeypatch.setattr(grouping, "MOST_LUMPS", 5)
    again = group(nodule_likeness(working, lungs), working, lungs)
    assert [lump.centre_xyz_mm for lump in again] == [lump.centre_xyz_mm for lump in lumps[:5]]


@pytest.mark.parametrize("end", [0, 29])
def test_a_ball_in_which_the_scan_ends_is_one_lump(end):
    centre = np.array([end, 3.0, 38.0])
    inside = np.zeros((30, 40, 44), bool)
    inside[:, :36, 4:] = True
    away = np.linalg.norm(np.stack(np.indices(inside.shape), axis=-1) - centre, axis=-1)
    voxels = np.where(inside, -860 + 900 * np.clip(4.5 - away, 0, 1), 50).astype(np.int16)
    cut, lungs = Volume(voxels, FRAME, "cut"), Lungs(inside, inside.astype(np.uint8))
    lump, *others = group(nodule_likeness(cut, lungs), cut, lungs)
    inner = (away <= 3.5) & inside
    at = np.argwhere(lump.outline) + lump.corner_irc
    assert inner[tuple(at.T)].sum() >= 0.9 * inner.sum()
    assert all(np.linalg.norm(other.corner_irc - centre) > 5 for other in others)


def test_lungs_without_a_spot_have_no_lumps(lungs):
    empty = Volume(np.where(lungs.inside, -860, 50).astype(np.int16), FRAME, "empty")
    assert group(nodule_likeness(empty, lungs), empty, lungs) == []
