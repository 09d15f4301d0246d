"""The page on the doctor: each recipe's faults are named, and a sound first run is not."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_faults_that_any_pictures_show_are_named_on_digits_too(run):
    page = run("through_the_doctor.py", "digits", shapes=False)
    assert {"inputs-scaled-twice"} <= set(page["r0"])
    assert {"inputs-scaled-twice", "softmax-does-not-sum-to-one"} <= set(page["r1"])
    assert "softmax-does-not-sum-to-one" not in page["r0"]
    assert "labels-spread-in-metric" in page["r2a"]
    first, _ = page["r2b"]
    assert "already-trained" not in first


@pytest.mark.realdata
def test_the_recipes_own_pictures_show_every_fault(run):
    folder = Path(os.environ.get("PELLUCID_DATA", ""))
    for name in ("medical_mnist.zip", "mnist_png.zip"):
        if not (folder / name).is_file():
            pytest.skip(f"{name} is missing: set PELLUCID_DATA to the folder that holds it")
    page = run("through_the_doctor.py", shapes=False)
    assert {"inputs-scaled-twice", "more-outputs-than-classes"} <= set(page["r0"])
    assert {"inputs-scaled-twice", "more-outputs-than-classes", "softmax-does-not-sum-to-one"} <= set(page["r1"])
    assert {"start-too-large", "labels-sorted-by-class", "labels-spread-in-metric"} <= set(page["r2a"])
    first, second = page["r2b"]
    assert first == []
    assert second == ["already-trained"]
