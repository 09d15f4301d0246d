"""Rounds that are done, kept in a file after each, so that a stopped search goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pellucid.ct.planting.searching import Round, Tried
from pellucid.errors import BadInput
from pellucid.run.writing import check_replaceable, write_json

ROUNDS = "rounds.json"
FORMAT = 1
MADE_BY = "pellucid ct plant"


def read_rounds(folder: Path | None, key: str) -> list[Round]:
    """The rounds that were done before, of the same plan for the same scan; none where there is no such file.

    Args:
        folder: where they are kept; None: nowhere.
        key: of the plan, the scan, and what finds.
    Raises:
        BadInput: the file there is no such file, is damaged, or belongs to another plan or scan.
    """
    if folder is None:
        return []
    path = folder / ROUNDS
    check_replaceable(path, f'"made_by": "{MADE_BY}"'.encode(), "file of rounds of pellucid ct plant", within=200)
    if not path.is_file():
        return []
    try:
        held = json.loads(path.read_text("utf-8"))
        same = held["format"] == FORMAT and held["key"] == key
        rounds = [_round(one) for one in held["rounds"]] if same else []
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BadInput(f"{path} is damaged ({problem}): remove it to begin anew, or choose another --out.") from None
    if not same:
        raise BadInput(
            f"{path} holds rounds of another scan, another pipeline or other settings: choose another --out, "
            "or remove it to begin anew."
        )
    return rounds


def write_rounds(folder: Path | None, key: str, rounds: Sequence[Round]) -> None:
    """All rounds so far, in one step.

    Raises:
        BadInput: the folder cannot be written.
    """
    if folder is not None:
        told = [asdict(one) for one in rounds]
        write_json(folder / ROUNDS, {"made_by": MADE_BY, "format": FORMAT, "key": key, "rounds": told})


def _round(told: dict[str, object]) -> Round:
    tried = told["tried"]
    if not isinstance(tried, list):
        raise TypeError("a round without its nodules")
    nodules = tuple(Tried(**{**one, "centre_xyz_mm": tuple(one["centre_xyz_mm"])}) for one in tried)
    return Round(nodules, int(str(told["other_marks"])))
