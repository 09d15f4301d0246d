"""Which series of a study is read: the one that can only be meant, the one that is named, or none, with a list."""

from __future__ import annotations

import gc
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet

from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.errors import BadInput

UPWARDS = [0.0, 0.0, 2.0]
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))


def zipped(folder: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_gives_the_same_volume_as_its_folder(series_folder, steps, method):
    folder = series_folder(steps(UPWARDS))
    (folder / "readme.txt").write_text("no DICOM")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "deep" / "other.dcm").write_bytes(bytes(500))
    inside, below = read_scan(zipped(folder, method)), read_scan(folder)
    np.testing.assert_array_equal(inside.voxels_hu, below.voxels_hu)
    assert inside.seriesuid == below.seriesuid == "1.2.3.4"
    assert inside.frame.origin_xyz_mm.tolist() == below.frame.origin_xyz_mm.tolist() == [-20, 30, -50]


def test_a_damaged_zip_member_is_refused(series_folder, steps):
    path = zipped(series_folder(steps(UPWARDS)), zipfile.ZIP_STORED)
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 0xFF
    path.write_bytes(contents)
    with pytest.raises(BadInput, match="damaged"):
        read_scan(path)


def test_a_zip_cut_off_halfway_is_refused(series_folder, steps):
    path = zipped(series_folder(steps(UPWARDS)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match="is not a whole zip file"):
        read_scan(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_two_files_of_one_name_is_refused_and_loses_none(series_folder, steps):
    path = zipped(series_folder(steps(UPWARDS)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(archive.namelist()[3], archive.read(archive.namelist()[4]))
    with pytest.raises(BadInput, match="holds 1 names twice"):
        read_scan(path)


def test_a_folder_that_cannot_be_read_is_refused_and_not_passed_over(series_folder, steps, monkeypatch):
    folder = series_folder(steps(UPWARDS))
    scandir = os.scandir

    def locked(path):
        if Path(path).name == "1.2.3.4":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(BadInput, match=r"1\.2\.3\.4 cannot be read \(Permission denied\)"):
        read_scan(folder)


def test_localisers_in_the_series_are_left_out_and_told(series_folder, steps, slice_file, same_as_field):
    folder = series_folder(steps(UPWARDS))
    for number in (1, 2):
        scout = slice_file([0, 0, 0], CORONAL, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], hu=np.zeros((90, 30)))
        pydicom.dcmwrite(folder / f"scout{number}", scout, enforce_file_format=True)
    volume = read_scan(folder)
    same_as_field(volume)
    assert volume.told == ("2 localisers in the series were left out.",)


def test_a_study_of_localisers_is_refused(series_folder, steps):
    with pytest.raises(BadInput, match="localisers only"):
        read_scan(series_folder(steps(UPWARDS), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))


def test_reports_in_the_folder_are_left_out(series_folder, steps, same_as_field):
    folder = series_folder(steps(UPWARDS))
    report = Dataset()
    report.file_meta = pydicom.dataset.FileMetaDataset()
    report.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    report.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    report.file_meta.MediaStorageSOPInstanceUID = "1.2.8"
    report.Modality, report.SeriesInstanceUID = "SR", "1.2.3.4"
    pydicom.dcmwrite(folder / "dose.dcm", report, enforce_file_format=True)
    same_as_field(read_scan(folder))


@pytest.fixture
def two_series(series_folder, steps):
    """A chest of 20 slices, and another kernel's, with the same places."""
    series_folder(steps(UPWARDS), uid="1.2.3.41", SeriesDescription="LUNG")
    return series_folder(steps(UPWARDS), uid="1.2.3.42", SeriesDescription="SOFT", RescaleIntercept=-1023)


def test_two_series_mixed_in_one_folder_are_listed_with_how_to_choose(two_series):
    with pytest.raises(BadInput) as refusal:
        read_scan(two_series)
    said = str(refusal.value)
    assert "2 series that can be used" in said
    assert "1.2.3.41 'LUNG' (CT, 20 x 45 x 56, axial)" in said
    assert "1.2.3.42 'SOFT' (CT, 20 x 45 x 56, axial)" in said
    assert "--series UID" in said
    assert "\n" not in said


def test_a_unique_beginning_of_the_uid_chooses(two_series):
    assert read_scan(two_series, "1.2.3.41").seriesuid == "1.2.3.41"
    assert read_scan(two_series, series="1.2.3.42").told == ()
    for asked, reason in {"1.2.3": "2 series whose UID begins", "7": "no series whose UID begins", "": "no"}.items():
        with pytest.raises(BadInput, match=reason):
            read_scan(two_series, asked)


def test_a_whole_uid_is_meant_even_where_another_begins_with_it(series_folder, steps):
    series_folder(steps(UPWARDS), uid="1.2.3")
    folder = series_folder(steps(UPWARDS), uid="1.2.3.4")
    assert read_scan(folder, "1.2.3").seriesuid == "1.2.3"


def test_the_only_chest_among_others_is_read_and_told(series_folder, steps, slice_file):
    series_folder(steps([0.0, 2.0, 0.0]), CORONAL, uid="1.2.3.5")
    series_folder(steps(UPWARDS, 6), uid="1.2.3.6")
    series_folder(steps(UPWARDS), uid="1.2.3.7", Modality="PT")
    folder = series_folder(steps(UPWARDS), uid="1.2.3.8")
    volume = read_scan(folder)
    assert volume.seriesuid == "1.2.3.8"
    assert volume.told == ("Of 4 series this one was read, the only axial one of a chest's length: 1.2.3.8 'CHEST'.",)
    assert read_scan(folder, "1.2.3.5").frame.direction[:, 2].round(9).tolist() == [0, 1, 0]
    with pytest.raises(BadInput, match="it is PT, where CT is needed"):
        read_scan(folder, "1.2.3.7")


def test_the_only_usable_one_of_two_is_read_and_told(series_folder, steps):
    series_folder(steps(UPWARDS, 1), uid="1.2.3.5")
    volume = read_scan(series_folder(steps(UPWARDS, 6), uid="1.2.3.8"))
    assert volume.told == ("Of 2 series this one was read, the only one that can be used: 1.2.3.8 'CHEST'.",)


def test_the_list_has_the_facts_of_each_series_usable_ones_first(series_folder, steps):
    series_folder(steps(UPWARDS, 5), uid="1.2.3.1", Modality="MR", SeriesDescription="T1\nwide")
    series_folder(steps([0.0, 2.0, 0.0], 5), CORONAL, uid="1.2.3.2")
    folder = series_folder(steps([2.0, 0.0, 0.0], 7), ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)), uid="1.2.3.3")
    facts = {series.uid: series for series in list_series(folder)}
    assert [series.usable for series in list_series(folder)] == [True, True, False]
    assert (facts["1.2.3.2"].plane, facts["1.2.3.2"].slices) == ("coronal", 5)
    assert (facts["1.2.3.3"].plane, facts["1.2.3.3"].slices) == ("sagittal", 7)
    assert facts["1.2.3.3"].as_dict() == {
        "uid": "1.2.3.3", "description": "CHEST", "modality": "CT", "slices": 7, "rows": 45, "columns": 56,
        "plane": "sagittal", "why_not": "", "told": (), "usable": True,
    }  # fmt: skip
    assert facts["1.2.3.1"].why_not == "it is MR, where CT is needed"
    assert facts["1.2.3.1"].description == "T1 wide"


def test_a_list_of_many_series_stays_one_line_of_few(series_folder, steps):
    for number in range(10):
        folder = series_folder(steps(UPWARDS, 2), uid=f"1.2.3.{number}")
    with pytest.raises(BadInput, match=r"10 series that can be used: .*; and 2 more"):
        read_scan(folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "holds no DICOM pictures"),
        ("notes.txt", "holds no DICOM pictures"),
        ("nowhere", "There is no"),
        ("nowhere.zip", "There is no"),
    ],
)
def test_what_holds_no_dicom_is_refused(tmp_path, name, reason):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(BadInput, match=reason):
        read_scan(tmp_path / name)


def test_a_zip_of_another_format_is_named(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "scan.mhd").write_text("ObjectType = Image")
    with pytest.raises(BadInput, match=re.escape("It holds scan.mhd: unpack it")):
        read_scan(zipped(tmp_path / "study"))


def test_more_files_than_any_study_has_are_not_gone_through(tmp_path, monkeypatch):
    monkeypatch.setattr("pellucid.data.volumes.files.MOST_FILES", 3)
    for number in range(5):
        (tmp_path / str(number)).touch()
    with pytest.raises(BadInput, match="more than 3 files"):
        read_scan(tmp_path)
    with pytest.raises(BadInput, match="more than 3 files"):
        read_scan(zipped(tmp_path))


def test_a_zip_that_unfolds_too_far_and_a_scan_too_large_are_refused_before_they_are_read(
    series_folder, steps, monkeypatch
):
    path = zipped(series_folder(steps(UPWARDS)))
    with monkeypatch.context() as smaller:
        smaller.setattr("pellucid.data.volumes.files.MOST_BYTES_A_FILE", 5_000)
        with pytest.raises(BadInput, match="at most 5,000 are read"):
            read_scan(path)
    monkeypatch.setattr("pellucid.data.volumes.units.MOST_VOXELS", 20 * 45 * 56 - 1)
    with pytest.raises(BadInput, match="20 x 45 x 56 = 50,400 voxels"):
        read_scan(path)
    monkeypatch.setattr("pellucid.data.volumes.files.MOST_BYTES_UNFOLDED", 100_000)
    with pytest.raises(BadInput, match="unfolds to more than 100,000 bytes"):
        list_series(path)


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
def test_a_disc_with_its_dicomdir_is_read_as_the_series_that_it_lists(series_folder, steps, tmp_path):
    folder = series_folder(steps(UPWARDS))
    disc = FileSet()
    for path in sorted(folder.rglob("*.dcm")):
        dataset = pydicom.dcmread(path)
        dataset.PatientID, dataset.PatientName = "1", "A"
        dataset.StudyDate, dataset.StudyTime, dataset.StudyID, dataset.SeriesNumber = "20200102", "0304", "1", 1
        disc.add(dataset)
    disc.write(tmp_path / "disc")
    del disc  # it cleans up when it is collected, and warns of that
    gc.collect()
    assert (tmp_path / "disc" / "DICOMDIR").is_file()
    from_disc, from_folder = read_scan(tmp_path / "disc"), read_scan(folder)
    np.testing.assert_array_equal(from_disc.voxels_hu, from_folder.voxels_hu)
    assert from_disc.told == from_folder.told


def test_slices_keep_the_numbers_of_their_images_whatever_their_order(series_folder, steps):
    written = np.random.default_rng(20).permutation(20) + 1  # as series_folder numbers them
    volume = read_scan(series_folder(steps(UPWARDS)))
    assert volume.image_numbers == tuple(written)
    down = read_scan(series_folder(steps(UPWARDS)[::-1], name="from above"))
    assert down.image_numbers == tuple(written[::-1])  # slices are put in the order of their places


def test_slices_that_were_resampled_or_have_no_number_have_none(series_folder, steps):
    uneven = [*steps(UPWARDS), np.array([-20.0, 30.0, -50.0 + 20 * 2.0 + 0.7])]
    assert read_scan(series_folder(uneven)).image_numbers == ()
    assert read_scan(series_folder(steps(UPWARDS), name="unnumbered", InstanceNumber=None)).image_numbers == ()
