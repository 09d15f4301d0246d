"""Files that hold many images as one array: MedMNIST .npz, IDX (MNIST's), HDF5, CIFAR-10's binary records, digits."""

from __future__ import annotations

import gzip
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Shaped

from pellucid.data.catalog import describe_medmnist, known
from pellucid.errors import BadInput

MOST_BYTES = 2**35
"""Chosen by us: 32 GiB holds the largest MedMNIST file (224 x 224 RGB); more is a mistake or a bomb."""

ROWS_A_CHUNK = 4096

Blocks = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True, slots=True)
class ArraySource:
    """Images as they come from one array file, a block at a time; [case, row, column] or [case, row, column, 3]."""

    blocks: Blocks
    labels: np.ndarray
    parts: list[str] | None
    classes: tuple[str, ...] | None = None
    task: str | None = None
    groups: list[str] | None = None
    said: tuple[str, ...] = ()

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


def read_npz(path: Path) -> ArraySource:
    """A MedMNIST file: {train,val,test}_{images,labels}; any of the three parts may be missing.

    Raises:
        BadInput: no such arrays, 3-D volumes (not yet), pickled objects (never), labels that do not match.
    """
    entry = describe_medmnist(path.stem)
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
    except (zipfile.BadZipFile, OSError) as problem:
        raise BadInput(f"{path} is not a whole .npz file ({problem}): download it again.") from None
    if sum(sizes.values()) > MOST_BYTES:
        raise BadInput(f"{path} unfolds to {sum(sizes.values()):,} bytes: at most {MOST_BYTES:,} are read.")
    present = [(key, part) for key, part in (("train", "train"), ("val", "valid"), ("test", "test")) if f"{key}_images" in sizes]
    if not present:
        raise BadInput(f"{path} has the arrays {sorted(sizes)}: train_images and train_labels (val_, test_) are needed.")
    labels, parts = [], []
    for key, part in present:
        if f"{key}_labels" not in sizes:
            raise BadInput(f"{path} has {key}_images but no {key}_labels: both are needed.")
        shape, _ = _npy_header(path, f"{key}_images")
        _check_image_shape(path, f"{key}_images", shape)
        found = _npy_array(path, f"{key}_labels")
        if len(found) != shape[0]:
            raise BadInput(f"{path} has {shape[0]} {key}_images but {len(found)} {key}_labels: they must be as many.")
        labels.append(found.reshape(len(found), -1))
        parts += [part] * len(found)

    def blocks() -> Iterator[np.ndarray]:
        for key, _ in present:
            yield from _npy_blocks(path, f"{key}_images")

    table = np.concatenate(labels).astype(np.int64)
    return ArraySource(
        blocks,
        table[:, 0] if table.shape[1] == 1 else table,
        parts,
        classes=_classes_that_fit(entry, table),
        task=entry.task if entry is not None else None,
    )


def _classes_that_fit(entry: Any, labels: np.ndarray) -> tuple[str, ...] | None:
    if entry is None:
        return None
    fits = labels.shape[1] == len(entry.classes) if labels.shape[1] > 1 else labels.max() < len(entry.classes)
    return tuple(entry.classes) if fits else None


def _npy_header(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        return _read_header(file, path, name)


def _read_header(file: IO[bytes], path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except ValueError as problem:
        raise BadInput(f"{path}: {name} is no numpy array ({problem}).") from None
    if dtype.hasobject:
        raise BadInput(f"{path}: {name} holds pickled Python objects, which could run code: refused. Save plain numbers.")
    if fortran:
        raise BadInput(f"{path}: {name} is in Fortran order: save np.ascontiguousarray of it.")
    return shape, dtype


def _npy_array(path: Path, name: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[name])
    except ValueError as problem:
        raise BadInput(f"{path}: {name} is refused ({problem}).") from None


def _npy_blocks(path: Path, name: str) -> Iterator[np.ndarray]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        shape, dtype = _read_header(file, path, name)
        yield from _blocks_of(file, shape, dtype, f"{path}: {name}")


def _blocks_of(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> Iterator[np.ndarray]:
    row = int(np.prod(shape[1:])) * dtype.itemsize
    for start in range(0, shape[0], ROWS_A_CHUNK):
        rows = min(ROWS_A_CHUNK, shape[0] - start)
        contents = file.read(rows * row)
        if len(contents) != rows * row:
            raise BadInput(f"{what} ends after {start} of {shape[0]} images: download it again.")
        yield np.frombuffer(contents, dtype).reshape(rows, *shape[1:])


def _check_image_shape(path: Path, name: str, shape: tuple[int, ...]) -> None:
    if len(shape) == 3 or (len(shape) == 4 and shape[-1] in (1, 3)):
        return
    if len(shape) == 4 or (len(shape) == 5 and shape[-1] in (1, 3)):
        raise BadInput(f"{path}: {name} holds volumes of {' x '.join(map(str, shape[1:]))} voxels: 3-D sets are not supported yet; 2-D ones are.")
    raise BadInput(f"{path}: {name} has the shape {shape}: (case, row, column) or (case, row, column, 3) is needed.")


# IDX. Source: LeCun, Cortes, Burges, The MNIST database, "File formats": 00 00 type rank, then each size, big-endian.

IDX_PAIRS = (("train", "train"), ("t10k", "test"), ("test", "test"), ("val", "valid"))


def idx_files(path: Path) -> list[tuple[str, Path, Path]]:
    """(part, images, labels) of the IDX files in a folder, or beside the one that is named."""
    folder, only = (path, None) if path.is_dir() else (path.parent, path.name)
    found = []
    for prefix, part in IDX_PAIRS:
        for images in sorted(folder.glob(f"{prefix}*images*idx3*")):
            labels = folder / images.name.replace("images", "labels").replace("idx3", "idx1")
            if only in (None, images.name, labels.name) and labels.is_file():
                found.append((part, images, labels))
    if only is not None and not found:
        raise BadInput(f"{path} has no partner: NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte (.gz) are needed.")
    return found


def read_idx(path: Path) -> ArraySource:
    """MNIST's own files, gzipped or not, in a folder or named one by one."""
    files = idx_files(path)
    labels = [_idx_array(each) for _, _, each in files]
    shapes = [_idx_shape(images) for _, images, _ in files]
    for (_, images, _), shape, found in zip(files, shapes, labels, strict=True):
        if shape[0] != len(found):
            raise BadInput(f"{images} has {shape[0]} images but {len(found)} labels: they must be as many.")

    def blocks() -> Iterator[np.ndarray]:
        for (_, images, _), shape in zip(files, shapes, strict=True):
            with _open_idx(images) as file:
                file.read(4 + 4 * len(shape))
                yield from _blocks_of(file, shape, np.dtype(np.uint8), str(images))

    parts = [part for (part, _, _), found in zip(files, labels, strict=True) for _ in found]
    fixed = parts if len(set(parts)) > 1 else None
    return ArraySource(blocks, np.concatenate(labels).astype(np.int64), fixed)


def _open_idx(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _idx_shape(path: Path) -> tuple[int, ...]:
    try:
        with _open_idx(path) as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != 8:
                raise BadInput(f"{path} is no IDX file of bytes: it begins with {head.hex(' ')}, 00 00 08 is needed.")
            shape = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))
    except (OSError, EOFError, struct.error) as problem:
        raise BadInput(f"{path} is damaged ({problem}): download it again.") from None
    if int(np.prod(shape, dtype=np.float64)) > MOST_BYTES:
        raise BadInput(f"{path} says that it holds {shape} bytes: at most {MOST_BYTES:,} are read.")
    return shape


def _idx_array(path: Path) -> np.ndarray:
    shape = _idx_shape(path)
    try:
        with _open_idx(path) as file:
            file.read(4 + 4 * len(shape))
            contents = file.read(int(np.prod(shape)) + 1)
    except (OSError, EOFError) as problem:
        raise BadInput(f"{path} is damaged ({problem}): download it again.") from None
    if len(contents) != int(np.prod(shape)):
        raise BadInput(f"{path} holds {len(contents)} bytes of {int(np.prod(shape))}: download it again.")
    return np.frombuffer(contents, np.uint8).reshape(shape)


def read_hdf5(path: Path) -> ArraySource:
    """An HDF5 file with the datasets `images` and `labels`, and if known `groups`, `parts`, `classes`.

    `x` and `y` (as in PatchCamelyon) are understood for images and labels.
    """
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as problem:
        raise BadInput(f"{path} is no HDF5 file ({problem}): export it again.") from None
    with file:
        images, labels = (next((key for key in keys if key in file), None) for keys in (("images", "x"), ("labels", "y")))
        if images is None or labels is None:
            raise BadInput(f"{path} has the datasets {sorted(file)}: images and labels are needed.")
        _check_image_shape(path, images, file[images].shape)
        table = np.asarray(file[labels]).reshape(file[labels].shape[0], -1)
        if len(table) != file[images].shape[0]:
            raise BadInput(f"{path} has {file[images].shape[0]} images but {len(table)} labels: they must be as many.")
        if file[images].nbytes > MOST_BYTES:
            raise BadInput(f"{path} unfolds to {file[images].nbytes:,} bytes: at most {MOST_BYTES:,} are read.")
        texts = {key: [_text(value) for value in file[key][:]] for key in ("groups", "parts", "classes") if key in file}
    classes = tuple(texts["classes"]) if "classes" in texts else None
    if table.dtype.kind in "OSU":
        names = [_text(value) for value in table[:, 0]]
        classes = classes or tuple(sorted(set(names)))
        table = np.array([[classes.index(name)] for name in names])

    def blocks() -> Iterator[np.ndarray]:
        with h5py.File(path, "r") as again:
            for start in range(0, len(table), ROWS_A_CHUNK):
                yield again[images][start : start + ROWS_A_CHUNK]

    from pellucid.data.listing import PART_NAMES

    parts = [PART_NAMES.get(part.lower(), "train") for part in texts["parts"]] if "parts" in texts else None
    numbers = table.astype(np.int64)
    return ArraySource(blocks, numbers[:, 0] if numbers.shape[1] == 1 else numbers, parts, classes, groups=texts.get("groups"))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def read_cifar10(path: Path) -> ArraySource:
    """CIFAR-10's binary version: records of 1 label byte and 3072 pixel bytes (channel, row, column) in a .tar.gz.

    Source: Krizhevsky, The CIFAR-10 dataset, "Binary version".
    """
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    try:
        with tarfile.open(path, "r:gz") as archive:
            files = {Path(member.name).name: member for member in archive.getmembers() if member.isfile()}
            wanted = [archive.extractfile(files[name]) for name in names]
            records = [np.frombuffer(file.read(10_000 * 3073 + 1), np.uint8) for file in wanted if file]
    except (tarfile.TarError, KeyError, OSError, EOFError) as problem:
        raise BadInput(f"{path} is not CIFAR-10's binary archive ({problem}): fetch it again.") from None
    if any(len(record) % 3073 for record in records):
        raise BadInput(f"{path} holds records of another length than 3073 bytes: fetch it again.")
    rows = [record.reshape(-1, 3073) for record in records]
    parts = ["train"] * sum(len(block) for block in rows[:5]) + ["test"] * len(rows[5])
    labels = np.concatenate([block[:, 0] for block in rows]).astype(np.int64)

    def blocks() -> Iterator[np.ndarray]:
        for block in rows:
            yield block[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    return ArraySource(blocks, labels, parts, classes=tuple(known()["cifar10"].classes))


def read_digits() -> ArraySource:
    """scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, values 0 to 16; always there, offline."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images: Shaped[np.ndarray, "case 8 8"] = digits.images.astype(np.uint8)
    return ArraySource(lambda: iter([images]), digits.target.astype(np.int64), None, tuple(map(str, range(10))))
