"""MNIST's own files (IDX): a few bytes that say the shape, then the pixels; gzipped or not.

Source: LeCun, Cortes, Burges, The MNIST database, "File formats": 00 00, type, rank, then each size, big-endian.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from io import BufferedReader
from math import prod
from pathlib import Path

import numpy as np

from pellucid.data.arrays import BROKEN, ArraySource, blocks_of, check_image_shape, check_size, label_table
from pellucid.errors import BadInput

PREFIXES = (("train", "train"), ("t10k", "test"), ("test", "test"), ("val", "valid"))


def idx_files(path: Path) -> list[tuple[str, Path, Path]]:
    """(part, images, labels) of the IDX files in a folder, or beside the one that is named.

    Raises:
        BadInput: the named file has no partner.
    """
    folder, only = (path, None) if path.is_dir() else (path.parent, path.name)
    found = []
    for prefix, part in PREFIXES:
        for images in sorted(folder.glob(f"{prefix}*images*idx3*")):
            labels = folder / images.name.replace("images", "labels").replace("idx3", "idx1")
            if only in (None, images.name, labels.name) and labels.is_file():
                found.append((part, images, labels))
    if only is not None and not found:
        raise BadInput(f"{path} has no partner: NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte (.gz) are needed.")
    return found


def read_idx(path: Path) -> ArraySource:
    """The images and labels of a folder of IDX files, or of one pair of them.

    Raises:
        BadInput: cut short, no IDX file of bytes, or not as many labels as images.
    """
    files = idx_files(path)
    shapes, labels = [], []
    for _, images, names in files:
        shapes.append(_shape(images))
        check_image_shape(images, "the file", shapes[-1])
        labels.append(label_table(images, f"labels in {names.name}", _whole_array(names), shapes[-1][0])[:, 0])

    def blocks() -> Iterator[np.ndarray]:
        for (_, images, _), shape in zip(files, shapes, strict=True):
            with _open(images) as file:
                file.read(4 + 4 * len(shape))
                yield from blocks_of(file, shape, np.dtype(np.uint8), str(images))

    parts = [part for (part, _, _), found in zip(files, labels, strict=True) for _ in found]
    return ArraySource(path, blocks, np.concatenate(labels), parts if len(set(parts)) > 1 else None)


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _shape(path: Path) -> tuple[int, ...]:
    try:
        with _open(path) as file:
            head = file.read(4)
            if len(head) < 4 or head[:3] != b"\0\0\x08":
                begins = head.hex(" ") or "nothing"
                raise BadInput(f"{path} is no IDX file of bytes: it begins with {begins}, 00 00 08 is needed.")
            shape = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))
    except (*BROKEN, struct.error) as problem:
        raise BadInput(f"{path} is damaged ({problem}): download it again.") from None
    check_size(path, prod(shape))
    return shape


def _whole_array(path: Path) -> np.ndarray:
    shape = _shape(path)
    try:
        with _open(path) as file:
            file.read(4 + 4 * len(shape))
            contents = file.read(prod(shape) + 1)
    except BROKEN as problem:
        raise BadInput(f"{path} is damaged ({problem}): download it again.") from None
    if len(contents) != prod(shape):
        raise BadInput(f"{path} holds {len(contents)} bytes where its head says {prod(shape)}: download it again.")
    return np.frombuffer(contents, np.uint8).reshape(shape)
