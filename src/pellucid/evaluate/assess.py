"""All that is measured of a run, as one function of its three tables: `train` writes it, `verify` computes it again."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.data.repeats import counted, differing, repeated
from pellucid.data.twins import KINDS as LIKENESSES
from pellucid.evaluate.answers import Answers, Cases, Other
from pellucid.evaluate.estimates.difference import mean_rate_difference, ranking_difference, rate_difference
from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.estimates.measuring import calls, measure, ranking_scores, trials_of
from pellucid.evaluate.rivals.ladder import describe_rungs
from pellucid.evaluate.rivals.survival import describe_probe
from pellucid.evaluate.trust.abstention import check_dial, error_curve
from pellucid.evaluate.trust.calibration import Calibration, probabilities_of
from pellucid.evaluate.trust.conformal import check_sets
from pellucid.evaluate.trust.reliability import measure_reliability
from pellucid.shapes import Bool, Float, Int


def assess(answers: Answers, calibration: Calibration) -> dict[str, Any]:
    """Every figure of report.json that the tables hold.

    Args:
        answers: the model's and the others', with the truth.
        calibration: what was fitted on the calibration part.
    Returns:
        `held_out` and `held_out_without_twins` (None where all have twins), `twins`, `repeats`, `valid`, `rivals`,
        `probes`, `ladder`, `probabilities` (before and after the temperature), `sets`, `dial` and its curve `risk`,
        `unlike`, `cases`, `class_counts`; and `tables`, fingerprints of the answers themselves.
    """
    cases, held_out = answers.cases, answers.cases.rows("held_out")
    task, truth, groups = cases.task, cases.labels[held_out], cases.groups_of(held_out)
    p = calibration.probabilities(answers.class_logits, task)
    ours, uncalibrated = p[answers.of("held_out")], answers.class_logits[answers.of("held_out")]
    alone = cases.likeness[held_out] == ""
    whole = measured(cases, ours, held_out)
    without = measured(cases, ours[alone], held_out[alone]) if alone.any() else None
    return {
        "cases": cases.counts(),
        "class_counts": cases.class_counts(),
        "held_out": whole,
        "held_out_without_twins": without,
        "twins": _twins(cases, held_out),
        "repeats": _repeats(cases),
        "valid": measured(cases, p[answers.of("valid")], cases.rows("valid")),
        "rivals": {rival.name: _rival(cases, ours, rival, alone) for rival in answers.of_kind("rivals")},
        "probes": {probe.name: _probe(cases, without or whole, probe, alone) for probe in answers.of_kind("probes")},
        "ladder": describe_rungs(
            {rung.name: rung.probabilities for rung in answers.of_kind("ladder")},
            cases.labels[cases.rows("valid")],
            task,
            cases.groups_of(cases.rows("valid")),
        ),
        "probabilities": {
            "before": measure_reliability(probabilities_of(uncalibrated, task), truth, task, groups),
            "after": measure_reliability(ours, truth, task, groups),
        },
        "sets": check_sets(ours, truth, task, groups, calibration.limits, list(cases.classes)),
        "dial": check_dial(ours, truth, task, groups, calibration.levels),
        "risk": error_curve(ours, truth, task).tolist(),
        "unlike": rate_estimate(answers.unlike[answers.of("held_out")], groups).as_dict(),
        "tables": answers.fingerprints(),
    }


def measured(cases: Cases, p: Float[np.ndarray, "some klass"], rows: Int[np.ndarray, " some"]) -> dict[str, Any]:
    """`measure` for some cases of a run, whole groups taken as clusters."""
    return measure(p, cases.labels[rows], cases.task, list(cases.classes), cases.groups_of(rows))


def _twins(cases: Cases, held_out: np.ndarray) -> dict[str, int]:
    likeness = cases.likeness[held_out]
    kinds = {kind: int((likeness == kind).sum()) for kind in LIKENESSES if kind}
    return {"held_out": int((likeness != "").sum()), "cases": len(held_out), **kinds}


def _repeats(cases: Cases) -> dict[str, Any]:
    """Images that stand more than once, anywhere in the data set."""
    identical = np.unique(cases.sha256, return_inverse=True)[1]
    same, alike = repeated(identical), repeated(cases.alike)
    return {
        "identical": counted(same),
        "near_identical": counted(differing(alike, identical)),
        "identical_across_parts": len(differing(same, cases.parts)),
        "identical_across_classes": len(differing(same, cases.labels)),
        "blank": sum("blank" in seen.split("|") for seen in cases.seen),
    }


def _rival(cases: Cases, ours: np.ndarray, rival: Other, alone: Bool[np.ndarray, " case"]) -> dict[str, Any]:
    rows = rival.rows
    without = measured(cases, rival.probabilities[alone], rows[alone]) if alone.any() else None
    return {
        "told": rival.told,
        **measured(cases, rival.probabilities, rows),
        "without_twins": without,
        "difference": _difference(cases, ours, rival.probabilities, rows),
        "difference_without_twins": _difference(cases, ours[alone], rival.probabilities[alone], rows[alone])
        if alone.any()
        else None,
    }


def _difference(cases: Cases, ours: np.ndarray, theirs: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """The model less the rival, case by case, so that what both find hard does not blur it."""
    task, positive, groups = cases.task, cases.positive(rows), cases.groups_of(rows)
    a, b = (trials_of(calls(p, task), positive, task, groups) for p in (ours, theirs))
    our_scores, their_scores = (ranking_scores(p, task) for p in (ours, theirs))
    return {
        "accuracy": rate_difference(a.right, b.right, a.groups).as_dict(),
        "balanced_accuracy": mean_rate_difference(a.right, b.right, a.asked, a.groups).as_dict(),
        "auroc": ranking_difference(our_scores, their_scores, positive, groups).as_dict(),
    }


def _probe(cases: Cases, model: dict[str, Any], probe: Other, alone: Bool[np.ndarray, " case"]) -> dict[str, Any]:
    """What survives of the model is judged without twins, which a probe may know by heart; if all have twins, on all.

    Args:
        model: its figures without twins, or on all.
    """
    whole = measured(cases, probe.probabilities, probe.rows)
    without = measured(cases, probe.probabilities[alone], probe.rows[alone]) if alone.any() else None
    return {
        "told": probe.told,
        **whole,
        "without_twins": without,
        **describe_probe(probe.name, model, without or whole, cases.task),
    }
