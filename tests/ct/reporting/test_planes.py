"""Pictures against places worked out by hand, in every plane and for every way a scan may lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.ct.reporting import BONE, LUNG, MEDIASTINUM, plane
from pellucid.ct.reporting.edges import edge_path
from pellucid.ct.reporting.planes import cut
from pellucid.ct.reporting.sheets import LETTERS, PLANES, aligned
from pellucid.ct.reporting.views import view_around, view_of
from pellucid.ct.reporting.windows import as_grey
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

ORIGIN = np.array([-30.0, -20.0, 100.0])
SPACING = np.array([0.8, 0.9, 2.5])
PLACE = (-14.0, -3.8, 112.5)  # slice 5, row 18, column 20: -30 + 20 * 0.8, -20 + 18 * 0.9, 100 + 5 * 2.5


def one_bright_voxel(spacing: np.ndarray = SPACING) -> Volume:
    voxels = np.full((14, 40, 60), -1000, np.int16)
    voxels[5, 18, 20] = 1000
    return Volume(voxels, Frame(ORIGIN, spacing, np.eye(3)), "a")


@pytest.mark.parametrize(
    ("name", "centre", "row", "column"),
    [
        # 12 mm: halves of 7 rows of 0.9 mm and 8 columns of 0.8 mm; 5 slices of 2.5 mm make 3 above and 3 below.
        ("axial", (-14.0, -3.8, 112.5), 7, 8),
        ("axial", (-12.4, -1.1, 112.0), 7 - 3, 8 - 2),  # centre 2 columns left of the patient, 3 rows behind
        ("coronal", (-14.0, -3.8, 112.5), 3, 8),
        ("coronal", (-14.8, -3.9, 117.5), 3 + 2, 8 + 1),  # centre 2 slices nearer the head: the voxel is lower
        ("sagittal", (-14.1, -5.6, 110.0), 3 - 1, 7 + 2),  # across runs from front to back
    ],
)
def test_a_bright_voxel_stands_at_the_row_and_column_worked_out_by_hand(name, centre, row, column):
    grey, sheet = plane(one_bright_voxel(), centre, name, 12.0, MEDIASTINUM)
    assert np.argwhere(grey == 255).tolist() == [[row, column]]
    assert grey.shape == ((15, 17) if name == "axial" else (7, 17) if name == "coronal" else (7, 15))
    np.testing.assert_allclose(sheet.to_pixel(PLACE), (row, column), atol=1e-9)
    np.testing.assert_allclose(sheet.places_xyz_mm()[row * grey.shape[1] + column], PLACE, atol=1e-9)


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("way", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
def test_however_a_scan_was_stored_its_picture_is_the_same(name, way):
    straight = one_bright_voxel()
    rng = np.random.default_rng(7)
    voxels = rng.integers(-1000, 400, straight.voxels_hu.shape).astype(np.int16)
    volume = Volume(voxels, straight.frame, "a")
    # The same voxels with axes in another order and every one of them backwards.
    order = [2 - axis for axis in way]  # x, y, z of `way` as axes of the array
    turned = np.ascontiguousarray(np.transpose(voxels, order[::-1])[::-1, ::-1, ::-1])
    direction = np.zeros((3, 3))
    for column, axis in enumerate(way):
        direction[axis, column] = -1
    far = ORIGIN + SPACING * (np.array(voxels.shape[::-1]) - 1)
    other = Volume(turned, Frame(far, SPACING[list(way)], direction), "b")
    expected, _ = plane(volume, PLACE, name, 20.0)
    found, _ = plane(other, PLACE, name, 20.0)
    np.testing.assert_array_equal(found, expected)


def test_a_tilted_scan_is_interpolated_and_still_lies_where_it_is():
    angle = np.deg2rad(20)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    frame = Frame(ORIGIN, np.array([1.0, 1.0, 1.0]), tilt)
    index = np.stack(np.meshgrid(*map(np.arange, (30, 40, 50)), indexing="ij"), axis=-1).reshape(-1, 3)
    x, y, z = frame.to_xyz_mm(index.astype(float)).T
    volume = Volume(np.rint(10 * x + 3 * y - 5 * z).reshape(30, 40, 50).astype(np.int16), frame, "a")  # a slope is
    assert not aligned(frame)
    middle = frame.to_xyz_mm(np.array([[15.0, 20.0, 25.0]]))[0]
    for name in PLANES:  # interpolated exactly, but for rounding
        _, sheet = plane(volume, tuple(middle.tolist()), name, 10.0)
        places = sheet.places_xyz_mm()
        shown = cut(volume.voxels_hu, frame, sheet, 0).ravel()
        np.testing.assert_allclose(shown, places @ [10, 3, -5], atol=1.01)
        np.testing.assert_allclose(sheet.to_pixel(tuple(middle.tolist())), [(s - 1) / 2 for s in sheet.shape])


def test_outside_the_scan_all_is_black_at_any_window_and_air_inside_is_not_at_the_lung_window():
    volume = one_bright_voxel()
    for window in (LUNG, BONE, MEDIASTINUM):
        grey, sheet = plane(volume, (-30.0, -20.0, 100.0), "axial", 8.0, window)
        row, column = sheet.to_pixel((-30.0, -20.0, 100.0))
        assert not grey[: round(row)].any()
        assert not grey[:, : round(column)].any()
    grey, _ = plane(volume, (-30.0, -20.0, 100.0), "axial", 8.0)
    assert grey[grey.shape[0] // 2 :, grey.shape[1] // 2 :].min() == round((-1000 + 1350) / 1500 * 255)


def test_a_place_outside_the_scan_is_refused_with_how_far_it_is():
    with pytest.raises(BadInput, match=r"90.0, 0.0, 110.0 mm \(x, y, z\) is 72 mm outside the scan"):
        plane(one_bright_voxel(), (90.0, 0.0, 110.0), "axial", 10.0)  # the last column ends at -30 + 59.5 * 0.8 = 17.6
    with pytest.raises(BadInput, match="outside"):
        plane(one_bright_voxel(), (float("nan"), 0.0, 110.0), "axial", 10.0)
    with pytest.raises(BadInput, match="shows nothing"):
        plane(one_bright_voxel(), PLACE, "axial", 0.0)


def test_windows_are_those_that_radiologists_use():
    # width and level as published: Radiopaedia, "Windowing (CT)", rID-52108; fastai's medical.imaging has the same
    published = {"lung": (1500, -600), "mediastinum": (350, 50), "bone": (1800, 400)}
    assert {one.name: (one.width_hu, one.centre_hu) for one in (LUNG, MEDIASTINUM, BONE)} == published


def test_windows_agree_with_pydicoms():
    from pydicom.dataset import Dataset
    from pydicom.pixels import apply_voi_lut

    hu = np.arange(-2000, 3000, 7, dtype=np.int16)
    for window in (LUNG, MEDIASTINUM, BONE):
        told = Dataset()
        told.WindowCenter, told.WindowWidth, told.VOILUTFunction = window.centre_hu, window.width_hu, "LINEAR_EXACT"
        told.BitsStored, told.PixelRepresentation, told.PhotometricInterpretation = 8, 0, "MONOCHROME2"
        told.RescaleSlope, told.RescaleIntercept = 1, 0
        np.testing.assert_allclose(as_grey(hu, window), apply_voi_lut(hu, told), atol=0.501)


def test_patients_left_back_and_feet_lie_where_the_letters_say():
    by_letter = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
    for name in PLANES:
        view = view_around((5.0, 6.0, 7.0), name, 60.0, 120)
        ways = [(-1, 0), (1, 0), (0, -1), (0, 1)]  # of the page: left, right, up, down
        for letter, (x, y) in zip(LETTERS[name], ways, strict=True):
            place = tuple(float(c + 10 * step) for c, step in zip((5, 6, 7), by_letter[letter], strict=True))
            assert view.at(place) == pytest.approx((60 + 20 * x, 60 + 20 * y))  # 10 mm are 20 px


def test_a_view_of_a_sheet_begins_at_the_edge_of_its_first_pixel():
    _, sheet = plane(one_bright_voxel(), PLACE, "coronal", 12.0)
    view = view_of(sheet, 340)  # 17 columns of 0.8 mm: 25 px a mm
    assert view.corner(sheet) == pytest.approx((0, 0))
    assert view.height == pytest.approx(7 * 2.5 * 25)
    assert view.at(PLACE) == pytest.approx((8.5 * 0.8 * 25, 3.5 * 2.5 * 25))


@given(st.integers(0, 2**20 - 1))
def test_an_outline_is_as_long_as_the_faces_between_inside_and_outside(bits):
    mask = np.array([bits >> k & 1 for k in range(20)], bool).reshape(4, 5)
    padded = np.pad(mask, 1)
    drawn = np.zeros((6, 7, 2), int)  # each face once, at its own place: above a pixel, or left of it
    for part in edge_path(mask).split("M")[1:]:
        start, way, length = part.partition("h") if "h" in part else part.partition("v")
        column, row = map(int, start.split())
        for step in range(int(length)):
            drawn[row + 1 + step * (way == "v"), column + 1 + step * (way == "h"), int(way == "v")] += 1
    expected = np.zeros_like(drawn)
    for row in range(1, 6):
        for column in range(1, 7):
            expected[row, column, 0] = padded[row, column] != padded[row - 1, column]
            expected[row, column, 1] = padded[row, column] != padded[row, column - 1]
    np.testing.assert_array_equal(drawn, expected)
