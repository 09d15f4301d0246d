"""Lungs on plain drawn chests, whose every voxel is known: outline, sides, nodules at the wall, and what is refused."""

import numpy as np
import pytest

from pellucid.ct.grid import working_copy
from pellucid.ct.lungs import find_lungs
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

from . import chest

RIGHT, LEFT = 1, 2


@pytest.fixture(scope="module")
def plain():
    return find_lungs(chest.volume(chest.chest_hu(chest.drawn_side())))


def test_each_lung_is_found_as_it_was_drawn_on_its_own_side(plain):
    side = chest.drawn_side()
    assert chest.dice(plain.side == RIGHT, side == RIGHT) > 0.985
    assert chest.dice(plain.side == LEFT, side == LEFT) > 0.985
    np.testing.assert_array_equal(plain.inside, plain.side > 0)
    assert plain.told == ()


def wall_ball(diameter, share_in, latitude, number=1):
    """A ball that lies so deep in the lung, along a normal of the wall, that about this share of its width is in."""
    (cz, cy, cx), halves = chest.LUNGS[number]
    z, y, x = (
        np.sin(latitude[0]),
        np.cos(latitude[0]) * np.sin(latitude[1]),
        np.cos(latitude[0]) * np.cos(latitude[1]),
    )
    direction = np.array([z, y, x])
    at = direction * np.array(halves)
    normal = direction / np.array(halves)
    centre = np.array([cz, cy, cx]) + at - normal / np.linalg.norm(normal) * diameter * (share_in - 0.5)
    return tuple(centre), diameter


WALLS = {  # latitude and longitude on the ellipsoid: 0 of the right lung is its side towards the heart, pi its ribs
    "ribs": (0.1, np.pi), "back": (-0.2, 0.55 * np.pi), "front": (0.1, -0.6 * np.pi), "top": (1.3, 2.5),
    "middle": (0.1, 0.1), "diaphragm": (-1.3, 0.5),
}  # fmt: skip


@pytest.mark.parametrize(("diameter", "dense"), [(4, 40), (12, 40), (30, 40), (12, -550)])
def test_a_nodule_at_any_wall_is_whole_inside_solid_or_ground_glass(diameter, dense):
    balls = [wall_ball(diameter, 0.8, place) for place in WALLS.values()]
    side = chest.drawn_side()
    found = find_lungs(chest.volume(chest.chest_hu(side, balls, dense=dense)))
    shares = {
        name: found.inside[(side == RIGHT) & chest.ball(*one)].mean() for name, one in zip(WALLS, balls, strict=True)
    }
    assert min(shares.values()) >= 0.95, shares
    assert chest.dice(found.inside, side > 0) > 0.97


def test_a_nodule_and_a_vessel_within_the_lung_are_inside():
    side = chest.drawn_side()
    hu = chest.chest_hu(side, [((90, 90, 70), 30)])
    hu[60:64, 60:64, 40:100] = 40
    hu[chest.ball((90, 90, 70), 12)] = -1000  # hollow
    found = find_lungs(chest.volume(hu))
    assert found.inside[chest.ball((90, 90, 70), 30)].all()
    assert found.inside[60:64, 60:64, 42:98].all()


def test_a_rib_heart_and_diaphragm_that_bulge_into_the_lung_stay_outside():
    side = chest.drawn_side()
    heart = chest.ball((70, 70, 150), 100)
    dome = chest.ball((0, 90, 70), 120)
    aorta = np.broadcast_to((chest.Y - 112) ** 2 + (chest.X - 143) ** 2 <= 12**2, chest.SHAPE)
    left_out = heart | dome | aorta
    side[left_out] = 0
    found = find_lungs(chest.volume(chest.chest_hu(side)))
    swallowed = {
        name: found.inside[what].mean() for name, what in {"heart": heart, "dome": dome, "aorta": aorta}.items()
    }
    assert max(swallowed.values()) < 0.06, swallowed
    assert chest.dice(found.inside, side > 0) > 0.97


def test_windpipe_bowel_room_and_table_are_no_lung(plain):
    side = chest.drawn_side()
    hu = chest.chest_hu(side)
    assert not plain.inside[:, 82:99, 117:134].any()
    bowel = chest.ball((22, 90, 125), 47)
    hu[bowel] = -1000
    gullet = np.broadcast_to(((chest.Y - 60) / 9) ** 2 + ((chest.X - 114.5) / 4) ** 2 <= 1, chest.SHAPE)
    hu[60:110][gullet[60:110]] = -1000  # 4 mm from the lung
    table = np.zeros(chest.SHAPE, bool)
    table[:, 172:] = True
    hu[table] = 100
    hu[:, 174:178, 10:240] = -900  # foam in a shell of 2 mm
    found = find_lungs(chest.volume(hu))
    assert not found.inside[bowel].any()
    assert found.inside[60:110][gullet[60:110]].mean() < 0.05  # its blurred rim
    assert not found.inside[table].any()
    assert chest.dice(found.inside, side > 0) > 0.98


def test_lungs_that_touch_in_front_are_parted_where_they_touch():
    near = {RIGHT: ((85.0, 90.0, 67.0), (72.0, 60.0, 48.5)), LEFT: ((85.0, 90.0, 162.0), (72.0, 60.0, 48.5))}
    side = chest.drawn_side(near)
    assert (side == LEFT)[:, :, 114].any()  # they do touch, and not in the middle
    hu = chest.chest_hu(side, windpipe=False)
    found = find_lungs(chest.volume(hu))
    assert chest.dice(found.side == RIGHT, side == RIGHT) > 0.98
    assert chest.dice(found.side == LEFT, side == LEFT) > 0.98


def test_a_small_lung_beside_a_large_one_keeps_its_side():
    uneven = {RIGHT: ((85.0, 90.0, 75.0), (72.0, 60.0, 48.0)), LEFT: ((110.0, 90.0, 190.0), (35.0, 32.0, 26.0))}
    side = chest.drawn_side(uneven)
    found = find_lungs(chest.volume(chest.chest_hu(side)))
    assert chest.dice(found.side == RIGHT, side == RIGHT) > 0.98
    assert chest.dice(found.side == LEFT, side == LEFT) > 0.97


def test_a_missing_lung_is_said():
    side = chest.drawn_side({LEFT: chest.LUNGS[LEFT]})
    found = find_lungs(chest.volume(chest.chest_hu(side)))
    assert found.told == ("Only the left lung was found; the right one is missing, airless or outside the scan.",)
    assert chest.dice(found.side == LEFT, side == LEFT) > 0.98


def test_a_scan_that_ends_within_the_lungs_is_searched_to_its_end_and_said():
    side = chest.drawn_side()
    balls = [((50, 100, 40), 14)]
    hu = chest.chest_hu(side, balls)[45:125]
    found = find_lungs(chest.volume(hu))
    assert chest.dice(found.inside, side[45:125] > 0) > 0.98
    assert found.inside[(chest.ball(*balls[0]) & (side > 0))[45:125]].mean() >= 0.95
    assert found.told == ("The scan ends within the lungs, below and above; what lies beyond was not searched.",)


@pytest.mark.slow
def test_a_scan_stored_from_the_other_side_gives_the_same_lungs(plain):
    hu = chest.chest_hu(chest.drawn_side())
    straight = chest.volume(hu)
    for axis in range(3):
        steps = np.ones(3)
        steps[2 - axis] = -1
        last = np.zeros((1, 3))
        last[0, axis] = hu.shape[axis] - 1
        turned = Frame(straight.frame.to_xyz_mm(last)[0], np.ones(3), np.diag(steps))
        found = find_lungs(working_copy(Volume(np.flip(hu, axis).copy(), turned, "turned")))
        np.testing.assert_array_equal(found.side, plain.side)


@pytest.mark.parametrize("hu", [-1000, 40, -3024])
def test_a_scan_without_lungs_is_refused_in_one_line(hu):
    with pytest.raises(BadInput, match=r"^No lungs were found: .*\.$"):
        find_lungs(chest.volume(np.full((40, 60, 80), hu, np.int16)))


def test_gas_in_a_body_is_not_taken_for_a_lung():
    hu = chest.chest_hu(np.zeros(chest.SHAPE, np.uint8), windpipe=False)
    hu[chest.ball((80, 90, 120), 90)] = -1000
    with pytest.raises(BadInput, match="No lungs were found"):
        find_lungs(chest.volume(hu))
