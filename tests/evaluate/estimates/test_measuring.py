"""The whole report in one call: against scikit-learn, in its corners, and at its door."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn import metrics as oracle

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.measuring import measure


def predictions(cases=300, classes=4, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, cases)
    raised = np.exp(draw.normal(size=(cases, classes)) + 1.5 * (truth[:, None] == np.arange(classes)))
    return raised / raised.sum(1, keepdims=True), truth


def test_every_point_value_is_scikit_learns():
    p, truth = predictions()
    found, called = measure(p, truth, "ordinal", list("abcd")), p.argmax(1)
    assert found["accuracy"]["value"] == pytest.approx(oracle.accuracy_score(truth, called))
    assert found["balanced_accuracy"]["value"] == pytest.approx(oracle.balanced_accuracy_score(truth, called))
    assert found["auroc"]["value"] == pytest.approx(oracle.roc_auc_score(truth, p, multi_class="ovr"), abs=1e-12)
    assert found["mean_absolute_error"]["value"] == pytest.approx(oracle.mean_absolute_error(truth, called))
    for k, name in enumerate("abcd"):
        one = found["per_class"][name]
        assert one["sensitivity"]["value"] == pytest.approx(oracle.recall_score(truth == k, called == k))
        assert one["specificity"]["value"] == pytest.approx(oracle.recall_score(truth != k, called != k))
        assert one["cases"] == (truth == k).sum()


def test_a_binary_task_has_the_same_area_for_both_classes_and_overall():
    p, truth = predictions(classes=2)
    found = measure(p, truth, "binary", ["no", "yes"])
    areas = [found["auroc"], *(found["per_class"][name]["auroc"] for name in ("no", "yes"))]
    assert areas[1]["value"] == pytest.approx(oracle.roc_auc_score(truth, p[:, 1]))
    for area in areas:
        assert area == pytest.approx(areas[1])


def test_labels_are_measured_each_and_together():
    draw = np.random.default_rng(0)
    truth = (draw.random((200, 3)) < 0.4).astype(int)
    p = np.clip(0.4 * truth + 0.6 * draw.random((200, 3)), 0, 1)
    found, called = measure(p, truth, "multi-label", list("abc")), (p >= 0.5).astype(int)
    assert found["label_accuracy"]["value"] == pytest.approx(1 - oracle.hamming_loss(truth, called))
    assert found["subset_accuracy"]["value"] == pytest.approx(oracle.accuracy_score(truth, called))
    assert found["auroc"]["value"] == pytest.approx(oracle.roc_auc_score(truth, p))
    assert found["confusion"] == oracle.multilabel_confusion_matrix(truth, called).tolist()
    by_label = [oracle.balanced_accuracy_score(truth[:, k], called[:, k]) for k in range(3)]
    assert found["balanced_accuracy"]["value"] == pytest.approx(np.mean(by_label))


def test_groups_widen_the_intervals_and_few_are_warned_of():
    p, truth = predictions()
    copies = np.repeat(p, 10, 0), np.repeat(truth, 10)
    alone, grouped = (measure(*copies, "multi-class", list("abcd"), g) for g in (None, np.repeat(np.arange(300), 10)))
    for name in ("accuracy", "balanced_accuracy", "auroc"):
        widths = [found[name]["high"] - found[name]["low"] for found in (alone, grouped)]
        assert widths[1] == pytest.approx(np.sqrt(10) * widths[0], rel=0.05)
    assert (grouped["groups"], grouped["warnings"]) == (300, [])
    assert "12 groups" in measure(p, truth, "multi-class", list("abcd"), np.arange(300) % 12)["warnings"][0]


def test_groups_of_one_change_no_number():
    p, truth = predictions()
    p[truth == 2] = [0, 0, 1, 0]  # a perfect class: the corner
    alone, grouped = (measure(p, truth, "ordinal", list("abcd"), g) for g in (None, np.arange(300)))
    for name in ("accuracy", "balanced_accuracy", "auroc", "mean_absolute_error"):
        assert grouped[name] == pytest.approx(alone[name], rel=1e-9)


def test_absent_classes_are_named_and_the_result_is_valid_json():
    found = measure(np.array([[0.9, 0.1, 0.0]] * 3), np.zeros(3, int), "ordinal", list("abc"), np.zeros(3, int))
    json.dumps(found, allow_nan=False)
    assert found["auroc"]["value"] is None
    assert found["quadratic_weighted_kappa"]["value"] is None
    assert found["per_class"]["b"]["sensitivity"]["reason"] == "no cases"
    assert "b, c" in found["warnings"][1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "multiclass"}, "needed is one of"),
        ({"labels": np.array([0, 1, 4])}, "run from 0 to 4"),
        ({"labels": np.array([0, 1])}, "shape"),
        ({"probabilities": np.eye(3) * 5 - 2}, "not logits"),
        ({"probabilities": np.full((3, 3), np.nan)}, "not numbers"),
        ({"probabilities": np.eye(3) * 0.5}, "add up to 1"),
        ({"classes": ["a", "a", "b"]}, "different class names"),
        ({"groups": np.array([1, 2])}, "2 group numbers for 3 cases"),
        ({"probabilities": np.empty((0, 3)), "labels": np.empty(0, int)}, "no cases"),
        ({"task": "binary"}, "needs 2 probability columns"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(change, said):
    fitting = {"probabilities": np.eye(3), "labels": np.arange(3), "task": "multi-class", "classes": list("abc")}
    with pytest.raises(BadInput, match=said) as refused:
        measure(**(fitting | change))
    assert "\n" not in str(refused.value)


def test_measuring_and_drawing_need_neither_torch_nor_scikit_learn():
    code = """
import sys
import pellucid.evaluate.estimates.measuring, pellucid.evaluate.reporting.figures
print([name for name in ("torch", "sklearn", "scipy.stats", "matplotlib") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
