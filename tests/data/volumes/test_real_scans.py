"""Real scans: the chest CT as SimpleITK reads it, the tilted head CT at its place, odd files refused with a reason."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.errors import BadInput

ONE_SLICE = "1 slice; at least 2 are needed"
# Every file of the set and why it is no scan: each holds one slice, a localiser, or no CT.
REASONS = {
    "dwv__dicompyler-ct.0.dcm": ONE_SLICE,
    "dwv__osirix-goudurix.dcm": ONE_SLICE,
    "pydicom-data__693_J2KR.dcm": ONE_SLICE,
    "pydicom-data__explicit_VR-UN.dcm": ONE_SLICE,
    "pylibjpeg-data__693_J2KI.dcm": ONE_SLICE,
    "pylibjpeg-data__CT1_JLSN.dcm": ONE_SLICE,
    "pylibjpeg-data__ELSCINT1_JP2vsJ2K.dcm": ONE_SLICE,
    "pylibjpeg-data__J2K_pixelrep_mismatch.dcm": ONE_SLICE,
    "pylibjpeg-data__TOSHIBA_J2K_OpenJPEGv2Regression.dcm": ONE_SLICE,
    "pylibjpeg-data__TOSHIBA_J2K_SIZ1_PixRep0.dcm": ONE_SLICE,
    "pylibjpeg-data__MAROTECH_CT_JP2Lossy.dcm": "localisers only",
    "pylibjpeg-data__GDCMJ2K_TextGBR.dcm": "unknown modality, where CT is needed",
    "pydicom-data__OT-PAL-8-face.dcm": "holds no DICOM pictures",
}


@pytest.mark.realdata
def test_no_single_file_of_the_dicom_set_passes_for_a_scan(real):
    for path in sorted(real("dicom").glob("*.dcm")):
        with pytest.raises(BadInput) as refusal:
            read_scan(path)
        expected = REASONS.get(path.name)
        if expected is None:
            expected = (
                f"it is {pydicom.dcmread(path, force=True, stop_before_pixels=True).Modality}, where CT is needed"
            )
        assert expected in str(refusal.value), path.name
        assert "\n" not in str(refusal.value)


@pytest.mark.realdata
@pytest.mark.parametrize("name", [name for name, reason in REASONS.items() if reason == ONE_SLICE])
def test_two_copies_of_a_real_slice_one_above_the_other_have_the_hu_that_pydicom_gives(real, tmp_path, name):
    from pellucid.data.volumes.dicom_series import headers_by_series, read_stack
    from pellucid.data.volumes.files import files_of
    from pellucid.data.volumes.stacking import stack

    dataset = pydicom.dcmread(real("dicom") / name)
    dataset.save_as(tmp_path / "1.dcm")
    column, row = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    moved = np.array(dataset.ImagePositionPatient, float) + 3 * np.cross(column, row)
    dataset.ImagePositionPatient = [f"{part:.6f}" for part in moved]
    dataset.save_as(tmp_path / "2.dcm")
    with files_of(tmp_path) as files:
        (headers,) = headers_by_series(files).values()
        if name.endswith("SIZ1_PixRep0.dcm"):  # its header and its compressed stream contradict each other
            with pytest.raises(BadInput, match="signed"):
                read_stack(files, stack(headers))
            return
        voxels, told = read_stack(files, stack(headers))
    stored = dataset.pixel_array.astype(int)
    expected = float(dataset.RescaleSlope) * stored + float(dataset.RescaleIntercept)
    padding = stored == dataset.get("PixelPaddingValue", 10**6)
    lossy = dataset.get("LossyImageCompression") == "01" or "JLSN" in name  # near-lossless JPEG-LS
    if padding.any() and not lossy:
        expected[padding] = -1024
        assert "were padding" in told[0]
    np.testing.assert_array_equal(voxels[0], expected)
    np.testing.assert_array_equal(voxels[0], voxels[1])


@pytest.mark.slow
@pytest.mark.realdata
def test_the_real_chest_is_what_simpleitk_reads(real, tmp_path):
    path = real("ct/chest_ct_dicom.zip")
    ours = read_scan(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "chest_ct")))
    theirs = reader.Execute()
    np.testing.assert_array_equal(ours.voxels_hu, sitk.GetArrayFromImage(theirs))
    np.testing.assert_allclose(ours.frame.origin_xyz_mm, theirs.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(ours.frame.spacing_xyz_mm, theirs.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(ours.frame.direction.ravel(), theirs.GetDirection(), atol=1e-6)
    assert ours.told == ()
    (series,) = list_series(path)
    assert (series.description, series.slices, series.plane) == ("LUNG 3.0  B70f".replace("  ", " "), 99, "axial")
    assert ours.seriesuid == series.uid


def one_slice(path: Path, dataset: pydicom.Dataset) -> sitk.Image:
    """The slice in the patient as SimpleITK holds it, with air where it is padded."""
    stored = dataset.pixel_array.astype(np.float32)
    image = sitk.GetImageFromArray(np.where(stored == -1500, -1024, stored)[None])
    column, row = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    column, row = column / np.linalg.norm(column), row / np.linalg.norm(row)
    image.SetDirection(np.stack([column, row, np.cross(column, row)], axis=1).ravel().tolist())
    image.SetOrigin([float(part) for part in dataset.ImagePositionPatient])
    image.SetSpacing([*(float(part) for part in dataset.PixelSpacing), 1.0])
    return image


@pytest.mark.realdata
def test_the_tilted_head_is_straightened_evened_and_each_end_slice_keeps_its_place(real, tmp_path):
    path = real("ct/tilted_head_ct_dicom.zip")
    volume = read_scan(path)
    tilted, uneven, padded = volume.told
    assert "tilted by 18.5 degrees" in tilted
    assert "unevenly (1.08, 4.00, 7.00 mm apart)" in uneven  # 1.14, 4.22 and 7.38 mm along the table, times cos 18.5
    assert "Pixel Padding Value" in padded
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    files = sorted(tmp_path.rglob("*.dcm"))
    for file, number in ((files[0], 0), (files[-1], len(volume.voxels_hu) - 1)):
        place = volume.frame.to_xyz_mm(np.array([[float(number), 0.0, 0.0]]))[0]
        plane = sitk.Image(*volume.voxels_hu.shape[:0:-1], 1, sitk.sitkFloat32)
        plane.SetOrigin(place.tolist())
        plane.SetSpacing([*volume.frame.spacing_xyz_mm[:2].tolist(), 1.0])
        plane.SetDirection(volume.frame.direction.ravel().tolist())
        expected = sitk.Resample(
            one_slice(file, pydicom.dcmread(file)), plane, sitk.Transform(), sitk.sitkLinear, -1024
        )
        apart = np.abs(sitk.GetArrayFromImage(expected)[0] - volume.voxels_hu[number])
        assert (apart > 0.51).sum() <= 5  # of 312,832; at the slice's last row, where air is mixed in
        assert (volume.voxels_hu[number] > -500).sum() > 10_000
