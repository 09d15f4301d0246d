"""Whether conformal sets cover as their exact law says (200 splits), and whether the dial keeps its promises."""

import argparse
import time

import numpy as np
from scipy.special import softmax
from scipy.stats import betabinom
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from pellucid.evaluate.trust.abstention import LEVELS, choose_thresholds
from pellucid.evaluate.trust.calibration import fit_temperature, probabilities_of
from pellucid.evaluate.trust.conformal import check_sets, fit_limits
from pellucid.evaluate.trust.coverage_law import rank_of
from pellucid.evaluate.trust.thresholds import climb

NOISE = 0.25  # added to the digits, so that sets hold more than one class
TRUTH = 400_000  # cases that a threshold's true error is measured on


def digits(draw):
    """Real images: a logistic regression fitted once on 500 of them; calibration and test are halves of the rest."""
    data = load_digits()
    pixels = data.data / 16 + draw.normal(0, NOISE, data.data.shape)
    order = draw.permutation(len(pixels))
    learned, rest = order[:500], order[500:]
    model = LogisticRegression(C=10, max_iter=500).fit(pixels[learned], data.target[learned])
    return model.predict_proba(pixels[rest]), data.target[rest], None


def independent(draw):
    """Three classes, 1,000 cases each."""
    labels = np.repeat(np.arange(3), 1000)
    return softmax(draw.normal(0, 1, (3000, 3)) + 1.5 * np.eye(3)[labels], axis=1), labels, None


def patients(draw):
    """Three classes, 200 patients each, with 1 to 19 images that resemble one another."""
    groups = np.repeat(np.arange(600), draw.integers(1, 20, 600))
    labels = groups // 200
    shared = draw.normal(0, 1, (600, 3))[groups]
    return softmax(shared + draw.normal(0, 0.5, shared.shape) + 1.5 * np.eye(3)[labels], axis=1), labels, groups


def halves(labels, groups, draw):
    """True for the calibration part: half of the units of each class, at random."""
    units = np.arange(len(labels)) if groups is None else groups
    names, first = np.unique(units, return_index=True)
    chosen = np.zeros(len(names), bool)
    for klass in np.unique(labels):
        held = draw.permutation(np.flatnonzero(labels[first] == klass))
        chosen[held[: len(held) // 2]] = True
    return chosen[np.searchsorted(names, units)]


def coverages(p, labels, groups, splits, draw, cooled):
    """For each class and split: how many units its limit covers, whether within the band; and coverage as used."""
    logits = np.log(p)
    classes = [str(k) for k in range(p.shape[1])]
    covered, within, used = (np.empty((len(classes), splits)) for _ in range(3))
    for split in range(splits):
        half = halves(labels, groups, draw)
        one, other = (None, None) if groups is None else (groups[half], groups[~half])
        if cooled:
            p = probabilities_of(logits, "multi-class", fit_temperature(logits[half], labels[half], "multi-class"))
        limits = fit_limits(p[half], labels[half], "multi-class", one)
        found = check_sets(p[~half], labels[~half], "multi-class", other, limits, classes)["per_class"]
        for k, name in enumerate(classes):
            law = found[name]["law"]
            covered[k, split] = round(law["observed"] * law["units"])
            within[k, split] = law["verdict"] == "within"
            used[k, split] = found[name]["coverage" if groups is None else "groups"]["value"]
    sizes = [(found[name]["units"], found[name]["law"]["units"]) for name in classes]
    return covered, within, used, sizes


def judge_law(name, told, data, splits, draw):
    """A row for each class; then whether the splits lie within the law's band as often as the law says."""
    covered, within, used, sizes = coverages(*data, splits, draw, cooled=False)
    print(f"\n{name}: {told}")
    print(
        f"{'class':>6}{'n':>5}{'m':>5} |{'mean':>8}{'law':>8} |{'2.5%':>7}{'law':>7} |{'50%':>7}{'law':>7} |"
        f"{'97.5%':>7}{'law':>7} |{'in band':>8}{'law':>7} |{'KS':>6} | as used"
    )
    chances = []
    for k, (n, m) in enumerate(sizes):
        law = betabinom(m, rank_of(n), n + 1 - rank_of(n))
        low, high = law.ppf([0.025, 0.975])
        chances.append(law.cdf(high) - law.cdf(low - 1))
        ends = np.quantile(covered[k], [0.025, 0.5, 0.975], method="inverted_cdf") / m
        theirs = law.ppf([0.025, 0.5, 0.975]) / m
        pairs = " |".join(f"{one:7.3f}{other:7.3f}" for one, other in zip(ends, theirs, strict=True))
        distance = np.abs([(covered[k] <= c).mean() - law.cdf(c) for c in range(m + 1)]).max()
        print(
            f"{k:6}{n:5}{m:5} |{covered[k].mean() / m:8.4f}{law.mean() / m:8.4f} |{pairs} |"
            f"{within[k].mean():8.3f}{chances[-1]:7.3f} |{distance:6.3f} | {used[k].mean():.4f}"
        )
    say("within the band", within, float(np.mean(chances)))
    _, within, _, _ = coverages(*data, splits, draw, cooled=True)
    say("the same, the temperature fitted on the same half", within, float(np.mean(chances)))


def say(told, within, chance):
    share, error = float(within.mean()), float(np.sqrt(chance * (1 - chance) / within.size))
    verdict = "as the law says" if abs(share - chance) <= 3 * error else "NOT AS THE LAW SAYS"
    print(f"{told}: {share:.4f} of {within.size} (law {chance:.4f}, give or take {error:.4f}): {verdict}")


def sure(cases, draw):
    """Answers that are right with just the chance that they claim, most of them very sure."""
    confidence = 1 - 0.5 * draw.random(cases) ** 3
    return confidence, draw.random(cases) > confidence, None


def mislabelled(cases, draw):
    """The same, but 3 labels in 1,000 are wrong whatever the confidence."""
    confidence, wrong, _ = sure(cases, draw)
    return confidence, wrong ^ (draw.random(cases) < 0.003), None


def misled(cases, draw):
    """The surest 4% are wrong as often as one in five."""
    confidence = 0.5 + 0.5 * draw.random(cases)
    chance = np.select([confidence > 0.98, confidence > 0.65], [0.2, 0.005], 0.2)
    return confidence, draw.random(cases) < chance, None


def grouped(cases, draw):
    """Patients with ten images each, which are hard together and wrong together."""
    count = cases // 10
    hard, luck = (np.repeat(draw.random(count), 10) for _ in range(2))
    confidence = 1 - 0.5 * np.clip(hard * (0.5 + draw.random(cases)) / 1.5, 0, 1) ** 3
    return confidence, luck > confidence, np.repeat(np.arange(count), 10)


def judge_dial(simulate, cases, repeats, draw):
    """A row for each level: how often a threshold is given, is wrong, and what it costs beside the best there is."""
    truth = climb(*simulate(TRUTH, draw))
    rising, errors = truth.threshold[::-1], (truth.wrong / truth.answered)[::-1]
    answered = 1 - np.arange(TRUTH) / TRUTH
    given, over, share = (np.zeros((repeats, len(LEVELS))) for _ in range(3))
    for repeat in range(repeats):
        confidence, wrong, groups = simulate(cases, draw)
        levels = choose_thresholds(np.stack([confidence, 1 - confidence], 1), wrong * 1, "binary", groups)
        for place, level in enumerate(levels):
            if level.threshold is not None:
                at = min(int(np.searchsorted(rising, level.threshold)), TRUTH - 1)
                given[repeat, place], over[repeat, place] = 1, errors[at] > level.asked
                share[repeat, place] = answered[at]
    print(f"\n{simulate.__name__}, {cases:,} calibration cases: {simulate.__doc__}")
    print(f"{'asked':>7}{'given':>8}{'exceeded':>10}{'answered where given':>22}{'best possible':>15}")
    for place, asked in enumerate(LEVELS):
        best = answered[np.flatnonzero(errors <= asked)[0]] if (errors <= asked).any() else 0.0
        kept = given[:, place] == 1
        mean = f"{share[kept, place].mean():.3f}" if kept.any() else "-"
        limit = 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
        verdict = "" if over[:, place].mean() <= limit else "  TOO OFTEN"
        print(f"{asked:7}{kept.mean():8.3f}{over[:, place].mean():10.4f}{mean:>22}{best:15.3f}{verdict}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    draw, begun = np.random.default_rng(chosen.seed), time.perf_counter()
    print(
        f"Sets that may miss 5% of each class: {chosen.splits} splits, seed {chosen.seed}. n units calibrate, m test."
    )
    print("Coverage by the limits alone; `as used` adds the likeliest class to every set, which can only cover more.")
    print(f"KS: of one class {1.36 / np.sqrt(chosen.splits):.3f} is exceeded by chance once in 20 or less.")
    for make in (digits, independent, patients):
        judge_law(make.__name__, make.__doc__, make(draw), chosen.splits, draw)
    print(f"\nThe dial: {chosen.repeats} calibration parts. `exceeded`: a threshold was given, and its true error is")
    print("above the level; at most 0.05 is promised.")
    for simulate, cases in ((sure, 500), (sure, 5000), (mislabelled, 5000), (misled, 5000), (grouped, 5000)):
        judge_dial(simulate, cases, chosen.repeats, draw)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
