"""Frame agrees with points worked out by hand, with itself there and back, and with SimpleITK's own transforms."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.volumes import Frame
from pellucid.errors import BadInput

angles = st.floats(-180, 180)
millimetres = st.floats(-2000, 2000)
spacings = st.floats(0.1, 20)


def rotation(*degrees: float) -> np.ndarray:
    """About x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        one, other = [number for number in range(3) if number != axis]
        step = np.eye(3)
        step[one, one] = step[other, other] = np.cos(angle)
        step[one, other], step[other, one] = -np.sin(angle), np.sin(angle)
        matrix = step @ matrix
    return matrix


flips = st.lists(st.sampled_from([1.0, -1.0]), min_size=3, max_size=3)
orders = st.permutations([0, 1, 2])


@st.composite
def frames(draw) -> Frame:
    """Tilted, flipped, its axes in any order, its spacings all different."""
    direction = rotation(draw(angles), draw(angles), draw(angles))[:, draw(orders)] * draw(flips)
    origin = np.array([draw(millimetres) for _ in range(3)])
    return Frame(origin, np.array([draw(spacings) for _ in range(3)]), direction)


points = st.lists(st.tuples(*[st.floats(-50, 700)] * 3), min_size=1, max_size=4).map(
    lambda found: np.array(found, float)
)


@given(frames(), points)
def test_indices_survive_a_trip_to_the_patient_and_back(frame, index_irc):
    np.testing.assert_allclose(frame.to_irc(frame.to_xyz_mm(index_irc)), index_irc, atol=1e-6)


@given(frames(), points)
def test_places_survive_a_trip_to_the_index_and_back(frame, xyz_mm):
    np.testing.assert_allclose(frame.to_xyz_mm(frame.to_irc(xyz_mm)), xyz_mm, atol=1e-6)


def as_image(frame: Frame) -> sitk.Image:
    image = sitk.Image(5, 4, 3, sitk.sitkUInt8)
    image.SetOrigin(frame.origin_xyz_mm.tolist())
    image.SetSpacing(frame.spacing_xyz_mm.tolist())
    image.SetDirection(frame.direction.ravel().tolist())
    return image


@given(frames(), points)
def test_simpleitk_puts_every_index_at_the_same_place(frame, index_irc):
    image = as_image(frame)
    theirs = [image.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist()) for index in index_irc]
    np.testing.assert_allclose(frame.to_xyz_mm(index_irc), theirs, atol=1e-6)


@given(frames(), points)
def test_simpleitk_finds_the_same_index_at_every_place(frame, index_irc):
    image = as_image(frame)
    places = frame.to_xyz_mm(index_irc)
    theirs = [image.TransformPhysicalPointToContinuousIndex(place.tolist())[::-1] for place in places]
    np.testing.assert_allclose(frame.to_irc(places), theirs, atol=1e-6)


def test_one_voxel_worked_out_by_hand():  # the trip alone passes when both ways swap axes alike
    frame = Frame(np.array([-100.0, -50.0, 20.0]), np.array([0.7, 0.8, 2.5]), np.eye(3))
    expected = [[-100 + 1 * 0.7, -50 + 2 * 0.8, 20 + 3 * 2.5]]
    np.testing.assert_allclose(frame.to_xyz_mm(np.array([[3.0, 2.0, 1.0]])), expected, atol=1e-12)


def test_a_sagittal_voxel_worked_out_by_hand():
    """Columns run to the back, rows to the feet, slices to the right: PS3.3 C.7.6.2.1.1."""
    direction = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    frame = Frame(np.array([80.0, -60.0, 200.0]), np.array([0.5, 0.6, 3.0]), direction)
    place = frame.to_xyz_mm(np.array([[4.0, 10.0, 20.0]]))  # slice 4, row 10, column 20
    np.testing.assert_allclose(place, [[80 - 4 * 3.0, -60 + 20 * 0.5, 200 - 10 * 0.6]], atol=1e-12)


def test_a_tilted_voxel_worked_out_by_hand():
    """Tilted by 30 degrees about x: a step of 2 along rows goes sqrt(3) back and 1 up."""
    frame = Frame(np.zeros(3), np.array([1.0, 2.0, 4.0]), rotation(30, 0, 0))
    np.testing.assert_allclose(frame.to_xyz_mm(np.array([[0.0, 1.0, 0.0]])), [[0, 3**0.5, 1.0]], atol=1e-12)
    np.testing.assert_allclose(frame.to_xyz_mm(np.array([[1.0, 0.0, 0.0]])), [[0, -2.0, 2 * 3**0.5]], atol=1e-12)


@pytest.mark.parametrize(
    ("origin", "spacing", "direction", "reason"),
    [
        ([0, np.nan, 0], [1, 1, 1], np.eye(3), "no number"),
        ([0, 0, 0], [1, 0, 1], np.eye(3), "above 0"),
        ([0, 0, 0], [1, -1, 1], np.eye(3), "above 0"),
        ([0, 0, 0], [1, 1, 1], 2 * np.eye(3), "length 1"),
        ([0, 0, 0], [1, 1, 1], np.eye(3) + 0.1 * np.eye(3, k=1), "right angles"),
    ],
)
def test_what_is_no_frame_is_refused(origin, spacing, direction, reason):
    with pytest.raises(BadInput, match=reason):
        Frame(np.array(origin, float), np.array(spacing, float), direction)
