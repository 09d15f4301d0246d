"""How readers would rate a nodule: the probability that they would call it suspicious, from its outline alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files as package_files
from typing import Any

import numpy as np

from pellucid.ct.findings import Finding, Nodule
from pellucid.ct.outline import Outline, measure
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.shapes import Float

FILE = "models/rating.json"
FORMAT = 1
MEANINGS = {
    "log_diameter": "natural logarithm of the diameter, in mm, of the ball with the outline's volume",
    "elongation": "longest principal axis over the shortest; 1 for a ball",
    "irregularity": "1 - sphericity; 0 for a ball",
}
SAYS = (
    "The probability that LIDC's readers would rate the nodule suspicious: that the median of their ratings of "
    "malignancy, 1 to 5, is 4 or more. It is about readers' impressions, not about pathology."
)


@dataclass(frozen=True, slots=True)
class Term:
    """One feature of the model: scaled by what it was in LIDC, then weighted.

    `low` and `high` are the 95% interval of the coefficient.
    """

    name: str
    mean: float
    deviation: float
    coefficient: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RatingModel:
    """A logistic model: p = 1 / (1 + exp(-(intercept + sum of coefficient * (feature - mean) / deviation)))."""

    terms: tuple[Term, ...]
    intercept: float

    def p_suspicious(self, outline: Outline) -> float:
        """The probability that readers would rate a nodule of this outline suspicious, 0 to 1."""
        return float(1 / (1 + np.exp(-self.logits(features_of(outline)[None])[0])))

    def logits(self, features: Float[np.ndarray, "case feature"]) -> Float[np.ndarray, " case"]:
        """The same before the last step, for many; features in the order of `MEANINGS`."""
        mean, deviation, coefficient = np.array([[t.mean, t.deviation, t.coefficient] for t in self.terms]).T
        return np.asarray(self.intercept + (features - mean) / deviation @ coefficient)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        terms = [asdict(term) | {"meaning": MEANINGS[term.name]} for term in self.terms]
        return {"format": FORMAT, "says": SAYS, "terms": terms, "intercept": self.intercept}

    @staticmethod
    def from_dict(facts: Any) -> RatingModel:
        """What `as_dict` gave.

        Raises:
            BadInput: something else.
        """
        try:
            if facts["format"] != FORMAT or [one["name"] for one in facts["terms"]] != list(MEANINGS):
                raise ValueError("another format")
            numbers = ("mean", "deviation", "coefficient", "low", "high")
            terms = tuple(Term(one["name"], *(float(one[key]) for key in numbers)) for one in facts["terms"])
            model = RatingModel(terms, float(facts["intercept"]))
            if not np.isfinite([model.intercept, *(t.coefficient / t.deviation for t in terms)]).all():
                raise ValueError("a number that is none")
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as problem:
            raise BadInput(f"This is no rating model as pellucid writes it ({problem}): fit it again.") from None
        return model


def features_of(outline: Outline) -> Float[np.ndarray, " feature"]:
    """What the model sees, in the order of `MEANINGS`.

    >>> features_of(Outline(diameter_mm=np.e, volume_mm3=10.5, elongation=1.5, irregularity=0.1))
    array([1. , 1.5, 0.1])
    """
    return np.array([np.log(outline.diameter_mm), outline.elongation, outline.irregularity])


def load_rating() -> RatingModel:
    """The model that comes with pellucid.

    Raises:
        BadInput: a damaged installation.
    """
    try:
        facts = json.loads(package_files("pellucid.ct").joinpath(FILE).read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise BadInput(f"pellucid's own {FILE} is damaged or missing ({problem}): install pellucid again.") from None
    return RatingModel.from_dict(facts)


def rate(nodules: Sequence[Nodule], working: Volume, model: RatingModel | None = None) -> list[Finding]:
    """The accepted nodules, measured and rated.

    The model was fitted on readers' contours, brought to the working grid. The pipeline's own outlines differ from
    them (readers draw with a hand and an opinion, and leave vessels out), so read p as a rough guide. Rejected nodules
    are not rated.

    Args:
        nodules: from the classifying stage.
        working: the scan on the working grid, which the outlines lie on; its spacing is used.
        model: how to rate; None: the one that comes with pellucid.
    Returns:
        one finding for each accepted nodule, in the same order.
    Raises:
        BadInput: an accepted nodule has an empty outline.
    """
    model = model or load_rating()
    spacing_mm = float(working.frame.spacing_xyz_mm[0])
    found = []
    for nodule in nodules:
        if nodule.accepted:
            told = measure(nodule.lump.outline, spacing_mm)
            p = model.p_suspicious(told)
            found.append(Finding(nodule, told.volume_mm3, told.elongation, told.irregularity, p))
    return found
