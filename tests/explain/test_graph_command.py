"""`pellucid graph`: runs, models and examples by name, with an image or without."""

import numpy as np
import pytest
import torch
from PIL import Image

import pellucid
from pellucid.errors import BadInput
from pellucid.evaluate.trust.calibration import Calibration
from pellucid.explain.graph_command import NAMES, graph_of_name, save_graph


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run on two classes, and one of its images."""
    folder = tmp_path_factory.mktemp("graphs")
    generator = np.random.default_rng(0)
    for number, name in enumerate(("left", "right")):
        (folder / "images" / name).mkdir(parents=True)
        for index in range(20):
            pixels = generator.integers(0, 90, (12, 12)).astype(np.uint8)
            pixels[:, 6 * number : 6 * number + 4] += 100
            Image.fromarray(pixels).save(folder / "images" / name / f"{index}.png")
    return pellucid.train(folder / "images", model="linear", epochs=4, out=folder / "run", say=lambda line: None)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_gives_a_graph_with_values_and_slopes(name):
    state = torch.get_rng_state()
    graph = graph_of_name(name)
    assert all(node.value is not None and node.slope is not None for node in graph.nodes)
    assert graph.slope_of == graph.nodes[-1].name == "loss"
    assert torch.equal(torch.get_rng_state(), state)


def test_the_xor_example_gives_the_right_answer():
    assert graph_of_name("xor")["p"].value.mean > 0.95


@pytest.mark.slow
def test_the_logits_and_the_loss_of_a_run_are_those_that_predict_gives(run):
    known = run.path.parent / "images" / "right" / "3.png"
    image = run.path.parent / "new.png"
    Image.fromarray(np.asarray(Image.open(known)) + np.uint8(1)).save(image)
    graph = graph_of_name(str(run.path), image)
    logits = graph["logits"].value.whole[0]
    p = torch.softmax(logits, 0)
    answer = run.predict(image)
    assert run.facts["classes"][int(logits.argmax())] == answer.predicted[0] == "right"
    assert graph["loss"].value.mean == pytest.approx(-float(torch.log(p[1])), rel=1e-5)
    calibrated = Calibration.from_dict(run.facts["calibration"]).probabilities(logits[None].numpy(), "binary")
    np.testing.assert_allclose(calibrated[0], answer.probabilities[0], atol=1e-6)
    assert "own answer" in " ".join(graph.notes)


def test_a_run_without_an_image_is_shown_the_middle_of_its_scale(run):
    graph = graph_of_name(str(run.path))
    assert graph.nodes[0].value.norm == 0
    assert "No image was named" in " ".join(graph.notes)


def test_an_image_in_gray_or_colour_goes_through_an_untrained_model(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "colour.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "gray.png")
    assert graph_of_name("cnn", tmp_path / "colour.png").nodes[0].shapes_out == ((1, 3, 28, 28),)
    assert graph_of_name("cnn", tmp_path / "gray.png").nodes[0].shapes_out == ((1, 1, 28, 28),)


def test_what_is_neither_a_run_nor_a_name_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no run folder and none of linear, .*, xor"):
        graph_of_name(str(tmp_path))
    with pytest.raises(BadInput, match="takes no image"):
        graph_of_name("xor", tmp_path / "any.png")
    with pytest.raises(BadInput, match=r"none\.png is not there"):
        graph_of_name("linear", tmp_path / "none.png")


def test_only_an_earlier_drawing_is_replaced(tmp_path):
    graph = graph_of_name("xor")
    save_graph(graph, tmp_path / "graph.svg")
    save_graph(graph, tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text("utf-8") == graph.as_svg() + "\n"
    (tmp_path / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(BadInput, match="no drawing"):
        save_graph(graph, tmp_path / "letter.txt")
