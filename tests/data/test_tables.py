"""CSV tables that name images: labels, groups, parts, several labels, and every way they go wrong."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import read
from pellucid.errors import BadInput


@pytest.fixture
def table(tmp_path, gray, save):
    for number in range(6):
        save(tmp_path / "pictures" / f"{number}.png", gray(number))

    def write(*lines: str, encoding: str = "utf-8", name: str = "labels.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding)
        return path

    return write


def test_each_row_keeps_its_image_label_group_and_part(table, tmp_path):
    dataset = read(
        table(
            "path,label,group,part",
            "pictures/3.png,malignant,p1,train",
            "pictures/0.png,benign,p2,val",
            "pictures/5.png,malignant,p1,test",
        )
    )
    assert dataset.classes == ("benign", "malignant")
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.parts.tolist() == ["train", "valid", "test"]
    assert [dataset.group_names[group] for group in dataset.groups] == ["p1", "p2", "p1"]
    assert dataset.groups_from == "2 groups by the column 'group'"
    for image, number in zip(dataset.images, (3, 0, 5), strict=True):
        np.testing.assert_array_equal(image[0], np.asarray(Image.open(tmp_path / "pictures" / f"{number}.png")))


def test_numbers_as_labels_are_ordered_as_numbers(table):
    dataset = read(table("path,label", "pictures/0.png,10", "pictures/1.png,9", "pictures/2.png,10"))
    assert dataset.classes == ("9", "10")
    assert dataset.labels.tolist() == [1, 0, 1]


def test_several_labels_make_a_matrix_of_zeros_and_ones(table):
    dataset = read(table("path,label", "pictures/0.png,mass|nodule", "pictures/1.png,", "pictures/2.png,nodule"))
    assert dataset.task == "multi-label"
    assert dataset.classes == ("mass", "nodule")
    assert dataset.labels.tolist() == [[1, 1], [0, 0], [0, 1]]
    assert dataset.counts() == {"mass": 1, "nodule": 2}


def test_what_excel_writes_is_read(table):
    lines = ("Path, Label ,Note", '"pictures/0.png","b, not a","said ""so"""', "pictures/1.png,a,")
    dataset = read(table(*lines, encoding="utf-8-sig"))
    assert dataset.classes == ("a", "b, not a")
    assert dataset.labels.tolist() == [1, 0]


def test_tabs_separate_in_a_tsv(table):
    assert read(table("path\tlabel", "pictures/0.png\ta", "pictures/1.png\tb", name="t.tsv")).classes == ("a", "b")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ("path,label", "pictures/0.png,a", "pictures/1.png,", "pictures/2.png"),
            "2 rows without a label, first line 3",
        ),
        (("path,label", "pictures/0.png,a", "gone.png,b", "no/x.png,b"), "names 2 files .* first 'gone.png' in line 3"),
        (("file,label", "pictures/0.png,a"), "has the columns .*'file', 'label'.* path,label"),
        (("path,label",), "no rows below its heading"),
        (("path,label,part", "pictures/0.png,a,both"), "line 2 has the part 'both'"),
        (("path,label,group", "pictures/0.png,a,p", "pictures/1.png,b,"), "column 'group' is empty for 1 cases"),
        (("",), "has the columns"),
    ],
)
def test_what_is_missing_is_named_in_one_line(table, lines, said):
    with pytest.raises(BadInput, match=said) as error:
        read(table(*lines))
    assert "\n" not in str(error.value)


def test_a_table_in_another_encoding_is_refused(table):
    with pytest.raises(BadInput, match=r"labels.csv is no UTF-8 CSV table"):
        read(table("path,label", "pictures/0.png,Schädel", encoding="latin-1"))


def test_another_table_of_the_same_images_is_not_taken_from_the_cache(table):
    one = read(table("path,label", "pictures/0.png,a", "pictures/1.png,b"))
    other = read(table("path,label", "pictures/0.png,b", "pictures/1.png,a"))
    assert one.labels.tolist() == [0, 1]
    assert other.labels.tolist() == [1, 0]
    assert not other.from_cache


def test_a_changed_image_is_read_again(table, tmp_path, gray, save):
    path = table("path,label", "pictures/0.png,a", "pictures/1.png,b")
    read(path)
    assert read(path).from_cache
    save(tmp_path / "pictures" / "1.png", gray(77))
    again = read(path)
    assert not again.from_cache
    np.testing.assert_array_equal(again.images[1, 0], gray(77))
