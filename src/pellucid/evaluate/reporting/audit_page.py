"""The audit as one page for people: what was found, what it means, what to do, and the images themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from pellucid.data import Dataset
from pellucid.data.audit import Audit
from pellucid.data.blanks import BRIGHT, CONSTANT, DARK
from pellucid.data.dataset import picture
from pellucid.data.findings import IMBALANCED, Finding, many
from pellucid.data.likeness import ALIKE_WITHIN
from pellucid.data.repeats import counted
from pellucid.evaluate.reporting.audit_words import WORDS
from pellucid.evaluate.reporting.templates import template
from pellucid.evaluate.rivals.probing import Probed
from pellucid.shapes import Int, Shaped

MARK = '<meta name="generator" content="pellucid audit">'
"""By this an earlier audit page is known again, so that no other file is ever overwritten."""

MOST_GROUPS, MOST_OF_ONE, MOST_SINGLE = 12, 8, 24
"""Groups shown of a kind, pictures of a group, and pictures of images that stand alone. Chosen by us: three screens of
a kind are more than anybody looks at, and --json names all."""

SIDE = 96
"""Pixels of a thumbnail. Chosen by us: eight stand beside each other on a page."""


def audit_page(
    dataset: Dataset,
    audit: Audit,
    findings: tuple[Finding, ...],
    probes: tuple[Probed, ...],
    not_probed: str,
) -> str:
    """The page as text; it holds its style and pictures, and asks for nothing else.

    Args:
        dataset: for names, labels and pictures.
        audit: of it.
        findings: the most serious first; those of the audit, and what else was found.
        probes: as `ask_probes` gives them.
        not_probed: why there are none.
    """
    told = {finding.kind for finding in findings}
    absent = [words.absent for kind, words in WORDS.items() if words.absent and _looked_for(kind, dataset, probes)]
    facts = {
        "mark": Markup(MARK),
        "dataset": dataset,
        "source_name": dataset.source.name,
        "cards": _cards(audit, dataset),
        "findings": [_section(finding, dataset) for finding in findings],
        "absent": [words for words in absent if words not in {WORDS[kind].absent for kind in told}],
        "probes": probes,
        "not_probed": not_probed,
        "counts": audit.counts,
        "limits": {"constant": CONSTANT, "bright": BRIGHT, "dark": DARK, "uneven": IMBALANCED, "alike": ALIKE_WITHIN},
        "most": max(audit.counts.values(), default=1) or 1,
    }
    return template("audit.html.jinja", autoescape=True).render(facts)


def _looked_for(kind: str, dataset: Dataset, probes: tuple[Probed, ...]) -> bool:
    """Whether a kind that was not found could have been."""
    if kind.endswith("across_parts") and dataset.parts is None:
        return False
    if kind == "groups_across_parts":
        return dataset.groups is not None
    return bool(probes) if kind == "shortcut" else True


def _cards(audit: Audit, dataset: Dataset) -> list[tuple[str, int, str]]:
    """Name, number, and what is said below it."""
    identical, near = counted(audit.identical_groups), counted(audit.near_groups)

    def files(kind: str) -> int:
        found = audit.of(kind)
        return found.cases if found else 0

    def across(where: str) -> tuple[str, int, str]:
        nearly = files(f"near_identical_across_{where}")
        told = f"files of one image{f'; {nearly:,} of nearly one' if nearly else ''}"
        return f"in two {where}", files(f"identical_across_{where}"), told

    repeated = many(identical["groups"], "group")

    return [
        ("images", len(dataset), f"in {len(dataset.classes)} classes"),
        ("identical", identical["cases"], f"in {repeated}; {identical['redundant']:,} too many"),
        ("nearly identical", near["cases"], f"in {many(near['groups'], 'group')}"),
        across("classes"),
        *([across("parts")] if dataset.parts is not None else []),
        ("show nothing", files("blank") + files("nearly_constant"), "blank, or nearly constant"),
    ]


def _section(finding: Finding, dataset: Dataset) -> dict[str, Any]:
    words = WORDS[finding.kind]
    single = all(len(rows) == 1 for rows in finding.groups)
    shown = finding.groups[: MOST_SINGLE if single else MOST_GROUPS]
    groups = [np.concatenate(shown)] if single and shown else shown
    return {
        "words": words,
        "told": finding.told,
        "files": finding.cases + len(finding.left_out),
        "single": single,
        "groups": [_group(rows, finding, dataset, len(rows) if single else MOST_OF_ONE) for rows in groups],
        "more": len(finding.groups) - len(shown),
        "left_out": finding.left_out[:MOST_SINGLE],
        "more_left_out": max(0, len(finding.left_out) - MOST_SINGLE),
    }


def _group(rows: Int[np.ndarray, " case"], finding: Finding, dataset: Dataset, most: int) -> dict[str, Any]:
    shown = _spread(rows, dataset, most)
    name = ""
    if finding.kind == "groups_across_parts" and dataset.groups is not None:
        name = dataset.group_names[dataset.groups[rows[0]]]
    return {
        "name": name,
        "cases": len(rows),
        "more": len(rows) - len(shown),
        "pictures": [_case(int(row), dataset) for row in shown],
    }


def _spread(rows: np.ndarray, dataset: Dataset, most: int) -> Int[np.ndarray, " shown"]:
    """At most so many rows, the first of each class and part among them, so that what differs is seen."""
    if len(rows) <= most:
        return rows
    labels = dataset.labels[rows].reshape(len(rows), -1).astype(str)
    parts = dataset.parts[rows] if dataset.parts is not None else np.full(len(rows), "")
    sorts = np.unique(np.column_stack([labels, parts]), axis=0, return_index=True)[1]
    chosen = np.concatenate([np.sort(sorts), np.setdiff1d(np.arange(len(rows)), sorts)])[:most]
    return np.asarray(rows[np.sort(chosen)])


def _case(row: int, dataset: Dataset) -> dict[str, Any]:
    return {
        "picture": Markup(picture(_thumbnail(dataset.images[row]), dataset.names[row], SIDE)),
        "name": dataset.names[row],
        "class": _labels(row, dataset),
        "part": str(dataset.parts[row]) if dataset.parts is not None else "",
    }


def _thumbnail(image: Shaped[np.ndarray, "channel row column"]) -> Shaped[np.ndarray, "channel some fewer"]:
    """Every k-th pixel of a large image, so that the page stays small."""
    step = max(1, image.shape[1] // SIDE)
    return image[:, ::step, ::step]


def _labels(row: int, dataset: Dataset) -> str:
    if dataset.labels.ndim == 1:
        return dataset.classes[int(dataset.labels[row])]
    has = [name for name, one in zip(dataset.classes, dataset.labels[row], strict=True) if one]
    return ", ".join(has[:3]) + (f" and {len(has) - 3} more" if len(has) > 3 else "") if has else "none"
