"""report.html: one page with every figure and picture inside it, for people; and model_card.md beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int
from markupsafe import Markup

from pellucid.data import Dataset, Split
from pellucid.data.dataset import picture
from pellucid.evaluate import figures
from pellucid.evaluate.assess import Judged
from pellucid.evaluate.metrics import roc_curve
from pellucid.evaluate.rivals import Rival
from pellucid.run import Run

MOST_PICTURES = 16
MOST_WEIGHTS = 14


def write_pages(
    run: Run, report: dict[str, Any], judged: Judged, split: Split, dataset: Dataset, rivals: list[Rival]
) -> tuple[str, str]:
    """report.html and model_card.md as text.

    Args:
        run: its recipe and history are read.
        report: the figures, as they stand in report.json.
        judged: the model's answers.
        split: which cases were held out.
        dataset: for the pictures.
        rivals: for the pictures of the linear one's weights.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("pellucid.evaluate", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["figure"] = figure_text
    facts = {
        "report": report,
        "recipe": run.recipe,
        "dataset": dataset,
        "names": NAMES,
        "curves": Markup(figures.curves(run.history, kept_step=report["best_step"])),
        "roc": Markup(_roc(report, judged, split, dataset)),
        "confusions": _confusions(report, dataset),
        "forest": Markup(_forest(report)),
        "worst": _worst(judged, split, dataset),
        "weights": _weights(rivals, dataset),
    }
    card = Environment(
        loader=PackageLoader("pellucid.evaluate", "pages"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    card.filters["figure"] = figure_text
    return pages.get_template("report.html.jinja").render(facts), card.get_template("model_card.md.jinja").render(facts)


NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "subset_accuracy": "all labels right",
    "mean_absolute_error": "mean error, in classes",
    "quadratic_weighted_kappa": "quadratic weighted kappa",
}


def figure_text(estimate: dict[str, Any], digits: int = 4) -> str:
    """A figure with its interval, for tables.

    >>> figure_text({"value": 0.95, "low": 0.9, "high": 0.98})
    '0.9500 (0.9000 to 0.9800)'
    """
    if estimate["value"] is None:
        return f"not defined: {estimate.get('reason', '')}"
    if estimate["low"] is None:
        return f"{estimate['value']:.{digits}f}"
    return f"{estimate['value']:.{digits}f} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"


def _roc(report: dict[str, Any], judged: Judged, split: Split, dataset: Dataset) -> str:
    p, labels = judged.of(split.held_out), dataset.labels[split.held_out]
    shown = range(1, 2) if dataset.task == "binary" else range(len(dataset.classes))
    curves, areas = {}, {}
    for k in shown:
        positive = labels[:, k] == 1 if labels.ndim == 2 else labels == k
        name = dataset.classes[k]
        curves[name] = roc_curve(p[:, k], positive)
        areas[name] = figure_text(report["held_out"]["per_class"][name]["auroc"], 3)
    if len(curves) > 1 and "mean" not in curves:
        areas["mean"] = figure_text(report["held_out"]["auroc"], 3)
    return figures.roc(curves, areas)


def _confusions(report: dict[str, Any], dataset: Dataset) -> list[tuple[str, Markup]]:
    table = np.array(report["held_out"]["confusion"])
    if table.ndim == 2:
        return [("", Markup(figures.confusion(table, list(dataset.classes))))]
    return [
        (name, Markup(figures.confusion(one, ["absent", "present"])))
        for name, one in zip(dataset.classes, table, strict=True)
    ]


def _forest(report: dict[str, Any]) -> str:
    rows = [(report["model"], report["held_out"], True)]
    if report["twins"]["held_out"] and report["held_out_without_twins"]:
        rows.append((f"{report['model']}, without twins", report["held_out_without_twins"], True))
    rows += [(name, rival, False) for name, rival in report["rivals"].items()]
    return figures.intervals(
        [
            (name, at["accuracy"]["value"], at["accuracy"]["low"], at["accuracy"]["high"], ours)
            for name, at, ours in rows
        ]
    )


def _worst(judged: Judged, split: Split, dataset: Dataset) -> list[dict[str, Any]]:
    """Held-out cases that the model got most confidently wrong; then those that it was least sure of."""
    p, labels = judged.of(split.held_out), dataset.labels[split.held_out]
    if labels.ndim == 2:
        doubt = np.where(labels == 1, 1 - p, p).max(1)
        wrong = ((p >= 0.5) != (labels == 1)).any(1)
    else:
        doubt = 1 - np.take_along_axis(p, labels[:, None], 1)[:, 0]
        wrong = p.argmax(1) != labels
    order = np.argsort(-doubt - wrong, kind="stable")[:MOST_PICTURES]
    return [_case(int(place), bool(wrong[place]), p, split.held_out, dataset) for place in order]


def _case(
    place: int, wrong: bool, p: np.ndarray, rows: Int[np.ndarray, " held_out"], dataset: Dataset
) -> dict[str, Any]:
    row = int(rows[place])
    if dataset.labels.ndim == 2:
        truth = [name for name, has in zip(dataset.classes, dataset.labels[row], strict=True) if has] or ["none"]
        called = [
            f"{name} {share:.2f}" for name, share in zip(dataset.classes, p[place], strict=True) if share >= 0.5
        ] or ["none"]
    else:
        best = int(p[place].argmax())
        truth, called = [dataset.classes[dataset.labels[row]]], [f"{dataset.classes[best]} {p[place, best]:.3f}"]
    return {
        "picture": Markup(picture(dataset.images[row], dataset.names[row], 112)),
        "name": dataset.names[row],
        "truth": ", ".join(truth),
        "called": ", ".join(called),
        "wrong": wrong,
    }


def _weights(rivals: list[Rival], dataset: Dataset) -> dict[str, Any] | None:
    shown = next((rival for rival in rivals if rival.name.startswith("logistic")), None)
    if shown is None or shown.weights is None:
        return None
    limit = float(np.quantile(np.abs(shown.weights), 0.995)) or 1.0
    pictures = [
        (name, figures.weights_image(weight.astype(float), limit=limit))
        for name, weight in zip(dataset.classes[:MOST_WEIGHTS], shown.weights[:MOST_WEIGHTS], strict=True)
    ]
    return {"pictures": pictures, "legend": Markup(figures.weights_legend(limit)), "told": shown.told}
