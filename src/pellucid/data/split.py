"""Which cases are learned from, which choose, which calibrate, and which are only measured; patients never part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Int

PARTS = ("train", "valid", "calibrate", "held_out")
SHARES = (0.6, 0.1, 0.1, 0.2)
"""Chosen by us: enough held out for an interval, and a tenth each to choose by and to calibrate by."""

FREE, LEFT_OUT = -1, -2
"""In place of a part: still to be drawn; in no part."""

FEWEST_A_CLASS = 4
"""One case of each class in each part is the least that a split can be drawn from."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of one Dataset, in four parts that share no case; each sorted.

    >>> from pellucid.data import read
    >>> split = draw_split(read("digits"), seed=0)
    >>> split.counts()
    {'train': 1078, 'valid': 180, 'calibrate': 179, 'held_out': 360}
    """

    train: Int[np.ndarray, " train"]
    valid: Int[np.ndarray, " valid"]
    calibrate: Int[np.ndarray, " calibrate"]
    held_out: Int[np.ndarray, " held_out"]
    how: str
    seed: int

    def counts(self) -> dict[str, int]:
        """Cases in each part."""
        return {part: len(getattr(self, part)) for part in PARTS}

    def part_of_each(self, cases: int) -> list[str]:
        """The part of every case, in the Dataset's order."""
        parts = np.full(cases, "", dtype="U9")
        for part in PARTS:
            parts[getattr(self, part)] = part
        return parts.tolist()


def draw_split(dataset: Dataset, seed: int, together: Int[np.ndarray, " case"] | None = None) -> Split:
    """Four parts, 60/10/10/20 percent, each class spread alike, whole groups together.

    Where the source fixes a test part, that is held out; where it fixes only train and valid, valid is held out, since
    a part that chose the model cannot judge it. What is not fixed is drawn from the source's training part.

    Args:
        dataset: with groups, where patients are known.
        seed: of the one random generator that draws.
        together: cases of one number never part, be they of one group or not. Where the source's own parts part them,
            those that would be learned from are left out. None: the dataset's groups, within what the source fixes.
    Raises:
        BadInput: one class only, or a class with fewer cases (or groups) than there are parts.
    """
    generator = np.random.default_rng(seed)
    strata = _strata(dataset)
    _check_classes(dataset)
    assigned, shares, how = _fixed_parts(dataset)
    if together is not None:
        left_out = _parted(assigned, together)
        assigned[left_out] = LEFT_OUT
        how += f"; {left_out.sum()} left out, whose twins the source holds out" if left_out.any() else ""
    free = np.flatnonzero(assigned == FREE)
    wanted = [part for part, share in enumerate(shares) if share > 0]
    scaled = np.array([shares[part] for part in wanted]) / sum(shares)
    kept = dataset.groups if together is None else together
    if kept is None:
        drawn = _draw_cases(strata[free], scaled, generator)
    else:
        drawn = _draw_groups(strata[free], kept[free], scaled, generator)
        how += f", {dataset.groups_from} kept together" if dataset.groups is not None else ""
        how += ", twins kept together" if together is not None else ""
    assigned[free] = np.array(wanted)[drawn]
    _check_parts(dataset, assigned)
    train, valid, calibrate, held_out = (np.flatnonzero(assigned == part) for part in range(len(PARTS)))
    return Split(train, valid, calibrate, held_out, how, seed)


def joined(*numberings: Int[np.ndarray, " case"]) -> Int[np.ndarray, " case"]:
    """One number a case; the same for all cases that any of the numberings joins, by whatever chain.

    >>> joined(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
    [0, 0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    cases = len(numberings[0])
    ends, nodes = [], cases
    for numbers in numberings:
        place = np.unique(numbers, return_inverse=True)[1]
        ends.append(nodes + place)
        nodes += int(place.max(initial=-1)) + 1
    starts = np.tile(np.arange(cases), len(numberings))
    links = coo_array((np.ones(len(starts)), (starts, np.concatenate(ends))), shape=(nodes, nodes))
    return np.asarray(connected_components(links, directed=False)[1][:cases], np.int64)


def _strata(dataset: Dataset) -> Int[np.ndarray, " case"]:
    if dataset.labels.ndim == 1:
        return dataset.labels
    # a case counts as its rarest label; one that has none, as a class of its own
    rarity = np.argsort(dataset.labels.sum(0), kind="stable")
    has = dataset.labels[:, rarity] == 1
    return np.where(has.any(1), has.argmax(1), len(rarity))


def _check_classes(dataset: Dataset) -> None:
    if dataset.task == "multi-label":
        return
    counts = {name: count for name, count in dataset.counts().items() if count}
    if len(counts) < 2:
        only = next(iter(counts), "none")
        raise BadInput(f"{dataset.source} holds one class only ({only}): two or more are needed, each in its folder.")
    for name, count in counts.items():
        if count < FEWEST_A_CLASS and dataset.parts is None:
            raise BadInput(
                f"{dataset.source}: class {name!r} has {count} image{'s' * (count != 1)}, and {FEWEST_A_CLASS} "
                "or more are needed to train, choose, calibrate and measure. Add images of it, or leave the class out."
            )


def _fixed_parts(dataset: Dataset) -> tuple[Int[np.ndarray, " case"], tuple[float, ...], str]:
    """(part of each case or -1, the shares that the rest is drawn in, in words)."""
    assigned = np.full(len(dataset), FREE)
    if dataset.parts is None or set(dataset.parts) == {"train"}:
        return assigned, SHARES, "drawn 60/10/10/20, each class alike"
    has_test, has_valid = (part in dataset.parts for part in ("test", "valid"))
    if not (dataset.parts == "train").any():
        raise BadInput(f"{dataset.source} has no training part: put images below train/, or give no parts at all.")
    if has_test:
        assigned[dataset.parts == "test"] = 3
        assigned[dataset.parts == "valid"] = 1
        shares = (0.6, 0.0 if has_valid else 0.1, 0.1, 0.0)
        return assigned, shares, "the source's test part held out, the rest drawn from its training part"
    assigned[dataset.parts == "valid"] = 3
    return assigned, (0.6, 0.1, 0.1, 0.0), "the source's valid part held out, the rest drawn from its training part"


def _parted(assigned: np.ndarray, together: np.ndarray) -> Bool[np.ndarray, " case"]:
    """Cases that stand together with one that the source holds out (or chooses by), and are not in its part."""
    _, member = np.unique(together, return_inverse=True)
    foremost = np.full(member.max(initial=0) + 1, FREE)
    np.maximum.at(foremost, member, assigned)
    return np.asarray((foremost[member] >= 0) & (assigned != foremost[member]))


def _draw_cases(strata: np.ndarray, shares: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    drawn = np.zeros(len(strata), np.int64)
    for stratum in np.unique(strata):
        rows = generator.permutation(np.flatnonzero(strata == stratum))
        ends = np.cumsum(_whole_shares(len(rows), shares))
        drawn[rows] = np.searchsorted(ends, np.arange(len(rows)), side="right")
    return drawn


def _whole_shares(cases: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers that add up to `cases`, nearest to its shares, none 0 where there are enough."""
    exact = cases * shares
    counts: np.ndarray = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: cases - counts.sum()]] += 1
    while (counts == 0).any() and cases >= len(shares):
        counts[counts.argmin()] += 1
        counts[counts.argmax()] -= 1
    return counts


def _draw_groups(
    strata: np.ndarray, groups: np.ndarray, shares: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Each group, largest first and ties in random order, goes where it is missed most.

    Missed most: where it lowers the sum of squared distances from the wished number of each class the most; the same
    aim as scikit-learn's StratifiedGroupKFold, for parts of unequal size.
    """
    codes, member = np.unique(groups, return_inverse=True)
    if len(codes) < 2 * len(shares):
        raise BadInput(
            f"There are {len(codes)} groups: at least {2 * len(shares)} are needed, so that none stands in two parts."
        )
    kinds, stratum = np.unique(strata, return_inverse=True)
    table = np.zeros((len(codes), len(kinds)))
    np.add.at(table, (member, stratum), 1)
    order = generator.permutation(len(codes))
    order = order[np.argsort(-table[order].sum(1), kind="stable")]
    several = table.sum(1) > 1
    wished = np.outer(shares, table.sum(0))
    weight = 1 / (wished * table.sum(0))
    have = np.zeros_like(wished)
    part_of = np.zeros(len(codes), np.int64)
    for code in order[several[order]]:
        cost = (weight * ((have + table[code] - wished) ** 2 - (have - wished) ** 2)).sum(1)
        part_of[code] = int(cost.argmin())
        have[part_of[code]] += table[code]
    for kind, missed in enumerate(np.maximum(wished - have, 0).T):  # groups of one case fill what is missed still
        single = order[~several[order] & (table[order, kind] == 1)]
        if len(single):
            ends = np.cumsum(_whole_shares(len(single), missed / missed.sum() if missed.any() else shares))
            part_of[single] = np.searchsorted(ends, np.arange(len(single)), side="right")
    return part_of[member]


def _check_parts(dataset: Dataset, assigned: Int[np.ndarray, " case"]) -> None:
    for number, part in enumerate(PARTS):
        if not (assigned == number).any():
            raise BadInput(
                f"{dataset.source}: {len(dataset)} cases are too few for four parts; {part} would be empty. Add images."
            )
    if dataset.task == "multi-label":
        return
    missing = np.setdiff1d(dataset.labels, dataset.labels[assigned == 0])
    if len(missing):
        name = dataset.classes[int(missing[0])]
        raise BadInput(
            f"{dataset.source}: class {name!r} has no case in the training part: too few cases or groups. Add some."
        )
