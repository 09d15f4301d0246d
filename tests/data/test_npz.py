"""MedMNIST's .npz files, with numpy's own writer on the other side."""

import numpy as np
import pytest

from pellucid.data import read
from pellucid.errors import BadInput


@pytest.fixture
def npz(tmp_path):
    def write(name="set.npz", **arrays):
        np.savez_compressed(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def some(cases, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (cases, *shape), dtype=np.uint8)


def test_parts_follow_each_other_with_their_own_pixels_and_labels(npz):
    train, val, test = some(5, 7, 7), some(3, 7, 7, seed=1), some(2, 7, 7, seed=2)
    dataset = read(
        npz(
            train_images=train, train_labels=np.array([[0], [1], [2], [1], [0]]),
            val_images=val, val_labels=np.array([[2], [2], [1]], np.uint8),
            test_images=test, test_labels=np.array([0, 1]),
        )
    )  # fmt: skip
    np.testing.assert_array_equal(dataset.images[:, 0], np.concatenate([train, val, test]))
    assert dataset.labels.tolist() == [0, 1, 2, 1, 0, 2, 2, 1, 0, 1]
    assert dataset.parts.tolist() == ["train"] * 5 + ["valid"] * 3 + ["test"] * 2
    assert dataset.names[4:7] == ["train/4", "valid/0", "valid/1"]
    assert (dataset.task, dataset.classes) == ("multi-class", ("0", "1", "2"))


def test_more_images_than_one_block_come_in_order(npz):
    images = some(4100, 2, 2)
    dataset = read(npz(train_images=images, train_labels=np.arange(4100) % 2))
    np.testing.assert_array_equal(dataset.images[:, 0], images)


def test_colour_is_moved_to_the_front(npz):
    images = some(4, 6, 6, 3)
    dataset = read(npz(train_images=images, train_labels=np.array([0, 1, 0, 1])))
    np.testing.assert_array_equal(dataset.images, images.transpose(0, 3, 1, 2))


def test_a_last_axis_of_one_is_gray(npz):
    images = some(4, 6, 6, 1)
    dataset = read(npz(train_images=images, train_labels=np.array([0, 1, 0, 1])))
    np.testing.assert_array_equal(dataset.images[:, 0], images[..., 0])


def test_several_columns_of_zeros_and_ones_are_several_labels(npz):
    labels = np.array([[0, 1, 1], [0, 0, 0], [1, 0, 0]])
    dataset = read(npz(train_images=some(3, 6, 6), train_labels=labels))
    assert dataset.task == "multi-label"
    np.testing.assert_array_equal(dataset.labels, labels)


def test_a_known_name_brings_its_classes_and_task(npz):
    arrays = {"train_images": some(5, 8, 8, 3), "train_labels": np.arange(5)[:, None]}
    retina = read(npz("retinamnist.npz", **arrays))
    assert (retina.task, len(retina.classes)) == ("ordinal", 5)
    breast = read(npz("breastmnist_part.npz", train_images=some(2, 8, 8), train_labels=np.array([[0], [1]])))
    assert (breast.task, breast.classes[0]) == ("binary", "malignant")


def test_a_known_name_with_other_labels_keeps_numbers_as_classes(npz):
    dataset = read(npz("breastmnist.npz", train_images=some(3, 8, 8), train_labels=np.array([0, 1, 2])))
    assert dataset.classes == ("0", "1", "2")


def test_sixteen_bits_stay(npz):
    images = np.array([[[0, 65535], [300, 7]], [[1, 2], [3, 40000]]], np.uint16)
    dataset = read(npz(train_images=images, train_labels=np.array([0, 1])))
    assert dataset.images.dtype == np.uint16
    np.testing.assert_array_equal(dataset.images[:, 0], images)


GOOD = np.array([0, 1, 0, 1])
TWO = GOOD[:, None] * [1, 1]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"train_images": some(4, 8, 8, 8), "train_labels": GOOD}, "volumes of 8 x 8 x 8 voxels: 3-D sets are not"),
        ({"train_images": some(4, 8, 8), "train_labels": GOOD.astype(object)}, "train_labels is refused"),
        ({"train_images": some(4, 8, 8).astype(object), "train_labels": GOOD}, "pickled Python objects"),
        ({"train_images": np.asfortranarray(some(4, 8, 8)), "train_labels": GOOD}, "Fortran order: save np.ascontig"),
        ({"train_images": some(3, 8, 8), "train_labels": GOOD}, "has 3 images but 4 train_labels"),
        ({"train_images": some(4, 8, 8), "train_labels": GOOD + 0.5}, "train_labels holds float64 values"),
        ({"train_images": some(4, 8, 8) / 255, "train_labels": GOOD}, "images of float64: whole numbers"),
        ({"train_images": some(4, 8, 8), "train_labels": GOOD - 1}, "has the label -1"),
        ({"train_images": some(4, 8, 8), "train_labels": np.array([[0, 2]] * 4)}, "must be 0 or 1"),
        ({"train_images": some(4, 8), "train_labels": GOOD}, r"has the shape \(4, 8\)"),
        ({"train_images": some(4, 8, 8)}, "has train_images but no train_labels"),
        ({"images": some(4, 8, 8), "labels": GOOD}, r"has the arrays \['images', 'labels'\]: train_images"),
        ({"train_images": some(0, 8, 8), "train_labels": GOOD[:0]}, "holds no images"),
        (
            {"train_images": some(4, 8, 8), "train_labels": GOOD, "val_images": some(4, 8, 8), "val_labels": TWO},
            "labels of .* columns",
        ),
        (
            {"train_images": some(4, 8, 8), "train_labels": GOOD, "val_images": some(4, 9, 9), "val_labels": GOOD},
            "different forms",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_one_line_with_the_file_s_name(npz, cache, arrays, said):
    path = npz(**arrays)
    with pytest.raises(BadInput, match=said) as error:
        read(path)
    assert "set.npz" in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(cache.glob("packs/*")), "a failed reading leaves nothing in the cache"


@pytest.mark.parametrize("keep", [10, 300, -20])
def test_a_truncated_file_is_refused(npz, keep):
    path = npz(train_images=some(40, 8, 8), train_labels=np.arange(40) % 2)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadInput, match=r"set.npz is not a whole .npz file"):
        read(path)


def test_damaged_pixels_are_refused(npz):
    path = npz(train_images=some(400, 8, 8), train_labels=np.arange(400) % 2)
    contents = bytearray(path.read_bytes())
    contents[5000] ^= 0xFF
    path.write_bytes(contents)
    with pytest.raises(BadInput, match="train_images is damaged"):
        read(path)


def test_an_npz_that_would_unfold_without_end_is_refused(npz, monkeypatch):
    monkeypatch.setattr("pellucid.data.arrays.MOST_BYTES", 1000)
    with pytest.raises(BadInput, match=r"unfolds to .* bytes: at most 1,000"):
        read(npz(train_images=some(40, 8, 8), train_labels=np.arange(40) % 2))
