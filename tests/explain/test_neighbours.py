"""The nearest training images: beside scikit-learn's, and only those that are still what the run learned from."""

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.neighbors import NearestNeighbors

import pellucid
from pellucid.errors import PellucidError
from pellucid.evaluate.checking.told import Told
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.explain.neighbours import nearest_training_images
from pellucid.run import Run


def training_names(run) -> list[str]:
    cases = Told(Run(run)).cases
    return [cases.names[row] for row in cases.rows("train").tolist()]


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_they_are_those_of_scikit_learn_among_the_training_part(trained, asked_about, outsider, model):
    asked = asked_about(trained(model), outsider(model))
    found = nearest_training_images(asked, None)
    dataset = pellucid.read(trained(model).parent / "images")
    rows = [dataset.names.index(name) for name in training_names(trained(model))]
    stored, answers = dataset.images[rows], asked.trained.answers
    if model == "linear":
        here, there = (thumbnails(pixels, asked.trained.scaling) for pixels in (asked.stored, stored))
    else:
        here, there = answers(asked.stored)[1], answers(stored)[1]
    distances, order = NearestNeighbors(n_neighbors=8).fit(there).kneighbors(here)
    np.testing.assert_allclose([one.distance for one in found.nearest], distances[0], rtol=1e-3)
    assert [one.name for one in found.nearest] == [dataset.names[rows[at]] for at in order[0]]
    assert [one.label for one in found.nearest] == [one.name.split("/")[0] for one in found.nearest]
    assert found.compared == len(rows)


def test_features_are_what_the_last_layer_is_given(trained, asked_about, outsider):
    asked = asked_about(trained("mlp"), outsider("mlp"))
    found = nearest_training_images(asked, None, 1).nearest[0]
    model, scaling = asked.trained.learner.model, asked.trained.scaling
    pair = np.stack([asked.stored[0], found.pixels]).astype(np.float32)
    hidden = model[:-1](torch.from_numpy((pair - scaling.mean[0]) / scaling.deviation[0]).float())
    assert found.distance == pytest.approx((hidden[0] - hidden[1]).norm().item(), rel=1e-3)


def test_an_image_of_the_training_part_has_itself_as_nearest_at_no_distance(trained, asked_about):
    run = trained("cnn")
    name = training_names(run)[5]
    first = nearest_training_images(asked_about(run, run.parent / "images" / name), None).nearest[0]
    assert (first.name, first.distance, first.same) == (name, 0.0, True)


def test_images_that_were_changed_or_are_gone_are_left_out(trained, asked_about, tmp_path, outsider):
    run = trained("mlp")
    source = tmp_path / "elsewhere"
    names = training_names(run)
    for path in (run.parent / "images").rglob("*.png"):
        name = path.relative_to(run.parent / "images")
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if str(name) == names[0]:
            continue
        pixels = np.asarray(Image.open(path))
        Image.fromarray(65535 - pixels if str(name) == names[1] else pixels).save(source / name)
    found = nearest_training_images(asked_about(run, outsider("mlp")), source, most=100)
    assert {one.name for one in found.nearest} == set(names[2:])
    assert found.left_out == 2


def test_where_the_source_is_gone_one_line_says_so(trained, asked_about, outsider, monkeypatch):
    asked = asked_about(trained("mlp"), outsider("mlp"))
    monkeypatch.setitem(asked.run.recipe, "source", {**asked.run.recipe["source"], "path": "/gone/images"})
    found = nearest_training_images(asked, None)
    assert found.nearest == ()
    assert found.none == "/gone/images is not there; --source tells where they are"
    with pytest.raises(PellucidError, match="nowhere"):
        nearest_training_images(asked, "nowhere")


def test_of_many_some_are_drawn_where_all_would_take_long_and_it_is_said(trained, asked_about, monkeypatch):
    run = trained("mlp")
    name = training_names(run)[3]
    asked = asked_about(run, run.parent / "images" / name)
    every = nearest_training_images(asked, None, 100)
    monkeypatch.setattr("pellucid.explain.distances.MANY", 4)
    assert nearest_training_images(asked, None, 100).compared == every.compared  # since it is soon done
    monkeypatch.setattr("pellucid.explain.distances.PATIENCE_S", 0.0)
    some, again = (nearest_training_images(asked, None, 100) for _ in range(2))
    assert some.compared in (4, 5)
    assert [one.name for one in some.nearest] == [one.name for one in again.nearest]
    assert some.nearest[0].name == name  # the very image is always among them
    drawn = {one.name for one in some.nearest}
    assert [one.name for one in every.nearest if one.name in drawn] == [one.name for one in some.nearest]
    assert {one.name: one.distance for one in some.nearest}.items() <= {
        one.name: pytest.approx(one.distance, rel=1e-5) for one in every.nearest
    }.items()
    told = f"{some.compared} training images, drawn at random (seed 0) of {every.compared}"
    assert some.told.startswith(told)
    assert (some.as_dict()["drawn_at_random_by_seed"], some.as_dict()["training_images"]) == (0, every.compared)
    assert every.as_dict()["drawn_at_random_by_seed"] is None
    from pellucid.explain import explain_image

    found = explain_image(asked.run, asked.image)
    assert told in "\n".join(found.lines())
    assert told in found.as_html()
