"""What is measured of a run, computed again from predictions.csv by the csv module and scikit-learn."""

import csv
import io

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score

from pellucid.data import Dataset, Split
from pellucid.evaluate.assess import (
    JUDGED,
    Judged,
    assess,
    judge,
    label_texts,
    output_names,
    predictions_csv,
    rivals_csv,
)
from pellucid.evaluate.calibration import Calibration
from pellucid.evaluate.rivals import Rival

CLASSES = ("normal", 'the "other", odd', "c3", "c4", "c5", "c6")
CASES, OUTPUTS = 240, 10
CALIBRATION = Calibration(1.7, (0.9,) * 6, 0.05, -10.0)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    generator = np.random.default_rng(0)
    names = [f'below/{row}, "scan"\n.png' if row % 50 == 0 else f"below/{row}.png" for row in range(CASES)]
    images = generator.integers(0, 255, (CASES, 1, 4, 4), np.uint8)
    labels = generator.permutation(np.arange(CASES) % 6)
    return Dataset(images, labels, CLASSES, "multi-class", names, np.zeros((CASES, 32), np.uint8))


@pytest.fixture(scope="module")
def split() -> Split:
    order = np.random.default_rng(1).permutation(CASES)
    train, valid, calibrate, held_out = (np.sort(rows) for rows in np.split(order, [100, 130, 160]))
    return Split(train, valid, calibrate, held_out, "by hand", 1)


@pytest.fixture(scope="module")
def logits(dataset, split) -> np.ndarray:
    """Half right, and largest in an output that no class has, which must not count."""
    rows = np.concatenate([getattr(split, part) for part in JUDGED])
    found = np.random.default_rng(2).normal(0, 1, (len(rows), OUTPUTS)).astype(np.float32)
    found[np.arange(len(rows)), dataset.labels[rows]] += 1.5
    found[:, 8] = 50
    return found


@pytest.fixture(scope="module")
def judged(logits, split, dataset) -> Judged:
    return judge(logits, split, CALIBRATION, dataset)


@pytest.fixture(scope="module")
def twins(split) -> np.ndarray:
    found = np.full(CASES, -1)
    found[split.held_out[::4]] = split.train[0]
    found[split.valid[:5]] = split.train[1]  # not held out: must not be counted
    return found


@pytest.fixture(scope="module")
def rivals(split) -> list[Rival]:
    p = np.random.default_rng(3).dirichlet(np.ones(6), len(split.held_out))
    return [Rival("first", "told", p), Rival("second, odd", "told", p[:, ::-1].copy())]


@pytest.fixture(scope="module")
def report(judged, split, dataset, twins, rivals) -> dict:
    return assess(judged, split, dataset, twins, rivals)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def numbers(rows: list[dict[str, str]], prefix: str, names=CLASSES) -> np.ndarray:
    return np.array([[float(row[f"{prefix}_{name}"]) for name in names] for row in rows])


@pytest.fixture(scope="module")
def written(judged, split, dataset) -> list[dict[str, str]]:
    return table(predictions_csv(judged, split, dataset))


def test_accuracy_from_the_table_is_the_reports(written, report, dataset):
    for part in ("valid", "held_out"):
        rows = [row for row in written if row["part"] == part]
        truth = [CLASSES.index(row["label"]) for row in rows]
        p = numbers(rows, "p")
        found = report[part]
        assert found["cases"] == len(rows)
        assert found["accuracy"]["value"] == pytest.approx(accuracy_score(truth, p.argmax(1)))
        assert found["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(truth, p.argmax(1)))
        p /= p.sum(1, keepdims=True)  # nine digits are written
        assert found["auroc"]["value"] == pytest.approx(roc_auc_score(truth, p, multi_class="ovr"), abs=1e-6)
    assert 0.3 < report["held_out"]["accuracy"]["value"] < 0.9


def test_the_table_holds_every_judged_case_once_with_its_name_and_label(written, split, dataset):
    wanted = [(part, row) for part in JUDGED for row in getattr(split, part)]
    assert [(row["part"], row["name"]) for row in written] == [(part, dataset.names[row]) for part, row in wanted]
    assert [row["label"] for row in written] == [CLASSES[dataset.labels[row]] for _, row in wanted]


def test_outputs_beyond_the_classes_are_written_but_get_no_probability(written, logits):
    names = (*CLASSES, "no class 6", "no class 7", "no class 8", "no class 9")
    np.testing.assert_array_equal(numbers(written, "logit", names).astype(np.float32), logits)
    np.testing.assert_allclose(numbers(written, "p"), softmax(logits[:, :6] / 1.7, axis=1), rtol=1e-5)


def test_figures_without_twins_leave_only_held_out_twins_out(report, written, split, twins, dataset):
    alone = {dataset.names[row] for row in split.held_out if twins[row] < 0}
    rows = [row for row in written if row["name"] in alone]
    right = [CLASSES.index(row["label"]) == p.argmax() for row, p in zip(rows, numbers(rows, "p"), strict=True)]
    assert report["held_out_without_twins"]["cases"] == len(rows) == 60
    assert report["held_out_without_twins"]["accuracy"]["value"] == pytest.approx(np.mean(right))
    assert report["twins"] == {"held_out": 20, "cases": 80}


def test_where_all_held_out_cases_are_twins_nothing_is_measured_without_them(judged, split, dataset):
    report = assess(judged, split, dataset, np.zeros(CASES, np.int64), [])
    assert report["held_out_without_twins"] is None
    assert report["twins"]["held_out"] == 80


def test_each_rival_is_measured_on_the_same_cases(report, rivals, split, dataset):
    found = table(rivals_csv(rivals, split, dataset))
    for rival in rivals:
        rows = [row for row in found if row["rival"] == rival.name]
        assert [row["name"] for row in rows] == [dataset.names[row] for row in split.held_out]
        truth = [CLASSES.index(row["label"]) for row in rows]
        wanted = accuracy_score(truth, numbers(rows, "p").argmax(1))
        assert report["rivals"][rival.name]["accuracy"]["value"] == pytest.approx(wanted)
        assert {row["part"] for row in rows} == {"held_out"}


def test_answers_are_found_by_row_in_any_order(judged, split):
    backwards = split.held_out[::-1].copy()
    np.testing.assert_array_equal(judged.of(backwards), judged.of(split.held_out)[::-1])
    assert judged.of(split.calibrate[:1]).tolist() == judged.probabilities[[30]].tolist()


def test_whole_groups_make_the_intervals_wider_and_leave_the_values(judged, split, dataset, twins, report):
    from dataclasses import replace

    right = judged.probabilities.argmax(1) == dataset.labels[judged.rows]
    groups = np.zeros(CASES, np.int64)
    groups[judged.rows] = np.arange(len(right)) // 8 + 1000 * right  # no group holds both right and wrong
    grouped = assess(judged, split, replace(dataset, groups=groups), twins, [])["held_out"]
    assert grouped["groups"] == len(np.unique(groups[split.held_out]))
    alone = report["held_out"]["accuracy"]
    assert grouped["accuracy"]["value"] == alone["value"]
    assert grouped["accuracy"]["high"] - grouped["accuracy"]["low"] > alone["high"] - alone["low"]


def test_a_multi_label_case_is_told_by_all_its_labels(split):
    labels = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]])
    images, names = np.zeros((3, 1, 2, 2), np.uint8), ["a", "b", "c"]
    dataset = Dataset(images, labels, ("x", "y", "z"), "multi-label", names, np.zeros((3, 32), np.uint8))
    assert label_texts(dataset, np.array([2, 0, 1])) == ["y", "x|z", ""]
    few = Split(np.zeros(0, np.int64), np.array([1]), np.array([0]), np.array([2]), "by hand", 0)
    logits = np.array([[0.5, -1.0, 2.0], [0.0, 1.0, 3.0], [-2.0, 2.0, 0.1]])
    written = table(predictions_csv(judge(logits, few, CALIBRATION, dataset), few, dataset))
    assert [(row["name"], row["label"], row["part"]) for row in written] == [
        ("b", "", "valid"), ("a", "x|z", "calibrate"), ("c", "y", "held_out"),
    ]  # fmt: skip
    np.testing.assert_allclose(numbers(written, "p", dataset.classes), expit(logits / 1.7), rtol=1e-8)


def test_every_output_has_a_name(dataset):
    assert output_names(dataset, 6) == list(CLASSES)
    assert output_names(dataset, 8)[6:] == ["no class 6", "no class 7"]
