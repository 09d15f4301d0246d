"""All that is measured of a run, computed again from its tables by the csv module and scikit-learn."""

import csv
import io

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, balanced_accuracy_score, brier_score_loss, confusion_matrix, roc_auc_score

from pellucid.evaluate.answers import Answers, Cases, Other
from pellucid.evaluate.assess import assess
from pellucid.evaluate.trust.calibration import Calibration, calibrate

CLASSES = ("normal", 'the "other", odd', "c3", "c4", "c5", "c6")
ALL, OUTPUTS = 480, 10
PARTS = ("train", "valid", "calibrate", "held_out")


def made(task: str = "multi-class", groups: np.ndarray | None = None, twins: str = "some") -> Answers:
    """Answers that are right more often than not; rows of a part stand scattered."""
    generator = np.random.default_rng(0)
    many = task == "multi-label"
    labels = generator.integers(0, 2, (ALL, 6)) if many else generator.permutation(np.arange(ALL) % 6)
    parts = generator.permutation(np.repeat(PARTS, [100, 80, 180, 120]))
    held_out = np.flatnonzero(parts == "held_out")
    twin, likeness = [""] * ALL, np.full(ALL, "", "U14")
    for at, row in enumerate(held_out[: {"some": 30, "all": 120, "none": 0}[twins]].tolist()):
        twin[row] = str(np.flatnonzero(parts == "train")[0])
        likeness[row] = ("identical", "near-identical", "same group")[at % 3]
    sha256 = [f"{row - row % 2 if row < 20 else row:064x}" for row in range(ALL)]  # ten pairs
    alike = np.where(np.arange(ALL) < 40, np.arange(ALL) // 4, np.arange(ALL))
    seen = ["blank" if row % 50 == 0 else "odd_sizes|blank" if row % 77 == 0 else "" for row in range(ALL)]
    names = list(map(str, range(ALL)))
    cases = Cases(task, CLASSES, names, sha256, labels, groups, parts, twin, likeness, alike, seen)
    truth = labels if many else labels[:, None] == np.arange(6)
    logits = generator.normal(0, 2, (ALL, OUTPUTS))
    logits[:, :6] += 3 * truth

    def answer(part: str, noise: float) -> np.ndarray:
        blurred = logits[parts == part][:, :6] + generator.normal(0, noise, ((parts == part).sum(), 6))
        return expit(blurred) if many else softmax(blurred, 1)

    others = [Other.of("rivals", name, f"the {name}", held_out, answer("held_out", at)) for at, name in enumerate("pq")]
    others += [Other.of("probes", "border pixels only", "the border", held_out, answer("held_out", 4))]
    valid = np.flatnonzero(parts == "valid")
    others += [Other.of("ladder", name, "", valid, answer("valid", at)) for at, name in enumerate(("linear", "mlp"))]
    judged = logits[cases.judged()].astype(np.float32)
    return Answers(cases, judged, generator.random(380) < 0.05, tuple(others))


def calibrated(answers: Answers) -> Calibration:
    cases, rows = answers.cases, answers.cases.rows("calibrate")
    logits = answers.class_logits[answers.of("calibrate")]
    return calibrate(logits, cases.labels[rows], cases.task, cases.groups_of(rows))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def numbers(rows: list[dict[str, str]], start: str = "p") -> np.ndarray:
    return np.array([[float(row[f"{start}_{name}"]) for name in CLASSES] for row in rows])


@pytest.fixture(scope="module")
def answers() -> Answers:
    return made()


@pytest.fixture(scope="module")
def report(answers):
    return assess(answers, calibrated(answers))


@pytest.fixture(scope="module")
def written(answers) -> list[dict[str, str]]:
    p = calibrated(answers).probabilities(answers.class_logits, answers.cases.task)
    return table(answers.predictions_csv(p))


def truth_of(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([CLASSES.index(row["label"]) for row in rows])


@pytest.mark.parametrize("part", ["held_out", "valid"])
def test_figures_are_those_of_scikit_learn_from_the_table(report, written, part):
    rows = [row for row in written if row["part"] == part]
    truth, p, found = truth_of(rows), numbers(rows), report[part]
    assert found["cases"] == len(rows)
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(truth, p.argmax(1)))
    assert found["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(truth, p.argmax(1)))
    assert found["auroc"]["value"] == pytest.approx(roc_auc_score(truth, p / p.sum(1)[:, None], multi_class="ovr"))
    assert found["confusion"] == confusion_matrix(truth, p.argmax(1)).tolist()


def test_figures_without_twins_leave_only_held_out_twins_out(report, written, answers):
    twins = {name for name, twin in zip(answers.cases.names, answers.cases.twin, strict=True) if twin}
    rows = [row for row in written if row["part"] == "held_out" and row["name"] not in twins]
    found = report["held_out_without_twins"]
    assert found["cases"] == len(rows) == 90
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(truth_of(rows), numbers(rows).argmax(1)))
    kinds = {"identical": 10, "near-identical": 10, "same group": 10}
    assert report["twins"] == {"held_out": 30, "cases": 120, **kinds}


def test_where_all_held_out_cases_are_twins_nothing_is_measured_without_them():
    report = assess(made(twins="all"), calibrated(made(twins="all")))
    assert report["held_out_without_twins"] is None
    assert report["rivals"]["p"]["without_twins"] is None
    assert report["rivals"]["p"]["difference_without_twins"] is None
    assert report["twins"]["held_out"] == 120


def test_without_twins_both_scores_are_the_same():
    report = assess(made(twins="none"), calibrated(made(twins="none")))
    assert report["held_out_without_twins"] == report["held_out"]


def test_each_rival_is_measured_on_the_same_cases_and_set_against_the_model(report, written, answers):
    ours = [row for row in written if row["part"] == "held_out"]
    wanted = balanced_accuracy_score(truth_of(ours), numbers(ours).argmax(1))
    found = table(answers.rivals_csv())
    for name in "pq":
        rows = [row for row in found if (row["kind"], row["rival"]) == ("rivals", name)]
        assert [row["name"] for row in rows] == [row["name"] for row in ours]
        theirs = balanced_accuracy_score(truth_of(rows), numbers(rows).argmax(1))
        assert report["rivals"][name]["balanced_accuracy"]["value"] == pytest.approx(theirs)
        difference = report["rivals"][name]["difference"]["balanced_accuracy"]
        assert difference["value"] == pytest.approx(wanted - theirs)
        assert difference["low"] <= difference["value"] <= difference["high"]
        assert report["rivals"][name]["told"] == f"the {name}"


def test_what_survives_of_a_probe_is_measured_from_guessing_on(report):
    probe, chance = report["probes"]["border pixels only"], 1 / 6
    alone = report["held_out_without_twins"], probe["without_twins"]  # twins could be known by heart
    ours, its = (one["balanced_accuracy"]["value"] for one in alone)
    assert probe["survives"] == pytest.approx((its - chance) / (ours - chance))
    assert probe["told"] == "the border"


def test_rungs_are_compared_by_the_loss_of_the_validation_part(report, answers):
    rows = [row for row in table(answers.rivals_csv()) if row["kind"] == "ladder"]
    for rung in report["ladder"]["rungs"]:
        of_it = [row for row in rows if row["rival"] == rung["model"]]
        p = numbers(of_it)[np.arange(len(of_it)), truth_of(of_it)]
        assert rung["valid_loss"] == pytest.approx(-np.log(p).mean())
    assert report["ladder"]["kept"] in ("linear", "mlp")


def test_reliability_is_measured_before_and_after_the_temperature(report, written):
    rows = [row for row in written if row["part"] == "held_out"]
    onehot = truth_of(rows)[:, None] == np.arange(6)
    for when, p in (("before", softmax(numbers(rows, "logit"), 1)), ("after", numbers(rows))):
        wanted = sum(brier_score_loss(onehot[:, k], p[:, k]) for k in range(6))
        assert report["probabilities"][when]["brier_score"]["value"] == pytest.approx(wanted, rel=1e-6)


def test_sets_hold_the_truth_as_often_as_is_said(report, written, answers):
    rows, limits = [row for row in written if row["part"] == "held_out"], calibrated(answers).limits
    p, truth = numbers(rows), truth_of(rows)
    for k, name in enumerate(CLASSES):
        held, limit = truth == k, limits[k].limit
        wanted = 1.0 if limit is None else ((1 - p[held, k] <= limit) | (p[held].argmax(1) == k)).mean()
        assert report["sets"]["per_class"][name]["coverage"]["value"] == pytest.approx(wanted)


def test_flags_are_counted_on_held_out_cases_alone(report, written):
    flagged = [row["unlike_training"] == "yes" for row in written if row["part"] == "held_out"]
    assert report["unlike"]["value"] == pytest.approx(np.mean(flagged))
    assert report["unlike"]["cases"] == 120


def test_repeats_are_counted_over_all_cases(report):
    assert report["repeats"]["identical"] == {"groups": 10, "cases": 20, "redundant": 10}
    # ten groups of four alike cases: the first five hold two pairs of identical ones each, the others four images
    assert report["repeats"]["near_identical"] == {"groups": 10, "cases": 40, "redundant": 30}
    assert report["repeats"]["blank"] == 16  # every 50th of 480, and every 77th: 0 is both


def test_counts_are_of_each_part_and_class(report, answers):
    assert report["cases"] == {"train": 100, "valid": 80, "calibrate": 180, "held_out": 120}
    labels = answers.cases.labels[answers.cases.parts == "train"]
    assert list(report["class_counts"]["train"].values()) == np.bincount(labels, minlength=6).tolist()


def test_whole_groups_make_the_intervals_wider_and_leave_the_values(answers, report):
    p = calibrated(answers).probabilities(answers.class_logits, "multi-class")
    right = np.zeros(ALL, bool)
    right[answers.cases.judged()] = p.argmax(1) == answers.cases.labels[answers.cases.judged()]
    groups = np.arange(ALL) // 8 + 1000 * right  # no group holds both right and wrong
    of = answers.cases
    grouped_cases = Cases(
        of.task, of.classes, of.names, of.sha256, of.labels, groups, of.parts, of.twin, of.likeness, of.alike, of.seen
    )
    grouped = assess(Answers(grouped_cases, answers.logits, answers.unlike, answers.others), calibrated(answers))
    alone, together = report["held_out"]["accuracy"], grouped["held_out"]["accuracy"]
    assert grouped["held_out"]["groups"] == len(np.unique(groups[of.rows("held_out")]))
    assert together["value"] == alone["value"]
    assert together["high"] - together["low"] > alone["high"] - alone["low"]


def test_multi_label_figures_are_those_of_every_label():
    answers = made("multi-label")
    calibration = calibrated(answers)
    p = calibration.probabilities(answers.class_logits, "multi-label")[answers.of("held_out")]
    truth = answers.cases.labels[answers.cases.rows("held_out")]
    logits = answers.class_logits[answers.of("held_out")].astype(np.float64)
    np.testing.assert_allclose(p, expit(logits / calibration.temperature))
    found = assess(answers, calibration)["held_out"]
    assert found["accuracy"]["value"] == pytest.approx(((p >= 0.5) == truth).mean())
    assert found["subset_accuracy"]["value"] == pytest.approx(accuracy_score(truth, p >= 0.5))
    assert found["auroc"]["value"] == pytest.approx(roc_auc_score(truth, p))


def test_nothing_but_the_tables_is_needed_to_measure_again(answers, report):
    again = made()
    assert again is not answers
    assert assess(again, calibrated(again)) == report
