"""The lowest confidence from which answers are rarely enough wrong: many tests that share one chance to be fooled."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, betaincinv

from pellucid.evaluate.estimates.grouped import Groups
from pellucid.shapes import Bool, Float, Int

DOUBT = 0.05  # chance that a threshold's true error exceeds its level; chosen by us, as the complement of 95% intervals
MOST_STARTS = 3  # chosen by us: more make each test harder to pass, fewer let one early mistake stop all
STEPS = 100  # tests along the way from no answer to all; chosen by us: the dial then turns in hundredths of the cases


@dataclass(frozen=True, slots=True)
class Ladder:
    """At each number of answered cases, the surest first: the threshold, and the units answered and wrong there."""

    threshold: Float[np.ndarray, " case"]
    answered: Int[np.ndarray, " case"]
    wrong: Int[np.ndarray, " case"]
    units: int


def climb(confidence: Float[np.ndarray, " case"], wrong: Bool[np.ndarray, " case"], groups: Groups = None) -> Ladder:
    """Units answered and wrong from each case's confidence on; equal confidences count together.

    Args:
        confidence: of each case's answer.
        wrong: whether it is.
        groups: for each case, the number of its patient or exam, which is then a unit; None: cases are units.

    >>> ladder = climb(np.array([0.9, 0.7, 0.8]), np.array([False, True, True]), np.array([5, 5, 6]))
    >>> ladder.threshold.tolist(), ladder.answered.tolist(), ladder.wrong.tolist()
    ([0.9, 0.8, 0.0], [1, 2, 2], [0, 1, 2])
    """
    order = np.argsort(-confidence, kind="stable")
    falling, cases = confidence[order], len(confidence)
    group = np.arange(cases) if groups is None else np.unique(groups, return_inverse=True)[1][order]
    first = np.zeros((2, cases), np.int64)
    first[0, np.unique(group, return_index=True)[1]] = 1  # a group's surest case brings it in,
    errors = np.flatnonzero(wrong[order])
    first[1, errors[np.unique(group[errors], return_index=True)[1]]] = 1  # and its surest mistake makes it wrong
    last = np.searchsorted(-falling, -falling, side="right") - 1
    answered, failed = np.cumsum(first, 1)[:, last]
    threshold = np.where(last == cases - 1, 0.0, falling)  # all of these, so all that will come
    return Ladder(threshold, answered, failed, int(group.max(initial=-1)) + 1)


def lowest_passing(asked: float, ladder: Ladder) -> tuple[float, float] | None:
    """The lowest threshold whose error is below `asked` with 95% confidence, and the upper bound of its error.

    Many thresholds are tried, so the chance of being fooled is shared out: tests begin at up to three places, each with
    its share of `DOUBT`: where just enough units are answered to pass without an error, and by equal factors further on
    towards all. From each place more and more cases are answered until a test fails; going on after a pass costs
    nothing, since who is to pass wrongly has to pass the first wrong threshold (fixed-sequence testing). Places and
    the ranks of confidence that are tried follow from the number of cases alone.

    Args:
        asked: highest rate of wrong units among the answered, above 0 and below 1.
        ladder: of the calibration part.
    Returns:
        threshold (0 where all are answered) and bound, both 0 to 1; None where no test is passed.
    Source: Angelopoulos, Bates, Candes, Jordan and Lei 2021, Learn then Test (fixed sequences from several starts).

    >>> lowest_passing(0.05, climb(np.linspace(1, 0.5, 101), np.arange(101) > 90))[0]
    0.55
    """
    cases, best, found = len(ladder.threshold), -1, None
    starts = _starts(asked, ladder.units)
    doubt = DOUBT / max(1, len(starts))
    for start in starts:
        first = math.ceil(start * cases / ladder.units)  # where groups stand: about as many images as those have
        steps = np.unique(np.append(np.arange(first, cases, max(1, cases // STEPS)), cases)) - 1
        answered, wrong = ladder.answered[steps], ladder.wrong[steps]
        passed = bdtr(wrong, answered, asked) <= doubt  # the same as upper_bound(wrong, answered, doubt) <= asked
        run = len(steps) if passed.all() else int(passed.argmin())
        if run and steps[run - 1] > best:
            best = int(steps[run - 1])
            found = float(ladder.threshold[best]), upper_bound(int(wrong[run - 1]), int(answered[run - 1]), doubt)
    return found


def needed_units(asked: float, doubt: float = DOUBT) -> int:
    """The least number of units without an error that shows an error rate of at most `asked`.

    >>> [needed_units(asked) for asked in (0.005, 0.01, 0.02, 0.05, 0.10)]
    [598, 299, 149, 59, 29]
    """
    return math.ceil(math.log(doubt) / math.log(1 - asked))


def upper_bound(errors: int, units: int, doubt: float = DOUBT) -> float:
    """Clopper and Pearson's upper confidence bound of a rate of errors.

    >>> round(upper_bound(0, 59), 4), upper_bound(3, 3)
    (0.0495, 1.0)
    """
    return 1.0 if errors == units else float(betaincinv(errors + 1, units - errors, 1 - doubt))


def _starts(asked: float, units: int) -> list[int]:
    """How many units are answered where the tests begin; as many places as lie apart by a factor that counts."""
    for count in range(MOST_STARTS, 0, -1):
        least = needed_units(asked, DOUBT / count)
        if least * 2 ** (count - 1) <= units:
            return [round(least * (units / least) ** (place / count)) for place in range(count)]
    return []
