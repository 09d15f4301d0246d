"""HDF5 files, with h5py on the other side."""

import h5py
import numpy as np
import pytest

from pellucid.data import read
from pellucid.errors import BadInput

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 6, 6), dtype=np.uint8)
LABELS = np.array([0, 1, 1, 0])


@pytest.fixture
def hdf5(tmp_path):
    def write(**columns):
        with h5py.File(tmp_path / "set.h5", "w") as file:
            for name, values in columns.items():
                file[name] = values
        return tmp_path / "set.h5"

    return write


def test_all_columns_are_read(hdf5):
    path = hdf5(
        images=IMAGES, labels=LABELS, groups=["p1", "p2", "p2", "é"], parts=["train", "val", "Test", "train"],
        classes=["benign", "malignant"],
    )  # fmt: skip
    dataset = read(path)
    np.testing.assert_array_equal(dataset.images[:, 0], IMAGES)
    assert dataset.labels.tolist() == LABELS.tolist()
    assert dataset.classes == ("benign", "malignant")
    assert dataset.parts.tolist() == ["train", "valid", "test", "train"]
    assert [dataset.group_names[group] for group in dataset.groups] == ["p1", "p2", "p2", "é"]


def test_labels_may_be_texts(hdf5):
    dataset = read(hdf5(images=IMAGES, labels=["b", "a", "a", "b"]))
    assert dataset.classes == ("a", "b")
    assert dataset.labels.tolist() == [1, 0, 0, 1]


def test_patchcamelyons_x_and_y_are_understood(hdf5):
    rgb = np.random.default_rng(0).integers(0, 256, (4, 6, 6, 3), dtype=np.uint8)
    dataset = read(hdf5(x=rgb, y=LABELS.reshape(4, 1, 1, 1)))
    np.testing.assert_array_equal(dataset.images, rgb.transpose(0, 3, 1, 2))
    assert dataset.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"images": IMAGES}, r"has the datasets \['images'\]: images and labels are needed"),
        ({"images/a": IMAGES, "labels": LABELS}, r"has the datasets \['labels'\]"),
        ({"images": IMAGES, "labels": LABELS[:3]}, "has 4 images but 3 labels"),
        ({"images": IMAGES, "labels": LABELS, "groups": ["a"]}, "has 4 images but 1 groups"),
        ({"images": IMAGES, "labels": LABELS, "parts": ["train", "x", "test", "val"]}, "a case of the part 'x'"),
        ({"images": IMAGES, "labels": ["a", "b", "c", "a"], "classes": ["a", "b"]}, "label 'c', which is none"),
        ({"images": IMAGES, "labels": LABELS, "classes": ["a"]}, "labels for 2 classes, but names 1"),
        ({"images": IMAGES[:, None, None], "labels": LABELS}, "has the shape"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_file_s_name(hdf5, columns, said):
    with pytest.raises(BadInput, match=said) as error:
        read(hdf5(**columns))
    assert "set.h5" in str(error.value)


def test_another_file_called_h5_is_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no")
    with pytest.raises(BadInput, match=r"a.h5 is no whole HDF5 file"):
        read(tmp_path / "a.h5")


def test_a_truncated_file_is_refused(hdf5):
    path = hdf5(images=np.tile(IMAGES, (100, 1, 1)), labels=np.tile(LABELS, 100))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(BadInput, match=r"set.h5 is no whole HDF5 file"):
        read(path)
