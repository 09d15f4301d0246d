"""A run's three tables, read back: the same columns that its figures were computed from."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.evaluate.answers import Answers, Cases, Other, output_names
from pellucid.run import Run
from pellucid.shapes import Float

Table = dict[str, list[str]]


def read_cases(run: Run, task: str, classes: Sequence[str]) -> Cases:
    """split.csv of a run.

    Args:
        run: the folder.
        task: as its weights say it.
        classes: in their order, as its weights say them.
    Raises:
        BadInput: the file is missing, lacks a column, or names a class that there is not.
    """
    path = run.file("split.csv")
    table = _table(path, ("name", "sha256", "label", "group", "part", "twin", "likeness", "alike", "seen"))
    known = any(table["group"])
    return Cases(
        task=task,
        classes=tuple(classes),
        names=table["name"],
        sha256=table["sha256"],
        labels=_labels(path, table["label"], task, classes),
        groups=np.unique(table["group"], return_inverse=True)[1] if known else None,
        parts=np.array(table["part"]),
        twin=table["twin"],
        likeness=np.array(table["likeness"]),
        alike=_numbers(path, table["alike"]).astype(np.int64),
        seen=table["seen"],
    )


def read_answers(
    run: Run, cases: Cases, outputs: int, told: dict[tuple[str, str], str]
) -> tuple[Answers, Float[np.ndarray, "judged klass"]]:
    """predictions.csv and rivals.csv of a run.

    Args:
        run: the folder.
        cases: as `read_cases` gives them.
        outputs: logits of the model.
        told: in words, what each of the others is, by kind and name; no table holds it.
    Returns:
        the answers, and the model's probabilities as they stand in the table.
    Raises:
        BadInput: a file is missing, lacks a column, or does not tell of the same cases as split.csv does.
    """
    path = run.file("predictions.csv")
    logits = [f"logit_{name}" for name in output_names(cases.classes, outputs)]
    p = [f"p_{name}" for name in cases.classes]
    table = _table(path, ("name", "label", "part", "unlike_training", *logits, *p))
    _check_rows(path, table, cases, cases.judged())
    answers = Answers(
        cases=cases,
        logits=_matrix(path, table, logits).astype(np.float32),
        unlike=np.array(table["unlike_training"]) == "yes",
        others=tuple(_others(run.file("rivals.csv"), cases, p, told)),
    )
    return answers, _matrix(path, table, p)


def _others(path: Path, cases: Cases, columns: list[str], told: dict[tuple[str, str], str]) -> list[Other]:
    table = _table(path, ("kind", "rival", "name", "label", "part", *columns))
    probabilities = _matrix(path, table, columns)
    marks = list(zip(table["kind"], table["rival"], table["part"], strict=True))
    starts = [at for at, mark in enumerate(marks) if at == 0 or marks[at - 1] != mark]
    found: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for start, end in zip(starts, [*starts[1:], len(marks)], strict=True):
        kind, name, part = marks[start]
        rows = cases.rows(part)
        _check_rows(path, {column: values[start:end] for column, values in table.items()}, cases, rows)
        found.setdefault((kind, name), []).append((rows, probabilities[start:end]))
    return [
        Other.of(
            kind, name, told.get((kind, name), ""), *(np.concatenate(column) for column in zip(*blocks, strict=True))
        )
        for (kind, name), blocks in found.items()
    ]


def _check_rows(path: Path, table: Table, cases: Cases, rows: np.ndarray) -> None:
    wanted: Table = {
        "name": [cases.names[row] for row in rows.tolist()],
        "label": cases.label_texts(rows),
        "part": cases.parts[rows].tolist(),
    }
    for column, values in wanted.items():
        if table[column] != values:
            raise BadInput(f"{path}: its column {column!r} does not tell of the cases of split.csv, in their order.")


def _table(path: Path, columns: Sequence[str]) -> Table:
    csv.field_size_limit(2**20)
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
    except (OSError, ValueError, csv.Error) as problem:
        raise BadInput(f"{path} cannot be read ({problem}): restore it from a copy.") from None
    if missing := [name for name in columns if name not in header]:
        raise BadInput(f"{path} has no column {missing[0]!r}: restore it from a copy, or train again.")
    if any(len(row) != len(header) for row in rows):
        raise BadInput(f"{path} has rows that are not as long as its first line: restore it from a copy.")
    whole = list(zip(*rows, strict=True)) or [()] * len(header)
    return {name: list(whole[header.index(name)]) for name in columns}


def _labels(path: Path, texts: list[str], task: str, classes: Sequence[str]) -> np.ndarray:
    number = {name: at for at, name in enumerate(classes)}
    try:
        if task != "multi-label":
            return np.array([number[text] for text in texts], np.int64)
        labels = np.zeros((len(texts), len(classes)), np.int64)
        for row, text in enumerate(texts):
            labels[row, [number[name] for name in text.split("|") if name]] = 1
        return labels
    except KeyError as unknown:
        raise BadInput(f"{path}: {unknown} is none of the classes {', '.join(classes)}.") from None


def _matrix(path: Path, table: Table, columns: list[str]) -> Any:
    return np.stack([_numbers(path, table[name]) for name in columns], 1)


def _numbers(path: Path, texts: list[str]) -> np.ndarray:
    try:
        return np.array(texts, np.float64)
    except ValueError as problem:
        raise BadInput(f"{path} holds what is no number ({problem}): restore it from a copy.") from None
