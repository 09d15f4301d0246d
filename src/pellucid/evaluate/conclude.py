"""From learned weights to a finished Run folder: calibrate, ask, measure beside rivals, write every file."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.data import Dataset
from pellucid.data.dataset import picture
from pellucid.evaluate.answers import JUDGED, Answers
from pellucid.evaluate.assess import assess
from pellucid.evaluate.material import Material
from pellucid.evaluate.reporting.checklists import reporting_md
from pellucid.evaluate.reporting.doubts import doubts
from pellucid.evaluate.reporting.figures import weights_image
from pellucid.evaluate.reporting.hardest import SIDE
from pellucid.evaluate.reporting.model_card import model_card
from pellucid.evaluate.reporting.report import Pictures, report_page
from pellucid.evaluate.rivals.humble import LOGISTIC
from pellucid.evaluate.rivals.others import ask_others
from pellucid.evaluate.rivals.rival import Rival
from pellucid.evaluate.trust.calibration import Calibration, calibrate
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.evaluate.trust.unlike import Seen, Unlike, fit_unlike, fitted_rows
from pellucid.learn.fit import answers_of
from pellucid.learn.ladder import Climbed
from pellucid.learn.models import count_parameters
from pellucid.learn.threads import threads
from pellucid.learn.weights import save_weights
from pellucid.progress import Progress
from pellucid.run import Run, write_json, write_text
from pellucid.shapes import Float

MOST_WEIGHTS = 14
"""Classes whose weights are shown. Chosen by us: all labels of ChestX-ray14."""


def conclude(run: Run, climbed: Climbed, material: Material, warnings: list[str], progress: Progress) -> dict[str, Any]:
    """Write weights, predictions, rivals, report, model card and what a paper has to report.

    Args:
        run: the folder to write into.
        climbed: the kept model and its best weights.
        material: what the run is made from.
        warnings: what was doubted so far.
        progress: told how far the rivals are.
    Returns:
        The figures, as they stand in report.json.
    """
    plan, dataset = climbed.plan, material.dataset
    with threads(plan.threads):
        plan.learner.model.load_state_dict(climbed.fitted.best)
        logits, unlike, flags = _ask(climbed, material)
        others, rivals = ask_others(climbed, material, progress)
    answers = Answers(material.cases, logits, flags, others)
    calibration = _calibrated(answers)
    facts = _facts(climbed, material, calibration, unlike)
    save_weights(run.file("weights.safetensors"), climbed.fitted.best, facts, unlike.arrays())
    write_json(run.file("recipe.json"), {**run.recipe, "settings": plan.settings.as_dict()})
    figures = assess(answers, calibration)
    weights, limit = _weights(rivals)
    report = {
        "run": str(run.path),
        "model": plan.settings.model,
        "source_name": run.recipe["source"]["name"],
        "task": dataset.task,
        "classes": list(dataset.classes),
        "image": _image(dataset),
        "reading": {"said": list(dataset.said), "unreadable": [list(one) for one in dataset.unreadable]},
        "audit": {"findings": [{"kind": one.kind, "told": one.told} for one in material.audit.findings]},
        "parameters": count_parameters(plan.learner.model),
        **figures,
        "calibration": calibration.as_dict(),
        "warnings": [*warnings, *doubts(figures, plan.settings.model)],
        "steps": climbed.fitted.steps,
        "best_step": climbed.fitted.best_step,
        "learning": [rung.as_dict() for rung in climbed.rungs],
        "resumed_at_step": climbed.fitted.resumed_at_step,
        "weights_shown": len(weights),
        "weights_limit": limit,
    }

    def shown(row: int) -> str:
        return picture(dataset.images[row], dataset.names[row], SIDE)

    p = calibration.probabilities(answers.class_logits, dataset.task)
    _write(Run(run.path), report, answers, p, Pictures(shown, weights))
    return report


def _ask(climbed: Climbed, material: Material) -> tuple[np.ndarray, Unlike, np.ndarray]:
    """Logits of all judged cases, what tells images unlike the training ones, and which of them it flags."""
    plan, cases, images = climbed.plan, material.cases, material.dataset.images
    fitted = fitted_rows(material.split.train, plan.settings.seed)
    rows = np.concatenate([fitted, cases.judged()])
    logits, features = answers_of(plan.learner, plan.batches.images, rows)
    small = thumbnails(images, plan.scaling, rows)
    ends = np.cumsum([len(fitted), *(len(cases.rows(part)) for part in JUDGED[:2])])
    train, valid, calibrate, _ = (
        Seen(*both) for both in zip(np.split(features, ends), np.split(small, ends), strict=True)
    )
    unlike = fit_unlike(train, valid, calibrate, cases.groups_of(cases.rows("calibrate")), seed=plan.settings.seed)
    return logits[len(fitted) :], unlike, unlike.flags(Seen(features[len(fitted) :], small[len(fitted) :]))


def _calibrated(answers: Answers) -> Calibration:
    cases, rows = answers.cases, answers.cases.rows("calibrate")
    return calibrate(
        answers.class_logits[answers.of("calibrate")], cases.labels[rows], cases.task, cases.groups_of(rows)
    )


def _image(dataset: Dataset) -> dict[str, Any]:
    _, channels, rows, columns = dataset.images.shape
    return {"channels": channels, "rows": rows, "columns": columns, "dtype": dataset.images.dtype.name}


def _facts(climbed: Climbed, material: Material, calibration: Calibration, unlike: Unlike) -> dict[str, Any]:
    """What the weights file says of itself: all that is needed to use it."""
    dataset, plan = material.dataset, climbed.plan
    return {
        "model": plan.settings.model,
        "hidden": plan.settings.hidden,
        "outputs": plan.settings.outputs,
        "task": dataset.task,
        "classes": list(dataset.classes),
        "channels": dataset.images.shape[1],
        "image_size": dataset.images.shape[2],
        "dtype": dataset.images.dtype.name,
        "scaling": plan.scaling.as_dict(),
        "precision": plan.settings.precision,
        "calibration": calibration.as_dict(),
        "unlike": unlike.as_dict(),
        "parameters": count_parameters(plan.learner.model),
        "learned": [name for name, _ in plan.learner.model.named_parameters()],
        "best_step": climbed.fitted.best_step,
    }


def _weights(rivals: list[Rival]) -> tuple[tuple[str, ...], float | None]:
    """What the linear rival looks for, class by class, as pictures; and the weight that has the full colour."""
    shown = next((rival.weights for rival in rivals if rival.name == LOGISTIC), None)
    if shown is None:
        return (), None
    limit = float(np.quantile(np.abs(shown), 0.995)) or 1.0
    return tuple(weights_image(weight.astype(float), limit=limit) for weight in shown[:MOST_WEIGHTS]), limit


def _write(
    run: Run,
    report: dict[str, Any],
    answers: Answers,
    probabilities: Float[np.ndarray, "judged klass"],
    pictures: Pictures,
) -> None:
    """The tables first, then what is computed from them."""
    write_text(run.file("predictions.csv"), answers.predictions_csv(probabilities))
    write_text(run.file("rivals.csv"), answers.rivals_csv())
    held_out = probabilities[answers.of("held_out")]
    page = report_page(report, run.recipe, run.history, answers, held_out, pictures)
    write_text(run.file("report.html"), page)
    write_text(run.file("model_card.md"), model_card(report, run.recipe))
    write_text(run.file("reporting.md"), reporting_md(report, run.recipe))
    write_json(run.file("report.json"), report)
