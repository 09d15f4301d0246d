"""MNIST's IDX files, written here byte by byte after their definition."""

import gzip
import struct

import numpy as np
import pytest

from pellucid.data import read
from pellucid.errors import BadInput


def idx(array: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()
    )


IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 5), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def write(folder, prefix="train", images=IMAGES, labels=LABELS, ending=""):
    folder.mkdir(exist_ok=True)
    pack = gzip.compress if ending == ".gz" else bytes
    (folder / f"{prefix}-images-idx3-ubyte{ending}").write_bytes(pack(idx(images)))
    (folder / f"{prefix}-labels-idx1-ubyte{ending}").write_bytes(pack(idx(labels)))
    return folder


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_of_both_parts_is_read_in_order(tmp_path, ending):
    write(tmp_path / "idx", ending=ending)
    write(tmp_path / "idx", "t10k", IMAGES[::-1], LABELS[::-1], ending)
    dataset = read(tmp_path / "idx")
    np.testing.assert_array_equal(dataset.images[:, 0], np.concatenate([IMAGES, IMAGES[::-1]]))
    assert dataset.labels.tolist() == [*LABELS, *LABELS[::-1]]
    assert dataset.parts.tolist() == ["train"] * 6 + ["test"] * 6
    assert dataset.classes == ("0", "1", "2")


@pytest.mark.parametrize("named", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_one_file_that_is_named_finds_its_partner(tmp_path, named):
    write(tmp_path / "idx")
    write(tmp_path / "idx", "t10k")
    dataset = read(tmp_path / "idx" / named)
    assert len(dataset) == 6
    assert dataset.parts is None


def test_a_file_without_its_partner_is_an_error(tmp_path):
    (write(tmp_path / "idx") / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(BadInput, match="has no partner"):
        read(tmp_path / "idx" / "train-images-idx3-ubyte")


@pytest.mark.parametrize("which", ["images-idx3", "labels-idx1"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_truncated_file_is_an_error_with_its_name(tmp_path, which, ending):
    path = write(tmp_path / "idx", ending=ending) / f"train-{which}-ubyte{ending}"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(BadInput, match=f"{which}.*download it again"):
        read(tmp_path / "idx")


@pytest.mark.parametrize("head", [b"", b"\0\0\x0d\x03", b"PK\3\4", b"\0\0\x08\x03\0\0"])
def test_another_beginning_is_no_idx_file(tmp_path, head):
    (write(tmp_path / "idx") / "train-images-idx3-ubyte").write_bytes(head)
    with pytest.raises(BadInput, match=r"is no IDX file of bytes|is damaged"):
        read(tmp_path / "idx")


def test_a_head_that_claims_more_than_memory_holds_is_refused(tmp_path):
    head = b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**16, 2**16)
    (write(tmp_path / "idx") / "train-images-idx3-ubyte").write_bytes(head)
    with pytest.raises(BadInput, match="at most 34,359,738,368 are read"):
        read(tmp_path / "idx")


def test_as_many_labels_as_images_are_needed(tmp_path):
    with pytest.raises(BadInput, match="has 6 images but 5 labels"):
        read(write(tmp_path / "idx", labels=LABELS[:5]))
