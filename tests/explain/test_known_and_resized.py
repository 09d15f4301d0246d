"""An image that the run knows by its pixels, one of another size, and what `predict` says beside it."""

import shutil

import numpy as np
import pytest
from PIL import Image

from pellucid.evaluate.checking.told import Told
from pellucid.explain import explain_image
from pellucid.explain.graph_command import graph_of_name
from pellucid.predicting import predict
from pellucid.run import Run


def test_a_copy_of_a_training_image_is_known_by_its_pixels_in_explain_and_graph(trained, image_of, tmp_path):
    run = Run(trained("cnn"))
    cases = Told(run).cases
    name = cases.names[int(cases.rows("train")[0])]
    shutil.copyfile(run.path.parent / "images" / name, tmp_path / "copy.png")
    found = explain_image(run, tmp_path / "copy.png", neighbours=0)
    known = found.as_dict()["of_the_run"]
    assert (known["name"], known["label"], known["part"]) == (name, name.split("/")[0], "train")
    assert known["known_by"] == "pixels"
    lines = "\n".join(found.lines())
    for text in (lines, found.as_html()):
        assert f"{name} of images has the very same pixels" in text
        assert "the model learned from it" in text
    notes = " ".join(graph_of_name(str(run.path), tmp_path / "copy.png").notes)
    assert f"True label: {name.split('/')[0]}." in notes
    assert "No label is known" not in notes


def test_an_image_that_the_run_never_saw_is_not_known(trained, outsider):
    found = explain_image(Run(trained("cnn")), outsider("cnn"), neighbours=0)
    assert found.as_dict()["of_the_run"] is None
    assert "true class" not in "\n".join(found.lines())
    assert "No label is known" in " ".join(graph_of_name(str(trained("cnn")), outsider("cnn")).notes)


def test_a_resized_image_is_told_as_such_and_another_is_not(trained, image_of, tmp_path):
    run = Run(trained("cnn"))
    Image.open(image_of(run.path)).resize((30, 24)).save(tmp_path / "large.png")
    found = explain_image(run, tmp_path / "large.png", neighbours=0)
    told = "The image was resized from 24 x 30 to 12 x 12 pixels: rows, columns and stored values here are those after"
    for text in ("\n".join(found.lines()), found.as_html()):
        assert told in text
        assert "432 numbers (144 pixels x 3 colours)" in text
    assert explain_image(run, image_of(run.path), neighbours=0).asked.resized == ""


def test_the_probability_of_predict_stands_beside_the_exact_one_with_their_difference(trained, image_of):
    run = Run(trained("cnn"))
    found = explain_image(run, image_of(run.path), neighbours=0)
    answer = predict(run, [image_of(run.path)], device="cpu")
    used, exact = float(answer.probabilities.max()), float(found.arithmetic.probabilities.max())
    told = f"says {used:.6f}, computed in {run.facts['precision']} ("
    for text in ("\n".join(found.lines()), found.as_html()):
        assert told in text
        assert f"here it is {exact:.6f}, in float64: {abs(used - exact):.1e} apart" in text


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_a_graph_of_a_run_names_its_logits_and_the_temperature_it_leaves_out(trained, image_of, model):
    run = Run(trained(model))
    graph = graph_of_name(str(run.path), image_of(run.path))
    notes, logits = " ".join(graph.notes), graph["logits"].value.whole[0].tolist()
    temperature = run.facts["calibration"]["temperature"]
    assert f"divide these logits by the temperature {temperature:.4g} first" in notes
    each = ", ".join(f"{name} {logit:+.4f}" for name, logit in zip(run.facts["classes"], logits, strict=True))
    assert f"in the order of the node: {each}." in notes
    cooled = np.exp(np.array(logits) / temperature)
    answer = predict(run, [image_of(run.path)], device="cpu").probabilities[0]
    np.testing.assert_allclose(cooled / cooled.sum(), answer, atol=0.02)


def test_integrated_gradients_say_whether_what_is_missing_is_much(trained, image_of):
    run = Run(trained("mlp"))
    found = explain_image(run, image_of(run.path), neighbours=0)
    assert found.maps.integrated.told() in "\n".join(found.lines())
    assert found.maps.integrated.told() in found.as_html()
    assert found.maps.integrated.share == pytest.approx(
        abs(found.maps.integrated.missing) / abs(found.maps.integrated.logit - found.maps.integrated.baseline_logit)
    )
