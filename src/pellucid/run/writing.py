"""Files that are either there whole or not at all: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pellucid.errors import BadInput

MAKING = ".making"
"""How the name of a file ends while it is being written; what a killed run leaves under such a name is nothing."""


def check_replaceable(path: Path, mark: bytes, what: str, within: int) -> None:
    """See that a file may be written there: nothing is there, or an earlier one of the same make.

    Args:
        path: of the file.
        mark: what tells one of that make.
        what: what one is called.
        within: so many bytes of the file are looked through for the mark.
    Raises:
        BadInput: some other file is there.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file for --out.")
    if path.is_file():
        with path.open("rb") as file:
            if mark not in file.read(within):
                raise BadInput(f"{path} is there already, and is no {what}: choose another --out.")


def check_page(path: Path, mark: str, what: str) -> None:
    """See that a page may be written there: nothing is there, or an earlier page of the same make, known by its mark.

    Raises:
        BadInput: some other file is there, or no folder for it.
    """
    check_replaceable(path, mark.encode(), what, within=1000)
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path.parent} is not there: make that folder, or choose another --out.")


def write_bytes(path: Path, contents: bytes) -> None:
    """Replace the file by these bytes in one step.

    Raises:
        BadInput: the folder cannot be written, or the disk is full; what was there before still is.
    """
    making = path.with_name(f".{path.name}{MAKING}")
    try:
        with making.open("wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            making.unlink()
        raise BadInput(
            f"{path} cannot be written ({problem.strerror}): make room there, or choose another --out."
        ) from None


def write_text(path: Path, text: str) -> None:
    """Replace the file by this text (UTF-8) in one step; names that are no valid UTF-8 keep their bytes."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def write_json(path: Path, content: Any) -> None:
    """Replace the file by readable JSON; NaN is refused, since it is none."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def csv_text(header: Iterable[str], columns: Iterable[Iterable[object]]) -> str:
    """A CSV table from its columns; text is quoted where it must be, floats are written so that float32 survives.

    >>> csv_text(["name", "p"], [["a,b", "c"], [0.5, 1.0]])
    'name,p\\n"a,b",0.5\\nc,1\\n'
    """
    written = [_written(list(column)) for column in columns]
    lines = [",".join(_quoted(name) for name in header), *map(",".join, zip(*written, strict=True))]
    return "\n".join(lines) + "\n"


def _written(column: list[object]) -> list[str]:
    if column and isinstance(column[0], float):
        return ("%.9g\n" * len(column) % tuple(column)).split()
    texts = list(map(str, column))
    if not any(sign in "".join(texts) for sign in SPECIAL):  # nearly always: one look at the whole column
        return texts
    return list(map(_quoted, texts))


SPECIAL = ',"\n\r'


def _quoted(text: str) -> str:
    if any(sign in text for sign in SPECIAL):
        return '"' + text.replace('"', '""') + '"'
    return text


def file_sha256(path: Path) -> str:
    """sha256 of a file's contents, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
