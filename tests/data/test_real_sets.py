"""Real sets, whole: counts as their makers state them, pixels as Pillow reads them, twins found as twins."""

import hashlib
import io
import zipfile
from collections import Counter, defaultdict

import numpy as np
import pytest
from PIL import Image

from pellucid.data import draw_split, read

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    return tmp_path_factory.mktemp("packs")


def assert_as_pillow_reads(dataset, path, rows, most=0):
    with zipfile.ZipFile(path) as archive:
        for row in rows:
            image = np.asarray(Image.open(io.BytesIO(archive.read(dataset.names[row]))))
            assert np.abs(dataset.images[row, 0].astype(int) - image).max() <= most


@pytest.mark.slow
def test_medical_mnist_is_whole_and_its_twins_are_twins(real, packs):
    path = real("medical_mnist.zip")
    dataset = read(path, cache=packs)
    assert dataset.counts() == {
        "AbdomenCT": 10_000, "BreastMRI": 8_954, "CXR": 10_000, "ChestCT": 10_000, "Hand": 10_000, "HeadCT": 10_000,
    }  # fmt: skip
    assert dataset.images.shape == (58_954, 1, 64, 64)
    assert (dataset.unreadable, dataset.said, dataset.parts, dataset.groups) == ((), (), None, None)
    assert_as_pillow_reads(dataset, path, range(0, 58_954, 997), most=1)

    with zipfile.ZipFile(path) as archive:  # byte-identical files, by checksum and size, confirmed by their bytes
        alike = defaultdict(list)
        for info in archive.infolist():
            alike[info.CRC, info.file_size].append(info.filename)
        files = defaultdict(list)
        for names in (names for names in alike.values() if len(names) > 1):
            for name in names:
                files[hashlib.sha256(archive.read(name)).digest()].append(name)
    twins = [names for names in files.values() if len(names) > 1]
    assert (len(twins), sum(map(len, twins))) == (348, 788)
    packed = dict(zip(dataset.names, map(bytes, dataset.sha256), strict=True))
    for names in twins:
        assert len({packed[name] for name in names}) == 1
    blank = Counter(map(bytes, dataset.sha256)).most_common(1)[0]
    assert blank[1] >= 94

    split = draw_split(dataset, 0)
    assert sum(split.counts().values()) == 58_954
    for klass, count in enumerate(dataset.counts().values()):
        assert abs((dataset.labels[split.held_out] == klass).sum() - 0.2 * count) <= 1
    assert read(path, cache=packs).from_cache


@pytest.mark.slow
def test_mnist_keeps_its_training_and_testing_parts(real, packs):
    path = real("mnist_png.zip")
    dataset = read(path, cache=packs)
    assert dataset.images.shape == (70_000, 1, 28, 28)
    assert dataset.classes == tuple("0123456789")
    assert Counter(dataset.parts.tolist()) == {"train": 60_000, "test": 10_000}
    testing = np.bincount(dataset.labels[dataset.parts == "test"])
    assert testing.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]  # as LeCun's test file has them
    assert_as_pillow_reads(dataset, path, range(0, 70_000, 997))
    np.testing.assert_array_equal(draw_split(dataset, 0).held_out, np.flatnonzero(dataset.parts == "test"))


def test_exams_of_lidc_stay_together(real, packs):
    dataset = read(real("lidc_nodule_slices.zip"), cache=packs)
    assert len(dataset) == 2_727
    assert dataset.classes == ("benign", "malignant")
    assert len(dataset.group_names) == 248
    assert dataset.groups_from == "248 groups by the first folder below the class folder"
    part_of_each = np.array(draw_split(dataset, 0).part_of_each(len(dataset)))
    exams = [name.split("/")[2] for name in dataset.names]
    parts_of_exam = defaultdict(set)
    for exam, part in zip(exams, part_of_each, strict=True):
        parts_of_exam[exam].add(part)
    assert len(parts_of_exam) == 248
    assert all(len(parts) == 1 for parts in parts_of_exam.values())


@pytest.mark.parametrize(
    ("name", "train", "valid", "classes"),
    [
        ("pneumoniamnist_trainval.npz", 4_708, 524, ("normal", "pneumonia")),
        ("breastmnist_trainval.npz", 546, 78, ("malignant", "normal, benign")),
    ],
)
def test_a_medmnist_file_is_as_numpy_reads_it(real, packs, name, train, valid, classes):
    path = real(f"medmnist/{name}")
    dataset = read(path, cache=packs)
    assert Counter(dataset.parts.tolist()) == {"train": train, "valid": valid}
    assert (dataset.classes, dataset.task) == (classes, "binary")
    arrays = np.load(path)
    np.testing.assert_array_equal(dataset.images[:train, 0], arrays["train_images"])
    np.testing.assert_array_equal(dataset.images[train:, 0], arrays["val_images"])
    np.testing.assert_array_equal(dataset.labels, np.concatenate([arrays["train_labels"], arrays["val_labels"]])[:, 0])
    np.testing.assert_array_equal(draw_split(dataset, 0).held_out, np.arange(train, train + valid))


def test_volumes_are_not_read_yet_and_say_so(real, packs):
    from pellucid.errors import BadInput

    with pytest.raises(
        BadInput, match=r"adrenalmnist3d.*volumes of 28 x 28 x 28 voxels: 3-D sets are not supported yet"
    ):
        read(real("medmnist/adrenalmnist3d_trainval.npz"), cache=packs)
