"""How sure a measured number is: every rate with its 95% interval."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri

from pellucid.evaluate.estimates.grouped import Groups, effective_cases
from pellucid.shapes import Bool

FEW_ERRORS = (
    3  # from four errors on, Wilson's limit is good enough: Brown, Cai and DasGupta 2001, as for 51 to 100 cases
)


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


def edge(within: Callable[[float], bool], inside: float, outermost: float) -> float:
    """Where an interval ends that is known by what lies within it.

    Args:
        within: whether a value belongs to the interval.
        inside: a value that does.
        outermost: how far the interval can reach.
    Returns:
        the end between the two, found by halving; `outermost` where that belongs to the interval too.

    >>> round(edge(lambda tried: tried**2 <= 2, 0.0, 5.0), 9)
    1.414213562
    """
    if within(outermost):
        return outermost
    for _ in range(50):  # 2**-50 is below what a float shows
        guess = (inside + outermost) / 2
        inside, outermost = (guess, outermost) if within(guess) else (inside, guess)
    return (inside + outermost) / 2


def wilson(rate: float | int, cases: float | int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a rate.

    Args:
        rate: successes / cases, 0 to 1.
        cases: how many independent cases; may be a fraction (an effective number), 0 gives 0 to 1.
        confidence: share of such intervals that should hold the true rate.
    Returns:
        lower and upper limit, 0 to 1.
    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference, Journal of the American
        Statistical Association 22:209.

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

    Plain Wilson holds a true rate of 0.999 in only 0.999**100 = 90% of tests with 100 cases: one error rules it out.
    This holds it.

    Args:
        rate: successes / cases, 0 to 1.
        cases: how many independent cases; may be a fraction (an effective number).
    Returns:
        lower and upper limit, 0 to 1; never narrower than Wilson's.
    Source: Brown, Cai and DasGupta 2001, Interval estimation for a binomial proportion, Statistical Science 16:101,
        the modified Wilson interval.

    >>> [round(limit, 5) for limit in (*wilson(0.99, 100), *modified_wilson(0.99, 100))]
    [0.94551, 0.99823, 0.94551, 0.99949]
    """
    low, high = wilson(rate, cases)
    successes, errors = round(rate * cases, 6), round((1 - rate) * cases, 6)  # 97 of 100 has 3 errors, not 3 + 3e-15
    if 0 < successes <= min(FEW_ERRORS, errors):
        low = min(low, float(gammaincinv(successes, 0.05)) / cases)
    if 0 < errors <= min(FEW_ERRORS, successes):
        high = max(high, 1 - float(gammaincinv(errors, 0.05)) / cases)
    return low, high


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
