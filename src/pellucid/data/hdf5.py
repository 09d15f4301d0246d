"""HDF5 files with the datasets `images` and `labels`, as laboratories export them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.arrays import ROWS_A_CHUNK, ArraySource, check_image_shape, check_size, label_table, one_column
from pellucid.data.listing import PART_NAMES
from pellucid.errors import BadInput


def read_hdf5(path: Path) -> ArraySource:
    """Images and labels, and if they are there `groups` and `parts` (one text a case) and `classes` (names).

    `x` and `y` (as in PatchCamelyon) are understood for images and labels; labels may be numbers or texts.

    Raises:
        BadInput: no HDF5 file, no such datasets, or columns that do not match.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            columns = {key: file[key] for key in file if isinstance(file.get(key), h5py.Dataset)}
            images = next((key for key in ("images", "x") if key in columns), None)
            labels = next((key for key in ("labels", "y") if key in columns), None)
            if images is None or labels is None:
                raise BadInput(f"{path} has the datasets {sorted(columns)}: images and labels are needed.")
            check_image_shape(path, images, columns[images].shape)
            check_size(path, columns[images].nbytes + columns[labels].nbytes)
            cases = columns[images].shape[0]
            found = np.asarray(columns[labels])
            texts = {key: _texts(columns[key]) for key in ("groups", "parts", "classes") if key in columns}
    except OSError as problem:
        raise BadInput(f"{path} is no whole HDF5 file ({problem}): export it again.") from None
    for key in ("groups", "parts"):
        if len(texts.get(key, [None] * cases)) != cases:
            raise BadInput(f"{path} has {cases} images but {len(texts[key])} {key}: they must be as many.")
    classes = tuple(texts["classes"]) if "classes" in texts else None
    if found.ndim > 2 and found[0, 0].size == 1:  # PatchCamelyon writes them as case x 1 x 1 x 1
        found = found.reshape(found.shape[:2])
    if found.dtype.kind in "OSU":
        found, classes = _numbered(path, [_text(value) for value in found.ravel()], classes)
    return ArraySource(
        path,
        lambda: _blocks(path, images, cases),
        one_column(label_table(path, labels, found, cases)),
        _parts(path, texts["parts"]) if "parts" in texts else None,
        classes,
        groups=texts.get("groups"),
    )


def _numbered(path: Path, names: list[str], classes: tuple[str, ...] | None) -> tuple[np.ndarray, tuple[str, ...]]:
    classes = classes or tuple(sorted(set(names)))
    column = {name: number for number, name in enumerate(classes)}
    if strange := sorted(set(names) - set(classes)):
        raise BadInput(f"{path} has the label {strange[0]!r}, which is none of its classes {list(classes)}.")
    return np.array([column[name] for name in names], np.int64), classes


def _parts(path: Path, parts: list[str]) -> list[str]:
    strange = next((part for part in parts if part.lower() not in PART_NAMES), None)
    if strange is not None:
        raise BadInput(f"{path} has a case of the part {strange!r}: train, valid or test is needed.")
    return [PART_NAMES[part.lower()] for part in parts]


def _blocks(path: Path, images: str, cases: int) -> Iterator[np.ndarray]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            for start in range(0, cases, ROWS_A_CHUNK):
                yield np.asarray(file[images][start : start + ROWS_A_CHUNK])
    except OSError as problem:
        raise BadInput(f"{path} is damaged ({problem}): export it again.") from None


def _texts(column: Any) -> list[str]:
    return [_text(value) for value in np.asarray(column).ravel()]


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
