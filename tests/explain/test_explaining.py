"""`explain_image` as a whole: what it prints, its JSON, its page, and every kind of run and image."""

import json
import re
import shutil

import pytest

from pellucid.errors import BadInput
from pellucid.explain import explain_image
from pellucid.explain.pocket import printed
from pellucid.predicting import predict
from pellucid.run import Run


@pytest.fixture(scope="session")
def explained(trained, image_of):
    """Of the cnn on colours, with its page."""
    run = trained("cnn")
    return explain_image(Run(run), image_of(run), out=run.parent / "why.html")


def test_it_says_what_predict_says(trained, image_of, explained):
    expected = predict(Run(trained("cnn")), [image_of(trained("cnn"))], device="cpu").as_dict()["predictions"][0]
    found = explained.as_dict()
    for name in ("predicted", "p", "set", "certain", "unlike_training"):
        assert found[name] == expected[name]
    assert found["explained"] == expected["predicted"]
    assert found["next_class"] == sorted(expected["p"], key=expected["p"].get)[-2]


def test_json_holds_every_sum_with_its_difference(explained):
    found = json.loads(json.dumps(explained.as_dict(), allow_nan=False))
    sums = found["arithmetic"]["sums"]
    largest = max(abs(one["float64"]) for one in found["logits"])
    assert len(sums) == 1 + 3 + 6 + 4 + 2 + 3  # probability, logits, units, pixels twice, one place, three norms
    for one in sums:
        assert one["difference"] == one["sum"] - one["value"]
        assert abs(one["difference"]) <= 1e-9 * max(largest, abs(one["value"]))
    for one in found["logits"]:
        assert one["difference"] == one["predicted_with"] - one["float64"]
    assert set(found["saliency"]["checks"]) == {"integrated gradients", "Grad-CAM", "edges of the image"}
    assert len(found["neighbours"]["nearest"]) == 8


def test_the_terminal_gets_the_logit_its_sums_and_the_neighbours(explained):
    told = "\n".join(explained.lines())
    logit = explained.arithmetic.logits[explained.arithmetic.klass]
    assert f"{logit:+.9f}, from 256 units x weights and the bias" in told
    assert "all 19 sums add up" in told
    assert "edges of the image: does NOT depend on what was learned" in told
    assert explained.neighbours.nearest[0].name in told
    assert max(map(len, explained.lines())) < 200


def test_the_page_stands_alone_and_shows_what_was_computed(explained):
    text = explained.page.read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert "<script" not in text
    assert text.count("<img") >= 1 + 6 + 3 + 2 + 3 + 8
    assert f"{explained.arithmetic.of_logits[0].total:.12g}" in text
    assert "patients" in text
    for line in explained.arithmetic.place.output.products[0]:
        assert "".join(f"<td>{printed(product, 3, '+')}</td>" for product in line) in text


def test_names_of_files_and_classes_are_no_html(trained, image_of, tmp_path):
    path = tmp_path / "<b>&.png"
    shutil.copyfile(image_of(trained("mlp")), path)
    text = explain_image(Run(trained("mlp")), path, neighbours=0).as_html()
    assert "<b>&.png" not in text
    assert "&lt;b&gt;&amp;.png" in text


def test_an_earlier_page_is_replaced_and_no_other_file(trained, image_of, tmp_path, explained):
    run, out = Run(trained("linear")), tmp_path / "page.html"
    out.write_text(explained.as_html(), "utf-8")
    explain_image(run, image_of(run.path), neighbours=0, out=out)
    assert "(linear)" in out.read_text("utf-8")
    out.write_text("my notes", "utf-8")
    with pytest.raises(BadInput, match="no page of pellucid explain"):
        explain_image(run, image_of(run.path), out=out)
    with pytest.raises(BadInput, match="is not there: make that folder"):
        explain_image(run, image_of(run.path), out=tmp_path / "nowhere" / "page.html")
    assert out.read_text("utf-8") == "my notes"


def test_another_class_than_the_likeliest_can_be_explained(trained, image_of, explained):
    run = trained("cnn")
    other = next(name for name in Run(run).facts["classes"] if name != explained.klass)
    found = explain_image(Run(run), image_of(run), klass=other, neighbours=0)
    assert found.as_dict()["next_class"] == explained.klass
    for one in (found, explained):
        assert one.maps.integrated.logit == pytest.approx(float(one.arithmetic.logits[one.arithmetic.klass]))
        assert one.arithmetic.pixels.sum.value == float(one.arithmetic.logits[one.arithmetic.klass])
    assert "the likeliest class" in found.as_html()
    with pytest.raises(BadInput, match="knows no class 'none such': name one of left, middle, right"):
        explain_image(Run(run), image_of(run), klass="none such")


def test_only_one_image_at_a_time(trained, tmp_path):
    run = Run(trained("linear"))
    with pytest.raises(BadInput, match="is no single image"):
        explain_image(run, run.path.parent / "images")
    with pytest.raises(BadInput, match="is neither a file nor one of the 42 images"):
        explain_image(run, tmp_path / "nothing.png")


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_hounsfield_units_16_bit_and_colours_are_told_as_they_are_in_the_file(trained, image_of, pixels_of_file, model):
    run = trained(model)
    found = explain_image(Run(run), image_of(run, "right", 7), neighbours=0)
    pixels = pixels_of_file(model, 2, 7).astype(int).reshape(12, 12, -1) - (1024 if model == "linear" else 0)
    assert found.arithmetic.pixels.terms.shape == (pixels.shape[2], 12, 12)
    for term in found.arithmetic.pixels.largest:
        assert term.stored == pixels[term.row, term.column, term.channel]
    assert f"stored value {found.arithmetic.pixels.largest[0].stored}" in found.as_html()


def test_several_labels_at_once(several):
    found = explain_image(Run(several), several.parent / "own.png")
    assert found.as_dict()["next_class"] is None
    assert "for each label by itself" in found.as_html()
    assert found.neighbours.nearest[0].distance == 0.0
    assert found.neighbours.nearest[0].same
