"""The truth about every case, and what was answered: the three tables that all figures of a run are computed from."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import Dataset, Split
from pellucid.data.audit import Audit
from pellucid.data.split import PARTS
from pellucid.data.twins import Twins
from pellucid.run.writing import csv_text
from pellucid.shapes import Bool, Float, Int, Shaped

JUDGED = ("valid", "calibrate", "held_out")
"""The parts that the model did not learn from, in the order of predictions.csv."""

KINDS = ("rivals", "probes", "ladder")
"""What else answers: rivals that the model has to beat, probes of shortcuts, and the rungs that `auto` tried."""


@dataclass(frozen=True, slots=True)
class Cases:
    """What is known of every case of a run, whoever answers: split.csv as columns."""

    task: str
    classes: tuple[str, ...]
    names: list[str]
    sha256: list[str]
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]
    groups: Int[np.ndarray, " case"] | None
    parts: Shaped[np.ndarray, " case"]
    """train, valid, calibrate, held_out; empty for a case that was left out."""
    twin: list[str]
    """The training case that this one duplicates, or empty."""
    likeness: Shaped[np.ndarray, " case"]
    """Why: identical, near-identical, same group; empty where there is no twin."""
    alike: Int[np.ndarray, " case"]
    """Cases of one number are identical, or joined by a chain of near-identical images."""
    seen: list[str]
    """What the audit saw in the image by itself (blank, saturated ...), | between them."""

    def __len__(self) -> int:
        return len(self.names)

    @staticmethod
    def of(dataset: Dataset, split: Split, audit: Audit, twins: Twins) -> Cases:
        """What training knows of every case before it learns."""
        digests = dataset.sha256.tobytes().hex()
        return Cases(
            task=dataset.task,
            classes=dataset.classes,
            names=dataset.names,
            sha256=[digests[at : at + 64] for at in range(0, len(digests), 64)],
            labels=dataset.labels,
            groups=dataset.groups,
            parts=np.array(split.part_of_each(len(dataset))),
            twin=[dataset.names[row] if row >= 0 else "" for row in twins.row.tolist()],
            likeness=twins.likeness,
            alike=audit.alike,
            seen=audit.marks(),
        )

    def rows(self, part: str) -> Int[np.ndarray, " part"]:
        """The rows of one part, in order."""
        return np.flatnonzero(self.parts == part)

    def judged(self) -> Int[np.ndarray, " judged"]:
        """Rows of valid, then calibrate, then held out."""
        return np.concatenate([self.rows(part) for part in JUDGED])

    def groups_of(self, rows: Int[np.ndarray, " some"]) -> Int[np.ndarray, " some"] | None:
        """Their patients or exams, as numbers; None where not known."""
        return None if self.groups is None else self.groups[rows]

    def counts(self) -> dict[str, int]:
        """Cases in each part."""
        return {part: int((self.parts == part).sum()) for part in PARTS}

    def class_counts(self) -> dict[str, dict[str, int]]:
        """Cases of each class in each part (multi-label: that show it)."""
        positive = self.positive(np.arange(len(self)))
        return {
            part: dict(zip(self.classes, positive[self.parts == part].sum(0).tolist(), strict=True)) for part in PARTS
        }

    def positive(self, rows: Int[np.ndarray, " some"]) -> Bool[np.ndarray, "some klass"]:
        """Which classes each case is of."""
        labels = self.labels[rows]
        return np.asarray(labels == 1 if labels.ndim == 2 else labels[:, None] == np.arange(len(self.classes)))

    def label_texts(self, rows: Int[np.ndarray, " some"]) -> list[str]:
        """Each case's class by name; for multi-label tasks all its labels, | between them."""
        labels = self.labels[rows].tolist()
        if self.labels.ndim == 1:
            return [self.classes[label] for label in labels]
        return ["|".join(name for name, has in zip(self.classes, case, strict=True) if has) for case in labels]

    def fingerprints(self) -> dict[str, dict[str, Any]]:
        """What recipe.json keeps of them, to know them again: of the source, and of the split."""
        rows = np.concatenate([self.rows(part) for part in PARTS])
        return {
            "source": {
                "images": len(self),
                "names_sha256": _of_texts(self.names),
                "pixels_sha256": hashlib.sha256(bytes.fromhex("".join(self.sha256))).hexdigest(),
                "labels_sha256": _of_numbers(self.labels),
                "groups_sha256": None if self.groups is None else _of_numbers(_renumbered(self.groups)),
                "looks_sha256": _of_texts([*self.alike.tolist(), *self.seen]),
            },
            "split": {
                "cases": self.counts(),
                "rows_sha256": _of_numbers(rows),
                "twins_sha256": _of_texts([*self.twin, *self.likeness.tolist()]),
            },
        }

    def as_csv(self) -> str:
        """split.csv; groups are hashed with a salt that is kept nowhere."""
        salt = secrets.token_bytes(16)
        known = [] if self.groups is None else self.groups.tolist()
        hashed = {group: hashlib.sha256(salt + str(group).encode()).hexdigest()[:16] for group in set(known)}
        columns: dict[str, Iterable[object]] = {
            "name": self.names,
            "sha256": self.sha256,
            "label": self.label_texts(np.arange(len(self))),
            "group": [hashed[group] for group in known] or [""] * len(self),
            "part": self.parts.tolist(),
            "twin": self.twin,
            "likeness": self.likeness.tolist(),
            "alike": self.alike.tolist(),
            "seen": self.seen,
        }
        return csv_text(columns, columns.values())


@dataclass(frozen=True, slots=True)
class Other:
    """What somebody else than the model answered to some cases.

    Probabilities are kept as float32, which a table of nine digits gives back exactly: so figures computed again from
    the table are the same to the last digit.
    """

    kind: str
    name: str
    told: str
    rows: Int[np.ndarray, " some"]
    probabilities: Float[np.ndarray, "some klass"]

    @staticmethod
    def of(kind: str, name: str, told: str, rows: np.ndarray, probabilities: np.ndarray) -> Other:
        """With the probabilities rounded as the table will hold them."""
        return Other(kind, name, told, rows, probabilities.astype(np.float32).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Answers:
    """The model's answers to every case that it did not learn from, and others' beside them."""

    cases: Cases
    logits: Float[np.ndarray, "judged output"]
    """In the order of `cases.judged()`; more outputs than classes only in recipe R0."""
    unlike: Bool[np.ndarray, " judged"]
    """Flagged as unlike the training images."""
    others: tuple[Other, ...]

    @property
    def class_logits(self) -> Float[np.ndarray, "judged klass"]:
        """Logits of the classes alone."""
        return self.logits[:, : len(self.cases.classes)]

    def of(self, part: str) -> slice:
        """Where a part's cases stand among the judged ones."""
        before = sum(len(self.cases.rows(earlier)) for earlier in JUDGED[: JUDGED.index(part)])
        return slice(before, before + len(self.cases.rows(part)))

    def fingerprints(self) -> dict[str, str]:
        """What report.json keeps of the tables, so that a changed answer is noticed even where no figure moves."""
        return {
            "logits_sha256": _of_numbers(self.logits.astype(np.float32)),
            "unlike_sha256": _of_numbers(self.unlike),
            "others_sha256": _of_numbers(
                *(array for other in self.others for array in (other.rows, other.probabilities))
            ),
        }

    def of_kind(self, kind: str) -> list[Other]:
        """All others of one kind, in order."""
        return [other for other in self.others if other.kind == kind]

    def predictions_csv(self, probabilities: Float[np.ndarray, "judged klass"]) -> str:
        """name, label, part, unlike_training, a logit and a calibrated probability of each class."""
        cases, rows = self.cases, self.cases.judged()
        header = ["name", "label", "part", "unlike_training"]
        header += [f"logit_{name}" for name in output_names(cases.classes, self.logits.shape[1])]
        header += [f"p_{name}" for name in cases.classes]
        flags = ["yes" if flag else "no" for flag in self.unlike.tolist()]
        columns: list[list[Any]] = [_names(cases, rows), cases.label_texts(rows), cases.parts[rows].tolist(), flags]
        return csv_text(header, [*columns, *self.logits.astype(float).T.tolist(), *probabilities.T.tolist()])

    def rivals_csv(self) -> str:
        """kind, rival, name, label, part and a probability of each class, for every case that each was asked about."""
        cases = self.cases
        rows = np.concatenate([other.rows for other in self.others])
        columns: list[list[Any]] = [
            [other.kind for other in self.others for _ in other.rows],
            [other.name for other in self.others for _ in other.rows],
            _names(cases, rows),
            cases.label_texts(rows),
            cases.parts[rows].tolist(),
        ]
        p = np.concatenate([other.probabilities for other in self.others])
        header = ["kind", "rival", "name", "label", "part", *(f"p_{name}" for name in cases.classes)]
        return csv_text(header, [*columns, *p.T.tolist()])


def output_names(classes: tuple[str, ...], outputs: int) -> list[str]:
    """A name for every logit; those beyond the classes (recipe R0 has four) are called so.

    >>> output_names(("benign", "malignant"), 3)
    ['benign', 'malignant', 'no class 2']
    """
    return [*classes, *(f"no class {number}" for number in range(len(classes), outputs))]


def _of_numbers(*arrays: np.ndarray) -> str:
    """sha256 of numbers: whole ones as int64, others as they are."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array.astype(np.int64) if array.dtype.kind in "biu" else array).tobytes())
    return whole.hexdigest()


def _of_texts(texts: Iterable[object]) -> str:
    """sha256 of texts, with a zero byte between them."""
    return hashlib.sha256("\0".join(map(str, texts)).encode("utf-8", "surrogateescape")).hexdigest()


def _renumbered(groups: np.ndarray) -> np.ndarray:
    """Groups numbered by their first case, whatever their names were."""
    _, first, code = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[code], np.int64)


def _names(cases: Cases, rows: np.ndarray) -> list[str]:
    return [cases.names[row] for row in rows.tolist()]
