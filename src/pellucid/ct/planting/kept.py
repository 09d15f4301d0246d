"""What is done is kept in files, so that a stopped search goes on where it was: the first look, and each round."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pellucid.ct.planting.searching import Round, Tried
from pellucid.errors import BadInput
from pellucid.run.writing import check_replaceable, write_json

ROUNDS, FIRST_LOOK = "rounds.json", "first_look.json"
FORMAT = 1
MADE_BY = "pellucid ct plant"
Understood = TypeVar("Understood")


def read_rounds(folder: Path | None, key: str) -> list[Round]:
    """The rounds that were done before, of the same plan for the same scan; none where there is no such file.

    Args:
        folder: where they are kept; None: nowhere.
        key: of the plan, the scan, and what finds.
    Raises:
        BadInput: the file there is no such file, is damaged, or belongs to another plan or scan.
    """
    return read_kept(folder, ROUNDS, key, lambda held: [_round(one) for one in held["rounds"]]) or []


def write_rounds(folder: Path | None, key: str, rounds: Sequence[Round]) -> None:
    """All rounds so far, in one step.

    Raises:
        BadInput: the folder cannot be written.
    """
    write_kept(folder, ROUNDS, key, {"rounds": [asdict(one) for one in rounds]})


def read_kept(
    folder: Path | None, name: str, key: str, understood: Callable[[dict[str, Any]], Understood]
) -> Understood | None:
    """What one of the files holds; None where it is not there.

    Args:
        folder: where they are kept; None: nowhere.
        name: of the file.
        key: tells the same work from any other.
        understood: makes of the JSON what is meant; KeyError, TypeError or ValueError where that cannot be.
    Raises:
        BadInput: the file there is no such file, is damaged, or belongs to other work.
    """
    if folder is None:
        return None
    path = folder / name
    check_replaceable(path, f'"made_by": "{MADE_BY}"'.encode(), f"file of {MADE_BY}", within=200)
    if not path.is_file():
        return None
    try:
        held = json.loads(path.read_text("utf-8"))
        same = held["format"] == FORMAT and held["key"] == key
        found = understood(held) if same else None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BadInput(f"{path} is damaged ({problem}): remove it to begin anew, or choose another --out.") from None
    if not same:
        raise BadInput(
            f"{path} holds rounds of another scan, another pipeline or other settings: choose another --out, "
            "or remove it to begin anew."
        )
    return found


def write_kept(folder: Path | None, name: str, key: str, facts: dict[str, Any]) -> None:
    """Write one of the files in one step.

    Raises:
        BadInput: the folder cannot be written.
    """
    if folder is not None:
        write_json(folder / name, {"made_by": MADE_BY, "format": FORMAT, "key": key, **facts})


def _round(told: dict[str, object]) -> Round:
    tried = told["tried"]
    if not isinstance(tried, list):
        raise TypeError("a round without its nodules")
    nodules = tuple(Tried(**{**one, "centre_xyz_mm": tuple(one["centre_xyz_mm"])}) for one in tried)
    return Round(nodules, int(str(told["other_marks"])))
