"""How often a 95% interval holds the truth: accuracy, AUROC, means over classes, and differences of two models."""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from pellucid.evaluate.estimates.auroc import rank
from pellucid.evaluate.estimates.difference import mean_difference, ranking_difference, rate_difference
from pellucid.evaluate.estimates.intervals import rate_estimate
from pellucid.evaluate.estimates.means import mean_rate

CASES = (100, 600, 10_000)
ACCURACIES = (0.7, 0.95, 0.999)
AREAS = (0.7, 0.95, 0.99, 0.999)
DIFFERENCES = (0.0, 0.02, 0.1)  # of a model with accuracy, or AUROC, 0.95 and a worse one
PREVALENCES = (0.5, 0.1)  # share of positives
GROUP_SIZES = (1, 10)
SHARES = np.array([0.4, 0.2, 0.2, 0.1, 0.05, 0.05])  # of six classes, for the means
CORRELATION = 0.2  # of two cases of one group
ALIKE = 0.7  # correlation of two models on one case
LEAST, MOST = 0.93, 0.975


def in_groups(cases, size):
    return None if size == 1 else np.arange(cases) // size


def shared_by_group(rate, cases, size, draw):
    """A chance for each case, beta-distributed over groups, so that outcomes in a group have the CORRELATION."""
    spread = 1 / CORRELATION - 1
    return np.repeat(draw.beta(rate * spread, (1 - rate) * spread, cases // size), size) if size > 1 else rate


def normal_in_groups(cases, size, draw, columns=1):
    """Standard normal values; those of a group have the CORRELATION."""
    alone = draw.standard_normal((cases, columns))
    if size == 1:
        return alone
    shared = np.repeat(draw.standard_normal((cases // size, columns)), size, 0)
    return np.sqrt(1 - CORRELATION) * alone + np.sqrt(CORRELATION) * shared


def positives_drawn(prevalence, cases, size, draw):
    """Labels: a fixed number of positives without groups, else drawn so that a group's labels resemble each other."""
    if size == 1:
        return np.arange(cases) < prevalence * cases
    return draw.random(cases) < shared_by_group(prevalence, cases, size, draw)


def classes_drawn(cases, size, draw):
    return np.repeat(draw.choice(len(SHARES), cases // size, p=SHARES), size)[:, None] == np.arange(len(SHARES))


def accuracy(truth, cases, size, draw):
    return rate_estimate(draw.random(cases) < shared_by_group(truth, cases, size, draw), in_groups(cases, size))


def auroc(truth, cases, size, draw, prevalence):
    """Two normal curves of equal width: what is ranked wrongly is mostly off by a little."""
    positive = positives_drawn(prevalence, cases, size, draw)
    scores = normal_in_groups(cases, size, draw)[:, 0] + np.sqrt(2) * ndtri(truth) * positive
    return rank(scores[:, None], positive[:, None], in_groups(cases, size)).estimates[0]


def sunken(truth, cases, size, draw, prevalence):
    """Some positives score as negatives do and the others above them all: mistakes are confident."""
    positive = positives_drawn(prevalence, cases, size, draw)
    found = draw.random(cases) >= shared_by_group(2 * (1 - truth), cases, size, draw)
    scores = draw.random(cases) + 2 * (positive & found)
    return rank(scores[:, None], positive[:, None], in_groups(cases, size)).estimates[0]


def balanced(truth, cases, size, draw):
    right = draw.random(cases) < shared_by_group(truth, cases, size, draw)
    return mean_rate(right, classes_drawn(cases, size, draw), in_groups(cases, size))


def macro(truth, cases, size, draw):
    positive = classes_drawn(cases, size, draw)
    scores = normal_in_groups(cases, size, draw, len(SHARES)) + np.sqrt(2) * ndtri(truth) * positive
    return rank(scores, positive, in_groups(cases, size)).macro()


def two_models(cases, size, draw):
    """A standard normal value of each case for each of two models, which resemble each other."""
    shared, alone = normal_in_groups(cases, size, draw), draw.standard_normal((cases, 2))
    return (np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * alone).T


def rates_apart(truth, cases, size, draw):
    a, b = two_models(cases, size, draw)
    return rate_difference(a < ndtri(0.95), b < ndtri(0.95 - truth), in_groups(cases, size))


def areas_apart(truth, cases, size, draw, prevalence):
    positive = positives_drawn(prevalence, cases, size, draw)
    models = two_models(cases, size, draw)
    a, b = (m + np.sqrt(2) * ndtri(t) * positive for m, t in zip(models, (0.95, 0.95 - truth), strict=True))
    return ranking_difference(a[:, None], b[:, None], positive[:, None], in_groups(cases, size))


def losses_apart(truth, cases, size, draw):
    """Log-normal losses, of mean 1 and 1 - truth: a few cases carry most of the loss."""
    a, b = np.exp(two_models(cases, size, draw) - 0.5)
    return mean_difference(a, (1 - truth) * b, in_groups(cases, size))


def cells():
    """Function, truth, cases, group size and share of positives of each row."""
    for size in GROUP_SIZES:
        for cases in CASES:
            yield from ((accuracy, truth, cases, size, None) for truth in ACCURACIES)
            for figure in (auroc, sunken):
                yield from ((figure, truth, cases, size, part) for truth in AREAS for part in PREVALENCES)
        yield from ((figure, truth, 600, size, None) for figure in (balanced, macro) for truth in (0.95, 0.999))
        for cases in CASES:
            for truth in DIFFERENCES:
                yield rates_apart, truth, cases, size, None
                yield areas_apart, truth, cases, size, 0.5
                yield losses_apart, truth, cases, size, None


def covers(cell, repeats, seed):
    """Share of repeats whose interval holds the truth, share with it wholly above the truth, and the mean width."""
    figure, truth, cases, size, prevalence = cell
    draw, more = np.random.default_rng(seed), () if prevalence is None else (prevalence,)
    found = np.empty((repeats, 2))
    for repeat in range(repeats):
        estimate = figure(truth, cases, size, draw, *more)
        found[repeat] = (0, 1) if estimate.low is None else (estimate.low, estimate.high)
    low, high = found.T
    return float(((low <= truth) & (truth <= high)).mean()), float((low > truth).mean()), float((high - low).mean())


def attainable(truth, cases):
    """Coverages next to LEAST that limits can have which only know a number of errors: it is a whole one."""
    below = np.concatenate([[0.0], binom.cdf(np.arange(cases + 1), cases, 1 - truth)])
    ends = np.searchsorted(below, below + LEAST)  # the first number of errors that completes LEAST from each start
    whole = ends <= cases + 1
    enough = below[ends[whole]] - below[whole]
    return float((below[ends - 1] - below).max()), float(enough.min())


def verdict(cell, covered):
    figure, truth, cases, size, _ = cell
    if LEAST <= covered <= MOST:
        return ""
    said = "careful" if covered > MOST else "TOO FEW"
    if figure is accuracy and size == 1:
        less, enough = attainable(truth, cases)
        said += f" (attainable: {less:.3f}, {enough:.3f})" if enough > MOST else ""
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None, help="processes; as many as there are cores")
    parser.add_argument("--only", default="", help="rows whose figure's name holds this")
    chosen = parser.parse_args()
    rows, begun = [cell for cell in cells() if chosen.only in cell[0].__name__], time.perf_counter()
    print(
        f"{chosen.repeats} repeats, seed {chosen.seed}. Two cases of a group correlate by {CORRELATION}, two models on"
    )
    print(
        f"one case by {ALIKE}; balanced, macro: six classes, one a group. Wanted: {LEAST} to {MOST}; above is careful,"
    )
    print("below is wrong. Where the best result there is is a likely one, limits can miss on one side only.")
    print(f"{'figure':13}{'truth':>6}{'cases':>7}{'group':>6}{'positive':>9}{'covered':>9}{'too high':>9}{'width':>9}")
    with ProcessPoolExecutor(chosen.workers) as pool:
        seeds = [[chosen.seed, number] for number in range(len(rows))]
        for cell, facts in zip(rows, pool.map(covers, rows, [chosen.repeats] * len(rows), seeds), strict=True):
            figure, truth, cases, size, prevalence = cell
            told = f"{figure.__name__:13}{truth:6}{cases:7}{size:6}{prevalence or '':>9}"
            print(told + "{:9.4f}{:9.4f}{:9.5f}  ".format(*facts) + verdict(cell, facts[0]), flush=True)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
