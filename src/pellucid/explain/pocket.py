"""Numbers printed with as many digits as it takes for a pocket calculator to find the printed result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

MOST = 17
"""Digits after the point at most. float64 holds no more of a number near 1."""

Rule = Callable[..., float]


def product(a: float, b: float) -> float:
    """a x b."""
    return a * b


def scaled_by(stored: float, mean: float, deviation: float) -> float:
    """(stored - mean) / deviation."""
    return (stored - mean) / deviation


def normalised(x: float, gamma: float, mu: float, sigma: float, beta: float) -> float:
    """gamma (x - mu) / sigma + beta.

    Source: Ioffe and Szegedy, Batch Normalization, 2015, algorithm 2.
    """
    return gamma * (x - mu) / sigma + beta


def printed(number: float, digits: int, sign: str = "") -> str:
    """Rounded, and never "-0".

    >>> printed(-0.00001, 4), printed(2.5, 2, "+")
    ('0.0000', '+2.50')
    """
    return f"{round(number, digits) + 0.0:{sign}.{digits}f}"


def digits_needed(rule: Rule, rows: Iterable[Sequence[float]], digits: int, fewest: int = 4) -> int:
    """Digits after the point with which the numbers of every row give their result to the last printed digit.

    Args:
        rule: the result of a row's numbers.
        rows: each as many numbers as the rule takes.
        digits: of the result.
        fewest: to begin with.

    >>> digits_needed(product, [(1.8517, 0.2864)], digits=2, fewest=2)  # 1.85 x 0.29 = 0.54, yet the product is 0.53
    3
    """
    given = [(row, printed(rule(*row), digits)) for row in rows]
    for needed in range(fewest, MOST):
        if all(printed(rule(*(round(one, needed) for one in row)), digits) == result for row, result in given):
            return needed
    return MOST
