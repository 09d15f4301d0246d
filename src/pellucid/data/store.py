"""The cache of packs: each a folder with all images of a source in one file, and what is known of each image."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.form import Form
from pellucid.errors import BadInput
from pellucid.shapes import Int

FORMAT = 2
"""Raised whenever packs come to hold something else, so that old ones are made anew."""


def cache_folder() -> Path:
    """`PELLUCID_CACHE`, else the platform's place for caches."""
    chosen = os.environ.get("PELLUCID_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("pellucid"))


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a pack knows beside its pixels; columns, one entry a case."""

    form: Form
    names: list[str]
    classes: list[str]
    labels: list[Any]
    task: str
    parts: list[str] | None
    columns: dict[str, list[str]]
    tags: list[str | None] | None
    tag: str
    class_depth: int | None
    unreadable: list[list[str]]
    said: list[str]
    key: str
    seconds: float = 0.0
    format: int = field(default=FORMAT)


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished pack: its folder, and its facts."""

    folder: Path
    facts: Facts

    def images(self) -> np.ndarray:
        """[case, channel, row, column], read-only, mapped from the file."""
        form = self.facts.form
        return np.memmap(self.folder / "images.bin", form.dtype, "r", shape=(len(self.facts.names), *form.shape))

    def sha256(self) -> np.ndarray:
        """[case, 32] bytes: sha256 of each image's packed pixels."""
        return np.fromfile(self.folder / "sha256.bin", np.uint8).reshape(-1, 32)


def original_sizes(folder: Path | None) -> Int[np.ndarray, "case side"] | None:
    """Rows and columns of each image as it came, before any resizing; None where all came in one array, of one size.

    Args:
        folder: of a pack.

    >>> original_sizes(None) is None
    True
    """
    path = folder / "sizes.bin" if folder else None
    return np.fromfile(path, np.int32).reshape(-1, 2) if path and path.is_file() else None


def open_pack(packs: Path, key: str) -> Pack | None:
    """The pack of that key, if it is there, whole, and of today's format."""
    folder = packs / key
    try:
        facts = json.loads((folder / "facts.json").read_text("utf-8", "surrogateescape"))
        if facts["format"] != FORMAT:
            return None
        known = Facts(**{**facts, "form": Form(**facts["form"])})
        whole = len(known.names) * known.form.image_bytes == (folder / "images.bin").stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Pack(folder, known) if whole else None


@contextmanager
def cannot_take(packs: Path) -> Iterator[None]:
    """What the disk refuses (no room, no permission) is the user's to mend, and said in one line.

    Raises:
        BadInput: in place of any OSError inside.
    """
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or problem
        raise BadInput(
            f"{packs} cannot take the packed images ({reason}): make room, or set PELLUCID_CACHE to another folder."
        ) from None


class Unfinished:
    """A pack while it is made, under a temporary name; `finish` gives it its own. Left early, nothing stays."""

    def __init__(self, packs: Path) -> None:
        with cannot_take(packs):
            packs.mkdir(parents=True, exist_ok=True)
            _remove_stale(packs)
            self.folder = Path(tempfile.mkdtemp(prefix=".making-", dir=packs))

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_room(self, cases: int, form: Form, sizes: bool = False) -> None:
        """Lay out empty files of the full length, having looked whether the disk has the room.

        Args:
            cases: images to come.
            form: of each.
            sizes: whether each comes in a size of its own, to be noted.
        Raises:
            BadInput: it has not.
        """
        widths = _widths(form, sizes)
        needed = cases * sum(widths.values())
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise BadInput(
                f"{self.folder.parent} has {free / 1e6:,.0f} MB free; the packed images need {needed / 1e6:,.0f} MB: "
                "make room, or set PELLUCID_CACHE to another disk."
            )
        for name, width in widths.items():
            with cannot_take(self.folder.parent), (self.folder / name).open("wb") as file:
                file.truncate(cases * width)

    def keep_only(self, rows: np.ndarray, form: Form) -> None:
        """Close the gaps that unreadable images left."""
        for name, width in _widths(form, (self.folder / "sizes.bin").is_file()).items():
            path = self.folder / name
            whole = np.memmap(path, np.uint8, "r+")
            table = whole.reshape(-1, width)
            for start in range(0, len(rows), 4096):  # rows only ever move down, so this can be done in place
                some = rows[start : start + 4096]
                table[start : start + len(some)] = table[some]
            whole.flush()
            del table, whole
            os.truncate(path, len(rows) * width)

    def finish(self, facts: Facts) -> Pack:
        """Write the facts and give the pack its name."""
        columns = {name: getattr(facts, name) for name in facts.__slots__}  # asdict would copy every name and label
        text = json.dumps({**columns, "form": facts.form.as_dict()}, ensure_ascii=False)
        with cannot_take(self.folder.parent):
            (self.folder / "facts.json").write_text(text, "utf-8", "surrogateescape")
        home = self.folder.parent / facts.key
        shutil.rmtree(home, ignore_errors=True)
        try:
            self.folder.rename(home)
        except OSError:  # another process made the same pack in the meantime
            made = open_pack(self.folder.parent, facts.key)
            if made is None:
                raise
            return made
        return Pack(home, facts)


def _widths(form: Form, sizes: bool) -> dict[str, int]:
    """Bytes a case in each binary file."""
    return {"images.bin": form.image_bytes, "sha256.bin": 32} | ({"sizes.bin": 8} if sizes else {})


def _remove_stale(packs: Path) -> None:
    for left in packs.glob(".making-*"):  # what a killed process left behind
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)


def clear(downloads: bool = False) -> int:
    """Remove all packs, and on request all downloads; returns how many bytes that freed."""
    freed = 0
    for folder in ("packs", *(("downloads",) if downloads else ())):
        place = cache_folder() / folder
        freed += sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        shutil.rmtree(place, ignore_errors=True)
    return freed
