"""report.html: one page with every figure and picture inside it, for people; and model_card.md beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from pellucid.data import Dataset, Split
from pellucid.data.dataset import picture
from pellucid.evaluate import figures
from pellucid.evaluate.assess import Judged
from pellucid.evaluate.metrics import roc_curve
from pellucid.evaluate.rivals import Rival
from pellucid.run import Run
from pellucid.shapes import Int

if TYPE_CHECKING:
    from jinja2 import Template

MOST_PICTURES = 16
"""Hardest images that are shown. Chosen by us: three rows, which one looks at before tiring."""

MOST_LABELS = 4
"""Labels named below one picture. Chosen by us: more would stand taller than the picture."""

MOST_WEIGHTS = 14
"""Classes whose weights are shown. Chosen by us: all labels of ChestX-ray14."""


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
    Returns:
        the page, which holds its style and pictures and asks for nothing else; and the card, with its facts in front
        as YAML, as Hugging Face's hub reads them.
    """
    hardest, wrong = _hardest(judged, split, dataset)
    history = run.history
    facts = {
        "report": report,
        "recipe": run.recipe,
        "dataset": dataset,
        "names": _names(report["task"]),
        "curves": Markup(figures.curves(history, kept_step=report["best_step"])),
        "looks": sum(row.valid_loss is not None for row in history),
        "roc": Markup(_roc(report, judged, split, dataset)),
        "confusions": _confusions(report, dataset),
        "forest": Markup(_forest(report)),
        "hardest": hardest,
        "wrong": wrong,
        "weights": _weights(rivals, dataset),
    }
    return (
        _template("report.html.jinja", autoescape=True).render(facts),
        _template("model_card.md.jinja", autoescape=False).render(facts),
    )


def _template(name: str, *, autoescape: bool) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("pellucid.evaluate", "pages"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters |= {"figure": figure_text, "in_markdown": in_markdown, "in_yaml": in_yaml, "tail": tail}
    return pages.get_template(name)


NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "subset_accuracy": "all labels right",
    "mean_absolute_error": "mean error, in classes",
    "quadratic_weighted_kappa": "quadratic weighted kappa",
}
NAMES_OF_LABELS = {"accuracy": "labels rightly called"}
"""Multi-label tasks count each label of each image as one call."""


def _names(task: str) -> dict[str, str]:
    return NAMES | (NAMES_OF_LABELS if task == "multi-label" else {})


def figure_text(estimate: dict[str, Any], digits: int = 4) -> str:
    """A figure with its interval, for tables.

    Args:
        estimate: as `Estimate.as_dict` gives it.
        digits: after the point.

    >>> figure_text({"value": 0.95, "low": 0.9, "high": 0.98})
    '0.9500 (0.9000 to 0.9800)'
    """
    if estimate["value"] is None:
        return f"not defined: {estimate.get('reason', '')}"
    if estimate["low"] is None:
        return f"{estimate['value']:.{digits}f}"
    return f"{estimate['value']:.{digits}f} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"


def in_markdown(text: str) -> str:
    """Words as they are, on one line, whatever signs of Markdown or HTML they hold.

    Source: CommonMark 0.31, 2.4: a backslash before any ASCII punctuation makes it an ordinary sign.

    >>> print(in_markdown("<b>*benign*</b> | stage_2"))
    \\<b\\>\\*benign\\*\\</b\\> \\| stage_2
    """
    return re.sub(r"([\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))", r"\\\1", " ".join(text.split()))


def in_yaml(text: str) -> str:
    """Words as a double-quoted scalar of YAML.

    Source: YAML 1.2.2, 7.3.1 and 5.7 (escapes).

    >>> print(in_yaml('a "b": c'))
    "a \\"b\\": c"
    """
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08X}" for sign in quoted) + '"'


def tail(name: str, letters: int = 28) -> str:
    """The end of a file's name, which tells it from its neighbours: whole folders as far as they fit.

    >>> tail("scans/benign/exam-17/slice-003.png", 24), tail("slice-003.png", 9)
    ('…/exam-17/slice-003.png', '…-003.png')
    """
    *above, kept = name.split("/")
    while above and len(kept) + len(above[-1]) + 1 <= letters - 2 * (len(above) > 1):
        kept = f"{above.pop()}/{kept}"
    kept = kept if len(kept) <= letters else "…" + kept[1 - letters :]
    return f"…/{kept}" if above and kept[0] != "…" else kept


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
        ],
        measured=_names(report["task"])["accuracy"],
    )


def _hardest(judged: Judged, split: Split, dataset: Dataset) -> tuple[list[dict[str, Any]], int]:
    """Held-out cases, the surest mistakes first, then those called rightly with most doubt; and how many are wrong."""
    p, labels = judged.of(split.held_out), dataset.labels[split.held_out]
    if labels.ndim == 2:
        doubt = np.where(labels == 1, 1 - p, p).max(1)
        wrong = ((p >= 0.5) != (labels == 1)).any(1)
    else:
        doubt = 1 - np.take_along_axis(p, labels[:, None], 1)[:, 0]
        wrong = p.argmax(1) != labels
    order = np.argsort(-doubt - wrong, kind="stable")[:MOST_PICTURES]
    cases = [_case(int(place), bool(wrong[place]), p, split.held_out, dataset) for place in order]
    return cases, int(wrong.sum())


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
        "truth": _some(truth),
        "called": _some(called),
        "wrong": wrong,
    }


def _some(words: list[str]) -> str:
    """The first few, and how many more there are."""
    more = len(words) - MOST_LABELS
    return ", ".join(words[:MOST_LABELS]) + (f" and {more} more" if more > 0 else "")


def _weights(rivals: list[Rival], dataset: Dataset) -> dict[str, Any] | None:
    shown = next((rival for rival in rivals if rival.name.startswith("logistic")), None)
    if shown is None or shown.weights is None:
        return None
    limit = float(np.quantile(np.abs(shown.weights), 0.995)) or 1.0
    pictures = [
        (name, figures.weights_image(weight.astype(float), limit=limit))
        for name, weight in zip(dataset.classes[:MOST_WEIGHTS], shown.weights[:MOST_WEIGHTS], strict=True)
    ]
    return {"pictures": pictures, "legend": Markup(figures.weights_legend(limit))}
