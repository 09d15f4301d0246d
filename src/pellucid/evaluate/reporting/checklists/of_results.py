"""What a run has measured, a sentence each; None where it has not."""

from __future__ import annotations

from pellucid.evaluate.reporting.checklists.of_data import MOST_NAMED, Facts, in_words
from pellucid.evaluate.reporting.templates import names_of_figures

WORST = 3
"""Confusions that are named. Chosen by us: report.html shows the whole table."""


def overall(figures: Facts, task: str) -> str:
    """All overall figures of one part, with their intervals."""
    shown = [f"{name} {in_words(figures[key])}" for key, name in names_of_figures(task).items() if key in figures]
    return ", ".join(shown)


def measures(report: Facts, recipe: Facts) -> str | None:
    """Which figures and plots there are."""
    figures = ", ".join(name for key, name in names_of_figures(report["task"]).items() if key in report["held_out"])
    return (
        f"Measured were {figures}; for each class sensitivity, specificity and AUROC against the rest. report.html "
        "shows ROC curves, the table of confusions and the hardest images."
    )


def intervals(report: Facts, recipe: Facts) -> str | None:
    """How uncertainty was computed."""
    unit = (
        f"whole groups are the unit ({report['held_out']['groups']} held out)"
        if report["held_out"]["groups"]
        else "images are taken as independent of each other, since no groups were known"
    )
    return (
        "Intervals are 95%: for shares Wilson's as modified by Brown, Cai and DasGupta, for means of shares MOVER, for "
        f"AUROC score limits with DeLong's variance; {unit}."
    )


def held_out(report: Facts, recipe: Facts) -> str | None:
    """The figures as split."""
    return f"On {report['cases']['held_out']:,} held-out images: {overall(report['held_out'], report['task'])}."


def valid(report: Facts, recipe: Facts) -> str | None:
    """The figures of the part that chose the weights."""
    return (
        f"On the {report['cases']['valid']:,} validation images, which chose the weights: "
        f"{overall(report['valid'], report['task'])}."
    )


def without_twins(report: Facts, recipe: Facts) -> str | None:
    """The figures without images that stand in training too."""
    if not report["twins"]["held_out"]:
        return None
    rest = report["held_out_without_twins"]
    if rest is None:
        return "Every held-out image has a twin in training: there are no figures without them."
    return f"On the {rest['cases']:,} held-out images without a twin in training: {overall(rest, report['task'])}."


def per_class(report: Facts, recipe: Facts) -> str | None:
    """Sensitivity and specificity of each class."""
    found = report["held_out"]["per_class"]
    if len(found) > MOST_NAMED:
        return f"Sensitivity, specificity and AUROC of each of {len(found)} classes: held_out.per_class in report.json."
    if report["task"] == "binary":
        rows = [f'of {one["cases"]:,} "{name}" {in_words(one["sensitivity"])}' for name, one in found.items()]
        return f"Rightly called were, {', '.join(rows)}; each is the specificity for the other class."
    rows = [
        f'"{name}" ({one["cases"]:,}): sensitivity {in_words(one["sensitivity"])}, specificity '
        f"{in_words(one['specificity'])}"
        for name, one in found.items()
    ]
    return f"{'; '.join(rows)}."


def rivals(report: Facts, recipe: Facts) -> str | None:
    """How simpler models did on the same images."""
    rows = [f"{name} {in_words(rival['balanced_accuracy'])}" for name, rival in report["rivals"].items()]
    ours = in_words(report["held_out"]["balanced_accuracy"])
    return f"Balanced accuracy on the same images: {report['model']} {ours}; {'; '.join(rows)}." if rows else None


def differences(report: Facts, recipe: Facts) -> str | None:
    """How much better than each simpler model, image by image."""
    rows = [f"{name} {in_words(rival['difference']['balanced_accuracy'])}" for name, rival in report["rivals"].items()]
    told = f"Difference in balanced accuracy, paired by image, the {report['model']} less the other model"
    return f"{told}: {'; '.join(rows)}." if rows else None


def probes(report: Facts, recipe: Facts) -> str | None:
    """How far shortcuts alone lead."""
    rows = [f"{name} {in_words(probe['balanced_accuracy'])}" for name, probe in report["probes"].items()]
    return f"Balanced accuracy of tiny models that see {'; '.join(rows)}." if rows else None


def reliability(report: Facts, recipe: Facts) -> str | None:
    """Whether probabilities mean what they say."""
    measured = [report["probabilities"][when] for when in ("before", "after")]
    error, brier = (
        " and ".join(f"{one[key]['value']:.3f}" for one in measured)
        for key in ("expected_calibration_error", "brier_score")
    )
    return (
        "On held-out images, before and after division by the temperature, the expected calibration error (15 bins) is "
        f"{error}, the Brier score {brier}."
    )


def mistakes(report: Facts, recipe: Facts) -> str | None:
    """What is taken for what, most often."""
    if report["task"] == "multi-label":
        return "Which labels were missed and which seen where they are not: a table for each label in report.html."
    table, names = report["held_out"]["confusion"], report["classes"]
    wrong = [
        (count, sum(row), truth, called)
        for truth, row in zip(names, table, strict=True)
        for called, count in zip(names, row, strict=True)
        if truth != called and count
    ]
    if not wrong:
        return "No held-out image was called wrongly."
    worst = [
        f'{n:,} of {of:,} "{truth}" called "{called}"' for n, of, truth, called in sorted(wrong, reverse=True)[:WORST]
    ]
    total = sum(one[0] for one in wrong)
    often = " Most often:" if len(wrong) > WORST else ""
    return f"{total:,} of {sum(map(sum, table)):,} held-out images were called wrongly.{often} {'; '.join(worst)}."


def doubts(report: Facts, recipe: Facts) -> str | None:
    """What the run warned of."""
    return " ".join(report["warnings"]) or None


def internal(report: Facts, recipe: Facts) -> str | None:
    """What the model was tested on."""
    return (
        f"In this run the model was tested on {report['cases']['held_out']:,} held-out images of "
        f"{report['source_name']}, which took no part in learning, choosing or calibrating."
    )


def external(report: Facts, recipe: Facts) -> str | None:
    """What it was not tested on."""
    if recipe["split"]["how"].startswith("drawn"):
        return "This run measured no images of another source."
    return (
        "This run measured only the part that its source sets aside; whether that is from another institution the "
        "software does not know."
    )


def updating(report: Facts, recipe: Facts) -> str | None:
    """Whether the model was changed after it was measured."""
    return (
        "In this run nothing was updated after the evaluation: the temperature was fitted before, on the calibration "
        "part."
    )


def clusters(report: Facts, recipe: Facts) -> str | None:
    """What was done about groups."""
    if not report["held_out"]["groups"]:
        return None
    return (
        f"The intervals take whole groups as their unit ({report['held_out']['groups']} held out); the figures were "
        "not compared between groups or sites."
    )


def explained(report: Facts, recipe: Facts) -> str | None:
    """Which methods of explanation were applied."""
    linear = any(name.startswith("logistic regression") for name in report["rivals"])
    shown = "; the weights that report.html shows are those of the logistic regression beside it" if linear else ""
    return f"No method of explanation was applied to the {report['model']} in this run{shown}."


OF_RESULTS = {
    "measures": measures, "intervals": intervals, "held_out": held_out, "valid": valid, "without_twins": without_twins,
    "per_class": per_class, "rivals": rivals, "differences": differences, "probes": probes,
    "reliability": reliability, "mistakes": mistakes, "doubts": doubts, "internal": internal, "external": external,
    "updating": updating, "clusters": clusters, "explained": explained,
}  # fmt: skip
