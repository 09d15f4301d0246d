"""What there is to say of a fitted rating model: how well it ranks, beside the diameter alone, and how calibrated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pellucid.ct.rating import RatingModel
from pellucid.evaluate.estimates.intervals import Estimate

CAVEATS = (
    "Ratings are readers' impressions, not pathology. Not a medical device.",
    "Measured on readers' contours, brought to 1 mm; the pipeline's own outlines differ, and no scan was looked at.",
    "Thick slices blur small outlines: see the lines by distance between slices.",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Areas under ROC curves on the same nodules: of the model, of the diameter alone, and how they differ."""

    name: str
    suspicious: int
    model: Estimate
    diameter: Estimate
    difference: Estimate

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "nodules": self.name,
            "suspicious": self.suspicious,
            "model": self.model.as_dict(),
            "diameter": self.diameter.as_dict(),
            "difference": self.difference.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Slope:
    """The calibration slope with its 95% interval (1 is right, below 1 too sure) and intercept (0 is right)."""

    value: float
    low: float
    high: float
    intercept: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RatingReport:
    """A fitted rating model, and its figures on patients that the fit had not seen.

    Attributes:
        model: fitted on all of the nodules.
        nodules, patients: how many.
        suspicious, undecided: nodules whose readers' median is 4 or more; between 2 and 4.
        comparisons: how well it ranks, beside the diameter.
        calibration_error, brier, slope: whether its probabilities are what they say, undecided nodules too.
        bins: mean probability and share of suspicious nodules where it lies so.
    """

    model: RatingModel
    nodules: int
    patients: int
    suspicious: int
    undecided: int
    comparisons: tuple[Comparison, ...]
    calibration_error: Estimate
    brier: Estimate
    slope: Slope
    bins: tuple[tuple[float, Estimate], ...]

    def lines(self) -> list[str]:
        """For people."""
        slope = self.slope
        return [
            f"{self.nodules:,} nodules of {self.patients:,} patients: {self.suspicious} suspicious, "
            f"{self.undecided} undecided; each rated by a model that saw nothing of its patient",
            "",
            f"{'AUROC with 95% interval':50}{'the model':26}{'diameter alone':26}difference",
            *(
                f"{f'{one.name} ({one.suspicious} of {one.model.cases:,})':50}"
                f"{one.model!s:26}{one.diameter!s:26}{one.difference}"
                for one in self.comparisons
            ),
            "",
            f"calibration error {self.calibration_error} ({self.calibration_error.reason})",
            f"Brier score       {self.brier}",
            f"slope             {slope.value:.3f} ({slope.low:.3f} to {slope.high:.3f})",
            f"its intercept     {slope.intercept:.3f}",
            *(f"  p {p:.2f}: {share} of {share.cases}" for p, share in self.bins),
            "",
            *(
                f"{term.name:14} (mean {term.mean:.3f}, deviation {term.deviation:.3f}): coefficient "
                f"{term.coefficient:.3f} ({term.low:.3f} to {term.high:.3f})"
                for term in self.model.terms
            ),
            f"{'intercept':14} {self.model.intercept:.3f}",
            "",
            *CAVEATS,
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the model's own keys first, so that the file is one."""
        measured = {
            "nodules": self.nodules,
            "patients": self.patients,
            "suspicious": self.suspicious,
            "undecided": self.undecided,
            "auroc": [one.as_dict() for one in self.comparisons],
            "calibration_error": self.calibration_error.as_dict(),
            "brier": self.brier.as_dict(),
            "slope": self.slope.as_dict(),
            "bins": [{"p": p, "suspicious": share.as_dict()} for p, share in self.bins],
            "caveats": list(CAVEATS),
        }
        return self.model.as_dict() | {"measured": _rounded(measured)}


def _rounded(facts: Any) -> Any:
    """All numbers to six digits after the point, so that the file is the same on every machine."""
    if isinstance(facts, dict):
        return {key: _rounded(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_rounded(value) for value in facts]
    return round(facts, 6) if isinstance(facts, float) else facts
