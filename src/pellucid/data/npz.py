"""MedMNIST's files, and any .npz laid out like them: {train,val,test}_{images,labels}; never with pickled objects."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.arrays import (
    BROKEN,
    ArraySource,
    Reads,
    blocks_of,
    check_image_shape,
    check_size,
    label_table,
    one_column,
)
from pellucid.data.catalog import Entry, describe_medmnist
from pellucid.errors import BadInput
from pellucid.shapes import Int

PARTS = (("train", "train"), ("val", "valid"), ("test", "test"))


def read_npz(path: Path) -> ArraySource:
    """A MedMNIST file; any of the three parts may be missing.

    Raises:
        BadInput: no such arrays, 3-D volumes (not yet), pickled objects (never), labels that do not match.
    """
    sizes = _sizes(path)
    present = [(key, part) for key, part in PARTS if f"{key}_images" in sizes]
    if not present:
        raise BadInput(
            f"{path} has the arrays {sorted(sizes)}: train_images and train_labels (val_ and test_ as well) are needed."
        )
    tables, parts = [], []
    for key, part in present:
        tables.append(_labels_of(path, key, sizes))
        parts += [part] * len(tables[-1])

    def blocks() -> Iterator[np.ndarray]:
        for key, _ in present:
            yield from _blocks(path, f"{key}_images")

    if len({table.shape[1] for table in tables}) > 1:
        raise BadInput(f"{path}: its parts have labels of {[table.shape[1] for table in tables]} columns, not as many.")
    table = np.concatenate(tables)
    entry = describe_medmnist(path.stem)
    return ArraySource(
        path,
        blocks,
        one_column(table),
        parts,
        classes=_classes_that_fit(entry, table),
        task=entry.task if entry is not None else None,
    )


def _sizes(path: Path) -> dict[str, int]:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
    except (*BROKEN, ValueError) as problem:
        raise BadInput(f"{path} is not a whole .npz file ({problem}): download it again.") from None
    check_size(path, sum(sizes.values()))
    return sizes


def _labels_of(path: Path, key: str, sizes: dict[str, int]) -> Int[np.ndarray, "case column"]:
    if f"{key}_labels" not in sizes:
        raise BadInput(f"{path} has {key}_images but no {key}_labels: both are needed.")
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}_images.npy") as file:
        shape, _ = _read_header(file, f"{path}: {key}_images")
    check_image_shape(path, f"{key}_images", shape)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = np.asarray(arrays[f"{key}_labels"])
    except ValueError as problem:
        raise BadInput(f"{path}: {key}_labels is refused ({problem}).") from None
    except BROKEN as problem:
        raise BadInput(f"{path}: {key}_labels is damaged ({problem}): download it again.") from None
    return label_table(path, f"{key}_labels", found, shape[0])


def _classes_that_fit(entry: Entry | None, labels: Int[np.ndarray, "case column"]) -> tuple[str, ...] | None:
    if entry is None or not len(labels):
        return None
    fits = labels.shape[1] == len(entry.classes) if labels.shape[1] > 1 else labels.max() < len(entry.classes)
    return tuple(entry.classes) if fits else None


def _read_header(file: Reads, what: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Source: numpy.lib.format, the .npy format's versions 1 to 3."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except (*BROKEN, ValueError) as problem:
        raise BadInput(f"{what} is no numpy array ({' '.join(str(problem).split())}): download it again.") from None
    if dtype.hasobject:
        raise BadInput(f"{what} holds pickled Python objects, which could run code: refused. Save plain numbers.")
    if fortran:
        raise BadInput(f"{what} is in Fortran order: save np.ascontiguousarray of it.")
    return shape, dtype


def _blocks(path: Path, name: str) -> Iterator[np.ndarray]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        shape, dtype = _read_header(file, f"{path}: {name}")
        yield from blocks_of(file, shape, dtype, f"{path}: {name}")
