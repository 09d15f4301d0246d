"""Which rung is kept: by a rule worked out with scipy, on losses that scikit-learn gives too."""

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

from pellucid.evaluate.rivals.ladder import choose_rung, describe_rungs, losses_of, tempered_probabilities
from pellucid.evaluate.trust.calibration import fit_temperature

NAMES = ("linear", "mlp", "cnn")


def answers(skill: float, labels: np.ndarray, seed: int, classes: int = 3) -> np.ndarray:
    """Logits that are right by `skill`, and noise."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    return noise + skill * np.eye(classes)[labels]


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 3, 400)


def rungs(skills: tuple[float, ...], labels: np.ndarray) -> dict[str, np.ndarray]:
    return {name: answers(skill, labels, seed) for seed, (name, skill) in enumerate(zip(NAMES, skills, strict=True))}


@pytest.mark.parametrize(
    ("skills", "kept"),
    [((1, 2, 4), "cnn"), ((1, 4, 4), "mlp"), ((4, 4, 4), "linear"), ((4, 1, 1), "linear"), ((1, 4, 2), "mlp")],
)
def test_the_simplest_that_is_not_worse_is_kept(skills, kept, labels):
    assert choose_rung(rungs(skills, labels), labels, "multi-class") == kept


def test_the_rule_is_a_paired_t_interval_of_the_losses(labels):
    logits = rungs((1.5, 3.8, 4), labels)
    tempered = {name: tempered_probabilities(rung, labels, "multi-class") for name, rung in logits.items()}
    told = describe_rungs(tempered, labels, "multi-class")
    best = min(told["rungs"], key=lambda rung: rung["valid_loss"])["model"]
    for rung in told["rungs"]:
        p = tempered[rung["model"]]
        assert rung["valid_loss"] == pytest.approx(log_loss(labels, p / p.sum(1, keepdims=True)), rel=1e-6)
        assert rung["valid_accuracy"] == pytest.approx(accuracy_score(labels, p.argmax(1)))
        assert rung["valid_balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, p.argmax(1)))
        if rung["model"] == best:
            assert (rung["difference"]["value"], rung["difference"]["low"]) == (0, 0)
            continue
        wanted = ttest_rel(losses_of(p, labels), losses_of(tempered[best], labels)).confidence_interval(0.95)
        assert (rung["difference"]["low"], rung["difference"]["high"]) == pytest.approx(tuple(wanted), rel=1e-9)
    assert [rung["kept"] for rung in told["rungs"]] == [name == told["kept"] for name in NAMES]


def test_a_small_advantage_counts_only_with_many_cases():
    few, many = (np.random.default_rng(6).integers(0, 3, count) for count in (60, 20_000))
    assert choose_rung(rungs((2.0, 2.0, 2.3), few), few, "multi-class") == "linear"
    assert choose_rung(rungs((2.0, 2.0, 2.3), many), many, "multi-class") == "cnn"


def test_cases_of_one_patient_count_as_one(labels):
    base = answers(2.0, labels, 0)
    better = base + np.eye(3)[labels] * np.repeat([9.0, 0, 0, 0, 0, 0, 0, 0], 50)[:, None]  # only for one patient
    logits = {"linear": base, "cnn": better}
    groups = np.repeat(np.arange(8), 50)
    alone = describe_rungs(tempered(logits, labels), labels, "multi-class")["rungs"][0]["difference"]
    grouped = describe_rungs(tempered(logits, labels), labels, "multi-class", groups)["rungs"][0]["difference"]
    assert grouped["value"] == alone["value"]
    assert grouped["high"] - grouped["low"] > 3 * (alone["high"] - alone["low"])
    assert (choose_rung(logits, labels, "multi-class"), choose_rung(logits, labels, "multi-class", groups)) == (
        "cnn",
        "linear",
    )


def tempered(logits: dict[str, np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    return {name: tempered_probabilities(rung, labels, "multi-class") for name, rung in logits.items()}


def test_being_too_sure_is_mended_before_models_are_compared(labels):
    logits = answers(3, labels, 0)
    hot, cool = (tempered_probabilities(scale * logits, labels, "multi-class") for scale in (6, 1))
    np.testing.assert_allclose(hot, cool, atol=1e-4)
    assert fit_temperature(6 * logits, labels, "multi-class") > 2
    np.testing.assert_array_equal(hot, hot.astype(np.float32))  # a table holds them exactly


def test_labels_of_one_case_are_averaged():
    labels = np.array([[1, 0], [0, 0]])
    p = np.array([[0.8, 0.5], [0.25, 0.0]])
    wanted = [-(np.log(0.8) + np.log(0.5)) / 2, -(np.log(0.75)) / 2]
    np.testing.assert_allclose(losses_of(p, labels), wanted, atol=1e-12)
    told = describe_rungs({"linear": p, "mlp": 0.9 * p + 0.05 * labels}, labels, "multi-label")
    assert told["rungs"][0]["valid_accuracy"] == 0.75


def test_a_probability_of_0_for_the_truth_is_a_large_loss_and_no_infinity():
    assert losses_of(np.array([[0.0, 1.0]]), np.array([0])).tolist() == [pytest.approx(36.04, abs=0.01)]


def test_one_group_alone_shows_nothing_so_the_simplest_is_kept(labels):
    logits = rungs((1, 2, 4), labels)
    told = describe_rungs(tempered(logits, labels), labels, "multi-class", np.zeros(400, int))
    assert told["kept"] == "linear"
    assert told["said"][1].endswith("too few cases say how sure that is.")


def test_the_sentences_name_what_was_kept_and_why(labels):
    def said(*skills: float) -> str:
        return describe_rungs(tempered(rungs(skills, labels), labels), labels, "multi-class")["said"][1]

    assert said(1, 2, 4).startswith("The cnn is kept: it has the smallest loss, and that of the mlp, the best simpler")
    assert said(9, 1, 1) == "The linear model is kept: it is the simplest, and none has a smaller loss."
    assert "holds 0: these cases do not show that the " in said(1, 3.8, 4)


def test_no_rungs_are_no_facts(labels):
    assert describe_rungs({}, labels, "multi-class") == {}
