"""What is said of an answer where the calibration part is too small to promise anything, and of images of the run."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import pellucid
from pellucid.app.runs.asking import ask
from pellucid.app.runs.said import dial_told
from pellucid.app.runs.scans_dropped import hint_of_scan
from pellucid.errors import BadInput
from pellucid.explain import asking
from pellucid.explain.said_of_answer import not_promised
from pellucid.run import Run

from ...ct import small_chest


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A run on 80 images of two classes: some dozen to calibrate on, where the dial's lowest level takes 598."""
    folder, given = tmp_path_factory.mktemp("small"), load_digits()
    for label in (0, 1):
        (folder / "images" / str(label)).mkdir(parents=True)
        for number, case in enumerate(np.flatnonzero(given.target == label)[:40]):
            levels = (given.images[case] * 15).astype(np.uint8)
            Image.fromarray(levels).save(folder / "images" / str(label) / f"{number}.png")
    return pellucid.train(folder / "images", model="linear", epochs=2, out=folder / "run")


def split(run):
    with run.file("split.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow  # trains a model
def test_a_run_whose_calibration_part_is_too_small_says_so_and_does_not_contradict_itself(small):
    there = sum(row["part"] == "calibrate" for row in split(small))
    assert 0 < there < 19
    one = next(row for row in split(small) if row["part"] == "held_out")
    path = small.path.parent / "images" / one["name"]
    found = ask(Run(small.path), path.read_bytes(), "dropped.png", 0.05, explain=False)
    certain, sets, known = found.said
    dial = dial_told(Run(small.path), 0.05)
    assert f"59 calibration images without an error are needed, there are {there}" in dial
    assert "cannot say whether it is certain enough, since this run promises nothing for 5% error" in certain
    assert "is certain enough where" not in certain
    assert "Set of likely classes" not in sets
    assert sets.startswith("This run cannot say of any image which other classes are possible")
    takes = not_promised(asking.ask(Run(small.path), path)).split("promise that")[1]
    assert "19 images of a class" in takes
    assert sets.endswith(takes)
    assert f"{one['name']} of images has the very same pixels" in known
    assert "It is in the held-out part, which the model did not learn from." in known
    assert known.endswith(f"Its true class: {one['label']}.")
    assert not found.certain


@pytest.mark.slow
def test_an_image_of_training_is_told_and_one_that_the_run_never_saw_is_not(small):
    one = next(row for row in split(small) if row["part"] == "train")
    content = (small.path.parent / "images" / one["name"]).read_bytes()
    found = ask(Run(small.path), content, "dropped.png", 0.05, explain=False)
    assert "the model learned from it, so its answer here says little about new images" in found.said[2]
    file = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(file, "png")
    assert len(ask(Run(small.path), file.getvalue(), "new.png", 0.05, explain=False).said) == 2


@pytest.mark.slow
def test_the_dial_tells_what_it_promises_and_what_it_cannot(folder, small):
    run = Run(folder / "digits")
    levels = {level["asked"]: level for level in run.facts["calibration"]["levels"]}
    promised = [asked for asked, level in levels.items() if level["threshold"] is not None]
    assert promised
    assert len(promised) < len(levels)
    for asked, level in levels.items():
        said = dial_told(run, asked)
        assert said.startswith(f"At {100 * asked:g}% error")
        if level["threshold"] is None:
            assert "no threshold can be promised" in said
            assert said.endswith(f"This run can promise {', '.join(f'{100 * one:g}%' for one in promised)}.")
        else:
            assert f"from a confidence of {level['threshold']:.6g} on" in said
    assert dial_told(small, 0.1).endswith("This run can promise no level of the dial.")


@pytest.mark.slow
def test_a_ct_study_dropped_on_a_run_is_told_where_it_opens(small, tmp_path):
    slices = small_chest.write_dicom(tmp_path / "study", small_chest.chest("small-chest"), "1.2.4")
    study = Path(shutil.make_archive(str(tmp_path / "my study"), "zip", slices))
    with pytest.raises(BadInput, match=r"pellucid play --scan 'my study.zip'$"):
        ask(Run(small.path), study.read_bytes(), "my study.zip", 0.05)
    with pytest.raises(BadInput, match=r"^one.dcm .*pellucid play --scan STUDY"):
        ask(Run(small.path), (slices / "000.dcm").read_bytes(), "one.dcm", 0.05)


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_only_files_and_zips_with_dicom_in_them_are_taken_for_scans():
    dicom = bytes(128) + b"DICM" + bytes(100)
    assert hint_of_scan(zipped({"README": b"read me", "s/1": dicom}), "a.zip").endswith("pellucid play --scan a.zip")
    for content in (zipped({"1.png": b"\x89PNG"}), zipped({}), b"", b"PK\x03\x04", zipped({"1": dicom})[:-30], b"DICM"):
        assert hint_of_scan(content, "a.zip") == ""
