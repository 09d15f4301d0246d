"""However slices are turned, tilted, spaced or named, each voxel has the HU of its own place in the patient."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.errors import BadInput

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def turned(degrees: float, about: int) -> np.ndarray:
    """Rotation about the x, y or z axis."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    one, other = [axis for axis in range(3) if axis != about]
    matrix[[one, one, other, other], [one, other, one, other]] = cosine, -sine, sine, cosine
    return matrix


OBLIQUE = (turned(20, 0) @ turned(-35, 2)).T[:2]  # columns of a rotation: along columns, along rows
DIRECTIONS = {
    "axial": AXIAL,
    "axial from above": ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "prone": ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    "oblique": tuple(map(tuple, OBLIQUE)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("sign", [1, -1])
def test_badly_named_slices_of_any_direction_lie_where_their_positions_say(
    series_folder, steps, same_as_field, name, sign
):
    directions = DIRECTIONS[name]
    normal = np.cross(*directions)
    volume = read_scan(series_folder(steps(sign * 2.0 * normal), directions))
    same_as_field(volume)
    assert volume.told == ()
    np.testing.assert_allclose(volume.frame.spacing_xyz_mm, [0.875, 1.25, 2.0], atol=1e-7)
    assert np.linalg.det(volume.frame.direction) == pytest.approx(1)


@pytest.mark.parametrize("name", ["axial", "prone", "coronal", "sagittal", "oblique"])
def test_simpleitk_reads_the_same_series_to_the_same_voxels_and_frame(series_folder, steps, name):
    directions = DIRECTIONS[name]
    folder = series_folder(steps(2.0 * np.cross(*directions)), directions)
    ours = read_scan(folder)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder / "deep" / "1.2.3.4")))
    theirs = reader.Execute()
    np.testing.assert_array_equal(ours.voxels_hu, sitk.GetArrayFromImage(theirs))
    np.testing.assert_allclose(ours.frame.origin_xyz_mm, theirs.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(ours.frame.spacing_xyz_mm, theirs.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(ours.frame.direction.ravel(), theirs.GetDirection(), atol=1e-6)


def covered(volume) -> np.ndarray:
    """Voxels that the slices themselves cover, not the air beside them."""
    return volume.voxels_hu > -1024


@pytest.mark.parametrize(("tilt", "angle"), [(15.0, "15.0"), (-22.5, "22.5"), (2.0, "2.0")])
def test_a_tilted_gantry_is_straightened_and_told_in_degrees(series_folder, steps, same_as_field, tilt, angle):
    directions = turned(tilt, 0).T[:2]
    volume = read_scan(series_folder(steps([0.0, 0.0, 2.0]), directions, GantryDetectorTilt=tilt))
    assert len(volume.told) == 1
    assert f"tilted by {angle} degrees" in volume.told[0]
    np.testing.assert_allclose(volume.frame.direction, turned(tilt, 0), atol=1e-9)
    assert volume.frame.spacing_xyz_mm[2] == pytest.approx(2.0 * np.cos(np.radians(tilt)))
    same_as_field(volume, apart=1.01, measured=covered(volume))
    # each slice keeps nearly all of its 45 x 56 pixels: at most one row is lost at the edge
    assert covered(volume).sum() >= 20 * 44 * 56


def test_a_tilt_that_only_the_header_states_is_told_and_the_positions_count(series_folder, steps, same_as_field):
    volume = read_scan(series_folder(steps([0.0, 0.0, 2.0]), GantryDetectorTilt=18.5))
    same_as_field(volume)
    assert len(volume.told) == 1
    assert "states a gantry tilt of 18.5 degrees, the slices' positions show 0.0" in volume.told[0]


@pytest.mark.parametrize("stated", [15.0, None, 40.0])
def test_the_list_tells_of_a_tilt_in_the_words_of_reading(series_folder, steps, stated):
    folder = series_folder(steps([0.0, 0.0, 2.0]), turned(15.0, 0).T[:2], GantryDetectorTilt=stated)
    (series,) = list_series(folder)
    assert "The gantry was tilted by 15.0 degrees" in series.told[-1]  # the slices show it, whatever is stated
    assert len(series.told) == 1 + (stated == 40.0)
    assert series.told == read_scan(folder).told


def test_the_list_tells_of_a_tilt_that_only_the_header_states_and_of_gaps(series_folder, steps):
    folder = series_folder(steps([0.0, 0.0, 2.0]), GantryDetectorTilt=18.5, SliceThickness=0.5)
    (series,) = list_series(folder)
    gaps, tilt = series.told
    assert "what is between them was not seen" in gaps
    assert "states a gantry tilt of 18.5" in tilt
    assert series.told == read_scan(folder).told


def test_slices_that_wander_sideways_are_moved_to_their_places_and_told(series_folder, steps, same_as_field):
    places = [place + np.array([4.0 * (number % 2), 0, 0]) for number, place in enumerate(steps([0.0, 0.0, 2.0]))]
    volume = read_scan(series_folder(places))
    same_as_field(volume, apart=1.01, measured=covered(volume))
    assert "do not lie straight above each other" in volume.told[0]


def test_uneven_slices_are_resampled_to_the_most_frequent_distance_and_told(series_folder, steps, same_as_field):
    heights = np.cumsum([0.0, *[2.0] * 9, 0.6, *[3.1] * 5])
    volume = read_scan(series_folder([steps([0.0, 0.0, 1.0])[0] + [0, 0, height] for height in heights]))
    same_as_field(volume, apart=1.01)
    assert len(volume.told) == 1
    assert "unevenly (0.60, 2.00, 3.10 mm apart): resampled to 2.01 mm" in volume.told[0]  # 34.1 mm in 17 steps
    last = volume.frame.to_xyz_mm(np.array([[len(volume.voxels_hu) - 1.0, 0.0, 0.0]]))[0]
    np.testing.assert_allclose(last, [-20, 30, -50 + heights[-1]], atol=1e-9)


def test_a_tilt_and_uneven_spacing_are_mended_together(series_folder, steps, same_as_field):
    heights = np.cumsum([0.0, *[2.0] * 9, 1.2, *[3.1] * 5])
    places = [steps([0.0, 0.0, 1.0])[0] + [0, 0, height] for height in heights]
    volume = read_scan(series_folder(places, turned(10, 0).T[:2]))
    assert [sentence.split()[1] for sentence in volume.told] == ["gantry", "slices"]
    between = volume.voxels_hu > -900  # at the edges, air is mixed in
    index = np.argwhere(np.ones(volume.voxels_hu.shape)).astype(float)
    low = volume.frame.to_xyz_mm(index)[:, 1].reshape(volume.voxels_hu.shape)
    same_as_field(volume, apart=1.51, measured=between & (low > 40) & (low < 70))


def test_positions_rounded_to_tenths_are_even(series_folder, steps):
    places = [[x, y, round(z, 1)] for x, y, z in steps([0.0, 0.0, 0.625])]
    volume = read_scan(series_folder(places, SliceThickness=1.0))
    assert volume.told == ()
    assert volume.frame.spacing_xyz_mm[2] == pytest.approx(0.625, abs=0.01)


@pytest.mark.parametrize(("lost", "number", "places"), [([7], 1, 1), ([7, 8], 2, 1), ([3, 12], 2, 2)])
def test_missing_slices_are_refused_with_their_place(series_folder, steps, lost, number, places):
    kept = [place for slice_number, place in enumerate(steps([0.0, 0.0, 2.0])) if slice_number not in lost]
    below = -50.0 + 2 * (lost[0] - 1)
    reason = f"missing: about {number}, at {places} places, the first after the slice at .-20.0, 30.0, {below}."
    folder = series_folder(kept)
    with pytest.raises(BadInput, match=reason):
        read_scan(folder)
    assert list_series(folder)[0].why_not


def test_a_slice_missing_from_overlapping_ones_is_missing_all_the_same(series_folder, steps):
    kept = [place for number, place in enumerate(steps([0.0, 0.0, 2.0])) if number != 7]
    with pytest.raises(BadInput, match="missing: about 1"):
        read_scan(series_folder(kept, SliceThickness=5.0))


def test_thicker_slices_farther_apart_are_uneven_and_not_missing(series_folder, steps, same_as_field):
    def thicker(number, dataset):
        dataset.SliceThickness = 2.0 if number < 12 else 4.0

    heights = np.cumsum([0.0, *[2.0] * 11, *[4.0] * 6])
    places = [steps([0.0, 0.0, 1.0])[0] + [0, 0, height] for height in heights]
    volume = read_scan(series_folder(places, change=thicker))
    same_as_field(volume, apart=1.01)
    assert "unevenly (2.00, 4.00 mm apart)" in volume.told[0]


def test_thin_slices_far_apart_are_told(series_folder, steps):
    volume = read_scan(series_folder(steps([0.0, 0.0, 10.0], 6), SliceThickness=1.0))
    assert volume.told[0] == "Slices 1 mm thick lie 10.00 mm apart: what is between them was not seen."


def test_doubled_slices_with_the_same_pixels_are_used_once_and_told(series_folder, steps, same_as_field):
    places = steps([0.0, 0.0, 2.0])
    volume = read_scan(series_folder([*places, places[4], places[9]]))
    assert volume.voxels_hu.shape == (20, 45, 56)
    same_as_field(volume)
    assert volume.told == ("2 slices stood in the series twice, with the same pixels; each is used once.",)


def test_doubled_slices_with_other_pixels_are_refused_naming_both_files(series_folder, steps):
    def brighter(number, dataset):
        if number == 20:
            dataset.RescaleIntercept = -1000

    places = steps([0.0, 0.0, 2.0])
    with pytest.raises(BadInput, match=r"same place and differ: .*\.dcm and .*\.dcm .*Keep one"):
        read_scan(series_folder([*places, places[4]], change=brighter))


def test_acquisitions_that_lie_in_one_another_are_refused(series_folder, steps):
    def alternating(number, dataset):
        dataset.AcquisitionNumber = number % 2 + 1

    with pytest.raises(BadInput, match="2 acquisitions that lie in one another"):
        read_scan(series_folder(steps([0.0, 0.0, 2.0]), change=alternating))


def test_acquisitions_one_after_the_other_are_one_scan(series_folder, steps, same_as_field):
    def by_halves(number, dataset):
        dataset.AcquisitionNumber = 1 + (number >= 10)

    same_as_field(read_scan(series_folder(steps([0.0, 0.0, 2.0]), change=by_halves)))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "face 2 directions"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.999997, 0.0025]}, "slightly different directions"),
        ({"PixelSpacing": [1.25, 0.9]}, "2 pixel spacings"),
        ({"StudyInstanceUID": "9.9"}, "2 studies"),
        ({"FrameOfReferenceUID": "9.9"}, "2 frames of reference"),
        ({"Modality": "PT"}, "it is PT, where CT"),
        ({"Rows": 28, "Columns": 90}, "2 sizes: 28 x 90 pixels, 45 x 56 pixels"),
        ({"ImagePositionPatient": None}, "1 of its 20 slices have no Image Position"),
        ({"ImageOrientationPatient": None}, "1 of its 20 slices have no Image Orientation"),
        ({"PixelSpacing": None}, "pixel spacings"),
        ({"RescaleSlope": None}, "1 of its 20 slices have no Rescale"),
        ({"RescaleType": "OD"}, "its numbers are OD"),
    ],
)
def test_one_slice_unlike_the_others_refuses_the_series_with_the_reason(series_folder, steps, header, reason):
    def odd(number, dataset):
        for keyword, value in header.items():
            if number == 5 and value is None:
                delattr(dataset, keyword)
            elif number == 5:
                setattr(dataset, keyword, value)

    folder = series_folder(steps([0.0, 0.0, 2.0]), change=odd)
    with pytest.raises(BadInput, match=reason) as refusal:
        read_scan(folder)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0.5, 0.5, 0]}, "Image Orientation"),
        ({"PixelSpacing": [0.00125, 0.000875]}, "smaller than a scan of a chest can be"),
        ({"PixelSpacing": [0.125, 0.0875]}, "smaller than a scan of a chest can be"),
        ({"PixelSpacing": [40.0, 40.0]}, "larger than a scan of a chest can be"),
        ({"PixelSpacing": [0.0, 0.7]}, "smaller"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused(series_folder, steps, header, reason):
    with pytest.raises(BadInput, match=reason):
        read_scan(series_folder(steps([0.0, 0.0, 2.0]), **header))


def test_one_slice_alone_is_refused(series_folder, steps):
    with pytest.raises(BadInput, match="1 slice; at least 2 are needed"):
        read_scan(series_folder(steps([0.0, 0.0, 2.0], 1)))
    with pytest.raises(BadInput, match="at one place only"):
        read_scan(series_folder(steps([0.0, 0.0, 0.0], 3), name="same"))
