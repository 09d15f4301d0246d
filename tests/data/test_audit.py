"""The audit: finds what was planted, names it, and finds nothing in ordinary images."""

import hashlib
import io
import json
import zipfile
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid.data import Dataset, read
from pellucid.data.audit import KINDS, audit
from pellucid.data.blanks import look
from pellucid.data.repeats import counted, identical_numbers, repeated
from pellucid.data.sizes import of_sizes
from pellucid.data.store import original_sizes


def prints(images):
    digests = [hashlib.sha256(np.ascontiguousarray(image).data).digest() for image in images]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


def dataset_of(images, labels=None, **facts):
    labels = np.arange(len(images)) % 2 if labels is None else np.array(labels)
    names = [f"{number}.png" for number in range(len(images))]
    classes = facts.pop("classes", ("cat", "dog"))
    return Dataset(images, labels.astype(np.int64), classes, "binary", names, prints(images), **facts)


def noise(cases, seed=0, side=16, channels=1):
    return np.random.default_rng(seed).integers(0, 256, (cases, channels, side, side)).astype(np.uint8)


def kinds(found):
    return [finding.kind for finding in found.findings]


def rows_of(found, kind):
    return [rows.tolist() for rows in found.of(kind).groups]


def test_nothing_is_found_in_ordinary_images_of_known_patients():
    assert audit(dataset_of(noise(40), groups=np.arange(40))).findings == ()


def test_identical_images_are_counted_and_named():
    images = noise(10)
    images[[3, 8]] = images[1]
    images[7] = images[6]
    found = audit(dataset_of(images, np.zeros(10)))
    assert rows_of(found, "identical") == [[1, 3, 8], [6, 7]]
    told = found.as_dict([f"{row}.png" for row in range(10)])
    assert told["identical"] == {"groups": 2, "cases": 5, "redundant": 3}
    assert told["near_identical"] == {"groups": 0, "cases": 0, "redundant": 0, "across_classes": 0, "across_parts": 0}
    named = {one["kind"]: one["files"] for one in told["findings"]}
    assert named["identical"] == [["1.png", "3.png", "8.png"], ["6.png", "7.png"]]
    assert "2 groups, 5 files, 3 of them redundant" in found.of("identical").told


def test_one_image_with_two_labels_and_one_in_two_parts_are_told_apart():
    images = noise(12)
    images[4], images[9], images[11] = images[1], images[2], images[3]
    labels = np.zeros(12)
    labels[4] = 1
    parts = np.array(["train"] * 9 + ["test"] * 3)
    found = audit(dataset_of(images, labels, parts=parts))
    assert rows_of(found, "identical_across_classes") == [[1, 4]]
    assert rows_of(found, "identical_across_parts") == [[2, 9], [3, 11]]
    told = found.as_dict(list(map(str, range(12))))
    assert (told["across_classes"], told["across_parts"]) == (1, 2)


def test_several_labels_contradict_where_any_of_them_does():
    images = noise(6)
    images[1], images[3] = images[0], images[2]
    labels = np.array([[1, 0], [1, 0], [1, 1], [1, 0], [0, 1], [1, 0]])
    found = audit(replace(dataset_of(images), labels=labels, task="multi-label"))
    assert rows_of(found, "identical_across_classes") == [[2, 3]]


def test_near_identical_groups_hold_two_different_images_at_least(monkeypatch):
    images = noise(9)
    images[1] = images[0]  # identical, and near none
    images[3] = images[2]  # identical, and near 4
    monkeypatch.setattr("pellucid.data.audit.alike_groups", lambda _: np.array([0, 0, 1, 1, 1, 2, 3, 3, 4]))
    parts = np.array(["train"] * 7 + ["test"] * 2)
    found = audit(dataset_of(images, [0, 0, 0, 0, 0, 0, 0, 1, 1], parts=parts))
    assert rows_of(found, "near_identical") == [[2, 3, 4], [6, 7]]
    assert rows_of(found, "near_identical_across_classes") == [[6, 7]]
    told = found.as_dict(list(map(str, range(9))))
    expected = {"groups": 2, "cases": 5, "redundant": 3, "across_classes": 1, "across_parts": 1}
    assert told["near_identical"] == expected
    assert told["identical"] == {"groups": 2, "cases": 4, "redundant": 2}
    assert (told["across_classes"], told["across_parts"]) == (0, 0)


def test_a_patient_in_two_parts_is_found_and_one_in_two_classes_is_not():
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    parts = np.array(["train", "train", "train", "test", "test", "test", "train", "valid"])
    found = audit(dataset_of(noise(8), groups=groups, group_names=("a", "b", "c", "d"), parts=parts))
    assert rows_of(found, "groups_across_parts") == [[2, 3], [6, 7]]
    assert kinds(found) == ["groups_across_parts"]


def test_unknown_patients_are_said():
    assert kinds(audit(dataset_of(noise(8)))) == ["groups_unknown"]


@given(st.lists(st.integers(0, 6), max_size=30))
def test_repeats_are_those_that_counting_finds(numbers):
    found = repeated(np.array(numbers, np.int64))
    counts = Counter(numbers)
    assert sorted(numbers[rows[0]] for rows in found) == sorted(n for n, count in counts.items() if count > 1)
    for rows in found:
        assert rows.tolist() == [row for row, number in enumerate(numbers) if number == numbers[rows[0]]]
    assert [len(rows) for rows in found] == sorted((len(rows) for rows in found), reverse=True)
    several = [count for count in counts.values() if count > 1]
    assert counted(found) == {
        "groups": len(several), "cases": sum(several), "redundant": sum(several) - len(several),
    }  # fmt: skip


def test_identical_numbers_are_equal_where_all_32_bytes_are():
    digests = np.zeros((4, 32), np.uint8)
    digests[1, 31], digests[2, 0] = 1, 1
    numbers = identical_numbers(digests)
    assert numbers[0] == numbers[3]
    assert len(set(numbers.tolist())) == 3


@pytest.mark.parametrize(("channels", "dtype"), [(1, "uint8"), (3, "uint8"), (1, "int16"), (1, "uint16")])
def test_looks_are_as_numpy_has_them(channels, dtype):
    pixels = (np.random.default_rng(3).integers(-9, 9, (300, channels, 5, 7)) + 9 * (dtype != "int16")).astype(dtype)
    pixels[[3, 290]] = 4
    looks = look(pixels)
    high, low = pixels.max((2, 3), keepdims=True), pixels.min((2, 3), keepdims=True)
    np.testing.assert_allclose(looks.bright, (pixels == high).mean((1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(looks.dark, (pixels == low).mean((1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(looks.deviation, np.sqrt(pixels.var((2, 3)).mean(1)), rtol=1e-5, atol=1e-6)
    assert np.flatnonzero(looks.blank).tolist() == [3, 290]


def test_blank_is_one_value_everywhere_and_whatever_value():
    images = noise(30)
    images[4], images[5], images[6] = 25, 25, 200
    found = audit(dataset_of(images, groups=np.arange(30)))
    assert rows_of(found, "blank") == [[4, 5], [6]]
    assert found.as_dict(list(map(str, range(30))))["blank"] == 3
    assert audit(dataset_of(images[:6], groups=np.arange(6))).of("blank").told == (
        "2 images are blank, one value everywhere (25)."
    )


def test_one_colour_is_blank_too():
    images = noise(10, channels=3)
    images[2] = np.array([200, 10, 10])[:, None, None]
    assert rows_of(audit(dataset_of(images)), "blank") == [[2]]


def test_a_speck_on_nothing_is_nearly_constant_and_a_faint_image_is_not():
    images = noise(30)
    images[8] = 25
    images[8, 0, 3, 4] = 60
    images[10] = 100 + images[10] // 8  # an eighth of the contrast, and all of the picture
    found = audit(dataset_of(images, groups=np.arange(30)))
    assert rows_of(found, "nearly_constant") == [[8]]
    assert kinds(found) == ["nearly_constant"]


def test_nearly_constant_is_judged_within_the_class():
    images = noise(40)
    images[1::2] = 100 + images[1::2] // 24  # the whole class is faint
    assert kinds(audit(dataset_of(images, groups=np.arange(40)))) == []


def test_a_bleached_image_is_saturated_and_a_black_background_is_not():
    images = noise(40) // 2
    images[:, :, :, :9] = 0  # more than half of every image
    images[6, :, 4:, 9:] = 255
    images[6, :, 4:, :4] = 255
    found = audit(dataset_of(images, groups=np.arange(40)))
    assert rows_of(found, "saturated_bright") == [[6]]
    assert kinds(found) == ["saturated_bright"]


def test_a_white_background_that_the_whole_class_has_is_not_saturated():
    images = noise(40) // 2
    images[1::2, :, :, :9] = 255
    assert kinds(audit(dataset_of(images, groups=np.arange(40)))) == []


def test_an_image_that_is_nearly_all_black_among_full_ones_is_found():
    images = 1 + noise(40) // 2
    images[6, :, :, 1:] = 0
    assert rows_of(audit(dataset_of(images, groups=np.arange(40))), "saturated_dark") == [[6]]


def test_classes_are_uneven_above_three_to_one():
    labels = np.array([0] * 30 + [1] * 10)
    assert kinds(audit(dataset_of(noise(40), labels, groups=np.arange(40)))) == []
    found = audit(dataset_of(noise(41), np.append(labels, 0), groups=np.arange(41)))
    assert found.of("imbalance").told == (
        "The classes are uneven: cat has 31 cases, dog 10. Always answering cat would be right in 75.6%."
    )


def test_a_class_without_cases_is_uneven():
    assert "dog 0" in audit(dataset_of(noise(9), np.zeros(9))).of("imbalance").told


def test_unreadable_files_are_named(classes):
    root = classes("a", "b")
    (root / "a" / "x.png").write_bytes(b"nothing")
    dataset = read(root)
    told = audit(dataset).as_dict(dataset.names)
    assert [one["path"] for one in told["unreadable"]] == ["a/x.png"]
    assert {"a/x.png"} == {one["files"][0][0] for one in told["findings"] if one["kind"] == "unreadable"}


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def test_sizes_are_those_of_the_files_whatever_they_were_resized_to(tmp_path, gray, save):
    root = tmp_path / "images"
    save(root / "a" / "0.png", gray(0, 90, 80))
    (root / "a" / "1.jpg").write_bytes(jpeg(gray(1, 300, 260)))  # decoded at a reduced scale
    (root / "a" / "2.png").write_bytes(b"broken")
    (root / "a" / "3.jpg").write_bytes(jpeg(gray(3, 128, 128)))  # a half of it is just the size that is needed
    save(root / "b" / "0.png", gray(4, 64, 64))
    save(root / "b" / "1.png", np.stack([gray(5, 70, 75)] * 3, -1))
    for dataset in (read(root), read(root)):
        assert dataset.names == ["a/0.png", "a/1.jpg", "a/3.jpg", "b/0.png", "b/1.png"]
        expected = [[90, 80], [300, 260], [128, 128], [64, 64], [70, 75]]
        assert original_sizes(dataset.pack).tolist() == expected


@pytest.mark.slow
def test_sizes_are_the_same_from_several_processes(tmp_path, gray, save, monkeypatch):
    import pellucid.data.processes as processes

    for number in range(520):
        save(tmp_path / "images" / "ab"[number % 2] / f"{number:03}.png", gray(number, 4 + number % 3, 4 + number % 5))
    here = original_sizes(read(tmp_path / "images", cache=tmp_path / "one").pack)
    monkeypatch.setattr(processes, "FEW", 1)
    monkeypatch.setattr(processes, "core_count", lambda: 2)
    dataset = read(tmp_path / "images", cache=tmp_path / "two")
    assert original_sizes(dataset.pack).tolist() == here.tolist()
    numbers = [int(name[2:5]) for name in dataset.names]
    assert here.tolist() == [[4 + number % 3, 4 + number % 5] for number in numbers]


def test_images_of_one_array_have_no_sizes_of_their_own(here):
    assert original_sizes(read("digits").pack) is None


def sized(*sizes):
    return dataset_of(noise(len(sizes)), groups=np.arange(len(sizes))), np.array(sizes, np.int32)


def test_sizes_other_than_the_common_one_are_odd_the_commonest_first():
    dataset, sizes = sized(*[(64, 48)] * 6, (32, 32), (40, 48), (40, 48))
    (finding,) = of_sizes(dataset, sizes)
    assert (finding.kind, [rows.tolist() for rows in finding.groups]) == ("odd_sizes", [[7, 8], [6]])
    assert "3 images came in another size than 48 x 64, the size of the other 6" in finding.told


def test_sizes_that_all_vary_are_no_finding_but_a_long_strip_among_them_is():
    sizes = [(100 + row, 100 + 3 * (row % 7)) for row in range(20)]
    dataset, table = sized(*sizes)
    assert of_sizes(dataset, table) == []
    dataset, table = sized(*sizes, (30, 300))
    (finding,) = of_sizes(dataset, table)
    assert (finding.kind, [rows.tolist() for rows in finding.groups]) == ("odd_shapes", [[20]])


def test_a_class_of_larger_images_is_told():
    dataset, sizes = sized(*[(100, 100), (130, 130)] * 10)  # the second class has 1.69 times the pixels
    by_class = [finding.told for finding in of_sizes(dataset, sizes) if finding.kind == "sizes_by_class"]
    assert by_class == ["Images of class dog came 1.7 times as large as those of cat, in pixels (medians)."]
    dataset, sizes = sized(*[(100, 100), (120, 120)] * 10)
    assert [finding for finding in of_sizes(dataset, sizes) if finding.kind == "sizes_by_class"] == []


def test_the_most_serious_stands_first_and_all_is_json():
    images = noise(24)
    images[3], images[4], images[9] = 7, 7, images[8]
    labels = np.array([0] * 20 + [1] * 4)
    labels[9] = 1
    found = audit(dataset_of(images, labels, parts=np.array(["train"] * 4 + ["test"] * 20)))
    assert kinds(found) == sorted(kinds(found), key=KINDS.index)
    assert kinds(found)[:3] == ["identical_across_classes", "identical_across_parts", "blank"]
    assert json.loads(json.dumps(found.as_dict(list(map(str, range(24))))))["cases"] == 24


@pytest.mark.slow
@pytest.mark.realdata
def test_medical_mnist_has_the_repeats_that_its_files_have(real, tmp_path):
    path = real("medical_mnist.zip")
    dataset = read(path, cache=tmp_path)
    found = audit(dataset)
    told = found.as_dict(dataset.names)
    assert told["identical"] == {"groups": 348, "cases": 788, "redundant": 440}
    assert (told["blank"], told["across_classes"], told["across_parts"]) == (94, 0, 0)
    assert {dataset.names[row].split("/")[1] for row in found.of("blank").groups[0]} == {"HeadCT"}
    assert set(dataset.images[found.of("blank").groups[0]].ravel().tolist()) == {25}
    with zipfile.ZipFile(path) as archive:  # byte-identical files, by checksum and size
        alike = defaultdict(set)
        for info in archive.infolist():
            alike[info.CRC, info.file_size].add(info.filename)
    named = {frozenset(files) for one in told["findings"] if one["kind"] == "identical" for files in one["files"]}
    assert named == {frozenset(names) for names in alike.values() if len(names) > 1 and "" not in names} - {frozenset()}
    assert not {"saturated_bright", "saturated_dark", "imbalance", "odd_sizes"} & set(kinds(found))


@pytest.mark.realdata
def test_pneumoniamnist_has_eight_validation_images_in_training(real, tmp_path):
    dataset = read(real("medmnist/pneumoniamnist_trainval.npz"), cache=tmp_path)
    found = audit(dataset)
    assert found.as_dict(dataset.names)["across_parts"] == 8
    rows = np.concatenate(found.of("identical").groups)
    in_training = [group[dataset.parts[group] == "train"] for group in found.of("identical").groups]
    assert (len(rows), sum(len(group) - 1 for group in in_training if len(group) > 1)) == (50, 18)
