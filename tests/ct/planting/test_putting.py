"""Planted nodules weigh what they should, lie where they should, and leave noise and dense tissue alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.spatial.transform import Rotation

from pellucid.ct.planting import Blur, ToPlant, plant
from pellucid.ct.planting.putting import occupancy
from pellucid.ct.shapes import NoduleShape
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

BLUR = Blur(0.45, 0.45, 0.45, 2.5)
ORIGIN = np.array([-40.0, 10.0, -300.0])
SPACING = np.array([0.6, 0.8, 2.5])  # column, row, slice: lopsided, so that a swapped axis must show
SHAPE = (18, 44, 60)
AXIAL = np.eye(3)
OBLIQUE = Rotation.from_euler("xyz", [20, -35, 70], degrees=True).as_matrix()
FLIPPED = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def frame_of(direction: np.ndarray) -> Frame:
    return Frame(ORIGIN, SPACING, direction)


def box_of(slices: int, rows: int, columns: int, voxel_mm: float = 0.5, corner: tuple[int, int, int] = (1, 2, 4)):
    """A box that is not in the middle of its array; with the diameter of the ball of the same volume."""
    occupied = np.zeros((slices + 4, rows + 7, columns + 9), np.float32)
    occupied[tuple(slice(a, a + b) for a, b in zip(corner, (slices, rows, columns), strict=True))] = 1
    diameter = (6 / np.pi * occupied.sum() * voxel_mm**3) ** (1 / 3)
    return NoduleShape(occupied, voxel_mm, float(diameter), "solid", 0)


@pytest.mark.parametrize("direction", [AXIAL, OBLIQUE, FLIPPED])
@pytest.mark.parametrize("shape", [None, box_of(6, 10, 16)])
def test_mass_and_centre_of_mass_are_those_that_were_asked_for(direction, shape):
    frame = frame_of(direction)
    centre = frame.to_xyz_mm(np.array([[8.3, 21.7, 30.2]]))[0]
    corner, share = occupancy(frame, SHAPE, ToPlant(tuple(centre.tolist()), 7.0, 0.0, shape), BLUR)
    assert share.sum() * SPACING.prod() == pytest.approx(np.pi / 6 * 7.0**3, rel=1e-3)
    index = np.argwhere(np.ones_like(share)) + np.array(corner)
    mean = (frame.to_xyz_mm(index.astype(float)) * share.reshape(-1, 1)).sum(axis=0) / share.sum()
    off = np.abs(direction.T @ (mean - centre))  # along column, row and slice
    assert (off[:2] < 0.001).all()
    assert off[2] < 0.06 * SPACING[2]  # a slice does not tell where within it something lies


def test_each_slice_gets_the_part_of_the_ball_that_lies_in_it():
    frame = frame_of(OBLIQUE)
    centre = frame.to_xyz_mm(np.array([[8.3, 21.7, 30.2]]))[0]
    corner, share = occupancy(frame, SHAPE, ToPlant(tuple(centre.tolist()), 7.0, 0.0), BLUR)
    ends = np.clip((np.arange(corner[0], corner[0] + len(share) + 1) - 0.5 - 8.3) * 2.5, -3.5, 3.5)
    below = np.pi * (3.5 + ends) ** 2 * (3 * 3.5 - (3.5 + ends)) / 3  # a cap of height h: pi h^2 (3 r - h) / 3
    np.testing.assert_allclose(share.sum(axis=(1, 2)) * SPACING.prod(), np.diff(below), atol=0.3)


def test_shares_of_a_box_worked_out_by_hand():
    # 2 x 4 x 6 mm (slice, row, column), almost unblurred, in voxels of 1 mm, its middle on the voxel 5, 10, 15
    frame = Frame(np.zeros(3), np.ones(3), np.eye(3))
    box = box_of(4, 8, 12)
    corner, share = occupancy(
        frame, (12, 20, 30), ToPlant((15.0, 10.0, 5.0), box.diameter_mm, 0.0, box), Blur(0.01, 0.01, 0.01, 1.0)
    )
    whole = np.zeros((12, 20, 30))
    whole[tuple(slice(a, a + b) for a, b in zip(corner, share.shape, strict=True))] = share
    half, full = 0.5, 1.0  # an end on a voxel's middle leaves half of it
    expected = np.zeros((12, 20, 30))
    along = ([half, full, half], [half, full, full, full, half], [half, full, full, full, full, full, half])
    expected[4:7, 8:13, 12:19] = np.einsum("i,j,k->ijk", *map(np.array, along))
    np.testing.assert_allclose(whole, expected, atol=1e-9)


def test_blur_agrees_with_filters_of_scipy_on_a_fine_grid():
    fine, voxel_mm = np.zeros((60, 60, 60), np.float32), 0.2
    fine[26:34, 24:38, 22:40] = 1
    diameter = float((6 / np.pi * fine.sum() * voxel_mm**3) ** (1 / 3))
    smooth = uniform_filter1d(fine.astype(float), 5, axis=0)  # slices of 1 mm
    for axis in (1, 2):
        smooth = gaussian_filter1d(smooth, 0.6 / voxel_mm, axis=axis)
    frame = Frame(np.zeros(3), np.full(3, 0.2), np.eye(3))  # the scan is as fine as the shape: no sampling between
    middle = (np.array([26 + 34, 24 + 38, 22 + 40]) - 1) / 2
    centre = tuple((middle[::-1] * 0.2).tolist())
    nodule = ToPlant(centre, diameter, 0.0, NoduleShape(fine, voxel_mm, diameter, "solid", 0))
    corner, share = occupancy(frame, fine.shape, nodule, Blur(0.6, 0.6, 0.6, 1.0))
    there = tuple(slice(a, a + b) for a, b in zip(corner, share.shape, strict=True))
    assert np.abs(smooth[there] - share).max() < 0.01  # their steps are cells, ours are exact within a cell
    assert share.max() > 0.5


def test_planting_replaces_the_share_of_even_lung_that_the_nodule_fills():
    frame = frame_of(OBLIQUE)
    lung = Volume(np.full(SHAPE, -850, np.int16), frame, "a")
    centre = tuple(frame.to_xyz_mm(np.array([[8.0, 20.0, 30.0]]))[0].tolist())
    planted = plant(lung, [ToPlant(centre, 8.0, 40.0)], blur=BLUR).voxels_hu.astype(float)
    added = (planted + 850).sum() * SPACING.prod() / 890
    assert added == pytest.approx(np.pi / 6 * 8.0**3, rel=0.005)
    assert planted[8, 20, 30] == 40
    assert planted.max() == 40  # nothing overshoots
    assert (lung.voxels_hu == -850).all()  # the scan is left as it is


def test_noise_does_not_vanish_within_a_nodule():
    rng = np.random.default_rng(3)
    voxels = np.rint(rng.normal(-850, 60, (20, 80, 80))).astype(np.int16)
    volume = Volume(voxels, Frame(np.zeros(3), np.array([0.6, 0.6, 1.0]), np.eye(3)), "a")
    planted = plant(volume, [ToPlant((24.0, 24.0, 10.0), 16.0, 40.0)], blur=Blur(0.4, 0.4, 0.4, 1.0)).voxels_hu
    within = planted[8:13, 34:47, 34:47].astype(float)  # well inside the ball
    assert within.std() == pytest.approx(60, rel=0.1)
    assert within.mean() == pytest.approx(40, abs=6)


def test_denser_tissue_stays():
    voxels = np.full((9, 40, 40), -850, np.int16)
    voxels[:, :, 22:] = 60  # a wall
    voxels[:, 10:15, :22] = 200  # and a vessel with contrast medium that runs to it
    volume = Volume(voxels, Frame(np.zeros(3), np.array([0.7, 0.7, 1.0]), np.eye(3)), "a")
    planted = plant(volume, [ToPlant((13.0, 11.0, 4.0), 9.0, 40.0)], blur=Blur(0.3, 0.3, 0.3, 1.0)).voxels_hu
    assert (planted[:, :, 24:] == 60).all()
    assert (planted[:, 11:14, :20] == 200).all()
    assert (planted >= voxels).all()
    assert planted[4, 17, 18] == 40


def test_a_nodule_at_the_end_of_the_scan_is_cut_off_there():
    lung = Volume(np.full((5, 30, 30), -850, np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "a")
    blur = Blur(0.4, 0.4, 0.4, 1.0)
    planted = plant(lung, [ToPlant((15.0, 15.0, -0.5), 8.0, 40.0)], blur=blur).voxels_hu
    assert (planted.astype(float) + 850).sum() / 890 == pytest.approx(np.pi / 12 * 8.0**3, rel=0.01)  # half a ball


def test_a_nodule_outside_the_scan_is_refused():
    lung = Volume(np.full((5, 30, 30), -850, np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "a")
    with pytest.raises(BadInput, match=r"A nodule at 15\.0, 40\.0, 2\.0 mm lies outside the scan"):
        plant(lung, [ToPlant((15.0, 40.0, 2.0), 8.0)], blur=BLUR)


def test_a_blur_without_width_is_refused():
    with pytest.raises(BadInput, match=r"The slice thickness is 0\.0 mm"):
        Blur(0.4, 0.4, 0.4, 0.0)
