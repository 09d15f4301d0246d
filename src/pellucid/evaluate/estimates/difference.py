"""How much better one model is than another on the same cases, with a 95% interval of the difference."""

import numpy as np

from pellucid.evaluate.estimates.auroc import Ranking, rank
from pellucid.evaluate.estimates.grouped import Groups, effective_cases, t_quantile
from pellucid.evaluate.estimates.intervals import Estimate, edge, undefined
from pellucid.evaluate.estimates.means import half_width, mean_over_parts
from pellucid.shapes import Bool, Float


def rate_difference(
    right_a: Bool[np.ndarray, " case"], right_b: Bool[np.ndarray, " case"], groups: Groups = None
) -> Estimate:
    """How much larger the share of right cases is for model A than for model B, on the same cases.

    Only cases in which one is right and the other wrong tell them apart, so two models that err alike are compared
    far more sharply than their own intervals suggest.

    Args:
        right_a: for each case, whether A is right.
        right_b: the same for B.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        share of A minus share of B, -1 to 1, with Tango's interval on `effective_cases`.

    >>> right_a, right_b = np.arange(200) < 190, np.arange(200) < 180
    >>> print(rate_difference(right_a, right_b))
    0.050 (0.027 to 0.090)
    """
    won = right_a.astype(np.int64) - right_b
    if len(won) == 0:
        return undefined("no cases")
    limits = tango(float((won > 0).mean()), float((won < 0).mean()), effective_cases(won, groups))
    return Estimate(float(won.mean()), *limits, len(won))


def mean_rate_difference(
    right_a: Bool[np.ndarray, " case"],
    right_b: Bool[np.ndarray, " case"],
    asked: Bool[np.ndarray, "case part"],
    groups: Groups = None,
) -> Estimate:
    """How much larger the mean of several rates is for A than for B (balanced accuracy: the parts are classes).

    Args:
        right_a: for each case, whether A is right.
        right_b: the same for B.
        asked: which part (class) a case belongs to; parts without cases are left out.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the mean over parts of A's rate minus B's, -1 to 1, with a MOVER interval from each part's own.

    >>> asked = np.arange(200)[:, None] % 2 == [0, 1]
    >>> print(mean_rate_difference(np.arange(200) < 190, np.arange(200) < 180, asked))
    0.050 (0.023 to 0.094)
    """

    def estimate(part: Bool[np.ndarray, " case"]) -> Estimate:
        return rate_difference(right_a[part], right_b[part], None if groups is None else groups[part])

    return mean_over_parts(right_a.astype(np.int64) - right_b, asked, groups, estimate)


def ranking_difference(
    scores_a: Float[np.ndarray, "case klass"],
    scores_b: Float[np.ndarray, "case klass"],
    positive: Bool[np.ndarray, "case klass"],
    groups: Groups = None,
) -> Estimate:
    """How much larger the (macro) area under the ROC curve is for A than for B, on the same cases.

    Args:
        scores_a: of model A, higher means more likely of that class.
        scores_b: the same of model B; any scale.
        positive: whether the case is of that class; classes without cases, or without others, are left out.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        mean area of A minus mean area of B, -1 to 1, with a MOVER interval from both areas' own and the covariance
        that they have because the same cases enter both.
    Source: DeLong, DeLong and Clarke-Pearson 1988 and Obuchowski 1997 (covariance, see `rank`); Zou and Donner 2008,
        Construction of confidence limits about effect measures: a general approach, Statistics in Medicine 27:1693.

    >>> positive = np.arange(40)[:, None] >= 20
    >>> perfect, worse = positive + np.linspace(0, 1, 40)[:, None], np.arange(40)[:, None] % 30 + 0.0
    >>> print(ranking_difference(perfect, worse, positive))
    0.375 (0.183 to 0.578)
    """
    classes = positive.shape[1]
    both = rank(np.hstack([scores_a, scores_b]), np.hstack([positive, positive]), groups)
    first, second = slice(None, classes), slice(classes, None)
    a, b = (Ranking(both.estimates[half], both.covariance[half, half]).macro() for half in (first, second))
    if a.value is None or b.value is None:
        return a
    variances = [both.covariance[half, half].sum() for half in (first, second)]  # a class without an area has zeros
    scale = float(np.sqrt(max(0.0, variances[0]) * max(0.0, variances[1])))
    correlation = float(np.clip(both.covariance[first, second].sum() / scale, -1, 1)) if scale > 0 else 0.0
    return apart(a, b, correlation)


def apart(a: Estimate, b: Estimate, correlation: float) -> Estimate:
    """The difference of two measured numbers, its interval made from theirs (MOVER).

    Args:
        a: a number with its interval.
        b: the number to take from it, measured on the same cases.
        correlation: between the errors of both, -1 to 1; 0 where unknown.
    Returns:
        a - b.
    Source: Zou and Donner 2008 (see `ranking_difference`).

    >>> print(apart(Estimate(0.9, 0.87, 0.92, 500), Estimate(0.8, 0.76, 0.83, 500), correlation=0.0))
    0.100 (0.058 to 0.145)
    """
    (x, x_low, x_high), (y, y_low, y_high) = np.array([(part.value, part.low, part.high) for part in (a, b)], float)
    down, up = (
        float(np.sqrt(max(0.0, own**2 + its**2 - 2 * correlation * own * its)))
        for own, its in ((x - x_low, y_high - y), (x_high - x, y - y_low))
    )
    return Estimate(float(x - y), float(max(-1.0, x - y - down)), float(min(1.0, x - y + up)), a.cases)


def mean_difference(
    values_a: Float[np.ndarray, " case"], values_b: Float[np.ndarray, " case"], groups: Groups = None
) -> Estimate:
    """How much larger the mean of a number (a loss, say) is for A than for B, on the same cases.

    Args:
        values_a: the number of each case for A; any unit.
        values_b: the same for B.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        mean of A minus mean of B, with a t interval on cases or groups; a single group gives none.

    >>> print(mean_difference(np.array([0.1, 0.4, 0.2, 0.5]), np.array([0.2, 0.4, 0.4, 0.6])))
    -0.100 (-0.230 to 0.030)
    """
    apart = values_a - values_b
    if len(apart) == 0:
        return undefined("no cases")
    value, half = float(apart.mean()), half_width(apart, groups)
    if np.isinf(half):
        return Estimate(value, None, None, len(apart), "a single case or group: nothing is known of others")
    return Estimate(value, value - half, value + half, len(apart))


def tango(won: float, lost: float, cases: float | int) -> tuple[float, float]:
    """Tango's 95% interval for the difference of two shares measured on the same cases.

    All differences from which the measured one is within 1.96 standard errors, each taken at the difference that is
    tried: so it has a width also where the two never disagree, and holds 0 just when McNemar's test does not reject it.

    Args:
        won: share of cases in which only the first is right.
        lost: share of cases in which only the second is right.
        cases: how many independent cases; may be a fraction (an effective number), 0 gives -1 to 1.
    Returns:
        lower and upper limit, -1 to 1.
    Source: Tango 1998, Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design, Statistics in Medicine 17:891.

    >>> [round(limit, 3) for limit in tango(1 / 21, 7 / 21, 21)]
    [-0.517, -0.026]
    """

    def within(tried: float) -> bool:
        middle = (2 - won + lost) * tried - won - lost
        likely = (np.sqrt(max(0.0, middle**2 + 8 * lost * tried * (1 - tried))) - middle) / 4  # to lose, at that gap
        variance = max(0.0, 2 * likely + tried * (1 - tried))
        return bool(cases * (won - lost - tried) ** 2 <= t_quantile(np.inf) ** 2 * variance)

    return edge(within, won - lost, -1.0), edge(within, won - lost, 1.0)
