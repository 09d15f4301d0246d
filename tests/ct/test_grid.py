"""On the working grid everything lies at its own place in the patient, however the scan was turned."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from pellucid.ct.grid import working_copy
from pellucid.data.volumes import Frame, Volume
from pellucid.data.volumes.parts import as_image
from pellucid.errors import BadInput


def tilted(x_deg: float, z_deg: float) -> np.ndarray:
    one, other = np.radians(x_deg), np.radians(z_deg)
    about_x = np.array([[1, 0, 0], [0, np.cos(one), -np.sin(one)], [0, np.sin(one), np.cos(one)]])
    about_z = np.array([[np.cos(other), -np.sin(other), 0], [np.sin(other), np.cos(other), 0], [0, 0, 1]])
    return about_z @ about_x


FRAMES = {
    "axial": (np.eye(3), [0.7, 0.8, 2.5]),
    "flipped": (np.diag([-1.0, 1.0, -1.0]), [0.7, 0.8, 2.5]),
    "prone": (np.diag([-1.0, -1.0, 1.0]), [0.6, 0.9, 1.5]),
    "left-handed": (np.diag([1.0, 1.0, -1.0]), [0.7, 0.8, 2.0]),
    "sagittal": (np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), [0.7, 0.8, 2.0]),
    "coronal": (np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]), [0.9, 0.7, 2.0]),
    "oblique": (tilted(20, -35), [0.7, 0.8, 2.0]),
    "coarse": (np.eye(3), [1.4, 1.3, 2.5]),
}
SHAPE = (25, 62, 70)
BALL_MM, RADIUS_MM = np.array([-31.3, 47.9, 112.6]), 7.0


def with_a_ball(name: str) -> Volume:
    """Air with one ball of tissue at BALL_MM, away from the middle of the scan, so that a mirrored axis must show."""
    direction, spacing = FRAMES[name]
    inside_irc = np.array([9.2, 26.4, 43.7])
    origin = BALL_MM - direction @ (np.array(spacing) * inside_irc[::-1])
    frame = Frame(origin, np.array(spacing), direction)
    places = frame.to_xyz_mm(np.indices(SHAPE).reshape(3, -1).T.astype(float)).reshape(*SHAPE, 3)
    away = np.linalg.norm(places - BALL_MM, axis=-1)
    hu = -1000 + 1040 / (1 + np.exp(2.0 * (away - RADIUS_MM)))  # a soft edge: voxels do not fall on one side of it
    return Volume(np.round(hu).astype(np.int16), frame, "1.2.3", ("something was noticed",))


@pytest.mark.parametrize("name", FRAMES)
def test_a_ball_appears_at_its_own_place_on_the_working_grid(name):
    working = working_copy(with_a_ball(name))
    weight = np.clip(working.voxels_hu.astype(float) + 900, 0, None)
    index = np.array([(weight * along).sum() / weight.sum() for along in np.indices(weight.shape)])
    place = working.frame.to_xyz_mm(index[None])[0]
    np.testing.assert_allclose(place, BALL_MM, atol=0.1)
    # by the working grid's own promise alone: whole millimetres from its corner, towards the left, the back, the head
    np.testing.assert_allclose(working.frame.origin_xyz_mm + index[::-1], BALL_MM, atol=0.1)
    volume_mm3 = weight.sum() / 940
    assert volume_mm3 == pytest.approx(4 / 3 * np.pi * RADIUS_MM**3, rel=0.15)


@pytest.mark.parametrize("name", FRAMES)
def test_the_grid_is_one_millimetre_along_the_patients_axes_and_covers_the_scan(name):
    volume = with_a_ball(name)
    working = working_copy(volume)
    assert working.frame.spacing_xyz_mm.tolist() == [1, 1, 1]
    assert working.frame.direction.tolist() == np.eye(3).tolist()
    ends = np.array(np.meshgrid(*[[0.0, size - 1.0] for size in SHAPE])).reshape(3, -1).T
    index = working.frame.to_irc(volume.frame.to_xyz_mm(ends))
    assert index.min() >= -1e-6
    assert (index.max(axis=0) <= np.array(working.voxels_hu.shape) - 1 + 1e-6).all()
    assert (index.max(axis=0) > np.array(working.voxels_hu.shape) - 2 - 1e-6).all()  # and not a millimetre more
    assert (working.seriesuid, working.told) == (volume.seriesuid, volume.told)


@pytest.mark.parametrize("name", ["coarse", "sagittal", "oblique"])
def test_simpleitks_own_resampling_gives_the_same_voxels(name):
    direction, _ = FRAMES[name]
    volume = with_a_ball(name)
    volume = Volume(volume.voxels_hu, Frame(volume.frame.origin_xyz_mm, np.array([1.2, 1.3, 2.5]), direction), "1")
    working = working_copy(volume)
    theirs = sitk.Resample(as_image(volume), as_image(working), sitk.Transform(), sitk.sitkLinear, -1024)
    np.testing.assert_array_equal(working.voxels_hu, sitk.GetArrayFromImage(theirs))


def test_the_image_has_the_volumes_own_frame():
    volume = with_a_ball("oblique")
    image = as_image(volume)
    for index_irc in ([0.0, 0.0, 0.0], [3.5, 20.25, 41.0], [24.0, 61.0, 69.0]):
        theirs = image.TransformContinuousIndexToPhysicalPoint(index_irc[::-1])
        np.testing.assert_allclose(volume.frame.to_xyz_mm(np.array([index_irc]))[0], theirs, atol=1e-6)


def test_along_axes_finer_than_1_mm_it_is_smoothed_by_what_the_coarser_grid_needs():
    noise = np.random.default_rng(0).normal(0, 300, (25, 41, 30)).astype(np.int16)
    working = working_copy(Volume(noise, Frame(np.zeros(3), np.array([1.0, 0.5, 0.25]), np.eye(3)), "1"))
    sigma_mm = np.array([0.25, 0.5]), 0.5 * np.sqrt(1 - np.array([0.25, 0.5]) ** 2)
    sigma = (*(sigma_mm[1] / sigma_mm[0]), 0)  # in voxels: slices every 0.25 mm, rows every 0.5 mm, columns every 1 mm
    expected = gaussian_filter(noise.astype(float), sigma, mode="nearest")[::4, ::2]
    inner = (slice(2, -2), slice(2, -2))
    assert expected.std() < 0.5 * noise.std()
    np.testing.assert_allclose(working.voxels_hu[inner], expected[inner], atol=0.03 * noise.std())


@pytest.mark.parametrize("slices", [2, 3])
def test_a_few_thin_slices_are_no_trouble(slices):
    working = working_copy(
        Volume(np.full((slices, 40, 50), 7, np.int16), Frame(np.zeros(3), np.full(3, 0.6), np.eye(3)), "1")
    )
    assert working.voxels_hu[:-1, 1:-1, 1:-1].min() == working.voxels_hu.max() == 7


def test_what_lies_outside_the_scan_is_air():
    working = working_copy(with_a_ball("oblique"))
    assert working.voxels_hu[0, 0, 0] == working.voxels_hu[-1, -1, -1] == -1024


def test_a_scan_larger_than_any_chest_is_refused():
    frame = Frame(np.zeros(3), np.array([500.0, 500.0, 500.0]), np.eye(3))
    with pytest.raises(BadInput, match="1000 x 1500 x 2000 mm"):
        working_copy(Volume(np.zeros((5, 4, 3), np.int16), frame, "1"))
