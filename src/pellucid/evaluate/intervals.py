"""How sure a measured number is: every rate and every area under a curve with its 95% interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit, gammaincinv, logit, ndtri, stdtrit

Groups = Int[np.ndarray, " case"] | None

FEW_ERRORS = 3  # from four errors on, Wilson's limit is good enough (Brown, Cai and DasGupta 2001, section 4.1.1)
DOUBT = 0.25  # groups' worth of belief that errors come in whole groups; chosen by us, because bench/coverage.py shows
# 0.90 to 0.91 without it where only a handful of groups hold an error, and little change anywhere else
RANKING_DOUBT = 0.05  # the same for wrongly ranked cases; chosen by us: without it a rare class (60 of 600, true area
# 0.99) is covered 0.91 of the time, with it 0.98, and the interval of ordinary areas stays as it was


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number measured on some cases, and the 95% interval that it came with.

    Args:
        value: the number; None where it is not defined, and then `reason` says why.
        low: lower end of the interval; None where there is none.
        high: upper end of the interval; None where there is none.
        cases: how many cases the number rests on.
        reason: why value or interval is missing; empty where both are there.

    >>> print(Estimate(0.953, 0.941, 0.963, cases=1200))
    0.953 (0.941 to 0.963)
    """

    value: float | None
    low: float | None
    high: float | None
    cases: int
    reason: str = ""

    def as_dict(self) -> dict[str, float | int | str | None]:
        """The same as a dictionary that JSON can hold: never nan; `reason` only where something is missing."""
        facts: dict[str, float | int | str | None] = {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "cases": self.cases,
        }
        return facts | {"reason": self.reason} if self.reason else facts

    def __str__(self) -> str:
        if self.value is None:
            return f"not defined: {self.reason}"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def undefined(reason: str, cases: int = 0) -> Estimate:
    """An Estimate without a value, saying why.

    >>> print(undefined("no cases"))
    not defined: no cases
    """
    return Estimate(None, None, None, cases, reason)


def wilson(rate: float | int, cases: float | int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a rate.

    Args:
        rate: successes / cases, 0 to 1.
        cases: how many independent cases; may be a fraction (an effective number), 0 gives 0 to 1.
        confidence: share of such intervals that should hold the true rate.
    Returns:
        lower and upper limit, 0 to 1.
    Source: Wilson 1927, J Am Stat Assoc 22:209.

    >>> [round(limit, 4) for limit in wilson(0.9, 10)]
    [0.5958, 0.9821]
    """
    if cases <= 0:
        return 0.0, 1.0
    z2 = float(ndtri(0.5 + confidence / 2)) ** 2
    middle = (rate + z2 / (2 * cases)) / (1 + z2 / cases)
    half = np.sqrt(z2 * (rate * (1 - rate) / cases + z2 / (4 * cases**2))) / (1 + z2 / cases)
    low = 0.0 if rate == 0 else max(0.0, float(middle - half))
    return low, 1.0 if rate == 1 else min(1.0, float(middle + half))


def modified_wilson(rate: float | int, cases: float | int) -> tuple[float, float]:
    """Wilson's 95% interval, except that one to three errors (or successes) get a Poisson limit on their side.

    Plain Wilson holds a true rate of 0.999 in only 92% of tests with 100 cases: one error rules it out. This holds it.

    Args:
        rate: successes / cases, 0 to 1.
        cases: how many independent cases; may be a fraction (an effective number).
    Returns:
        lower and upper limit, 0 to 1; never narrower than Wilson's.
    Source: Brown, Cai and DasGupta 2001, Statistical Science 16:101, section 4.1.1.

    >>> [round(limit, 5) for limit in (*wilson(0.99, 100), *modified_wilson(0.99, 100))]
    [0.94551, 0.99823, 0.94551, 0.99949]
    """
    low, high = wilson(rate, cases)
    successes, errors = rate * cases, (1 - rate) * cases
    if 0 < successes <= min(FEW_ERRORS, errors):
        low = min(low, float(gammaincinv(successes, 0.05)) / cases)
    if 0 < errors <= min(FEW_ERRORS, successes):
        high = max(high, 1 - float(gammaincinv(errors, 0.05)) / cases)
    return low, high


def effective_cases(right: Bool[np.ndarray, " case"], groups: Groups = None) -> float:
    """How many independent cases carry as much knowledge of a rate as these cases do, which come in groups.

    Cases of one patient resemble each other, so ten of them tell less than ten patients do. The spread between groups
    is compared with the spread that independent cases would have (the design effect, at least 1). Few groups make that
    comparison itself unsure: a t quantile answers for it, and `DOUBT` leans it towards the worst case, in which each
    group is right or wrong as a whole. Where all cases are right, or all wrong, the worst case is taken.

    Args:
        right: for each case, whether it counts as a success.
        groups: for each case, the number of its patient or exam; None: every case is its own group.
    Returns:
        0 (one group says nothing about others) to the number of cases.
    Source: Korn and Graubard 1998, Survey Methodology 24:193; the lean is ours.

    >>> effective_cases(np.array([True, True, False, False]), np.array([0, 1, 2, 3]))
    4.0
    """
    cases = len(right)
    if groups is None or cases < 2:
        return float(cases)
    _, group = np.unique(groups, return_inverse=True)
    size, successes = np.bincount(group), np.bincount(group, right)
    if len(size) == 1:
        return 0.0
    if len(size) == cases:
        return float(cases)
    rate = float(right.mean())
    worst = float((size**2).sum()) / cases
    telling = min(int((successes > 0).sum()), int((successes < size).sum()))  # groups that hold the rarer outcome
    measured = 1.0
    if telling:
        spread = len(size) / (len(size) - 1) * float(((successes - size * rate) ** 2).sum()) / cases**2
        measured = max(1.0, spread / (rate * (1 - rate) / (cases - 1)))
    design_effect = (telling * measured + DOUBT * max(worst, measured)) / (telling + DOUBT)
    return float(cases / design_effect * (t_quantile(cases - 1) / t_quantile(len(size) - 1)) ** 2)


def t_quantile(freedom: float | int) -> float:
    """Half-width of a 95% interval, in standard errors, when the standard error rests on so many degrees of freedom.

    >>> round(t_quantile(9), 3), round(t_quantile(1e9), 3)
    (2.262, 1.96)
    """
    return float(stdtrit(freedom, 0.975))


def rate_estimate(right: Bool[np.ndarray, " case"], groups: Groups = None) -> Estimate:
    """The share of cases that are right, with an interval that knows about groups.

    Args:
        right: for each case, whether it counts as a success.
        groups: for each case, the number of its patient or exam; None: cases are independent.
    Returns:
        the share, 0 to 1, with `modified_wilson` limits on `effective_cases`.

    >>> print(rate_estimate(np.array([True] * 90 + [False] * 10)))
    0.900 (0.826 to 0.945)
    >>> print(rate_estimate(np.array([True] * 90 + [False] * 10), np.arange(100) // 10))  # one group wrong as a whole
    0.900 (0.530 to 0.998)
    """
    if len(right) == 0:
        return undefined("no cases")
    rate = float(right.mean())
    low, high = modified_wilson(rate, effective_cases(right, groups))
    return Estimate(rate, low, high, len(right))


def mean_estimate(estimates: list[Estimate], correlation: Float[np.ndarray, "part part"], *, cases: int) -> Estimate:
    """The plain mean of several measured numbers, its interval made from theirs (MOVER).

    Args:
        estimates: the numbers, each with an interval.
        correlation: between the errors of the numbers, -1 to 1; ones where unknown, which is the careful choice.
        cases: how many cases the mean rests on.
    Returns:
        the mean; its limits lie between the mean of the lower and the mean of the upper limits.
    Source: Zou and Donner 2008, Statistics in Medicine 27:1693; Newcombe 2001 for several proportions.

    >>> sure, unsure = Estimate(0.9, 0.87, 0.92, 500), Estimate(0.8, 0.76, 0.83, 500)
    >>> print(mean_estimate([sure, unsure], np.eye(2), cases=1000))
    0.850 (0.825 to 0.868)
    """
    limits = np.array([(part.value, part.low, part.high) for part in estimates], float)
    value, down, up = limits[:, 0].mean(), limits[:, 0] - limits[:, 1], limits[:, 2] - limits[:, 0]
    reach = [float(np.sqrt(max(0.0, part @ correlation @ part))) / len(estimates) for part in (down, up)]
    return Estimate(float(value), float(max(0.0, value - reach[0])), float(min(1.0, value + reach[1])), cases)


def ranking_interval(
    area: float, variance: float, freedom: float | int, cases: tuple[int, int], held: tuple[int, int]
) -> tuple[float, float]:
    """The interval of an area under the ROC curve: on the logit scale, so that it stays inside 0 and 1.

    A variance measured where hardly any pair is ranked wrongly is often far too small; it is leaned towards the one
    that such an area usually has. Where it is 0 or unknown (a perfect ranking, or a single positive), the limits are
    those areas that would make what was seen just too unlikely, as Wilson's interval does for a rate.

    Args:
        area: the measured area, 0 to 1.
        variance: its squared standard error; 0 where unknown.
        freedom: degrees of freedom of the variance.
        cases: how many positives and how many negatives there are.
        held: how many groups hold a positive, and how many a negative; without groups the same as `cases`.
    Returns:
        lower and upper limit, 0 to 1.
    Source: Qin and Hotilovac 2008, Statistical Methods in Medical Research 17:207 (logit scale);
        Newcombe 2006, Statistics in Medicine 25:559, method 5 (usual variance, perfect ranking); the lean is ours.

    >>> [round(limit, 3) for limit in ranking_interval(1.0, 0.0, 18, (10, 10), (10, 10))]
    [0.8, 1.0]
    """
    if variance > 0 and 0 < area < 1:
        wrong = min(area, 1 - area) * min(held)
        usual = max(variance, usual_variance(area, *cases))
        variance = (wrong * variance + RANKING_DOUBT * usual) / (wrong + RANKING_DOUBT)
        half = t_quantile(freedom) * np.sqrt(variance) / (area * (1 - area))
        return float(expit(logit(area) - half)), float(expit(logit(area) + half))
    return _too_unlikely(area, 0.0, held), _too_unlikely(area, 1.0, held)


def usual_variance(area: float, positives: int, negatives: int) -> float:
    """Squared standard error that an area under the ROC curve has when scores spread exponentially.

    >>> round(usual_variance(0.9, 50, 50), 6)
    0.001032
    """
    half = (positives + negatives) / 2 - 1
    shape = 1 + half * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * shape / (positives * negatives)


def _too_unlikely(area: float, edge: float, held: tuple[int, int]) -> float:
    if area == edge:
        return edge
    outside, inside = edge, area
    for _ in range(50):  # halving: 2**-50 is below what a float shows
        guess = (outside + inside) / 2
        reach = t_quantile(np.inf) * np.sqrt(usual_variance(guess, *held))
        outside, inside = (guess, inside) if abs(area - guess) > reach else (outside, guess)
    return (outside + inside) / 2
