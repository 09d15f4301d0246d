"""How often a 95% interval holds the truth: accuracy, AUROC and their means over classes, with and without groups."""

import argparse
import time

import numpy as np
from scipy.special import ndtri

from pellucid.evaluate.auroc import rank
from pellucid.evaluate.intervals import rate_estimate
from pellucid.evaluate.means import mean_rate

CASES = (100, 600, 10_000)
ACCURACIES = (0.7, 0.95, 0.999)
AREAS = (0.7, 0.95, 0.99, 0.999, 0.9999)
PREVALENCES = (0.5, 0.1)  # share of positives
GROUP_SIZES = (1, 10)
SHARES = np.array([0.4, 0.2, 0.2, 0.1, 0.05, 0.05])  # of six classes, for the means
CORRELATION = 0.2  # of two cases of one group


def covers_accuracy(truth, cases, group_size, repeats, draw):
    """Share of repeats covered, share with the interval wholly above the truth, mean width. Beta-binomial groups."""
    groups = None if group_size == 1 else np.arange(cases) // group_size
    found = np.empty((repeats, 2))
    spread = 1 / CORRELATION - 1
    for repeat in range(repeats):
        chance = truth
        if groups is not None:
            chance = draw.beta(truth * spread, (1 - truth) * spread, cases // group_size)[groups]
        estimate = rate_estimate(draw.random(cases) < chance, groups)
        found[repeat] = estimate.low, estimate.high
    return judged(found, truth)


def covers_area(truth, cases, group_size, repeats, draw, prevalence=0.5, mixed=True):
    """The same for AUROC: two normal curves of equal width; a group's scores share a shift, and its labels agree."""
    groups = None if group_size == 1 else np.arange(cases) // group_size
    positive = np.arange(cases) < prevalence * cases
    found = np.empty((repeats, 2))
    spread, shift = 1 / CORRELATION - 1, np.sqrt(2) * ndtri(truth)
    for repeat in range(repeats):
        scores = draw.standard_normal(cases)
        if groups is not None:
            shared = draw.standard_normal(cases // group_size)[groups]
            scores = np.sqrt(1 - CORRELATION) * scores + np.sqrt(CORRELATION) * shared
            if mixed:
                chance = draw.beta(prevalence * spread, (1 - prevalence) * spread, cases // group_size)[groups]
                positive = draw.random(cases) < chance
        estimate = rank((scores + shift * positive)[:, None], positive[:, None], groups).estimates[0]
        found[repeat] = (0, 1) if estimate.low is None else (estimate.low, estimate.high)
    return judged(found, truth)


def covers_macro(truth, cases, group_size, repeats, draw):
    """The same for the mean AUROC of six classes; groups share their class and a shift of each score."""
    groups = None if group_size == 1 else np.arange(cases) // group_size
    found, shift = np.empty((repeats, 2)), np.sqrt(2) * ndtri(truth)
    for repeat in range(repeats):
        scores, positive = draw.standard_normal((cases, len(SHARES))), classes_drawn(cases, group_size, draw)
        if groups is not None:
            shared = draw.standard_normal((cases // group_size, len(SHARES)))[groups]
            scores = np.sqrt(1 - CORRELATION) * scores + np.sqrt(CORRELATION) * shared
        estimate = rank(scores + shift * positive, positive, groups).macro()
        found[repeat] = estimate.low, estimate.high
    return judged(found, truth)


def covers_balanced(truth, cases, group_size, repeats, draw):
    """The same for balanced accuracy, six classes; groups share their class and a chance of being right."""
    groups = None if group_size == 1 else np.arange(cases) // group_size
    found, spread = np.empty((repeats, 2)), 1 / CORRELATION - 1
    for repeat in range(repeats):
        chance = truth
        if groups is not None:
            chance = draw.beta(truth * spread, (1 - truth) * spread, cases // group_size)[groups]
        estimate = mean_rate(draw.random(cases) < chance, classes_drawn(cases, group_size, draw), groups)
        found[repeat] = estimate.low, estimate.high
    return judged(found, truth)


def classes_drawn(cases, group_size, draw):
    label = draw.choice(len(SHARES), cases // group_size, p=SHARES)
    return np.repeat(label, group_size)[:, None] == np.arange(len(SHARES))


def judged(found, truth):
    low, high = found.T
    return float(((low <= truth) & (truth <= high)).mean()), float((low > truth).mean()), float((high - low).mean())


def settings():
    """Name, function, truth, cases, group size and prevalence of each row."""
    for size in GROUP_SIZES:
        for cases in CASES:
            for truth in ACCURACIES:
                yield "accuracy", covers_accuracy, truth, cases, size, None
            for truth in AREAS:
                for prevalence in PREVALENCES:
                    yield "auroc", covers_area, truth, cases, size, prevalence
    for size, truth in ((size, truth) for size in GROUP_SIZES for truth in (0.95, 0.999)):
        yield "balanced", covers_balanced, truth, 600, size, None
        yield "macro", covers_macro, truth, 600, size, None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    draw, begun = np.random.default_rng(chosen.seed), time.perf_counter()
    print(f"{chosen.repeats} repeats, seed {chosen.seed}. Groups: correlation {CORRELATION}, mixed labels in AUROC;")
    print("balanced, macro: six classes, one a group. Wanted: 0.93 to 0.975; above is careful, below is wrong.")
    print(f"{'figure':9}{'truth':>7}{'cases':>7}{'group':>6}{'positive':>9}{'covered':>9}{'too high':>9}{'width':>9}")
    for name, covers, truth, cases, size, prevalence in settings():
        more = () if prevalence is None else (prevalence,)
        covered, above, width = covers(truth, cases, size, chosen.repeats, draw, *more)
        verdict = "" if 0.93 <= covered <= 0.975 else "  careful" if covered > 0.975 else "  TOO FEW"
        row = f"{name:9}{truth:7}{cases:7}{size:6}{prevalence or '':>9}{covered:9.4f}{above:9.4f}{width:9.5f}{verdict}"
        print(row, flush=True)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
