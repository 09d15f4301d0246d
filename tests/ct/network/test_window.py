"""The network's window: its levels, its places, its scales."""

import numpy as np

from pellucid.ct.network.window import as_levels, cut_windows, halved


def test_levels_go_from_air_to_above_soft_tissue():
    hu = np.array([[[-2000, -1000, -997, 399, 400, 3071]]], np.int16)
    # 255 / 1400 levels for each HU: 3 * 0.182 = 0.55 rounds to 1, 1399 * 0.182 = 254.8 to 255
    np.testing.assert_array_equal(as_levels(hu)[0, 0], [0, 0, 1, 255, 255, 255])


def test_halving_is_the_mean_of_eight_cubes():
    levels = np.random.default_rng(0).integers(0, 256, (6, 8, 11), np.uint8)
    expected = levels[:, :, :10].reshape(3, 2, 4, 2, 5, 2).astype(float).mean(axis=(1, 3, 5))
    assert np.abs(halved(levels) - expected).max() <= 0.5


def test_a_bright_voxel_lies_where_the_hand_says_in_both_windows():
    voxels_hu = np.full((40, 60, 80), -1000, np.int16)
    voxels_hu[23, 31, 47] = 400
    fine, coarse = cut_windows(voxels_hu, np.array([[20.0, 30.0, 40.0]]))[0]
    # the fine window begins at rint(20 - 15.5) = 4, rint(14.5) = 14, rint(24.5) = 24 (to even)
    assert np.argwhere(fine == 255).tolist() == [[19, 17, 23]]
    # voxel (23, 31, 47) is in cube (11, 15, 23); the window begins at rint((20 - .5) / 2 - 15.5) = -6, -1, 4
    assert np.argwhere(coarse > 0).tolist() == [[17, 16, 19]]
    assert coarse.max() == 32  # an eighth of 255


def test_windows_beyond_the_scan_are_air():
    voxels_hu = np.full((10, 10, 10), 0, np.int16)
    fine = cut_windows(voxels_hu, np.array([[0.0, 0.0, 0.0], [500.0, 0.0, 0.0]]))[:, 0]
    assert (fine[0, :16, :16, :16] == 0).sum() == 16**3
    assert not fine[1].any()


def test_no_lumps_give_no_windows():
    assert cut_windows(np.zeros((4, 4, 4), np.int16), np.zeros((0, 3))).shape == (0, 2, 32, 32, 32)
