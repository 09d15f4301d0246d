"""The main job from source to report: what it writes is what it measured; a mistake is one line and leaves nothing."""

import csv
import json
import stat
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score

import pellucid
from pellucid.blocks import SGD
from pellucid.data import measure_scaling, read
from pellucid.errors import BadInput, PellucidError
from pellucid.learn import Batches, Images, Learner, Settings, build_model, loss_of
from pellucid.run import Run
from pellucid.summary import train_json

pytestmark = pytest.mark.slow  # runs from images to report; test_cli has a quick one

FILES = {
    *("recipe.json", "split.csv", "history.csv", "weights.safetensors", "predictions.csv", "rivals.csv"),
    *("report.json", "report.html", "model_card.md", "reporting.md", "SHA256SUMS"),
}  # resume.safetensors is there only while a run learns


def train(source, out, **told):
    said: list[str] = []
    run = pellucid.train(source, out=out, say=said.append, **{"model": "linear", "epochs": 2, **told})
    return run, said


def table(run: Run, name: str) -> list[dict[str, str]]:
    with run.file(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def npz(path: Path, labels: np.ndarray, channels: int = 1) -> Path:
    """Images whose quarters are bright by their label, in MedMNIST's layout."""
    generator = np.random.default_rng(0)
    many = labels if labels.shape[1] > 1 else labels == np.arange(labels.max() + 1)
    shape = (len(labels), 8, 8) if channels == 1 else (len(labels), 8, 8, 3)
    images = generator.integers(0, 90, shape).astype(np.uint8)
    for column in range(many.shape[1]):
        images[many[:, column] == 1, 2 * column : 2 * column + 2 if column < 3 else None] += 150
    cuts = {"train": slice(0, None, 2), "val": slice(1, None, 4), "test": slice(3, None, 4)}
    arrays = {f"{part}_images": images[cut] for part, cut in cuts.items()}
    np.savez(path, **arrays, **{f"{part}_labels": labels[cut] for part, cut in cuts.items()})
    return path


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Run:
    return train("digits", tmp_path_factory.mktemp("digits") / "run", model="mlp", epochs=4)[0]


def test_three_lines_are_enough(here):
    run = pellucid.train("digits", model="linear", epochs=1, say=lambda line: None)
    Image.fromarray(read("digits").images[0, 0] * 15).save("one.png")  # a zero
    answer = run.predict("one.png")
    assert (run.path, run.state) == (Path("runs/digits"), "finished")
    assert answer.paths == ["one.png"]
    assert answer.probabilities.sum() == pytest.approx(1)


def test_the_folder_holds_what_was_promised_and_is_private(digits):
    assert {path.name for path in digits.path.iterdir()} == FILES
    assert stat.S_IMODE(digits.path.stat().st_mode) == 0o700


def test_predictions_give_the_reports_figures(digits):
    rows = [row for row in table(digits, "predictions.csv") if row["part"] == "held_out"]
    classes = digits.report["classes"]
    p = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
    labels = np.array([classes.index(row["label"]) for row in rows])
    held_out = digits.report["held_out"]
    assert len(rows) == held_out["cases"] == digits.report["cases"]["held_out"] == 360
    assert held_out["accuracy"]["value"] == pytest.approx(accuracy_score(labels, p.argmax(1)), abs=1e-12)
    assert held_out["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(labels, p.argmax(1)))
    assert held_out["auroc"]["value"] == pytest.approx(roc_auc_score(labels, p, multi_class="ovr"), abs=1e-6)
    assert held_out["accuracy"]["low"] < held_out["accuracy"]["value"] < held_out["accuracy"]["high"]
    assert held_out["accuracy"]["value"] > 0.8
    logits = np.array([[float(row[f"logit_{name}"]) for name in classes] for row in rows])
    cooled = np.exp(logits / digits.report["calibration"]["temperature"])
    np.testing.assert_allclose(p, cooled / cooled.sum(1, keepdims=True), rtol=1e-5, atol=1e-9)


def test_rivals_give_the_reports_figures(digits):
    rows, classes = table(digits, "rivals.csv"), digits.report["classes"]
    assert {row["rival"] for row in rows if row["kind"] == "rivals"} == set(digits.report["rivals"])
    assert {row["rival"] for row in rows if row["kind"] == "probes"} == set(digits.report["probes"])
    others = digits.report["rivals"] | digits.report["probes"]
    assert len(others) >= 6
    for name, measured in others.items():
        own = [row for row in rows if row["rival"] == name]
        right = [max(classes, key=lambda k: float(row[f"p_{k}"])) == row["label"] for row in own]
        assert measured["accuracy"]["value"] == pytest.approx(np.mean(right), abs=1e-12)


def test_the_split_says_where_every_case_went(digits):
    rows = table(digits, "split.csv")
    dataset = read("digits")
    assert [row["name"] for row in rows] == dataset.names
    assert [row["sha256"] for row in rows] == [bytes(digest).hex() for digest in dataset.sha256]
    assert [row["label"] for row in rows] == [dataset.classes[label] for label in dataset.labels]
    parts = [row["part"] for row in rows]
    assert {part: parts.count(part) for part in set(parts)} == digits.report["cases"]
    judged = {(row["name"], row["part"]) for row in table(digits, "predictions.csv")}
    assert judged == {(row["name"], row["part"]) for row in rows if row["part"] != "train"}


def test_the_recipe_holds_all_that_repeats_the_run(digits):
    recipe = digits.recipe
    assert recipe["told"] == {"model": "mlp", "epochs": 4}
    settings = Settings.of({name: value for name, value in recipe["settings"].items() if value is not None})
    assert (settings.model, settings.epochs, settings.batch_size) == ("mlp", 4, 67)
    assert {"versions", "machine", "seeds", "source", "split", "scaling"} <= recipe.keys()
    train_rows = [row for row, name in enumerate(table(digits, "split.csv")) if name["part"] == "train"]
    pixels = read("digits").images[train_rows].astype(np.float64)
    assert recipe["scaling"]["mean"] == pytest.approx([pixels.mean()])
    assert recipe["scaling"]["deviation"] == pytest.approx([pixels.std()])


def test_json_has_the_keys_that_other_programs_rely_on(digits):
    told = json.loads(json.dumps(train_json(digits), allow_nan=False))
    assert told["run"] == str(digits.path)
    assert told["model"] == "mlp"
    assert told["classes"] == [str(digit) for digit in range(10)]
    assert set(told["cases"]) == {"train", "valid", "calibrate", "held_out"}
    for part in ("held_out", "held_out_without_twins"):
        for figure in ("accuracy", "auroc"):
            assert {"value", "low", "high"} <= told[part][figure].keys()
    assert all({"value", "low", "high"} <= rival["accuracy"].keys() for rival in told["rivals"].values())
    assert told["resumed_at_step"] is None
    assert {"read", "audit", "learn", "evaluate", "total"} <= told["seconds"].keys()
    assert told["peak_memory_mb"] > 10


def test_history_ends_at_the_last_step_and_the_best_epoch_is_kept(digits):
    rows = [row for row in digits.history if row.valid_loss is not None]
    assert [row.epoch for row in rows] == [1, 2, 3, 4]
    assert min(rows, key=lambda row: row.valid_loss).step == digits.report["best_step"] == digits.facts["best_step"]


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_the_same_seed_ends_in_the_same_bytes_and_another_in_others(model, tmp_path, pictures):
    source = pictures("left", "right")
    first, second, other = (
        train(source, tmp_path / f"run{number}", model=model, seed=seed)[0] for number, seed in enumerate((3, 3, 4))
    )
    contents = [run.file("weights.safetensors").read_bytes() for run in (first, second, other)]
    assert contents[0] == contents[1] != contents[2]
    for name in ("predictions.csv", "rivals.csv", "split.csv"):
        assert first.file(name).read_bytes() == second.file(name).read_bytes()


TASKS = {
    "binary": ("breastmnist", np.arange(80)[:, None] // 2 % 2),
    "multi-class": ("mine", np.arange(90)[:, None] % 3),
    "ordinal": ("retinamnist", np.arange(100)[:, None] % 5),
    "multi-label": ("many", np.random.default_rng(1).integers(0, 2, (120, 3))),
}


@pytest.mark.parametrize("channels", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "task", [task if task == "multi-label" else pytest.param(task, marks=pytest.mark.slow) for task in TASKS]
)
def test_every_task_from_an_npz_to_its_report(task, channels, tmp_path):
    name, labels = TASKS[task]
    run, _ = train(npz(tmp_path / f"{name}.npz", labels, channels), tmp_path / "run", epochs=25)
    report = run.report
    assert report["task"] == task
    assert report["held_out"]["accuracy"]["value"] > 0.75
    held_out = {row["name"] for row in table(run, "split.csv") if row["part"] == "held_out"}
    assert len(held_out) == len(labels[3::4]) == report["cases"]["held_out"]  # the source's own test part
    assert all("test" in name for name in held_out)
    if task == "multi-label":
        rows = [row for row in table(run, "predictions.csv") if row["part"] == "held_out"]
        p = np.array([[float(row[f"p_{name}"]) for name in report["classes"]] for row in rows])
        truth = np.array([[name in row["label"].split("|") for name in report["classes"]] for row in rows])
        assert report["held_out"]["accuracy"]["value"] == pytest.approx(((p >= 0.5) == truth).mean())
        assert truth.tolist() == labels[3::4].astype(bool).tolist()


@pytest.fixture
def grouped(tmp_path, pictures) -> Path:
    """A zip with six images of each of 24 patients, in two classes."""
    path = tmp_path / "clinic.zip"
    with zipfile.ZipFile(path, "w") as made:
        for file in sorted(pictures("benign", "malignant", each=72).rglob("*.png")):
            made.write(file, f"{file.parent.name}/patient{int(file.stem) // 6}/{file.name}")
    return path


def test_patients_stay_on_one_side_and_are_not_named(grouped, tmp_path):
    run, _ = train(grouped, tmp_path / "run", group_by="level:1")
    parts: dict[str, set[str]] = {}
    for row in table(run, "split.csv"):
        parts.setdefault(row["group"], set()).add(row["part"])
    assert len(parts) in (12, 24)
    assert all(len(here) == 1 for here in parts.values())
    assert "patient" not in "".join(parts)
    assert run.report["held_out"]["groups"] >= 2
    assert not any("Patients are not known" in warning for warning in run.report["warnings"])


def test_where_patients_are_not_known_it_says_so(digits):
    assert any(warning.startswith("Patients are not known") for warning in digits.report["warnings"])


def test_a_twin_of_a_training_case_is_found_and_measured_without(tmp_path, pictures):
    source = pictures("left", "right", each=20)
    for number in range(10):
        (source / "left" / f"copy{number}.png").write_bytes((source / "left" / f"{number}.png").read_bytes())
    run, _ = train(source, tmp_path / "run")
    rows = {row["name"]: row for row in table(run, "split.csv")}
    for row in rows.values():
        if row["twin"]:
            assert rows[row["twin"]]["sha256"] == row["sha256"]
            assert rows[row["twin"]]["part"] == "train" != row["part"]
    alike = sum(1 for row in rows.values() if row["part"] == "held_out" and row["twin"])
    assert run.report["twins"]["held_out"] == alike > 0
    assert run.report["held_out_without_twins"]["cases"] == run.report["held_out"]["cases"] - alike


@pytest.mark.parametrize("name", ["r0", "r1", "r2a", "r2b"])
def test_the_teaching_recipes_run_and_name_their_mistakes(name, tmp_path, pictures):
    source = pictures("left", "right", "middle", each=16)
    run, said = train(source, tmp_path / "run", model=None, epochs=2, recipe=f"{name}.toml")
    mistakes = {"r0": 2, "r1": 3, "r2a": 2, "r2b": 0}[name]
    named = [line for line in run.report["warnings"] if "Use " in line or "Leave outputs" in line]
    assert len(named) == mistakes
    assert all(f"Warning: {line}" in said for line in named)
    wide = [column for column in table(run, "predictions.csv")[0] if column.startswith("logit_")]
    assert len(wide) == (10 if name in ("r0", "r1") else 3)
    assert run.facts["image_size"] == (64 if name in ("r0", "r1") else 28)


def test_the_order_of_batches_is_the_recipes(tmp_path, pictures):
    """With a rate of 0 nothing is learned: the weights are the first ones, as the seed draws them."""
    run, _ = train(pictures("left", "right"), tmp_path / "run", learning_rate=0.0, optimizer="sgd", seed=9)
    torch.manual_seed(9)
    model = build_model(Settings(model="linear"), 1, run.facts["image_size"], 2)
    weights = load_file(run.file("weights.safetensors"))
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def refused(source, out, **told) -> str:
    with pytest.raises(PellucidError) as found:
        train(source, out, **told)
    assert "\n" not in str(found.value)
    assert not Path(out).exists()
    return str(found.value)


def test_what_cannot_be_trained_is_one_line_and_leaves_nothing(here, pictures):
    Path("file").write_text("x")
    assert "one class only" in refused(pictures("left"), "run")
    source = pictures("left", "right", root=here / "two")
    for file in list((source / "right").glob("*.png"))[1:]:
        file.unlink()
    assert "class 'right' has 1 image, and 4 or more are needed" in refused(source, "run")
    assert "'right' has 1 image" in refused(source, "deep/er/run")
    assert not Path("deep").exists()
    assert "nowhere" in refused("nowhere", "run")
    sound = pictures("left", "right", root=here / "sound")
    assert "cannot be made (Not a directory)" in refused(sound, "file/run")
    assert "is none of auto" in refused(sound, "run", model="resnet")
    assert "too small for the cnn" in refused(sound, "run", model="cnn", image_size=4)
    assert "--device 'tpu' is none of" in refused(sound, "run", device="tpu")
    assert "A source is needed" in refused(None, "run")
    assert {path.name for path in here.iterdir()} == {"images", "two", "sound", "file"}


def test_too_few_outputs_leave_nothing(here, pictures):
    Path("few.toml").write_text("outputs = 2")
    source = pictures("left", "right", "middle")
    assert "2 outputs for 3 classes" in refused(source, "run", recipe="few.toml")


def test_a_run_that_is_there_is_not_written_over(digits, here):
    before = {path.name: path.read_bytes() for path in digits.path.iterdir()}
    with pytest.raises(BadInput, match="is there already: choose another --out"):
        train("digits", digits.path)
    assert {path.name: path.read_bytes() for path in digits.path.iterdir()} == before


def test_images_too_small_for_a_network_of_convolutions_get_another(tmp_path, pictures):
    run, _ = train(pictures("left", "right"), tmp_path / "run", model=None, image_size=5)
    assert [rung["model"] for rung in run.report["ladder"]["rungs"]] == ["linear", "mlp"]


def test_one_unreadable_file_is_named_and_left_out(tmp_path, pictures):
    source = pictures("left", "right")
    (source / "left" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    run, said = train(source, tmp_path / "run")
    assert any("broken.png" in line for line in said)
    assert sum(run.report["cases"].values()) == 24


class Tags(HTMLParser):
    """Holds every opening tag against its closing one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("img", "br", "meta", "link", "input", "hr", "path", "line", "rect", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "line", "rect", "circle"):
            assert self.open.pop() == tag


def well_formed(page: str) -> bool:
    tags = Tags()
    tags.feed(page)
    tags.close()
    return not tags.open


def test_what_notebooks_show_is_well_formed(digits):
    dataset, rows = read("digits"), np.arange(9)
    images = Images(dataset.images, measure_scaling(dataset.images, rows), torch.device("cpu"))
    batches = Batches(images, torch.from_numpy(dataset.labels), rows, 3, 1, 0)
    learner = Learner(build_model(Settings(model="mlp"), 1, 8, 10), loss_of("multi-class"), SGD(0.1))
    step = next(iter(learner.steps(batches)))
    for page in (dataset._repr_html_(), step._repr_html_(), digits._repr_html_(), Run(Path("no"))._repr_html_()):
        assert well_formed(page)
    assert "hidden1.weight" in step._repr_html_()
    assert f"{digits.report['held_out']['accuracy']['value']:.4f}" in digits._repr_html_()
    assert well_formed(digits.file("report.html").read_text("utf-8").partition("<!doctype html>")[2])
    assert repr(digits) == f"TrainedRun({str(digits.path)!r}, finished)"
