"""CIFAR-10's binary records, written here after their definition, and scikit-learn's digits."""

import io
import tarfile

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pellucid.data import known, read
from pellucid.data.cifar10 import FILES, read_cifar10
from pellucid.errors import BadInput


def archive(path, records, names=FILES):
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(records)
            tar.addfile(info, io.BytesIO(records))
    return path


def test_a_pixel_of_cifar10_is_where_its_definition_puts_it(tmp_path):
    record = np.zeros((2, 3073), np.uint8)
    record[0, 0], record[1, 0] = 3, 9  # cat, truck
    record[1, 1 + 1024 * 2 + 32 * 5 + 7] = 200  # blue, row 5, column 7
    source = read_cifar10(archive(tmp_path / "cifar.tar.gz", record.tobytes()))
    first = next(source.blocks())
    assert first[1, 5, 7].tolist() == [0, 0, 200]
    assert first.sum() == 200
    assert source.parts == ["train"] * 10 + ["test"] * 2
    assert source.labels.tolist() == [3, 9] * 6
    assert source.classes == tuple(known()["cifar10"].classes)
    assert source.classes[3] == "cat"


@pytest.mark.parametrize("damage", ["short record", "missing file", "truncated", "empty"])
def test_a_damaged_archive_is_refused(tmp_path, damage):
    records = np.random.default_rng(0).bytes(3073 * 2)
    short = {"short record": records[:-1], "empty": b""}.get(damage, records)
    path = archive(tmp_path / "cifar.tar.gz", short, FILES[:5] if damage == "missing file" else FILES)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BadInput, match=r"cifar.tar.gz .*fetch it again"):
        read_cifar10(path)


def test_digits_are_scikit_learns():
    dataset, theirs = read("digits"), load_digits()
    np.testing.assert_array_equal(dataset.images[:, 0], theirs.images)
    np.testing.assert_array_equal(dataset.labels, theirs.target)
    assert dataset.classes == tuple("0123456789")
