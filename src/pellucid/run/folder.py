"""One run on disk: which files it has, what state it is in, and where the next one goes."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import re
import shutil
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pellucid.errors import BadInput
from pellucid.run.history import HistoryRow, read_history
from pellucid.run.writing import MAKING, file_sha256, write_text

FILES = (
    "history.csv",
    "model_card.md",
    "predictions.csv",
    "recipe.json",
    "report.html",
    "report.json",
    "reporting.md",
    "rivals.csv",
    "split.csv",
    "weights.safetensors",
)
"""What a finished run holds beside SHA256SUMS; other files in its folder are its owner's."""

LADDER = "ladder"
"""The folder in it where the models that `auto` tries learn; of no use once the run is finished."""

RUNGS = ("linear", "mlp", "cnn")
"""What they are called, from the simplest up; folders of these names in LADDER are the run's own."""

LARGEST_HEADER = 2**24
"""Bytes of a safetensors header that are read. Chosen by us: ours take a few thousand."""


@dataclass(frozen=True)
class Run:
    """A run folder.

    >>> Run(Path("nowhere")).state
    'none'
    """

    path: Path

    @property
    def state(self) -> str:
        """`finished`; `unfinished` (it can be resumed); `none` (no run here)."""
        if (self.path / "SHA256SUMS").is_file():
            return "finished"
        return "unfinished" if (self.path / "recipe.json").is_file() else "none"

    def file(self, name: str) -> Path:
        """The path of one of its files."""
        return self.path / name

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """recipe.json: all that repeats the run."""
        return self._json("recipe.json")

    @cached_property
    def report(self) -> dict[str, Any]:
        """report.json: every figure of the report."""
        return self._json("report.json")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the weights file says of itself: classes, input shape, scaling, temperature, thresholds."""
        path = self.path / "weights.safetensors"
        try:
            facts = json.loads(read_header(path)["__metadata__"]["pellucid"])
            if not isinstance(facts, dict):
                raise TypeError("an object was needed")
        except FileNotFoundError:
            raise BadInput(
                f"{self.path} has no weights yet: finish it with `pellucid train --resume {self.path}`."
            ) from None
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            raise BadInput(
                f"{path} is not a weights file of pellucid's: restore it from a copy, or train again."
            ) from None
        return facts

    @property
    def history(self) -> list[HistoryRow]:
        """The rows of history.csv."""
        return read_history(self.path / "history.csv")

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.path / name).read_text("utf-8", "surrogateescape"))
        except FileNotFoundError:
            raise BadInput(f"{self.path} has no {name}: is it a run folder, and did its run finish?") from None
        except (OSError, ValueError, RecursionError) as problem:
            raise BadInput(f"{self.path / name} cannot be read ({problem}): restore it from a copy.") from None
        return found

    def clear_unfinished(self) -> None:
        """Remove what only an unfinished run needs: checkpoints, and the ladder's rungs."""
        (self.path / "resume.safetensors").unlink(missing_ok=True)
        for rung in RUNGS:  # never what its owner may have put beside them
            shutil.rmtree(self.path / LADDER / rung, ignore_errors=True)
        with contextlib.suppress(OSError):
            (self.path / LADDER).rmdir()

    def seal(self) -> None:
        """Write SHA256SUMS over all its files, which makes the run a finished one."""
        write_text(self.path / "SHA256SUMS", self.checksums())

    def checksums(self) -> str:
        """What SHA256SUMS should hold: a line for each of its files."""
        there = [name for name in FILES if (self.path / name).is_file()]
        return "".join(f"{file_sha256(self.path / name)}  {name}\n" for name in there)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, {self.state})"

    def _repr_html_(self) -> str:
        if self.state != "finished":
            return f"<b>{html.escape(str(self.path))}</b>: {self.state}"
        held_out = self.report["held_out"]
        rows = "".join(
            f"<tr><td>{name.replace('_', ' ')}</td><td>{held_out[name]['value']:.4f}</td>"
            f"<td>{held_out[name]['low']:.4f} to {held_out[name]['high']:.4f}</td></tr>"
            for name in ("accuracy", "balanced_accuracy", "auroc")
            if held_out.get(name, {}).get("low") is not None
        )
        page = base64.b64encode((self.path / "report.html").read_bytes()).decode()
        return (
            f"<b>{html.escape(self.report['model'])}</b> on {held_out['cases']:,} held-out cases, "
            f"in <code>{html.escape(str(self.path))}</code>"
            f"<table><tr><th></th><th>held out</th><th>95% interval</th></tr>{rows}</table>"
            f'<details><summary>the report</summary><iframe src="data:text/html;base64,{page}" '
            'style="width:100%;height:640px;border:0" sandbox></iframe></details>'
        )


def read_header(path: Path) -> dict[str, Any]:
    """What a safetensors file says of itself: the name, type and shape of each tensor, and `__metadata__`.

    Raises:
        OSError, ValueError, struct.error: it cannot be read, or is no such file.
    """
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header: dict[str, Any] = json.loads(file.read(min(length, LARGEST_HEADER)))
    return header


def new_run_path(source: str, out: Path | None) -> Path:
    """Where a new run goes: `out`, else runs/NAME, runs/NAME-2 ... beside those that are there.

    Raises:
        BadInput: `out` is there already, and not empty.
    """
    if out is not None:
        if out.exists() and (not out.is_dir() or any(not path.name.endswith(MAKING) for path in out.iterdir())):
            how = f", or go on with it by --resume {out}" if Run(out).state == "unfinished" else ""
            raise BadInput(f"{out} is there already: choose another --out{how}.")
        return out
    return unused_path(Path("runs"), stem_of(source) or "run")


def stem_of(source: str) -> str:
    """What is made of a source is called after it, without odd characters.

    >>> stem_of("data/my scans.v2.zip"), stem_of("digits")
    ('my-scans', 'digits')
    """
    return re.sub(r"[^\w.-]+", "-", Path(source).name.split(".")[0]).strip("-")


def unused_path(folder: Path, stem: str, ending: str = "") -> Path:
    """A path in the folder where nothing is: STEM, STEM-2 ..., each with the ending."""
    number = 1
    while (path := folder / f"{stem if number == 1 else f'{stem}-{number}'}{ending}").exists():
        number += 1
    return path


def make_private(path: Path) -> None:
    """The folder, for its owner's eyes only: it names patients' files.

    Raises:
        BadInput: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as problem:
        raise BadInput(f"{path} cannot be made ({problem.strerror}): choose an --out that can be written.") from None


def find_runs(folder: Path) -> list[Run]:
    """All runs in a folder, and one folder down, by name."""
    places = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())] if folder.is_dir() else []
    return [run for run in map(Run, places) if run.state != "none"]
