"""How often a 95% interval holds the truth, for accuracy and AUROC, with and without groups."""

import argparse
import time

import numpy as np
from scipy.special import ndtri

from pellucid.evaluate.intervals import rate_estimate
from pellucid.evaluate.auroc import rank

CASES = (100, 600, 10_000)
ACCURACIES = (0.7, 0.95, 0.999)
AREAS = (0.7, 0.95, 0.99)
GROUP_SIZES = (1, 10)
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


def judged(found, truth):
    low, high = found.T
    return float(((low <= truth) & (truth <= high)).mean()), float((low > truth).mean()), float((high - low).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    draw, begun = np.random.default_rng(chosen.seed), time.perf_counter()
    print(f"{chosen.repeats} repeats, seed {chosen.seed}; groups: correlation {CORRELATION}; AUROC: half are positive,")
    print("in groups labels are mixed (beta-binomial). Wanted: 0.93 to 0.975; above is careful, below is wrong.")
    print(f"{'figure':9}{'truth':>7}{'cases':>7}{'group':>6}{'covered':>9}{'too high':>9}{'width':>8}")
    for name, covers, truths in (("accuracy", covers_accuracy, ACCURACIES), ("auroc", covers_area, AREAS)):
        for truth, cases, size in ((t, n, g) for g in GROUP_SIZES for t in truths for n in CASES):
            covered, above, width = covers(truth, cases, size, chosen.repeats, draw)
            verdict = "" if 0.93 <= covered <= 0.975 else "  careful" if covered > 0.975 else "  TOO FEW"
            print(f"{name:9}{truth:7}{cases:7}{size:6}{covered:9.4f}{above:9.4f}{width:8.4f}{verdict}", flush=True)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
