"""A CSV table that names image files and their labels: path,label[,group][,part][,more columns]."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid.data.listing import PART_NAMES, Listing
from pellucid.errors import BadInput

SEPARATOR = "|"
"""Several labels of one image are written with this between them, as in NIH's ChestX-ray14 table."""


def list_table(path: Path) -> Listing:
    """The images that a table names; paths are relative to the table's folder.

    A label such as `mass|nodule` makes the task multi-label (an empty label then means none of the classes).

    Raises:
        BadInput: columns, labels or files are missing; the message names the first row in question.
    """
    rows = _rows(path)
    _check_files(path, rows)
    texts = [row["label"].strip() for row in rows]
    multi_label = any(SEPARATOR in text for text in texts)
    if not multi_label:
        _check_labels(path, rows)
    classes, labels = _multi_label(texts) if multi_label else _one_label(texts)
    others = [name for name in rows[0] if name not in ("path", "label", "part")]
    return Listing(
        source=path.parent,
        zipped=False,
        items=[row["path"].strip() for row in rows],
        names=[row["path"].strip() for row in rows],
        classes=classes,
        labels=labels,
        parts=_parts(path, rows),
        columns={name: [row[name] for row in rows] for name in others},
        task="multi-label" if multi_label else None,
        said=_said(texts, multi_label, others),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            heading = file.readline()
            file.seek(0)
            table = csv.DictReader(file, restval="", delimiter=_delimiter(path, heading))
            names = [name.strip().lower() for name in table.fieldnames or []]
            if "path" not in names or "label" not in names:
                raise BadInput(
                    f"{path} has the columns {names}: a first line with path,label[,group][,part] is needed."
                )
            table.fieldnames = names
            rows = [{name: row[name] for name in names} for row in table]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise BadInput(f"{path} is no UTF-8 CSV table ({problem}): save it as CSV UTF-8.") from None
    if not rows:
        raise BadInput(f"{path} has no rows below its heading: one row an image is needed.")
    return rows


def _delimiter(path: Path, heading: str) -> str:
    """Tabs in a .tsv; semicolons where the heading has no comma, as spreadsheets write in half of Europe."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    return ";" if ";" in heading and "," not in heading else ","


def _said(texts: Sequence[str], multi_label: bool, others: Sequence[str]) -> tuple[str, ...]:
    """What a user should know of how the table was taken."""
    said = []
    without = sum(not text for text in texts)
    if multi_label and without:
        said.append(f"{without} images have an empty label: they are taken as showing none of the classes.")
    if others and "group" not in others:
        said.append(
            f"The table has more columns ({', '.join(others)}): if one names the patient, say --group-by column:NAME."
        )
    return tuple(said)


def _check_files(path: Path, rows: list[dict[str, str]]) -> None:
    missing = [number for number, row in enumerate(rows, 2) if not (path.parent / row["path"].strip()).is_file()]
    if missing:
        first = rows[missing[0] - 2]["path"]
        raise BadInput(
            f"{path} names {len(missing)} files that are not there, first {first!r} in line {missing[0]}: "
            "paths are relative to the table's folder; correct them or remove those rows."
        )


def _check_labels(path: Path, rows: list[dict[str, str]]) -> None:
    empty = [number for number, row in enumerate(rows, 2) if not row["label"].strip()]
    if empty:
        raise BadInput(
            f"{path} has {len(empty)} rows without a label, first line {empty[0]}: fill them in or remove them."
        )


def _one_label(texts: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    numeric = all(text.isdecimal() for text in texts)
    classes = sorted(set(texts), key=int if numeric else str)
    column = {name: number for number, name in enumerate(classes)}
    return tuple(classes), np.array([column[text] for text in texts], np.int64)


def _multi_label(texts: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    split = [[label.strip() for label in text.split(SEPARATOR) if label.strip()] for text in texts]
    classes = sorted({label for labels in split for label in labels})
    labels = np.zeros((len(texts), len(classes)), np.int64)
    for row, names in enumerate(split):
        labels[row, [classes.index(name) for name in names]] = 1
    return tuple(classes), labels


def _parts(path: Path, rows: list[dict[str, str]]) -> list[str] | None:
    if "part" not in rows[0]:
        return None
    parts = []
    for number, row in enumerate(rows, 2):
        part = row["part"].strip().lower()
        if part not in PART_NAMES:
            raise BadInput(f"{path} line {number} has the part {row['part']!r}: train, valid or test is needed.")
        parts.append(PART_NAMES[part])
    return parts
