"""Which cases belong together: the patient or exam of each, told by a table, the folders, a pattern or DICOM tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pellucid.data.store import Facts
from pellucid.errors import BadInput
from pellucid.shapes import Int


@dataclass(frozen=True, slots=True)
class Groups:
    """One number a case; cases with the same number never part in a split."""

    numbers: Int[np.ndarray, " case"]
    names: tuple[str, ...]
    how: str


def tag_of(how: str | None) -> str:
    """The DICOM keyword that `how` asks for; PatientID unless another is named."""
    return how.removeprefix("dicom:") if how and how.startswith("dicom:") else "PatientID"


def check_group_by(how: str | None) -> None:
    """Refuse what could not work with any source, before anything is read; `none` always works.

    Raises:
        BadInput: no such kind, no regular expression with a group, no level from 1 on, no such DICOM tag.
    """
    if how == "none":
        return
    kind, _, what = (how or "column:").partition(":")
    if kind not in ("column", "level", "regex", "dicom"):
        raise BadInput(f"--group-by {how!r} is none of column:NAME, level:K, regex:PATTERN, dicom:PatientID, none.")
    if kind == "dicom":
        from pellucid.data.dicom import check_keyword

        check_keyword(what)
    if kind == "level" and not (what.isdecimal() and int(what) >= 1):
        raise BadInput(f"--group-by level:{what}: a number from 1 (the folder below the class folder) on is needed.")
    if kind == "regex":
        _compiled(what)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        raise BadInput(f"--group-by regex:{pattern} is no regular expression ({problem}).") from None
    if not compiled.groups:
        raise BadInput(f"--group-by regex:{pattern} has no group: put what names the patient into ( ).")
    return compiled


def find_groups(facts: Facts, how: str | None) -> Groups | None:
    """The groups that `--group-by` asks for, or those that the source shows by itself.

    Args:
        facts: of the pack.
        how: column:NAME, level:K, regex:PATTERN, dicom:KEYWORD (checked by `check_group_by`); None looks for them;
            `none` takes cases as independent, whatever the source shows.
    Raises:
        BadInput: the source does not show what `how` names.
    """
    if how is None:
        return _found(facts)
    if how == "none":
        return None
    kind, _, what = how.partition(":")
    if kind == "column":
        return _number(_column(facts, what), f"column {what!r} of the table")
    if kind == "level":
        return _number(_level(facts, what), f"the folder {what} below the class folder")
    if kind == "regex":
        return _number(_matches(facts, what), f"the pattern {what!r} on the path")
    return _number(_tags(facts, what), f"the DICOM tag {what}")


def _found(facts: Facts) -> Groups | None:
    if "group" in facts.columns:
        return _number(_column(facts, "group"), "the column 'group'")
    if facts.tags and all(facts.tags) and len(set(facts.tags)) > 1:  # anonymised files often share one PatientID
        return _number([tag or "" for tag in facts.tags], f"the DICOM tag {facts.tag}")
    if facts.class_depth is not None and all(name.count("/") > facts.class_depth + 1 for name in facts.names):
        return _number(_level(facts, "1"), "the first folder below the class folder")
    return None


def _column(facts: Facts, name: str) -> list[str]:
    column = facts.columns.get(name.lower())
    if column is None:
        has = f"the columns {', '.join(sorted(facts.columns))}" if facts.columns else "no columns; a .csv has"
        raise BadInput(f"--group-by column:{name}: the source has {has}.")
    empty = [case for case, value in zip(facts.names, column, strict=True) if not value.strip()]
    if empty:
        raise BadInput(
            f"The column {name!r} is empty for {len(empty)} cases, {empty[0]} first: fill in whose they are."
        )
    return column


def _level(facts: Facts, level: str) -> list[str]:
    if facts.class_depth is None:
        raise BadInput(
            f"--group-by level:{level}: the source has no class folders; column:NAME or regex:PATTERN fit it."
        )
    place = facts.class_depth + int(level)
    steps = [name.split("/") for name in facts.names]
    short = next((name for name, step in zip(facts.names, steps, strict=True) if len(step) <= place + 1), None)
    if short is not None:
        raise BadInput(f"--group-by level:{level}: {short} has no folder that deep below its class folder.")
    return ["/".join(step[facts.class_depth + 1 : place + 1]) for step in steps]


def _matches(facts: Facts, pattern: str) -> list[str]:
    compiled = _compiled(pattern)
    found = [compiled.search(name) for name in facts.names]
    missing = next((name for name, match in zip(facts.names, found, strict=True) if match is None), None)
    if missing is not None:
        raise BadInput(f"--group-by regex:{pattern} does not match {missing}: every path must show its group.")
    return [match[1] or "" for match in found if match]


def _tags(facts: Facts, keyword: str) -> list[str]:
    if not facts.tags or not all(facts.tags):
        count = sum(1 for tag in facts.tags or [] if tag)
        raise BadInput(f"--group-by dicom:{keyword}: {count} of {len(facts.names)} images carry that tag; all must.")
    return [tag or "" for tag in facts.tags]


def _number(values: list[str], how: str) -> Groups:
    names, numbers = np.unique(np.array(values, dtype=object).astype(str), return_inverse=True)
    return Groups(numbers.astype(np.int64), tuple(names.tolist()), f"{len(names)} groups by {how}")
