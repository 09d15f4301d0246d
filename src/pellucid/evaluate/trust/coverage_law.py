"""How often conformal sets hold the truth when they were learned from few cases: a law that is known exactly."""

import math
from typing import Any

import numpy as np
from scipy.special import betaln, gammaln

from pellucid.shapes import Float

MISSED = 0.05  # share of units of each class that may be missed; chosen by us, as the complement of 95% intervals
BAND = 0.95  # share of splits whose coverage lies within the band; chosen by us, as for every other interval
ROUNDING = 1e-9  # (n + 1) * missed may fall short of a whole number by the rounding of a product, and by no more


def rank_of(units: int, missed: float = MISSED) -> int:
    """Which of the sorted scores is the limit: ceil((units + 1) (1 - missed)), without rounding errors.

    >>> rank_of(19), rank_of(18), rank_of(139)
    (19, 19, 133)
    """
    return units + 1 - math.floor((units + 1) * missed + ROUNDING)


def coverage_law(
    covered: int, units: int, calibrated: int, missed: float = MISSED, band: float = BAND
) -> dict[str, Any] | None:
    """What coverage the finite-sample law predicts for new units of one class, and whether theirs is like it.

    With n calibration units and limit number r among their sorted scores, the number covered of m new units is
    beta-binomial with (m, r, n + 1 - r): a split's luck, which no number of new units takes away.

    Args:
        covered: how many new units have the class within its limit.
        units: m, how many there are.
        calibrated: n.
        missed: share of units that may be missed.
        band: chance of a coverage between `low` and `high`; of 20 such bands of 0.95, one is missed by chance.
    Returns:
        `expected` mean coverage, `low` and `high` end of the band, what was `observed`, all 0 to 1; `verdict` (below,
        within, above); how many `units`. None where there is no guarantee or no unit. Equal scores, such as 1 - p = 0
        in many cases, raise the coverage above the law, never below it.
    Source: Vovk 2012, Conditional validity of inductive conformal predictors, section 3; Angelopoulos and Bates 2023,
        Conformal prediction: a gentle introduction, 3.2.

    >>> law = coverage_law(95, 100, calibrated=99)
    >>> round(law["expected"], 6), round(law["low"], 6), round(law["high"], 6), law["verdict"]
    (0.95, 0.88, 1.0, 'within')
    """
    rank = rank_of(calibrated, missed)
    if rank > calibrated or units == 0:
        return None
    first, last = (1 - band) / 2, (1 + band) / 2
    chances = np.cumsum(coverage_chances(units, calibrated, missed))
    low, high = (int(np.searchsorted(chances, share)) for share in (first, last))
    verdict = "below" if covered < low else "above" if covered > high else "within"
    return {
        "expected": rank / (calibrated + 1),
        "low": low / units,
        "high": min(high, units) / units,
        "observed": covered / units,
        "verdict": verdict,
        "units": units,
    }


def coverage_chances(units: int, calibrated: int, missed: float = MISSED) -> Float[np.ndarray, " count"]:
    """How likely it is that 0, 1, ... all of the new units are covered: the beta-binomial law.

    >>> coverage_chances(1, 19).round(6).tolist()
    [0.05, 0.95]
    """
    rank = rank_of(calibrated, missed)
    count = np.arange(units + 1)
    ways = gammaln(units + 1) - gammaln(count + 1) - gammaln(units - count + 1)
    beyond = calibrated + 1 - rank
    return np.asarray(np.exp(ways + betaln(count + rank, units - count + beyond) - betaln(rank, beyond)))
