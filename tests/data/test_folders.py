"""Folders of class folders: what counts as class, part and image, and what is said of all else."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from pellucid.data import draw_split, read
from pellucid.errors import BadInput


def test_each_image_has_its_own_pixels_label_and_name(classes):
    root = classes("malignant", "benign", each=3)
    dataset = read(root)
    assert dataset.classes == ("benign", "malignant")
    assert dataset.task == "binary"
    for image, label, name in zip(dataset.images, dataset.labels, dataset.names, strict=True):
        np.testing.assert_array_equal(image[0], np.asarray(Image.open(root / name)))
        assert dataset.classes[label] == name.split("/")[0]
    assert len(set(dataset.names)) == 6


def test_classes_that_are_numbers_stand_in_the_order_of_numbers(classes):
    assert read(classes("10", "9", "1", each=1)).classes == ("1", "9", "10")


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("train", "val", "test"), {"train", "valid", "test"}),
        (("training", "testing"), {"train", "test"}),
        (("Train", "Validation"), {"train", "valid"}),
    ],
)
def test_part_folders_above_the_classes_are_parts(classes, tmp_path, folders, parts):
    for folder in folders:
        classes("a", "b", each=2, root=tmp_path / "images" / folder)
    dataset = read(tmp_path / "images")
    assert dataset.classes == ("a", "b")
    assert set(dataset.parts) == parts
    for name, part in zip(dataset.names, dataset.parts, strict=True):
        assert name.split("/")[0].lower().startswith(part[:3])


def test_a_part_beside_a_folder_that_is_none_is_refused(classes, tmp_path):
    classes("a", root=tmp_path / "images" / "train")
    classes("a", root=tmp_path / "images" / "extra")
    with pytest.raises(BadInput, match="beside 'extra', which is none"):
        read(tmp_path / "images")


def test_folders_around_everything_are_looked_through(classes, tmp_path):
    classes("a", "b", root=tmp_path / "images" / "export" / "2024")
    dataset = read(tmp_path / "images")
    assert dataset.classes == ("a", "b")
    assert dataset.names[0] == "export/2024/a/0.png"


def test_a_wrapper_around_parts_is_looked_through(classes, tmp_path):
    for part in ("train", "test"):
        classes("a", "b", each=2, root=tmp_path / "images" / "export" / part)
    dataset = read(tmp_path / "images")
    assert dataset.classes == ("a", "b")
    assert set(dataset.parts) == {"train", "test"}


def test_names_with_spaces_accents_and_emoji_are_kept(tmp_path, gray, save):
    names = ["lésion bénigne/Schädel 1.png", "rät\u0301 😀/a b.png", "rät\u0301 😀/'q\".png"]
    for number, name in enumerate(names):
        save(tmp_path / "images" / name, gray(number))
    dataset = read(tmp_path / "images")
    assert sorted(dataset.names) == sorted(names)
    assert dataset.unreadable == ()
    assert read(tmp_path / "images").names == dataset.names  # through the cache and back


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_no_text_at_all_are_read(tmp_path, gray, save):
    root = tmp_path / "images"
    save(root / "a" / "0.png", gray(0))
    save(root / "b" / "0.png", gray(1))
    try:
        shutil.copy(root / "a" / "0.png", os.fsencode(root / "a") + b"/\xff\xfe.png")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    first = read(root)
    assert len(first) == 3
    assert read(root).names == first.names


def test_a_link_that_leads_in_a_circle_is_followed_once(classes):
    root = classes("a", "b", each=2)
    (root / "a" / "again").symlink_to(root)
    (root / "b" / "self.png").symlink_to(root / "b" / "self.png")
    dataset = read(root)
    assert len(dataset) == 4
    assert [name for name, _ in dataset.unreadable] == ["b/self.png"]


def test_a_link_that_leads_nowhere_is_left_out_and_named(classes):
    root = classes("a", "b")
    (root / "a" / "gone.png").symlink_to(root / "nowhere.png")
    assert [name for name, _ in read(root).unreadable] == ["a/gone.png"]


def test_hidden_files_and_folders_are_passed_over_in_silence(classes):
    root = classes("a", "b", each=2)
    (root / "a" / "._0.png").write_bytes(b"resource fork")
    (root / ".git").mkdir()
    (root / ".git" / "x.png").write_bytes(b"")
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "x.png").write_bytes(b"")
    (root / "a" / "Thumbs.db").write_bytes(b"")
    dataset = read(root)
    assert (len(dataset), dataset.said, dataset.unreadable) == (4, (), ())


def test_a_text_file_among_images_is_said_and_left_out(classes):
    root = classes("a", "b", each=2)
    (root / "a" / "notes.txt").write_text("hello")
    dataset = read(root)
    assert len(dataset) == 4
    assert dataset.said == ("1 files are no images and were left out, a/notes.txt first.",)


def test_images_in_no_class_folder_are_said_and_left_out(classes, gray, save):
    root = classes("a", "b", each=2)
    save(root / "stray.png", gray(99))
    dataset = read(root)
    assert len(dataset) == 4
    assert dataset.said == ("1 images stand in no class folder and were left out, stray.png first.",)


def test_images_without_any_class_folder_are_an_error_that_says_what_to_do(tmp_path, gray, save):
    save(tmp_path / "images" / "1.png", gray(0))
    with pytest.raises(BadInput, match="no class folders: put the images of each class into a folder"):
        read(tmp_path / "images")


def test_an_empty_folder_is_an_error_that_names_it(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"images is an empty folder: a folder of class folders"):
        read(tmp_path / "images")


def test_a_folder_without_images_is_an_error(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    (tmp_path / "images" / "a" / "notes.txt").write_text("hello")
    with pytest.raises(BadInput, match=r"holds no images \(1 other files\)"):
        read(tmp_path / "images")


def test_one_class_can_be_looked_at_but_not_split(classes):
    dataset = read(classes("only"))
    assert dataset.counts() == {"only": 5}
    with pytest.raises(BadInput, match="holds one class only"):
        draw_split(dataset, seed=0)


def test_dicom_files_are_found_without_an_ending_and_under_their_uid(tmp_path):
    from pydicom.data import get_testdata_file

    source = get_testdata_file("CT_small.dcm")
    for name in ("a/IM0001", "a/1.2.840.113619.2.1", "b/x.dcm", "b/DICOMDIR"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, tmp_path / "images" / name)
    (tmp_path / "images" / "b" / "README").write_text("no picture")
    dataset = read(tmp_path / "images", image_size=128)
    assert sorted(dataset.names) == ["a/1.2.840.113619.2.1", "a/IM0001", "b/x.dcm"]
    assert dataset.said == ("1 files are no images and were left out, b/README first.",)
    assert dataset.images[0, 0, 0, :3].tolist() == [-849, -844, -858]  # Hounsfield units, from pydicom's documentation


@pytest.mark.parametrize("name", ["nowhere/at/all", "missing.zip", "digitz"])
def test_what_is_not_there_is_an_error_that_says_what_could_be_given(name):
    with pytest.raises(BadInput):
        read(name)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"x")
    with pytest.raises(BadInput, match="is no source of images"):
        read(tmp_path / "a.docx")
