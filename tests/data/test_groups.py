"""Whose image each is: by column, folder, pattern or DICOM tag, and by itself where the source shows it."""

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pellucid.data import read
from pellucid.errors import BadInput


def owners(dataset):
    return [dataset.group_names[number] for number in dataset.groups]


@pytest.fixture
def exams(tmp_path, gray, save):
    names = ["benign/e1/n1/0.png", "benign/e1/n2/0.png", "benign/e2/n1/0.png", "malignant/e1/n9/0.png"]
    for number, name in enumerate(names):
        save(tmp_path / "i" / name, gray(number))
    return tmp_path / "i"


@pytest.fixture
def ct(tmp_path):
    """Three slices of two patients in two studies each."""
    for number, (place, patient, study) in enumerate([("a", "P1", "1.1"), ("b", "P1", "1.2"), ("b", "P2", "1.3")]):
        picture = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        picture.PatientID, picture.StudyInstanceUID = patient, study
        (tmp_path / "ct" / place).mkdir(parents=True, exist_ok=True)
        picture.save_as(tmp_path / "ct" / place / f"{number}.dcm")
    return tmp_path / "ct"


def test_folders_below_the_class_folders_are_groups_by_themselves(exams):
    dataset = read(exams)
    assert owners(dataset) == ["e1", "e1", "e2", "e1"]  # one exam in both classes is one group
    assert dataset.groups_from == "2 groups by the first folder below the class folder"


def test_none_takes_images_as_independent_whatever_the_source_shows(exams):
    assert read(exams, group_by="none").groups is None


def test_a_deeper_level_can_be_asked_for(exams):
    assert owners(read(exams, group_by="level:2")) == ["e1/n1", "e1/n2", "e2/n1", "e1/n9"]


def test_images_right_in_the_class_folder_have_no_groups(classes):
    dataset = read(classes("a", "b"))
    assert (dataset.groups, dataset.groups_from) == (None, "")


def test_a_pattern_finds_the_patient_in_the_path(classes):
    assert owners(read(classes("a", "b", each=2), group_by=r"regex:(\d)\.png")) == ["0", "1", "0", "1"]


def test_the_patient_id_of_dicom_files_is_used_by_itself(ct):
    dataset = read(ct)
    assert owners(dataset) == ["P1", "P1", "P2"]
    assert dataset.groups_from == "2 groups by the DICOM tag PatientID"


def test_another_tag_can_be_asked_for_after_the_first_reading(ct):
    read(ct)
    assert owners(read(ct, group_by="dicom:StudyInstanceUID")) == ["1.1", "1.2", "1.3"]
    assert owners(read(ct, group_by="dicom:PatientID")) == ["P1", "P1", "P2"]


def test_one_patient_id_on_every_file_says_nothing_of_patients(ct):
    for path in ct.rglob("*.dcm"):
        picture = pydicom.dcmread(path)
        picture.PatientID = "ANONYMOUS"
        picture.save_as(path)
    assert read(ct).groups is None
    assert set(owners(read(ct, group_by="dicom:PatientID"))) == {"ANONYMOUS"}  # asked for, it is obeyed


def test_a_column_of_any_name_can_be_asked_for(tmp_path, gray, save):
    for number in range(3):
        save(tmp_path / f"{number}.png", gray(number))
    (tmp_path / "t.csv").write_text("path,label,Centre\n0.png,a,x\n1.png,b,y\n2.png,b,x\n")
    assert owners(read(tmp_path / "t.csv", group_by="column:Centre")) == ["x", "y", "x"]
    assert read(tmp_path / "t.csv").groups is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("patient", "none of column:NAME, level:K, regex:PATTERN, dicom:PatientID"),
        ("column:patient", "column:patient: the source has no columns"),
        ("level:0", "a number from 1"),
        ("level:x", "a number from 1"),
        ("level:3", "has no folder that deep below its class folder"),
        ("regex:(", "is no regular expression"),
        ("regex:e1", r"has no group: put what names the patient into \( \)"),
        ("regex:(e2)", "does not match benign/e1/n1/0.png"),
        ("dicom:PatientID", "0 of 4 images carry that tag"),
    ],
)
def test_what_cannot_group_is_refused_in_one_line(exams, how, said):
    with pytest.raises(BadInput, match=said) as error:
        read(exams, group_by=how)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("dicom:PatientIdd", "no tag called PatientIdd: did you mean PatientID"),
        ("dicom:", "no tag called nothing"),
        ("dicom:PixelData", "PixelData holds no text"),
        ("dicom:OtherPatientIDsSequence", "holds no text"),
    ],
)
def test_a_tag_that_dicom_does_not_have_is_refused_before_anything_is_read(ct, cache, how, said):
    with pytest.raises(BadInput, match=said):
        read(ct, group_by=how)
    assert not (cache / "packs").exists()


def test_a_level_needs_class_folders(tmp_path, gray, save):
    save(tmp_path / "0.png", gray(0))
    (tmp_path / "t.csv").write_text("path,label\n0.png,a\n")
    with pytest.raises(BadInput, match="has no class folders"):
        read(tmp_path / "t.csv", group_by="level:1")
