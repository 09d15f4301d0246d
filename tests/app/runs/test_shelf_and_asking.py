"""Runs as rows, and what a run says of a dropped image: the same as `predict` does."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from pellucid.app.runs.asking import ask
from pellucid.app.runs.shelf import rows_of, run_at
from pellucid.errors import BadInput
from pellucid.predicting import predict
from pellucid.run import Run

pytestmark = pytest.mark.slow  # trains a model


@pytest.fixture
def image():
    levels = load_digits().images[5]
    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, "png")
    return file.getvalue()


def test_each_run_is_a_row_with_the_figures_of_its_report(folder):
    rows = {row.name: row for row in rows_of(folder)}
    assert (rows["broken"].state, rows["begun"].state) == ("damaged", "unfinished")
    held_out = json.loads((folder / "digits" / "report.json").read_text())["held_out"]
    one, figures = held_out["accuracy"], dict(rows["digits"].figures)
    assert figures["accuracy"] == f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
    assert (rows["digits"].model, rows["digits"].source, rows["digits"].cases) == ("mlp", "digits", held_out["cases"])
    assert rows_of(folder / "nowhere") == []


def test_a_row_leads_back_to_its_run_and_to_no_other_folder(folder):
    row = next(row for row in rows_of(folder) if row.name == "digits")
    assert run_at(folder, row.number, "digits").path == folder / "digits"
    for number, name in ((row.number, "../digits"), (99, "digits"), (-1, "digits")):
        with pytest.raises(BadInput, match="not there any more"):
            run_at(folder, number, name)


def test_a_dropped_image_is_answered_as_predict_answers_it(folder, image, tmp_path):
    (tmp_path / "five.png").write_bytes(image)
    wanted = predict(Run(folder / "digits"), [tmp_path / "five.png"])
    found = ask(Run(folder / "digits"), image, "five.png", 0.05)
    assert dict(found.chances) == pytest.approx(
        dict(zip(wanted.classes, wanted.probabilities[0].tolist(), strict=True))
    )
    assert found.predicted == wanted.predicted[0] == found.chances[0][0]
    assert (found.certain, found.unlike_training) == (bool(wanted.certain[0]), bool(wanted.unlike_training[0]))
    assert [title.split()[0] for title, _ in found.pages] == ["Why:", "The", "The"]
    assert all("<html" in page and str(tmp_path.parent) not in page for _, page in found.pages)
    assert "five.png" in found.pages[0][1]
    assert "<svg" in found.pages[2][1]
    assert not ask(Run(folder / "digits"), image, "five.png", 0.05, explain=False).pages


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused_in_one_line(folder, content):
    with pytest.raises(BadInput, match=r"^[^\n]+$"):
        ask(Run(folder / "digits"), content, "../../a.png", 0.05)


def test_a_file_name_is_no_markup_in_the_pages_that_open_an_answer(folder, image):
    found = ask(Run(folder / "digits"), image, "<img src=x onerror=alert(1)>.png", 0.05)
    assert len(found.pages) == 3
    for _, page in found.pages:
        assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.png" in found.pages[2][1]
