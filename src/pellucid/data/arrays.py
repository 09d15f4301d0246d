"""Images that come from one file of many, a block at a time, with bounds on what the file may unfold to."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Int, Shaped

MOST_BYTES = 2**35
"""Chosen by us: 32 GiB holds the largest MedMNIST file (224 x 224 RGB); more is a mistake or a bomb."""

ROWS_A_CHUNK = 4096

BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
"""What the readers of archives raise on files that are cut short or damaged."""


@runtime_checkable
class Reads(Protocol):
    """An open file of bytes, in an archive or not."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, fewer than `size` at the end."""
        ...


Blocks = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True, slots=True)
class ArraySource:
    """Images as they come from one array file, a block at a time; [case, row, column] or [case, row, column, 3]."""

    source: Path
    blocks: Blocks
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]
    parts: list[str] | None
    classes: tuple[str, ...] | None = None
    task: str | None = None
    groups: list[str] | None = None

    @property
    def names(self) -> list[str]:
        """`train/0`, `train/1` ... : where each case stood in the file."""
        if self.parts is None:
            return [str(number) for number in range(len(self.labels))]
        counts: dict[str, int] = {}
        names = []
        for part in self.parts:
            names.append(f"{part}/{counts.get(part, 0)}")
            counts[part] = counts.get(part, 0) + 1
        return names


def blocks_of(
    file: Reads, shape: tuple[int, ...], dtype: np.dtype[Any], what: str
) -> Iterator[Shaped[np.ndarray, "case ..."]]:
    """Consecutive cases of a raw array, ROWS_A_CHUNK at a time.

    Raises:
        BadInput: the file is damaged, or ends before `shape` is full.
    """
    width = int(np.prod(shape[1:])) * dtype.itemsize
    for start in range(0, shape[0], ROWS_A_CHUNK):
        rows = min(ROWS_A_CHUNK, shape[0] - start)
        contents = _read(file, rows * width, what)
        if len(contents) != rows * width:
            raise BadInput(
                f"{what} ends after {start + len(contents) // width} of {shape[0]} images: download it again."
            )
        yield np.frombuffer(contents, dtype).reshape(rows, *shape[1:])
    if _read(file, 1, what):  # reaching the end is what makes zip and gzip compare their checksum
        raise BadInput(f"{what} holds more than the {shape[0]} images that its head says: download it again.")


def _read(file: Reads, count: int, what: str) -> bytes:
    try:
        return file.read(count)
    except BROKEN as problem:
        raise BadInput(f"{what} is damaged ({problem}): download it again.") from None


def check_image_shape(path: Path, name: str, shape: tuple[int, ...]) -> None:
    """Refuse what is not [case, row, column] or [case, row, column, 1 or 3].

    Raises:
        BadInput: volumes (not yet), or another rank.
    """
    if len(shape) == 3 or (len(shape) == 4 and shape[-1] in (1, 3)):
        return
    if len(shape) == 4 or (len(shape) == 5 and shape[-1] in (1, 3)):
        size = " x ".join(map(str, shape[1:]))
        raise BadInput(f"{path}: {name} holds volumes of {size} voxels: 3-D sets are not supported yet; 2-D ones are.")
    raise BadInput(f"{path}: {name} has the shape {shape}: (case, row, column) or (case, row, column, 3) is needed.")


def check_size(path: Path, nbytes: int) -> None:
    """Refuse what unfolds to more than MOST_BYTES."""
    if nbytes > MOST_BYTES:
        raise BadInput(f"{path} unfolds to {nbytes:,} bytes: at most {MOST_BYTES:,} are read.")


def label_table(path: Path, name: str, found: np.ndarray, images: int) -> Int[np.ndarray, "case column"]:
    """Labels as whole numbers, one row an image.

    Raises:
        BadInput: not whole numbers, or not as many as images.
    """
    if found.dtype.kind not in "iub":
        raise BadInput(f"{path}: {name} holds {found.dtype} values: whole numbers are needed, class numbers from 0 on.")
    if found.ndim not in (1, 2) or len(found) != images:
        shape = " x ".join(map(str, found.shape)) or "1"
        raise BadInput(f"{path} has {images} images but {shape} {name}: one row of labels an image is needed.")
    return (found if found.ndim == 2 else found[:, None]).astype(np.int64)


def one_column(table: Int[np.ndarray, "case column"]) -> Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]:
    """Class numbers where there is one column; else the 0/1 table as it is."""
    return table[:, 0] if table.shape[1] == 1 else table
