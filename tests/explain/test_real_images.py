"""Real medical images explained: a lung nodule's slice and an image of Medical MNIST, every sum to 1e-9."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.evaluate.checking.told import Told
from pellucid.explain import explain_image
from pellucid.run import Run

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

EACH = 40
"""Images of each class of Medical MNIST that are taken: enough to learn the classes from."""


def data(name: str) -> Path:
    path = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / name
    if not path.exists():
        pytest.skip(f"{name} is missing: set PELLUCID_DATA to the folder that holds it")
    return path


def check(found) -> None:
    """Sums agree with the model, and the model with itself."""
    sums = list(found.arithmetic.sums())
    assert max(abs(one.difference) for one in sums) < 1e-9
    pixels = found.arithmetic.pixels
    constants = sum(adds for _, adds in pixels.constants)
    used = float(found.asked.logits[found.arithmetic.klass])  # as `predict` computes it
    apart = {"float32": 1e-4, "bfloat16": 0.05}[found.asked.run.facts["precision"]]
    assert pixels.terms.sum() + constants == pytest.approx(used, rel=apart, abs=apart)
    assert found.neighbours.compared == len(Told(found.asked.run).cases.rows("train"))
    assert found.page.read_text("utf-8").count("<img") > 10


def test_a_slice_of_a_lung_nodule_by_its_name_in_the_zip(tmp_path):
    source = data("lidc_nodule_slices.zip")
    pellucid.train(source, model="mlp", epochs=1, out=tmp_path / "run", say=lambda line: None)
    cases = Told(Run(tmp_path / "run")).cases
    case = int(cases.rows("held_out")[7])
    found = explain_image(Run(tmp_path / "run"), cases.names[case], out=tmp_path / "why.html")
    check(found)
    member = next(name for name in zipfile.ZipFile(source).namelist() if name.endswith(cases.names[case]))
    with zipfile.ZipFile(source).open(member) as file:
        np.testing.assert_array_equal(found.asked.stored[0, 0], np.asarray(Image.open(file).convert("L")))
    assert found.asked.own.label == cases.label_texts(np.array([case]))[0]
    assert found.asked.own.label in member


def test_an_image_of_medical_mnist_by_its_file(tmp_path):
    with zipfile.ZipFile(data("medical_mnist.zip")) as archive:
        taken: dict[str, int] = {}
        for name in archive.namelist():
            klass = Path(name).parent.name
            if name.endswith(".jpeg") and taken.setdefault(klass, 0) < EACH:
                taken[klass] += 1
                archive.extract(name, tmp_path)
    assert set(taken.values()) == {EACH}
    pellucid.train(tmp_path / "medical_mnist", model="cnn", epochs=2, out=tmp_path / "run", say=lambda line: None)
    image = next((tmp_path / "medical_mnist" / "Hand").iterdir())
    found = explain_image(Run(tmp_path / "run"), image, out=tmp_path / "why.html")
    check(found)
    assert found.maps.cam is not None
