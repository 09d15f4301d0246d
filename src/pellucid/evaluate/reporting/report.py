"""report.html: one page with every figure and picture inside it, for people; a function of the run's other files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.evaluate.answers import Answers
from pellucid.evaluate.estimates.intervals import Estimate
from pellucid.evaluate.estimates.metrics import roc_curve
from pellucid.evaluate.reporting import figures
from pellucid.evaluate.reporting.checklists import checklists
from pellucid.evaluate.reporting.hardest import hardest_cases
from pellucid.evaluate.reporting.in_short import MUST_NOT, in_short
from pellucid.evaluate.reporting.in_words import digits_for, model_name, quoted, unit
from pellucid.evaluate.reporting.promises import calibrated, dial_lines, no_promise
from pellucid.evaluate.reporting.templates import figure_text, names_of_figures, template
from pellucid.evaluate.reporting.twin_pairs import twin_pairs
from pellucid.run import HistoryRow
from pellucid.shapes import Float

COMPARED = ("accuracy", "balanced_accuracy", "auroc")

MOST_CLASSES = 12
"""Classes whose figures all stand open on the page; of more the worst do, and all can be unfolded. Chosen by us, as
what one looks through without losing one's place."""

WORST = 6
"""The worst classes that stand open where there are more. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the page shows and no other file of the run holds."""

    of: Callable[[int], str]
    """The <img> of a case, by its row."""
    weights: tuple[str, ...] = ()
    """Data URIs: what a linear model looks for, class by class."""


def report_page(
    report: dict[str, Any],
    recipe: dict[str, Any],
    history: list[HistoryRow],
    answers: Answers,
    probabilities: Float[np.ndarray, "held_out klass"],
    pictures: Pictures,
) -> str:
    """The page as text; it holds its style and pictures, and asks for nothing else.

    Args:
        report: as report.json holds it.
        recipe: as recipe.json holds it.
        history: the rows of history.csv.
        answers: as the tables hold them.
        probabilities: the model's, calibrated, for the held-out cases.
        pictures: of cases, and of weights.
    """
    hardest, wrong = hardest_cases(answers.cases, probabilities, pictures.of)
    without = report["held_out_without_twins"] if report["twins"]["held_out"] else None
    facts = {
        "report": report,
        "recipe": recipe,
        "names": names_of_figures(report["task"]),
        "compared": COMPARED,
        "digits": digits_for(report["held_out"]["cases"]),
        "model": model_name(report["model"]),
        "unit": unit(report),
        "question": _question(report),
        "without": without,
        "short": in_short(report),
        "must_not": MUST_NOT,
        "worst": _worst(report),
        "roc": Markup(_roc(report, answers, probabilities)),
        "confusions": _confusions(report),
        "forest": Markup(_forest(report, report["held_out"], {**report["rivals"], **report["probes"]})),
        "forest_without": Markup(_forest(report, without, _rivals_without(report))) if without else "",
        "reliability": Markup(_reliability(report)),
        "dial": Markup(figures.dial(np.array(report["risk"]).reshape(-1, 2), report["dial"])),
        "dial_lines": dial_lines(report["dial"]),
        "no_promise": no_promise(report),
        "calibrated": calibrated(report["probabilities"]),
        "hardest": hardest,
        "wrong": wrong,
        "pairs": twin_pairs(answers.cases, pictures.of),
        "weights": pictures.weights,
        "legend": Markup(figures.weights_legend(report["weights_limit"])) if pictures.weights else "",
        "curves": Markup(figures.curves(history, kept_step=report["best_step"])),
        "looks": sum(row.valid_loss is not None for row in history),
        "checklists": checklists(report, recipe),
    }
    return template("report.html.jinja", autoescape=True).render(facts)


def without_pictures(page: str) -> str:
    """The page with all its pictures empty, so that the rest can be compared.

    >>> without_pictures('<img src="data:image/png;base64,iVBORw0=" width="4">')
    '<img src="data:image/png;base64," width="4">'
    """
    return re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]*", "data:image/png;base64,", page)


def _question(report: dict[str, Any]) -> str:
    """What the model answers, for the page's title."""
    classes = report["classes"]
    if report["task"] == "multi-label":
        return f"which of {len(classes)} labels?"
    return f"{' or '.join(quoted(classes))}?" if len(classes) <= 3 else f"which of {len(classes)} classes?"


def _worst(report: dict[str, Any]) -> list[str]:
    """The classes that are found least, where there are too many to show all."""
    per_class = report["held_out"]["per_class"]
    if len(per_class) <= MOST_CLASSES:
        return list(per_class)
    known = [name for name, one in per_class.items() if one["sensitivity"]["value"] is not None]
    return sorted(known, key=lambda name: float(per_class[name]["sensitivity"]["value"]))[:WORST]


def _roc(report: dict[str, Any], answers: Answers, p: np.ndarray) -> str:
    cases = answers.cases
    positive = cases.positive(cases.rows("held_out"))
    curves, areas, digits = {}, {}, digits_for(report["held_out"]["cases"])
    for k in range(1, 2) if cases.task == "binary" else range(len(cases.classes)):
        name = cases.classes[k]
        curves[name] = roc_curve(p[:, k], positive[:, k])
        areas[name] = figure_text(report["held_out"]["per_class"][name]["auroc"], digits)
    if len(curves) > 1 and "mean" not in curves:
        areas["mean"] = figure_text(report["held_out"]["auroc"], digits)
    return figures.roc(curves, areas)


def _confusions(report: dict[str, Any]) -> list[tuple[str, Markup]]:
    table, classes = np.array(report["held_out"]["confusion"]), report["classes"]
    if table.ndim == 2:
        return [("", Markup(figures.confusion(table, classes)))]
    return [
        (name, Markup(figures.confusion(one, ["absent", "present"]))) for name, one in zip(classes, table, strict=True)
    ]


def _rivals_without(report: dict[str, Any]) -> dict[str, Any]:
    """Each rival's figures without the held-out cases that have a twin."""
    return {name: one["without_twins"] for name, one in report["rivals"].items() if one["without_twins"]}


def _forest(report: dict[str, Any], ours: dict[str, Any], others: dict[str, Any]) -> str:
    """Balanced accuracies side by side, since it is their differences that are told of."""
    rows = [(model_name(report["model"]), ours, True), *((name, one, False) for name, one in others.items())]
    return figures.intervals(
        [
            (name, *(one["balanced_accuracy"][key] for key in ("value", "low", "high")), is_ours)
            for name, one, is_ours in rows
        ],
        measured=names_of_figures(report["task"])["balanced_accuracy"],
    )


def _reliability(report: dict[str, Any]) -> str:
    before, after = (
        [
            (at["confidence"], Estimate(**{"reason": "", **at["accuracy"]}))
            for at in report["probabilities"][when]["bins"]
        ]
        for when in ("before", "after")
    )
    if report["task"] == "multi-label":
        return figures.reliability(after, before, across="mean probability", upwards="share present")
    return figures.reliability(after, before)
