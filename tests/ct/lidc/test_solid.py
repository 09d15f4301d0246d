"""Contours become pixels, and pixels on slices a body; volumes are worked out by hand."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from pellucid.ct.lidc import read_scans
from pellucid.ct.lidc.reading import Contour
from pellucid.ct.lidc.solid import Solid, slice_mask, solid_of

ORIGIN = np.array([0, 0])


def outline(*points, inclusion=True):
    return Contour(0.0, inclusion, np.array(points))


def test_pixels_on_the_line_are_not_part_of_the_nodule():
    mask = slice_mask([outline((1, 1), (6, 1), (6, 4), (1, 4))], ORIGIN, (7, 9))
    wanted = np.zeros((7, 9), bool)
    wanted[2:4, 2:6] = True  # rows 2 and 3, columns 2 to 5
    np.testing.assert_array_equal(mask, wanted)


def test_a_slanted_line_between_far_points_is_a_border_too():
    mask = slice_mask([outline((0, 0), (6, 6), (0, 6))], ORIGIN, (7, 7))
    np.testing.assert_array_equal(mask, np.tril(np.ones((7, 7), bool), -1) & (np.arange(7) > 0) & (ORIGIN[0] < 1)
                                  & (np.arange(7)[:, None] < 6))  # fmt: skip


def test_a_hole_and_its_border_are_left_out():
    hole = outline((3, 3), (5, 3), (5, 5), (3, 5), inclusion=False)
    mask = slice_mask([hole, outline((0, 0), (8, 0), (8, 8), (0, 8))], ORIGIN, (9, 9))
    wanted = np.zeros((9, 9), bool)
    wanted[1:8, 1:8] = True
    wanted[3:6, 3:6] = False
    np.testing.assert_array_equal(mask, wanted)


def test_two_outlines_on_a_slice_are_both_held():
    parts = [outline((0, 0), (3, 0), (3, 3), (0, 3)), outline((5, 0), (8, 0), (8, 3), (5, 3))]
    assert slice_mask(parts, ORIGIN, (4, 9)).sum() == 4 + 4


@pytest.mark.parametrize("points", [[(2, 2)], [(2, 2), (3, 2)], [(2, 2), (3, 2), (2, 3)]])
def test_a_contour_around_nothing_holds_nothing(points):
    assert not slice_mask([outline(*points)], ORIGIN, (6, 6)).any()


def body(base):
    (scan,) = read_scans(base.path)
    return solid_of(scan.readings[0], scan)


def volume_mm3(solid, step_mm=0.23):  # no multiple of it is a pixel: no sample lies on an edge
    low, high = solid.bounds_mm()
    axes = [np.arange(start, end + step_mm, step_mm) for start, end in zip(low, high, strict=True)]
    return solid.inside(*axes).sum() * step_mm**3


def test_a_block_of_pixels_keeps_its_volume_and_place(base, cube):
    base.scan(pixel_mm=0.5, slice_mm=1.0)
    base.reading(cube(10, 20, 3, width=14))  # 12 x 12 pixels of 0.25 mm2, on slices 3 to 14
    solid = body(base)
    assert volume_mm3(solid) == pytest.approx(12 * 12 * 0.25 * 12, rel=0.06)  # its edges and ends are rounded
    inside = solid.inside(np.array([2.0, 3.0, 14.0, 16.0]), np.array([10.2, 10.3, 13.0]), np.array([5.2, 5.3, 8.0]))
    # Row 21 and column 11 are the first: their centres lie at 10.5 and 5.5 mm, their edges a quarter before.
    wanted = [[False, False, False], [False, False, True], [False, True, True]]  # a corner is rounded
    assert inside[1].tolist() == inside[2].tolist() == wanted
    assert not inside[[0, 3]].any()


def test_a_reading_without_a_pixel_has_no_body(base):
    base.scan()
    base.reading([(1.0, "3,3\n4,3\n4,4")])
    base.reading([])
    (scan,) = read_scans(base.path)
    assert [solid_of(reading, scan) for reading in scan.readings] == [None, None]


def disc(radius_mm, pixel_mm):
    place = (np.arange(61) - 30) * pixel_mm
    mask = place[:, None] ** 2 + place**2 < radius_mm**2
    return np.where(mask, distance_transform_edt(mask) - 0.5, 0.5 - distance_transform_edt(~mask)) * pixel_mm


def test_halfway_between_two_discs_lies_a_disc_of_the_mean_radius():
    solid = Solid(np.stack([disc(4.0, 0.2), disc(2.0, 0.2)]), np.array([0.0, 3.0]), (-6.0, -6.0), 0.2, 3.0)
    place = np.arange(-5, 5, 0.05)
    areas = solid.inside(np.array([0.0, 0.75, 1.5, 3.0]), place, place).sum(axis=(1, 2)) * 0.05**2
    np.testing.assert_allclose(np.sqrt(areas / np.pi), [4.0, 3.5, 3.0, 2.0], atol=0.05)


@pytest.mark.parametrize(("diameter_mm", "slice_mm"), [(6.0, 1.25), (6.0, 2.5), (12.0, 3.0)])
def test_balls_cut_into_slices_anywhere_keep_their_mean_volume(diameter_mm, slice_mm):
    found = []
    for start in (np.arange(16) + 0.5) / 16 * slice_mm:
        z_mm = start + np.arange(-10, 10) * slice_mm
        radii = np.sqrt(np.maximum(diameter_mm**2 / 4 - z_mm**2, 0.0))
        held = radii > 0.35  # a smaller one holds no pixel
        layers = np.stack([disc(radius, 0.5) for radius in radii[held]])
        found.append(volume_mm3(Solid(layers, z_mm[held], (-15.0, -15.0), 0.5, slice_mm)))
    assert np.mean(found) == pytest.approx(np.pi / 6 * diameter_mm**3, rel=0.05)
