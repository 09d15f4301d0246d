"""Everything that a report says about held-out predictions, measured in one call."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from pellucid.errors import BadInput
from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.believing import f1_score, negative_predictive_value, positive_predictive_value
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.intervals import rate_estimate, undefined
from pellucid.evaluate.estimates.means import mean_rate
from pellucid.evaluate.estimates.metrics import confusion_table, mean_absolute_error, quadratic_weighted_kappa
from pellucid.shapes import Bool, Float, Int

Task = Literal["binary", "multi-class", "multi-label", "ordinal"]
FEW_GROUPS = 30  # below, intervals for grouped cases are rough; chosen by us between the 20 and 50 that Cameron and
# Miller 2015 name: A practitioner's guide to cluster-robust inference, Journal of Human Resources 50:317
ROUNDING = 0.01  # how far from 1 the sum of a case's probabilities may be; chosen by us, for values printed to 3 digits


def measure(
    probabilities: Float[np.ndarray, "case klass"],
    labels: Int[np.ndarray, " labelled"] | Int[np.ndarray, "labelled label"],  # other names: _check compares them
    task: str,
    classes: list[str],
    groups: Int[np.ndarray, " grouped"] | None = None,
) -> dict[str, Any]:
    """Measure predictions: accuracy, balanced accuracy, AUROC, and each class by itself, with 95% intervals.

    Args:
        probabilities: of each class, 0 to 1; they add up to 1 in each case unless the task is multi-label.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary (two classes), multi-class, multi-label or ordinal (classes in their order).
        classes: name of each column.
        groups: for each case, the number of its patient or exam; None: cases are taken as independent.
    Returns:
        `accuracy`, `balanced_accuracy` (mean of the classes' sensitivities), `auroc` (macro: mean over classes against
        the rest), `per_class` (sensitivity, specificity, ppv, npv, f1, auroc, cases), `confusion` (rows are the
        true classes), `cases`, `groups`, `warnings`; every number as `Estimate.as_dict` gives it. Ordinal adds
        `mean_absolute_error` and `quadratic_weighted_kappa`. Multi-label calls a label present from 0.5 on, adds
        `label_accuracy` (share of right labels; `accuracy` is the same) and `subset_accuracy` (share of cases with all
        labels right); its `balanced_accuracy` is the mean of all sensitivities and specificities, and its `confusion`
        holds one 2 x 2 table for each label.
    Raises:
        BadInput: arguments that do not fit together.

    >>> found = measure(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1]), "binary", ["no", "yes"])
    >>> found["accuracy"]["value"], found["auroc"]["value"], found["confusion"]
    (0.6666666666666666, 1.0, [[1, 0], [1, 1]])
    """
    _check(probabilities, labels, task, classes, groups)
    many = task == "multi-label"
    positive = labels.astype(bool) if many else labels[:, None] == np.arange(len(classes))
    called = calls(probabilities, task)
    overall = _overall(called, positive, task, groups)
    ranking = rank(ranking_scores(probabilities, task), positive, groups)
    per_class = {
        name: {
            "sensitivity": _rate(called[:, k], positive[:, k], groups),
            "specificity": _rate(~called[:, k], ~positive[:, k], groups),
            "ppv": positive_predictive_value(called[:, k], positive[:, k], groups).as_dict(),
            "npv": negative_predictive_value(called[:, k], positive[:, k], groups).as_dict(),
            "f1": f1_score(called[:, k], positive[:, k], groups).as_dict(),
            "auroc": ranking.estimates[k].as_dict(),
            "cases": int(positive[:, k].sum()),
        }
        for k, name in enumerate(classes)
    }
    count = None if groups is None else len(np.unique(groups))
    facts = {"per_class": per_class, "cases": len(labels), "groups": count}
    if task == "ordinal":
        truth, predicted = labels, probabilities.argmax(1)
        facts["mean_absolute_error"] = mean_absolute_error(truth, predicted, len(classes), groups).as_dict()
        facts["quadratic_weighted_kappa"] = quadratic_weighted_kappa(truth, predicted).as_dict()
    area = ranking.estimates[1] if task == "binary" else ranking.macro()  # both classes of two have the same area
    return {**overall, "auroc": area.as_dict(), **facts, "warnings": _warnings(positive, classes, count)}


def calls(probabilities: Float[np.ndarray, "case klass"], task: str) -> Bool[np.ndarray, "case klass"]:
    """What each case is called: the likeliest class; for multi-label all labels of at least one half.

    >>> calls(np.array([[0.6, 0.4], [0.5, 0.5]]), "binary").tolist()
    [[True, False], [True, False]]
    """
    if task == "multi-label":
        return np.asarray(probabilities >= 0.5)
    return np.asarray(probabilities.argmax(1)[:, None] == np.arange(probabilities.shape[1]))


def ranking_scores(probabilities: Float[np.ndarray, "case klass"], task: str) -> Float[np.ndarray, "case klass"]:
    """What cases are ranked by; with two classes both columns by the second, so that their areas agree to the digit.

    >>> ranking_scores(np.array([[0.25, 0.75]]), "binary").tolist()
    [[-0.75, 0.75]]
    """
    p = probabilities.astype(np.float64)
    return np.stack([-p[:, 1], p[:, 1]], 1) if task == "binary" else p


@dataclass(frozen=True, slots=True)
class Trials:
    """What counts as one trial: a case; for multi-label each label of a case, which belong together as a group does."""

    right: Bool[np.ndarray, " trial"]
    asked: Bool[np.ndarray, "trial part"]
    """Which class a trial is of; for multi-label which label, and whether it is there."""
    groups: Groups


def trials_of(
    called: Bool[np.ndarray, "case klass"], positive: Bool[np.ndarray, "case klass"], task: str, groups: Groups
) -> Trials:
    """The trials that accuracy and balanced accuracy are rates of."""
    if task != "multi-label":
        return Trials((called & positive).any(1), positive, groups)
    cases, count = positive.shape
    label = np.tile(np.arange(count), cases)
    asked = label[:, None] + count * (~positive.ravel())[:, None] == np.arange(2 * count)
    return Trials((called == positive).ravel(), asked, np.repeat(np.arange(cases) if groups is None else groups, count))


def _overall(
    called: Bool[np.ndarray, "case klass"], positive: Bool[np.ndarray, "case klass"], task: str, groups: Groups
) -> dict[str, Any]:
    trials = trials_of(called, positive, task, groups)
    cases = {"cases": len(positive)}
    accuracy = rate_estimate(trials.right, trials.groups).as_dict() | cases
    balanced = mean_rate(trials.right, trials.asked, trials.groups).as_dict() | cases
    found = {"accuracy": accuracy, "balanced_accuracy": balanced}
    if task != "multi-label":
        return found | {"confusion": confusion_table(positive.argmax(1), called.argmax(1), positive.shape[1]).tolist()}
    return {
        **found,
        "label_accuracy": accuracy,
        "subset_accuracy": rate_estimate((called == positive).all(1), groups).as_dict(),
        "confusion": [confusion_table(*pair, 2).tolist() for pair in zip(positive.T * 1, called.T * 1, strict=True)],
    }


def _rate(
    called: Bool[np.ndarray, " case"], asked: Bool[np.ndarray, " case"], groups: Groups
) -> dict[str, float | int | str | None]:
    if not asked.any():
        return undefined("no cases").as_dict()
    return rate_estimate(called[asked], None if groups is None else groups[asked]).as_dict()


def _warnings(positive: Bool[np.ndarray, "case klass"], classes: list[str], groups: int | None) -> list[str]:
    said = []
    if groups is not None and groups < FEW_GROUPS:
        said.append(f"Only {groups} groups (patients or exams), fewer than {FEW_GROUPS}: the intervals are rough.")
    absent = [classes[k] for k in np.flatnonzero(~positive.any(0))]
    if absent:
        said.append(f"No cases of {', '.join(absent)}: left out of balanced accuracy and AUROC.")
    always = [classes[k] for k in np.flatnonzero(positive.all(0))]
    if always:
        said.append(f"All cases are {', '.join(always)}: specificity and AUROC are not defined there.")
    return said


def _check(
    probabilities: Float[np.ndarray, "case klass"],
    labels: Int[np.ndarray, "..."],
    task: str,
    classes: list[str],
    groups: Int[np.ndarray, " grouped"] | None,
) -> None:
    cases, count = probabilities.shape
    if task not in get_args(Task):
        raise BadInput(f"The task is {task!r}; needed is one of {', '.join(get_args(Task))}.")
    if cases == 0:
        raise BadInput("There are no cases to measure; give at least one.")
    if len(classes) != count or len(set(classes)) != count:
        raise BadInput(f"{count} probability columns need {count} different class names; found {classes}.")
    if task == "binary" and count != 2:
        raise BadInput(f"A binary task needs 2 probability columns, found {count}; call the task multi-class.")
    needed = (cases, count) if task == "multi-label" else (cases,)
    if labels.shape != needed:
        raise BadInput(f"Labels have shape {labels.shape}; {cases} cases of a {task} task need {needed}.")
    top = 1 if task == "multi-label" else count - 1
    if labels.min() < 0 or labels.max() > top:
        raise BadInput(f"Labels run from {labels.min()} to {labels.max()}; needed are 0 to {top}: correct the labels.")
    if not (probabilities.min() >= -1e-6 and probabilities.max() <= 1 + 1e-6):  # nan fails both
        raise BadInput("Probabilities lie outside 0 to 1, or are not numbers; give probabilities, not logits.")
    if task != "multi-label" and np.abs(probabilities.sum(1) - 1).max() > ROUNDING:
        raise BadInput("The probabilities of a case do not add up to 1; give softmax's output, or call it multi-label.")
    if groups is not None and len(groups) != cases:
        raise BadInput(f"{len(groups)} group numbers for {cases} cases; give one for each case, or none at all.")
