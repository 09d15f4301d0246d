"""The catalog says the same as the sets themselves: worked facts, real files, scikit-learn's digits."""

import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pellucid.data.catalog import describe_medmnist, known, list_rows, look_up
from pellucid.errors import BadInput

VOLUMETRIC = {"organmnist3d", "nodulemnist3d", "adrenalmnist3d", "fracturemnist3d", "vesselmnist3d", "synapsemnist3d"}


def test_the_eighteen_medmnist_sets_and_the_five_others_are_known():
    entries = known()
    medmnist = [entry for entry in entries.values() if entry.medmnist]
    assert set(entries) - {entry.name for entry in medmnist} == {
        "digits", "medical_mnist", "mnist", "fashion_mnist", "cifar10",
    }  # fmt: skip
    assert {entry.name for entry in medmnist if entry.volumetric} == VOLUMETRIC
    assert len(medmnist) == 18


def test_medmnist_adds_up_to_its_paper_less_what_version_3_left_out():
    # MedMNIST v2 (Scientific Data, 2023) counts 708,069 images and 9,998 volumes. Version 3.0, which the catalog
    # follows, has 20 fewer in OrganA, 77 in OrganC, 10 in OrganS, and 1 each in Organ3D and Vessel3D.
    medmnist = [entry for entry in known().values() if entry.medmnist]
    images = sum(sum(entry.samples.values()) for entry in medmnist if not entry.volumetric)
    volumes = sum(sum(entry.samples.values()) for entry in medmnist if entry.volumetric)
    assert (images, volumes) == (708_069 - 20 - 77 - 10, 9_998 - 1 - 1)


def test_tasks_and_classes_fit_each_other():
    for entry in known().values():
        assert (entry.task == "binary") == (len(entry.classes) == 2), entry.name
        assert len(set(entry.classes)) == len(entry.classes), entry.name
        assert entry.channels in (1, 3), entry.name
    assert look_up("chestmnist").task == "multi-label"
    assert look_up("retinamnist").task == "ordinal"
    assert look_up("breastmnist").classes[0] == "malignant"  # here 0 is the disease


def test_checksums_have_the_length_of_their_kind_and_are_never_used_twice():
    offered = [file for entry in known().values() for file in entry.files]
    for file in offered:
        kind, _, digits = file.checksum.partition(":")
        assert len(bytes.fromhex(digits)) == {"md5": 16, "sha256": 32}[kind], file.name
        assert all(address.startswith("https://") for address in file.addresses), file.name
    assert len({file.checksum for file in offered}) == len(offered)


def test_digits_are_as_scikit_learn_has_them():
    digits, entry = load_digits(), look_up("digits")
    assert entry.samples == {"all": len(digits.target)}
    assert entry.classes == tuple(map(str, digits.target_names))
    assert entry.sizes == (digits.images.shape[1],)


def test_a_medmnist_set_comes_in_28_and_64_and_in_nothing_else():
    entry = look_up("pathmnist")
    assert [file.name for file in entry.files_of(28) + entry.files_of(64)] == ["pathmnist.npz", "pathmnist_64.npz"]
    with pytest.raises(BadInput, match="no images of 65 pixels: it comes in 28 or 64"):
        entry.files_of(65)


@pytest.mark.parametrize(("wrong", "meant"), [("pnuemoniamnist", "pneumoniamnist"), ("CIFAR-10", "cifar10")])
def test_an_unknown_name_is_told_the_nearest(wrong, meant):
    with pytest.raises(BadInput, match=f"did you mean {meant}\\?"):
        look_up(wrong)


def test_a_name_near_to_nothing_is_told_them_all():
    with pytest.raises(BadInput, match=r"known are digits, .*synapsemnist3d"):
        look_up("xq")


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("breastmnist", "breastmnist"),
        ("pathmnist_64", "pathmnist"),
        ("pneumoniamnist_trainval", "pneumoniamnist"),
        ("AdrenalMNIST3D_64", "adrenalmnist3d"),
        ("organamnist (1)", "organamnist"),
        ("mnist", None),
        ("medical_mnist", None),
        ("my_breastmnist", None),
        ("organmnist3dx", None),
        ("", None),
    ],
)
def test_a_file_stem_tells_the_medmnist_set(stem, name):
    entry = describe_medmnist(stem)
    assert (entry and entry.name) == name


def test_rows_count_what_is_in_the_cache(tmp_path):
    before = {row.name: row for row in list_rows(tmp_path)}
    assert [name for name, row in before.items() if row.in_cache] == ["digits"]
    assert before["mnist"].bytes == 9912422 + 28881 + 1648877 + 4542
    assert before["pathmnist"].bytes is None
    assert (before["pathmnist"].classes, before["pathmnist"].samples) == (9, 89996 + 10004 + 7180)
    (tmp_path / "pathmnist").mkdir()
    (tmp_path / "pathmnist" / "pathmnist.npz").write_bytes(bytes(7))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(bytes(7))  # one of four: not in the cache
    after = {row.name: row for row in list_rows(tmp_path)}
    assert (after["pathmnist"].in_cache, after["pathmnist"].bytes) == (True, 7)
    assert not after["mnist"].in_cache


def test_known_gives_a_new_dictionary_each_time():
    known().clear()
    assert "mnist" in known()


def test_the_facts_name_no_field_that_an_entry_lacks():
    sets = json.loads((files("pellucid.data") / "catalog.json").read_text(encoding="utf-8"))["sets"]
    assert list(sets) == list(known())


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["pneumoniamnist", "breastmnist", "adrenalmnist3d"])
def test_a_real_medmnist_file_is_as_the_catalog_says(name):
    folder = os.environ.get("PELLUCID_DATA")
    path = Path(folder or "PELLUCID_DATA") / "medmnist" / f"{name}_trainval.npz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    entry = describe_medmnist(path.stem)
    with np.load(path) as arrays:
        assert len(arrays["train_images"]) == entry.samples["train"]
        assert len(arrays["val_images"]) == entry.samples["valid"]
        assert (arrays["train_images"].ndim == 4) == entry.volumetric
        assert arrays["train_images"].shape[1] == entry.sizes[0]
        assert set(arrays["train_labels"].ravel()) == set(range(len(entry.classes)))
