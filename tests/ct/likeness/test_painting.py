"""The lungs alone, coarser grids and peaks: against scikit-image and scipy."""

import numpy as np
from scipy.ndimage import maximum_filter
from skimage.measure import block_reduce

from pellucid.ct.likeness.grids import coarser, cubes_blur, finer, middles_irc
from pellucid.ct.likeness.painting import lungs_alone_hu
from pellucid.ct.likeness.peaks import peaks_of


def test_the_wall_takes_the_colour_of_the_lung_beside_it_and_the_lung_keeps_its_own():
    voxels = np.full((30, 40, 50), 60, np.int16)
    inside = np.zeros(voxels.shape, bool)
    inside[5:25, 5:35, 3:20] = inside[5:25, 5:35, 30:47] = True
    voxels[5:25, 5:35, 3:20], voxels[5:25, 5:35, 30:47] = -900, -800  # two lungs unlike each other
    voxels[10, 10, 10], voxels[12, 12, 12] = 2000, -3024  # calcium; what scanners write outside their field
    alone, nearby = lungs_alone_hu(voxels, inside)
    assert alone[10, 10, 10] == 200
    assert alone[12, 12, 12] == -1000
    assert (alone[15, 20, 5:9] == -900).all()
    assert -901 <= alone[15, 20, 1] <= -885
    assert -815 <= alone[15, 20, 48] <= -799
    assert nearby.shape == (8, 10, 13)


def test_where_no_lung_is_near_the_usual_lung_is_taken():
    alone, _ = lungs_alone_hu(np.full((9, 9, 9), 60, np.int16), np.zeros((9, 9, 9), bool))
    assert (alone == -850).all()


def test_coarser_means_equal_those_of_scikit_image_and_finer_repeats_them():
    values = np.random.default_rng(0).normal(size=(8, 12, 4)).astype(np.float32)
    means = coarser(values, 4)
    np.testing.assert_allclose(means, block_reduce(values, (4, 4, 4), np.mean), atol=1e-6)
    np.testing.assert_allclose(coarser(finer(means, 4, (8, 12, 4)), 4), means, atol=1e-6)
    assert coarser(values[:7, :9, :3], 4).shape == (2, 3, 1)


def test_the_blur_of_cubes_is_the_variance_of_their_voxels_places():
    for step in (1, 2, 4):
        assert np.isclose(np.var(np.arange(step)) / step**2, cubes_blur(step))


def test_the_middle_of_a_cube_lies_in_it():
    assert middles_irc(np.array([[0, 1, 2]]), 4).tolist() == [[2, 6, 10]]


def test_peaks_are_where_scipys_maximum_filter_changes_nothing():
    heat = np.maximum(np.random.default_rng(1).normal(size=(9, 10, 11)), 0).astype(np.float32)
    expected = np.argwhere((heat == maximum_filter(heat, 3, mode="constant")) & (heat > 0))
    assert peaks_of(heat).tolist() == expected.tolist()
    assert len(peaks_of(np.zeros((3, 4, 5), np.float32))) == 0
