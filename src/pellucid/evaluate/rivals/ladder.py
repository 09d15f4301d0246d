"""Which rung of the ladder to keep: the simplest model that the validation part does not show to be worse."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.evaluate.estimates.difference import mean_difference
from pellucid.evaluate.estimates.grouped import Groups
from pellucid.evaluate.estimates.measuring import measure
from pellucid.evaluate.trust.calibration import fit_temperature, probabilities_of
from pellucid.shapes import Float, Int

LEAST = float(np.finfo(np.float64).eps)
"""The least probability that counts, since the logarithm of 0 has no end. Source: as in scikit-learn's log_loss."""


def choose_rung(
    logits: dict[str, Float[np.ndarray, "case klass"]],
    labels: Int[np.ndarray, " case *label"],
    task: str,
    groups: Groups = None,
) -> str:
    """The name of the rung to keep, see `describe_rungs`.

    Args:
        logits: of each rung for the validation cases, from the simplest up.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.

    >>> sure, half = np.array([[4.0, 0.0], [0.0, 4.0]] * 20), np.zeros((40, 2))
    >>> choose_rung({"linear": half, "cnn": sure}, np.array([0, 1] * 20), "binary")
    'cnn'
    """
    tempered = {name: tempered_probabilities(rung, labels, task) for name, rung in logits.items()}
    return str(describe_rungs(tempered, labels, task, groups)["kept"])


def tempered_probabilities(
    logits: Float[np.ndarray, "case klass"], labels: Int[np.ndarray, " case *label"], task: str
) -> Float[np.ndarray, "case klass"]:
    """Probabilities after the temperature that fits these very cases best, so that no model loses by being too sure.

    They are rounded to float32, as a table holds them: so the same choice comes out of the table again.

    >>> tempered_probabilities(np.array([[9.0, 0.0]] * 4), np.array([0, 0, 0, 1]), "binary")[0].round(3).tolist()
    [0.75, 0.25]
    """
    p = probabilities_of(logits, task, fit_temperature(logits, labels, task, prior=np.inf))
    return p.astype(np.float32).astype(np.float64)


def describe_rungs(
    probabilities: dict[str, Float[np.ndarray, "case klass"]],
    labels: Int[np.ndarray, " case *label"],
    task: str,
    groups: Groups = None,
) -> dict[str, Any]:
    """How the rungs did on the validation part, which is kept, and why.

    The best has the smallest mean loss, -log(p of what was the case). A rung is not worse than the best where the 95%
    interval of its loss less the best's, taken case by case, reaches down to 0; of those the simplest is kept. The loss
    decides rather than the accuracy since it also tells apart models that err alike but are sure of different cases.

    Args:
        probabilities: of each rung for the validation cases, from the simplest up; see `tempered_probabilities`.
        labels: the class index of each case; for multi-label a 0/1 matrix.
        task: binary, multi-class, multi-label or ordinal.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        `kept` (a name), `rungs` (of each `model`, `valid_loss`, `valid_accuracy`, `valid_balanced_accuracy`,
        `difference` from the best, `kept`) and `said`, all that in sentences; nothing where there are no rungs.

    >>> rungs = {"linear": np.array([[0.7, 0.3]]), "cnn": np.array([[0.8, 0.2]])}
    >>> describe_rungs(rungs, np.array([0]), "binary")["said"]
    ['Validation loss of linear 0.357 (accuracy 1.000), cnn 0.223 (accuracy 1.000).',
     'The linear model is kept: its loss is 0.134 more than that of the cnn, and too few cases say how sure that is.']
    """
    if not probabilities:
        return {}
    losses = {name: losses_of(p, labels) for name, p in probabilities.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    gaps = {name: mean_difference(loss, losses[best], groups).as_dict() for name, loss in losses.items()}
    kept = next(name for name, gap in gaps.items() if name == best or gap["low"] is None or float(gap["low"]) <= 0)
    classes = [str(number) for number in range(next(iter(probabilities.values())).shape[1])]
    rungs = []
    for name, p in probabilities.items():
        figures = measure(p, labels, task, classes)
        rungs.append(
            {
                "model": name,
                "valid_loss": float(losses[name].mean()),
                "valid_accuracy": figures["accuracy"]["value"],
                "valid_balanced_accuracy": figures["balanced_accuracy"]["value"],
                "difference": gaps[name],
                "kept": name == kept,
            }
        )
    return {"kept": kept, "rungs": rungs, "said": [_tried(rungs), _why(kept, best, gaps)]}


def losses_of(
    probabilities: Float[np.ndarray, "case klass"], labels: Int[np.ndarray, " case *label"]
) -> Float[np.ndarray, " case"]:
    """-log(p of what was the case), for each case; for multi-label the mean over labels.

    >>> losses_of(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([1, 1])).round(4).tolist()
    [0.6931, 0.0]
    """
    p = np.clip(probabilities, LEAST, 1 - LEAST)
    if labels.ndim == 2:
        return np.asarray(-np.log(np.where(labels == 1, p, 1 - p)).mean(1))
    return np.asarray(-np.log(np.take_along_axis(p, labels[:, None], 1)[:, 0]))


def _tried(rungs: list[dict[str, Any]]) -> str:
    each = [f"{rung['model']} {rung['valid_loss']:.3f} (accuracy {rung['valid_accuracy']:.3f})" for rung in rungs]
    return f"Validation loss of {', '.join(each)}."


def _why(kept: str, best: str, gaps: dict[str, dict[str, Any]]) -> str:
    named = _named(kept)
    if kept == best:
        simpler = list(gaps)[: list(gaps).index(kept)]
        if not simpler:
            return f"The {named} is kept: it is the simplest, and none has a smaller loss."
        least = min(simpler, key=lambda name: float(gaps[name]["value"]))
        return (
            f"The {named} is kept: it has the smallest loss, and that of the {_named(least)}, the best simpler one, "
            f"is {gaps[least]['value']:.3f} more (95% interval {gaps[least]['low']:.3f} to {gaps[least]['high']:.3f})."
        )
    gap = gaps[kept]
    more = f"The {named} is kept: its loss is {gap['value']:.3f} more than that of the {_named(best)}, and "
    if gap["low"] is None:
        return f"{more}too few cases say how sure that is."
    return (
        f"{more}the 95% interval ({gap['low']:.3f} to {gap['high']:.3f}) holds 0: these cases do not show that the "
        f"{_named(best)} is better."
    )


def _named(model: str) -> str:
    return "linear model" if model == "linear" else model
