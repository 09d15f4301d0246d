"""The audit of a run's images and a model as a graph, as pages: those that the commands write, and what is refused."""

from __future__ import annotations

import base64
import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import pellucid
from pellucid.app.runs.auditing import audit_page_of_run
from pellucid.app.runs.graphing import graph_page_of_model, graph_page_of_run
from pellucid.auditing import audit_source, page_of
from pellucid.data import read
from pellucid.errors import BadInput
from pellucid.explain.graph_command import graph_of_name
from pellucid.run import Run

pytestmark = pytest.mark.slow  # trains a model


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Noughts and ones as files; a nought stands among the ones, too."""
    folder, digits = tmp_path_factory.mktemp("images"), load_digits()
    for number in range(2):
        (folder / "images" / str(number)).mkdir(parents=True)
        for at, level in enumerate(digits.images[digits.target == number][:80]):
            picture = Image.fromarray(
                (level * (255 / level.max())).astype(np.uint8)
            )  # black to white, as pages show it
            picture.save(folder / "images" / str(number) / f"{at}.png")
    shutil.copy(folder / "images" / "0" / "7.png", folder / "images" / "1" / "twin.png")
    pellucid.train(folder / "images", model="linear", epochs=1, out=folder / "run")
    return folder


@pytest.fixture
def own(images, tmp_path):
    """The images and the run once more, to be spoilt; the run's recipe leads to these images."""
    shutil.copytree(images / "images", tmp_path / "images")
    shutil.copytree(images / "run", tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.json"
    recipe.write_text(recipe.read_text().replace(str(images / "images"), str(tmp_path / "images")))
    return tmp_path


def test_the_page_is_that_of_the_command_and_shows_the_very_pixels_of_the_twins(images, tmp_path):
    page = audit_page_of_run(Run(images / "run"))
    audit_source(images / "images", out=tmp_path / "page.html")
    assert page == (tmp_path / "page.html").read_text("utf-8")
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    twin = np.asarray(Image.open(images / "images" / "0" / "7.png"))
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("L")) for one in pictures]
    assert sum(one.shape == twin.shape and (one == twin).all() for one in shown) >= 2
    assert "1/twin.png" in page


def test_a_source_by_its_name_is_audited_as_it_is_now():
    assert "1,797 images" in page_of(read("digits"))
    with pytest.raises(BadInput, match="nowhere"):
        page_of(read("nowhere/at/all"))


def test_images_that_are_gone_or_changed_are_told_in_one_line(own):
    assert "<html" in audit_page_of_run(Run(own / "run"))
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(own / "images" / "0" / "3.png")
    with pytest.raises(
        BadInput, match=r"^The images are not those of the run any more: .*0/3\.png has other pixels.*$"
    ):
        audit_page_of_run(Run(own / "run"))
    (own / "images" / "0" / "3.png").unlink()
    with pytest.raises(BadInput, match=r"^The images are not those of the run any more: .*not there any more.*$"):
        audit_page_of_run(Run(own / "run"))
    shutil.rmtree(own / "images")
    with pytest.raises(BadInput, match=r"^The run's images cannot be looked at: \S*images is not there\.$"):
        audit_page_of_run(Run(own / "run"))


def test_a_graph_is_drawn_as_the_command_draws_it(images):
    assert graph_of_name("mlp").as_svg() in graph_page_of_model("mlp")
    assert graph_of_name(str(images / "run")).as_svg() in graph_page_of_run(Run(images / "run"))


def test_a_run_whose_folder_is_called_like_a_model_is_shown_as_the_run(images, tmp_path, monkeypatch):
    shutil.copytree(images / "run", tmp_path / "linear")
    monkeypatch.chdir(tmp_path)
    page = graph_page_of_run(
        Run(next(path for path in tmp_path.iterdir() if path.name == "linear").relative_to(tmp_path))
    )
    assert "1×2" in page  # two classes; the model of that name has ten
    assert "1×10" not in page


def test_no_path_is_taken_for_a_model(images):
    for name in (str(images / "run"), "../run", "", "LINEAR"):
        with pytest.raises(BadInput, match=r"^There is no model"):
            graph_page_of_model(name)
