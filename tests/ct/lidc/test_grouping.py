"""Which readings are of one nodule, and what at least half of its readers agree on."""

import numpy as np

from pellucid.ct.lidc import group_readings, read_scans
from pellucid.ct.lidc.grouping import largest_piece


def grouped(base):
    (scan,) = read_scans(base.path)
    return [[reading.number for reading in nodule.readings] for nodule in group_readings(scan)]


def test_readings_of_one_place_are_one_nodule_and_others_are_not(base, cube):
    base.scan()
    for left, top, first in [(10, 10, 5), (60, 10, 5), (11, 10, 5), (60, 11, 6), (10, 10, 20)]:
        base.reading(cube(left, top, first))
    assert grouped(base) == [[1, 3], [2, 4], [5]]


def test_two_nodules_side_by_side_that_all_four_outlined_stay_two(base, cube):
    base.scan()
    for shift in (0, 1, 0, 1):
        base.reading(cube(10 + shift, 10, 5))
        base.reading(cube(17 + shift, 10, 5))  # touches the first
    assert grouped(base) == [[1, 3, 5, 7], [2, 4, 6, 8]]


def test_no_nodule_has_more_readings_than_a_scan_had_readers(base, cube):
    base.scan()
    for _ in range(6):
        base.reading(cube(10, 10, 5))
    assert sorted(map(len, grouped(base))) == [2, 4]


def test_a_chain_is_not_one_nodule(base, cube):
    base.scan()
    for left in (10, 13, 16):  # 3 mm apart: each within the radius (3.7 mm) of the next, the ends are not
        base.reading(cube(left, 10, 5))
    assert len(grouped(base)) == 2


def test_small_outlines_on_neighbouring_thick_slices_are_one_nodule(base):
    base.scan(slice_mm=3.0)
    dot = "10,10\n12,10\n12,12\n10,12"  # one pixel
    base.reading([(3.0, dot)])
    base.reading([(6.0, dot)])
    base.reading([(12.0, dot)])
    assert grouped(base) == [[1, 2], [3]]


def test_half_of_the_readers_decide(base, cube):
    base.scan()
    for shift in (0, 0, 2, 2):
        base.reading(cube(10 + shift, 10, 5, width=12), malignancy=2 + shift, texture=5 - shift)
    base.reading(cube(40, 10, 5, width=12))
    base.reading(cube(42, 10, 5, width=12))
    base.reading(cube(42, 10, 5, width=12))
    (scan,) = read_scans(base.path)
    four, three = group_readings(scan)
    middle = [nodule.outline().any(axis=(0, 1)).sum() for nodule in (four, three)]
    assert middle == [12, 10]  # two of four are half, so both places count; one of three is not
    assert (four.malignancies().tolist(), four.texture()) == ([2.0, 2.0, 4.0, 4.0], 4.0)


def test_the_largest_piece_is_kept_and_corners_touch():
    mask = np.zeros((3, 3, 7), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[2, 2, 2] = True
    mask[0, 0, 5] = mask[0, 0, 6] = True
    wanted = mask.copy()
    wanted[0, 0, 5:] = False
    np.testing.assert_array_equal(largest_piece(mask), wanted)
