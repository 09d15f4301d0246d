"""What a person should know of a data set before learning from it: repeats, blanks, odd sizes, uneven classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import findings
from pellucid.data.blanks import look
from pellucid.data.dataset import Dataset
from pellucid.data.findings import Finding
from pellucid.data.likeness_search import Described, alike_groups, describe
from pellucid.data.repeats import Groups, counted, differing, identical_numbers, repeated
from pellucid.data.sizes import of_sizes
from pellucid.data.store import original_sizes
from pellucid.progress import Progress, silent
from pellucid.shapes import Int

KINDS = (
    "identical_across_classes",
    "groups_across_parts",
    "identical_across_parts",
    "near_identical_across_parts",
    "near_identical_across_classes",
    "blank",
    "nearly_constant",
    "shortcut",
    "identical",
    "near_identical",
    "unreadable",
    "sizes_by_class",
    "saturated_bright",
    "saturated_dark",
    "groups_unknown",
    "odd_sizes",
    "odd_shapes",
    "imbalance",
)
"""The most serious first: wrong labels, then what makes figures too good, then images of no use, then what to know."""

OF_AN_IMAGE = ("blank", "nearly_constant", "saturated_bright", "saturated_dark", "odd_sizes", "odd_shapes")
"""What is found in an image by itself, without any other."""


@dataclass(frozen=True, slots=True, repr=False)
class Audit:
    """All that was found, and which cases are alike."""

    counts: dict[str, int]
    """Cases of each class."""
    identical: Int[np.ndarray, " case"]
    """Cases of identical pixels have the same number."""
    alike: Int[np.ndarray, " case"]
    """Cases that are identical, or joined by a chain of near-identical pairs, have the same number."""
    identical_groups: Groups
    near_groups: Groups
    """Groups of alike cases that hold at least two different images."""
    findings: tuple[Finding, ...]
    """The most serious first."""
    unreadable: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"<audit of {len(self.identical):,} images: {len(self.findings)} findings>"

    def of(self, kind: str) -> Finding | None:
        """The finding of that kind, if there is one."""
        return next((finding for finding in self.findings if finding.kind == kind), None)

    def marks(self) -> list[str]:
        """For each case what was found in its image by itself, | between the kinds."""
        marks: list[list[str]] = [[] for _ in self.identical]
        for finding in self.findings:
            if finding.kind in OF_AN_IMAGE:
                for row in (row for rows in finding.groups for row in rows.tolist()):
                    marks[row].append(finding.kind)
        return ["|".join(kinds) for kinds in marks]

    def as_dict(self, names: list[str]) -> dict[str, Any]:
        """For JSON.

        Args:
            names: of the dataset's cases.
        """

        def groups(kind: str) -> int:
            found = self.of(kind)
            return len(found.groups) if found else 0

        blank = self.of("blank")
        near = counted(self.near_groups)
        return {
            "cases": len(self.identical),
            "classes": self.counts,
            "unreadable": [{"path": path, "reason": reason} for path, reason in self.unreadable],
            "identical": counted(self.identical_groups),
            "near_identical": near
            | {
                "across_classes": groups("near_identical_across_classes"),
                "across_parts": groups("near_identical_across_parts"),
            },
            "across_classes": groups("identical_across_classes"),
            "across_parts": groups("identical_across_parts"),
            "blank": blank.cases if blank else 0,
            "groups_across_parts": groups("groups_across_parts"),
            "findings": [finding.as_dict(names) for finding in self.findings],
        }


def audit(dataset: Dataset, progress: Progress = silent, described: Described | None = None) -> Audit:
    """Look for whatever makes a data set's figures lie.

    Identical are images whose packed pixels are; near-identical, those that `alike_groups` joins.

    Args:
        dataset: any; nothing is drawn or learned.
        progress: told how far it is.
        described: its images (`describe`), where that was done before.
    Returns:
        the findings, the most serious first, each with the rows that it is about.

    >>> from pellucid.data import read
    >>> audit(read("digits")).of("blank") is None
    True
    """
    identical = identical_numbers(dataset.sha256)
    alike = alike_groups(described or describe(dataset.images, dataset.sha256))
    identical_groups, near_groups = repeated(identical), differing(repeated(alike), identical)
    found = [
        *findings.of_repeats(dataset, identical_groups, near=False),
        *findings.of_repeats(dataset, near_groups, near=True),
        *findings.of_patients(dataset),
        *findings.of_looks(dataset, look(dataset.images, progress), identical),
        *of_sizes(dataset, original_sizes(dataset.pack)),
        *findings.of_classes(dataset),
        *findings.of_unreadable(dataset),
    ]
    return Audit(
        counts=dataset.counts(),
        identical=identical,
        alike=alike,
        identical_groups=identical_groups,
        near_groups=near_groups,
        findings=in_order(found),
        unreadable=dataset.unreadable,
    )


def in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """The most serious first."""
    return tuple(sorted(found, key=lambda finding: KINDS.index(finding.kind)))
