"""What may be wrong with a data set: each finding in words, with the cases that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.blanks import BRIGHT, CONSTANT, DARK, Looks, nearly_constant, saturated
from pellucid.data.dataset import Dataset
from pellucid.data.repeats import Groups, counted, differing, repeated
from pellucid.shapes import Int

IMBALANCED = 3.0
"""Ratio of the largest class to the smallest above which it is a finding. Chosen by us: with two classes at three to
one, a model that always gives the same answer is right in three quarters of the cases."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is amiss, and where."""

    kind: str
    told: str
    """In one line, what was found."""
    groups: Groups = ()
    """Rows that belong together (of one image, of one patient, of one size), or each row by itself."""
    left_out: tuple[str, ...] = ()
    """Files that are no cases, since they could not be read."""

    @property
    def cases(self) -> int:
        """How many cases it is about."""
        return sum(map(len, self.groups))

    def as_dict(self, names: list[str]) -> dict[str, Any]:
        """For JSON, with the name of every file."""
        files = [[names[row] for row in rows.tolist()] for rows in self.groups]
        return {"kind": self.kind, "told": self.told, "files": files + [[name] for name in self.left_out]}


def many(count: int, what: str) -> str:
    """A number with its noun.

    >>> many(1, "image"), many(1200, "image"), many(2, "class")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{count:,} {what}{'' if count == 1 else 'es' if what.endswith('s') else 's'}"


def of_repeats(dataset: Dataset, groups: Groups, near: bool) -> list[Finding]:
    """Images that stand more than once: with labels that contradict each other, in two parts, or at all.

    Args:
        dataset: for labels and parts.
        groups: rows of images that are identical, or nearly so.
        near: which of the two they are.
    """
    if not groups:
        return []
    alike, kind = ("near-identical images", "near_identical") if near else ("identical images", "identical")
    found = []
    for where, facts, said in (
        ("classes", dataset.labels, "with different labels" if near else "with labels that contradict each other"),
        ("parts", dataset.parts, "in more than one of the source's own parts"),
    ):
        if apart := differing(groups, facts):
            files = many(sum(map(len, apart)), "file")
            told = f"{alike.capitalize()} {said}: {many(len(apart), 'group')}, {files}."
            found.append(Finding(f"{kind}_across_{where}", told, apart))
    counts = counted(groups)
    told = f"{alike.capitalize()}: {many(counts['groups'], 'group')}, {counts['cases']:,} files"
    told += "." if near else f", {counts['redundant']:,} of them redundant."
    return [*found, Finding(kind, told, groups)]


def of_patients(dataset: Dataset) -> list[Finding]:
    """Patients or exams in two of the source's parts, or that none are known."""
    if dataset.groups is None:
        told = "It is not known which images are of one patient or exam: no split can keep them together."
        return [Finding("groups_unknown", told)]
    apart = differing(repeated(dataset.groups), dataset.parts)
    if not apart:
        return []
    files = many(sum(map(len, apart)), "file")
    told = f"Patients or exams in more than one of the source's own parts: {len(apart):,}, with {files}."
    return [Finding("groups_across_parts", told, apart)]


def of_looks(dataset: Dataset, looks: Looks, identical: Int[np.ndarray, " case"]) -> list[Finding]:
    """Images that show nothing: blank, nearly constant, stuck at their brightest or darkest value."""
    found = []
    blank = np.flatnonzero(looks.blank)
    if len(blank):
        told = f"{many(len(blank), 'image')} {_are(blank)} blank, one value everywhere{_value(dataset, blank)}"
        told += f"{_in_one_class(dataset, blank)}."
        alone = identical[blank]
        sorts = (blank[alone == number] for number in np.unique(alone).tolist())
        found.append(Finding("blank", told, tuple(sorted(sorts, key=lambda rows: -len(rows)))))
    constant = nearly_constant(dataset, looks)
    for kind, chosen, worst_first, said in (
        (
            "nearly_constant",
            constant,
            looks.deviation,
            f"nearly constant, varying less than {CONSTANT} as much as is usual",
        ),
        (
            "saturated_bright",
            saturated(dataset, looks, looks.bright, BRIGHT) & ~constant,
            -looks.bright,
            "saturated, with over a third of all values the brightest",
        ),
        (
            "saturated_dark",
            saturated(dataset, looks, looks.dark, DARK) & ~constant,
            -looks.dark,
            f"mostly dark, with over {DARK:.0%} of all values the darkest",
        ),
    ):
        rows = np.flatnonzero(chosen)
        if len(rows):
            rows = rows[np.argsort(worst_first[rows], kind="stable")]
            told = f"{many(len(rows), 'image')} {_are(rows)} {said}{_in_one_class(dataset, rows)}."
            found.append(Finding(kind, told, tuple(rows[:, None])))
    return found


def _are(rows: np.ndarray) -> str:
    return "is" if len(rows) == 1 else "are"


def _value(dataset: Dataset, blank: np.ndarray) -> str:
    values = np.unique(dataset.images[blank, :, 0, 0])
    return f" ({values[0]})" if len(values) == 1 else ""


def _in_one_class(dataset: Dataset, rows: np.ndarray) -> str:
    if dataset.labels.ndim == 2 or len(np.unique(dataset.labels[rows])) > 1:
        return ""
    name = dataset.classes[int(dataset.labels[rows[0]])]
    return f"; in class {name}" if len(rows) == 1 else f"; all in class {name}"


def of_classes(dataset: Dataset) -> list[Finding]:
    """Classes of very different sizes."""
    counts = dataset.counts()
    largest, smallest = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if counts[largest] <= IMBALANCED * counts[smallest]:
        return []
    told = f"The classes are uneven: {largest} has {counts[largest]:,} cases, {smallest} {counts[smallest]:,}"
    if dataset.labels.ndim == 1:
        told += f". Always answering {largest} would be right in {counts[largest] / len(dataset):.1%}"
    return [Finding("imbalance", f"{told}.")]


def of_unreadable(dataset: Dataset) -> list[Finding]:
    """Files that were left out, with the reason for the first."""
    if not dataset.unreadable:
        return []
    left_out = tuple(name for name, _ in dataset.unreadable)
    told = f"{many(len(left_out), 'file')} could not be read. The first: {dataset.unreadable[0][1]}"
    return [Finding("unreadable", told, left_out=left_out)]
