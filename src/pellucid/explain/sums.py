"""A sum that is shown to add up: its terms, the number that they explain, and how far apart the two are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import PellucidError
from pellucid.shapes import Float

SHARE = 1e-9
"""How far a sum may lie from what it explains, as a share of the largest logit. Chosen by us: float64 has 16 digits,
and no model here needs to lose more than half of them."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Some terms, added without rounding, beside the number that the model itself gives."""

    what: str
    """The number that is explained."""
    made_of: str
    terms: int
    total: float
    value: float

    @property
    def difference(self) -> float:
        """Of the terms' sum from the number."""
        return self.total - self.value

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "what": self.what,
            "made_of": self.made_of,
            "terms": self.terms,
            "sum": self.total,
            "value": self.value,
            "difference": self.difference,
        }

    def line(self) -> str:
        """For people."""
        return f"{self.what} = {self.total:+.9f}, from {self.made_of}; off by {self.difference:.1e}"


def added_up(
    what: str, made_of: str, terms: Float[np.ndarray, " ..."], value: float, scale: float, share: float = SHARE
) -> Sum:
    """Add the terms, and see that they give the number.

    Args:
        what: the number is called.
        made_of: in words, what the terms are.
        terms: each in float64.
        value: the number, computed another way.
        scale: the largest logit; what may be lost is a share of it, or of the number where that is larger.
        share: that share.
    Raises:
        PellucidError: they do not, or something is no number.

    >>> added_up("2 x 3 + 1", "one product and a constant", np.array([6.0, 1.0]), 7.0, 1.0).difference
    0.0
    """
    finite = bool(np.isfinite(terms).all()) and math.isfinite(value)
    total = math.fsum(terms.ravel().tolist()) if finite else math.nan
    if not abs(total - value) <= share * max(abs(value), scale):  # what is no number fails too
        raise PellucidError(
            f"{what} is {value!r}, and its {terms.size:,} terms sum to {total!r}: they must agree to {share:g} of the "
            "logit. Nothing is shown that does not add up; are the weights finite numbers? If so, tell the developers."
        )
    return Sum(what, made_of, int(terms.size), total, value)


def pixels_in_words(channels: int, rows: int, columns: int) -> str:
    """How many numbers an image is.

    >>> pixels_in_words(1, 28, 28), pixels_in_words(3, 64, 64)
    ('784 pixels', '12,288 numbers (4,096 pixels x 3 colours)')
    """
    pixels = f"{rows * columns:,} pixels"
    return pixels if channels == 1 else f"{channels * rows * columns:,} numbers ({pixels} x {channels} colours)"


def constants_of(blocks: int) -> str:
    """What stands beside the pixels' terms, in words.

    >>> constants_of(1), constants_of(4)
    ('the bias', 'the constants of 4 blocks')
    """
    return "the bias" if blocks == 1 else f"the constants of {blocks} blocks"
