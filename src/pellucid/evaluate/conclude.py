"""From learned weights to a finished Run folder: calibrate, judge, measure beside rivals, write every file."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.data import Dataset, Split, measure_scaling
from pellucid.evaluate.assess import JUDGED, assess, judge, predictions_csv, rivals_csv
from pellucid.evaluate.calibrate import Calibration, calibrate, looks_of
from pellucid.evaluate.report import write_pages
from pellucid.evaluate.rivals import fit_rivals
from pellucid.learn.fit import Fitted, logits_of
from pellucid.learn.models import count_parameters
from pellucid.learn.plan import Plan
from pellucid.learn.weights import save_weights
from pellucid.progress import Progress
from pellucid.run import Run, write_json, write_text
from pellucid.shapes import Int


def conclude(
    run: Run,
    plan: Plan,
    fitted: Fitted,
    dataset: Dataset,
    split: Split,
    twins: Int[np.ndarray, " case"],
    warnings: list[str],
    progress: Progress,
) -> dict[str, Any]:
    """Write weights, predictions, rivals, report and model card.

    Args:
        run: the folder to write into.
        plan: the learner and what it was made from.
        fitted: the best weights.
        dataset: images and labels.
        split: its four parts.
        twins: for each case the training case of identical pixels, or -1.
        warnings: what was doubted so far.
        progress: told how far the rivals are.
    Returns:
        The figures, as they stand in report.json.
    """
    plan.learner.model.load_state_dict(fitted.best)
    rows = np.concatenate([getattr(split, part) for part in JUDGED])
    logits = logits_of(plan.learner, plan.batches.images, rows)
    at = len(split.valid)
    calibrating = logits[at : at + len(split.calibrate), : len(dataset.classes)]
    looks = looks_of(dataset.images, split.calibrate, plan.scaling)
    calibration = calibrate(calibrating, dataset.labels[split.calibrate], dataset.task, looks)
    save_weights(run.file("weights.safetensors"), fitted.best, _facts(plan, fitted, dataset, calibration))
    judged = judge(logits, split, calibration, dataset)
    sound = measure_scaling(dataset.images, split.train)  # whatever the run was told: rivals are to do their best
    rivals = fit_rivals(dataset, split.train, split.held_out, sound, plan.settings.seed, progress)
    figures = assess(judged, split, dataset, twins, rivals)
    report = {
        "run": str(run.path),
        "model": plan.settings.model,
        "source_name": run.recipe["source"]["name"],
        "task": dataset.task,
        "classes": list(dataset.classes),
        "cases": split.counts(),
        "parameters": count_parameters(plan.learner.model),
        **figures,
        "calibration": calibration.as_dict(),
        "warnings": [
            *warnings,
            *figures["held_out"]["warnings"],
            *_rivals_as_good(plan.settings.model, figures),
            *_too_few(calibration, split, dataset),
        ],
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "resumed_at_step": fitted.resumed_at_step,
    }
    write_text(run.file("predictions.csv"), predictions_csv(judged, split, dataset))
    write_text(run.file("rivals.csv"), rivals_csv(rivals, split, dataset))
    page, card = write_pages(run, report, judged, split, dataset, rivals)
    write_text(run.file("report.html"), page)
    write_text(run.file("model_card.md"), card)
    write_json(run.file("report.json"), report)
    return report


def _too_few(calibration: Calibration, split: Split, dataset: Dataset) -> list[str]:
    """A sentence where some class has too few calibration cases for a promise."""
    needed = round(1 / calibration.missed) - 1
    short = [name for name, limit in zip(dataset.classes, calibration.quantiles, strict=True) if limit is None]
    if not short:
        return []
    return [
        f"Too few calibration cases of {', '.join(short[:6])}{' ...' if len(short) > 6 else ''}: {needed} of each "
        f"are needed, and there are {len(split.calibrate)} in all; `predict` cannot rule these classes out."
    ]


def _facts(plan: Plan, fitted: Fitted, dataset: Dataset, calibration: Calibration) -> dict[str, Any]:
    """What the weights file says of itself: all that is needed to use it."""
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
        "best_step": fitted.best_step,
    }


def _rivals_as_good(model: str, figures: dict[str, Any]) -> list[str]:
    """A sentence for each rival that the model's interval does not leave behind."""
    low = figures["held_out"]["balanced_accuracy"]["low"]
    reached = {name: rival["balanced_accuracy"]["value"] for name, rival in figures["rivals"].items()}
    return [
        f"The {name} has a balanced accuracy of {value:.3f}, and the interval of the {model} begins at {low:.3f}: "
        "these held-out cases do not show that the model is better."
        for name, value in reached.items()
        if low is not None and value is not None and value >= low
    ]
