"""A run's three tables, read back: the columns that its figures were computed from, or one line of what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from pellucid.data.split import PARTS
from pellucid.data.twins import KINDS as LIKENESSES
from pellucid.errors import BadInput
from pellucid.evaluate.answers import Answers, Cases, Other, output_names
from pellucid.run import Run
from pellucid.shapes import Float, Int

Table = dict[str, list[str]]

CASES = ("name", "sha256", "label", "group", "part", "twin", "likeness", "alike", "seen")
"""The columns of split.csv."""

LONGEST = 2**20
"""Letters of a line that are read. Chosen by us: a name, and two numbers for each of some tens of thousands of classes;
a longer line is no table's, and is not taken into memory."""

RESTORE = "restore it from a copy, or train again"


def read_cases(run: Run, task: str, classes: Sequence[str]) -> Cases:
    """split.csv of a run.

    Args:
        run: the folder.
        task: as its weights say it.
        classes: in their order, as its weights say them.
    Raises:
        BadInput: the file is missing, has other columns, or names a class or part that there is not.
    """
    path = run.file("split.csv")
    table = _table(path, CASES)
    for column, known in (("part", (*PARTS, "")), ("likeness", LIKENESSES)):
        if strange := sorted(set(table[column]) - set(known)):
            raise BadInput(f"{path}: {strange[0]!r} is no {column}: {RESTORE}.")
    if any(len(digits) != 64 or set(digits) - set("0123456789abcdef") for digits in table["sha256"]):
        raise BadInput(f"{path}: its column 'sha256' holds something else: {RESTORE}.")
    grouped = any(table["group"])
    return Cases(
        task=task,
        classes=tuple(classes),
        names=table["name"],
        sha256=table["sha256"],
        labels=_labels(path, table["label"], task, classes),
        groups=np.unique(table["group"], return_inverse=True)[1] if grouped else None,
        parts=np.array(table["part"]),
        twin=table["twin"],
        likeness=np.array(table["likeness"]),
        alike=_whole_numbers(path, table["alike"]),
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
        BadInput: a file is missing, has other columns, or does not tell of the same cases as split.csv does.
    """
    path = run.file("predictions.csv")
    logits = [f"logit_{name}" for name in output_names(cases.classes, outputs)]
    p = [f"p_{name}" for name in cases.classes]
    table = _table(path, ("name", "label", "part", "unlike_training", *logits, *p), len(cases.judged()))
    _check_rows(path, table, cases, cases.judged())
    if set(table["unlike_training"]) - {"yes", "no"}:
        raise BadInput(f"{path}: its column 'unlike_training' holds neither yes nor no: {RESTORE}.")
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


def _check_rows(path: Path, table: Table, cases: Cases, rows: Int[np.ndarray, " some"]) -> None:
    wanted: Table = {
        "name": [cases.names[row] for row in rows.tolist()],
        "label": cases.label_texts(rows),
        "part": cases.parts[rows].tolist(),
    }
    for column, values in wanted.items():
        if table[column] != values:
            raise BadInput(f"{path}: its column {column!r} does not tell of the cases of split.csv, in their order.")


def _table(path: Path, columns: Sequence[str], most: int | None = None) -> Table:
    """The columns of a table that has these, and `most` rows where that is known; nothing more is taken into memory."""
    found: list[tuple[str, ...]] = []
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = csv.reader(_lines(path, file), strict=True)
            if next(rows, None) != list(columns):
                raise BadInput(f"{path} has not the columns that it was written with: {RESTORE}.")
            for row in rows:
                if len(row) != len(columns) or len(found) == most:
                    raise BadInput(f"{path}: line {rows.line_num} is one row too many, or no whole row: {RESTORE}.")
                found.append(tuple(row))
    except (OSError, ValueError, csv.Error) as problem:
        raise BadInput(f"{path} cannot be read ({problem}): {RESTORE}.") from None
    if not found:
        raise BadInput(f"{path} has no rows: {RESTORE}.")
    return {name: list(column) for name, column in zip(columns, zip(*found, strict=True), strict=True)}


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise BadInput(f"{path} has a line of {LONGEST:,} letters or more, which is no table's: {RESTORE}.")
        yield line


def _labels(
    path: Path, texts: list[str], task: str, classes: Sequence[str]
) -> Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]:
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


def _matrix(path: Path, table: Table, columns: list[str]) -> Float[np.ndarray, "row column"]:
    """Numbers that float32 can hold, which is what all tables are written from."""
    try:
        numbers = np.stack([np.array(table[name], np.float64) for name in columns], 1)
    except ValueError as problem:
        raise BadInput(f"{path} holds what is no number ({problem}): {RESTORE}.") from None
    if not (np.abs(numbers) <= np.finfo(np.float32).max).all():  # nan fails too
        raise BadInput(f"{path} holds a number that is none, or beyond all bounds: {RESTORE}.")
    return numbers


def _whole_numbers(path: Path, texts: list[str]) -> Int[np.ndarray, " row"]:
    try:
        return np.array(list(map(int, texts)), np.int64)
    except (ValueError, OverflowError):
        raise BadInput(f"{path}: its column 'alike' holds what is no whole number: {RESTORE}.") from None
