"""An image of the run's own source, by its name: the very pixels that the run saw, its true label and its part."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import pellucid
from pellucid.errors import BadInput, PellucidError
from pellucid.evaluate.checking.told import Told
from pellucid.explain import explain_image
from pellucid.explain.asking import ask
from pellucid.explain.own_source import PARTS
from pellucid.run import Run


@pytest.fixture(scope="module")
def of_digits(tmp_path_factory):
    """One epoch of a linear model, which is wrong now and then."""
    out = tmp_path_factory.mktemp("digits") / "run"
    pellucid.train("digits", model="linear", epochs=1, out=out, say=lambda line: None)
    return Run(out)


def test_a_digit_is_named_by_its_number_on_the_command_line(of_digits, command):
    done = command("explain", of_digits.path, "1790", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    label = str(load_digits().target[1790])
    part = Told(of_digits).cases.parts[1790]
    assert told["image"] == "1790"
    known = {"name": "1790", "label": label, "part": part, "source": "digits"}
    assert told["of_the_run"] == known | {"known_by": "name", "same_pixels": []}
    assert max(abs(one["difference"]) for one in told["arithmetic"]["sums"]) < 1e-9


def test_its_pixels_are_those_of_the_source_and_its_logits_those_of_the_run(of_digits):
    told = Told(of_digits)
    judged, logits = told.cases.judged().tolist(), told.answers.logits
    for at in (0, 200, 500):
        asked = ask(of_digits, Path(told.cases.names[judged[at]]))
        np.testing.assert_array_equal(asked.stored[0, 0], load_digits().images[judged[at]])
        np.testing.assert_allclose(asked.logits, logits[at], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("model", ["linear", "cnn"])
def test_by_name_and_by_file_the_answer_is_one(trained, image_of, model):
    run = Run(trained(model))
    path = image_of(run.path, "middle", 5)
    by_name, by_file = ask(run, Path("middle", path.name)), ask(run, path)
    np.testing.assert_array_equal(by_name.stored, by_file.stored)
    one, other = (asked.answer.as_dict()["predictions"][0] for asked in (by_name, by_file))
    assert {**one, "path": ""} == {**other, "path": ""}
    assert one["path"] == f"middle/{path.name}"


def test_page_and_lines_say_true_class_part_and_source_and_a_wrong_answer_is_called_wrong(of_digits, tmp_path):
    told = Told(of_digits)
    judged = told.cases.judged()
    answered = told.probabilities.argmax(1)
    right = answered == told.cases.labels[judged]
    for at, wrong in ((int(np.flatnonzero(right)[-1]), False), (int(np.flatnonzero(~right)[-1]), True)):
        case = int(judged[at])
        found = explain_image(of_digits, told.cases.names[case], neighbours=0)
        lines, page = "\n".join(found.lines()), found.as_html()
        label = told.cases.classes[told.cases.labels[case]]
        assert f"true class: {label}" in lines
        assert f"True class: <b>{label}</b>" in page
        assert (f"true class: {label}, so the answer is WRONG" in lines) == wrong
        assert ("so the answer is" in page) == wrong
        for text in (lines, page):
            assert "read from the run's own source, digits" in text.replace("&#39;", "'")
            assert PARTS["held_out"] in text
        assert f"<title>Image {told.cases.names[case]} of digits: why {found.klass}?</title>" in page


def test_a_file_goes_before_an_image_of_the_same_name(of_digits, here):
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(here / "5.png")
    (here / "5.png").rename(here / "5")
    asked = ask(of_digits, Path("5"))
    assert asked.own is None
    assert asked.stored.ravel().tolist() == list(range(64))


def test_what_is_neither_file_nor_name_is_one_line_with_an_example(of_digits, tmp_path, here):
    with pytest.raises(BadInput) as problem:
        ask(of_digits, Path("scan.png"))
    told = str(problem.value)
    example = told.rpartition("such as ")[2].removesuffix(".")
    assert told.startswith("scan.png is neither a file nor one of the 1,797 images of")
    assert Told(of_digits).cases.parts[int(example)] == "held_out"
    assert "\n" not in told
    with pytest.raises(BadInput, match="nowhere is no run folder"):
        ask(Run(Path("nowhere")), Path("5"))
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "weights.safetensors").write_bytes(of_digits.file("weights.safetensors").read_bytes())
    with pytest.raises(BadInput, match=r"has no split\.csv"):
        ask(Run(tmp_path / "bare"), Path("5"))


def test_an_image_that_was_moved_is_found_by_source_and_a_changed_one_is_refused(
    trained, image_of, tmp_path, monkeypatch
):
    run = Run(trained("mlp"))
    path = image_of(run.path, "right", 2)
    for klass in ("left", "middle", "right"):
        (tmp_path / "moved" / klass).mkdir(parents=True)
        for index in range(14):
            other = image_of(run.path, klass, index)
            (tmp_path / "moved" / klass / other.name).write_bytes(other.read_bytes())
    monkeypatch.setitem(run.recipe, "source", {**run.recipe["source"], "path": "/gone/images"})
    name = Path("right", path.name)
    with pytest.raises(PellucidError, match="/gone/images is not there; --source tells where they are"):
        ask(run, name)
    expected = ask(run, path).answer.probabilities
    np.testing.assert_allclose(ask(run, name, tmp_path / "moved").answer.probabilities, expected)
    Image.fromarray(65535 - np.asarray(Image.open(path))).save(tmp_path / "moved" / name)
    with pytest.raises(BadInput, match=f"has no right/{path.name} with the pixels that the run saw"):
        ask(run, name, tmp_path / "moved")


def test_an_image_of_several_labels_is_told_with_all_of_them(several):
    cases = Told(Run(several)).cases
    case = next(row for row in cases.rows("held_out").tolist() if cases.labels[row].sum() == 2)
    found = explain_image(Run(several), cases.names[case], neighbours=0)
    labels = [name for name, here in zip(cases.classes, cases.labels[case], strict=True) if here]
    assert found.as_dict()["of_the_run"]["label"] == "|".join(labels)
    assert f"True labels: <b>{', '.join(labels)}</b>" in found.as_html()
