"""Probabilities for new images: for those of the run the very ones that it wrote; what cannot be read is named."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.errors import BadInput
from pellucid.predicting import Predictions, TrainedRun, predict, save_predictions
from pellucid.run import Run


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> TrainedRun:
    """A run on three classes of small pictures, and the pictures themselves in the folder beside it."""
    folder = tmp_path_factory.mktemp("trained")
    generator = np.random.default_rng(0)
    for number, name in enumerate(("left", "right, far", "été")):
        (folder / "images" / name).mkdir(parents=True)
        for index in range(20):
            pixels = generator.integers(0, 110, (12, 12)).astype(np.uint8)
            pixels[:, 4 * number : 4 * number + 3] += 90
            Image.fromarray(pixels).save(folder / "images" / name / f"{index}.png")
    return pellucid.train(folder / "images", model="cnn", epochs=8, out=folder / "run", say=lambda line: None)


@pytest.fixture(scope="module")
def images(trained) -> Path:
    return trained.path.parent / "images"


def written(run: Run) -> dict[str, tuple[str, list[float]]]:
    """Label and probabilities of each judged case in predictions.csv."""
    with run.file("predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["name"]: (row["label"], [float(row[f"p_{name}"]) for name in run.facts["classes"]]) for row in rows}


def test_the_images_of_the_run_get_the_runs_own_probabilities(trained, images):
    answers = trained.predict(images)
    expected = written(trained)
    found = {os.path.relpath(path, images): p for path, p in zip(answers.paths, answers.probabilities, strict=True)}
    assert len(answers.paths) == 60
    assert set(expected) < set(found)
    for name, (_, p) in expected.items():
        np.testing.assert_allclose(found[name], p, atol=1e-6)
    right = [
        Path(path).parent.name == predicted for path, predicted in zip(answers.paths, answers.predicted, strict=True)
    ]
    assert np.mean(right) > 0.9


def test_a_file_a_folder_and_a_zip_are_answered_alike(trained, images, tmp_path):
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as made:
        for file in sorted(images.rglob("*.png")):
            made.write(file, file.relative_to(images))
    folder, zipped = trained.predict(images), trained.predict([tmp_path / "some.zip"])
    files = trained.predict(sorted(images.rglob("*.png"), key=str))
    by_name = []
    for answers, root in ((folder, images), (zipped, tmp_path / "some.zip"), (files, images)):
        names = [os.path.relpath(path, root) for path in answers.paths]
        by_name.append(dict(zip(names, answers.probabilities.tolist(), strict=True)))
    assert by_name[0].keys() == by_name[1].keys() == by_name[2].keys()
    for name, p in by_name[0].items():
        np.testing.assert_allclose(by_name[1][name], p, atol=1e-6)
        np.testing.assert_allclose(by_name[2][name], p, atol=1e-6)


def test_answers_do_not_depend_on_the_company_of_an_image(trained, images):
    together = trained.predict(images)
    for place in (0, 31, 59):
        alone = trained.predict(together.paths[place])
        assert alone.paths == [together.paths[place]]
        np.testing.assert_allclose(alone.probabilities[0], together.probabilities[place], atol=1e-6)
        assert alone.predicted == [together.predicted[place]]
        assert alone.certain[0] == together.certain[place]


def test_what_does_not_fit_the_model_is_named_and_the_rest_answered(trained, images, tmp_path):
    pixels = np.array(Image.open(images / "left" / "0.png"))
    (tmp_path / "new").mkdir()
    Image.fromarray(pixels).save(tmp_path / "new" / "alike.png")
    Image.fromarray(pixels.repeat(3, 0).repeat(3, 1)).save(tmp_path / "new" / "larger.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 12, 3), np.uint8)).save(
        tmp_path / "new" / "colour.png"
    )
    Image.fromarray(pixels.astype(np.uint16) * 257).save(tmp_path / "new" / "deep.png")
    (tmp_path / "new" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    (tmp_path / "new" / "empty.jpg").write_bytes(b"")
    answers = trained.predict(tmp_path / "new")
    named = {Path(path).name: reason for path, reason in answers.unreadable}
    read = {Path(path).name: p for path, p in zip(answers.paths, answers.probabilities, strict=True)}
    assert {"broken.png", "empty.jpg", "colour.png", "deep.png"} <= named.keys()
    assert all(name in reason and "\n" not in reason for name, reason in named.items())
    assert read.keys() == {"alike.png", "larger.png"}  # larger images are resized, as those of training would be
    assert read["larger.png"].argmax() == read["alike.png"].argmax()


def test_the_table_has_the_columns_that_others_rely_on(trained, images, tmp_path):
    answers = trained.predict(images)
    save_predictions(answers, tmp_path / "predictions.csv")
    with (tmp_path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = ["left", "right, far", "été"]
    assert list(rows[0]) == [
        "path",
        "predicted",
        *(f"p_{name}" for name in classes),
        "set",
        "certain",
        "unlike_training",
    ]
    for row, p, chosen in zip(rows, answers.probabilities, answers.sets, strict=True):
        found = [float(row[f"p_{name}"]) for name in classes]
        assert found == pytest.approx(p.tolist(), rel=1e-8)
        assert sum(found) == pytest.approx(1)
        assert row["predicted"] == classes[p.argmax()]
        assert row["set"].split("|") == [name for name, here in zip(classes, chosen, strict=True) if here]
        assert row["predicted"] in row["set"].split("|")
        sure = row["set"].count("|") == 0 and row["unlike_training"] == "no"
        assert row["certain"] == ("yes" if sure else "no")
    assert [row["path"] for row in rows] == answers.paths


def test_json_has_the_keys_that_others_rely_on(trained, images):
    told = json.loads(json.dumps(trained.predict(images / "left").as_dict(), allow_nan=False))
    assert (told["run"], told["images"]) == (str(trained.path), 20)
    assert told["seconds"] > 0
    for row in told["predictions"]:
        assert {"path", "predicted", "p", "set", "certain", "unlike_training"} <= row.keys()
        assert list(row["p"]) == ["left", "right, far", "été"]
        assert row["predicted"] == max(row["p"], key=row["p"].get)
        assert isinstance(row["certain"], bool)


def test_noise_is_not_certain_where_it_is_unlike_training(trained, tmp_path):
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(tmp_path / "black.png")
    answers = trained.predict(tmp_path / "black.png")
    assert not (answers.certain & answers.unlike_training).any()


def test_many_labels_may_all_be_present_or_none():
    p = np.array([[0.9, 0.6], [0.1, 0.2]])
    none = np.zeros(2, bool)
    sure = np.array([True, False])
    answers = Predictions("run", ("a", "b"), "multi-label", ["1", "2"], p, p >= 0.05, sure, none, 0.05, (), 0.1)
    assert answers.predicted == ["a|b", ""]
    assert answers.certain.tolist() == [True, False]


def test_without_a_promise_nothing_is_certain_and_what_is_unlike_never_is():
    p, sets = np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([[True, False]] * 2)
    unlike, sure = np.array([True, False]), np.ones(2, bool)
    told = ("run", ("a", "b"), "binary", ["1", "2"], p, sets)
    assert Predictions(*told, None, unlike, 0.05, (), 0.1).certain.tolist() == [False, False]
    assert Predictions(*told, sure, unlike, 0.05, (), 0.1).certain.tolist() == [False, True]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nowhere.png", "nowhere.png is not there"),
        ("nothing", "nothing holds no images"),
        ("words.txt", r"words.txt is not an image in a known format|None of 1 images can be read"),
        ("empty.zip", "empty.zip"),
    ],
)
def test_what_cannot_be_answered_is_one_line(asked, said, trained, here):
    Path("nothing").mkdir()
    Path("words.txt").write_text("words")
    Path("empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(BadInput, match=said) as told:
        trained.predict(asked)
    assert "\n" not in str(told.value)


def test_no_images_at_all_are_asked_for(trained):
    with pytest.raises(BadInput, match="No images were named"):
        predict(trained, [])


def test_a_folder_that_is_no_run_is_named(tmp_path, images):
    with pytest.raises(BadInput, match=r"is no run folder: `pellucid runs` lists"):
        TrainedRun(tmp_path).predict(images)
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(BadInput, match="has no weights yet: finish it with"):
        TrainedRun(tmp_path).predict(images)


def test_weights_of_another_program_are_named(tmp_path, images):
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "weights.safetensors", {"pellucid": '{"format": 1}'})
    with pytest.raises(BadInput, match=r"weights.safetensors does not say its classes: restore it"):
        TrainedRun(tmp_path).predict(images)


def test_a_table_that_cannot_be_written_is_one_line(trained, images, here):
    Path("file").write_text("x")
    answers = trained.predict(images / "left" / "0.png")
    for out in ("file/below.csv", "nowhere/below.csv"):
        with pytest.raises(BadInput, match="cannot be written"):
            save_predictions(answers, Path(out))


def test_an_opened_run_answers_as_the_trained_one(trained, images):
    again = pellucid.open_run(str(trained.path))
    np.testing.assert_array_equal(again.predict(images).probabilities, trained.predict(images).probabilities)


def test_what_a_notebook_shows_has_every_image_and_no_markup_of_others(trained, here, images):
    name = "<b>&.png"
    Path(name).write_bytes((images / "left" / "0.png").read_bytes())
    page = trained.predict(name)._repr_html_()
    assert "&lt;b&gt;&amp;.png" in page
    assert "<b>&.png" not in page


def test_reading_a_table_needs_no_more_than_the_csv_module(trained, images):
    rows = list(csv.reader(io.StringIO(trained.predict(images).as_csv())))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == 61
