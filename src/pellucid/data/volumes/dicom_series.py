"""A DICOM study's series: headers of all files first, then the pixels of the chosen series."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from pellucid.data.dicom_opening import opened
from pellucid.data.volumes.files import HEAD_BYTES, Files
from pellucid.data.volumes.headers import Header, headers_of
from pellucid.data.volumes.hounsfield import frames_of, stored_slice, to_hounsfield, without_padding
from pellucid.data.volumes.single_files import ending
from pellucid.data.volumes.stacking import Stack
from pellucid.data.volumes.units import check_voxels
from pellucid.errors import BadInput
from pellucid.shapes import Int16

# Chosen by us: reading and unfolding run beside decoding, which goes one file at a time; more would wait.
THREADS = min(4, os.cpu_count() or 1)
# The tag (7FE0,0010), little- and big-endian: where it is seen, all before it is there.
PIXEL_DATA = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")


def headers_by_series(files: Files) -> dict[str, list[Header]]:
    """The slices of each series, by its UID, in the order of the files' names; files that are no DICOM are left out.

    Raises:
        BadInput: a DICOM file that is broken (which slice it was cannot be known), or no DICOM at all.
    """
    found: dict[str, list[Header]] = defaultdict(list)
    with ThreadPoolExecutor(THREADS) as threads:
        for headers in threads.map(lambda name: _headers(files, name), files.names):
            for header in headers:
                found[header.series].append(header)
    if not found:
        volumes = [name for name in files.names if ending(Path(name))]
        how = "unpack it and name that file" if files.zipped else "name that file itself"
        hint = (
            f"It holds {volumes[0]}: {how}."
            if volumes
            else "Name a CT: a folder or .zip of DICOM files, .mhd, .nii.gz."
        )
        others = f", but {files.names[0]}" if files.names and (files.zipped or files.source.is_dir()) else ""
        more = f" and {len(files.names) - 1} more" if others and len(files.names) > 1 else ""
        raise BadInput(f"{files.source} holds no DICOM pictures{others}{more}. {hint}")
    return dict(found)


def _headers(files: Files, name: str) -> list[Header]:
    if not (head := files.head(name)):
        return []
    if len(head) != HEAD_BYTES or any(tag in head for tag in PIXEL_DATA):
        with suppress(BadInput):  # the tag was an icon's
            return headers_of(head, name)
    return headers_of(files.whole(name), name)


def read_stack(files: Files, stack: Stack) -> tuple[Int16[np.ndarray, "slice row column"], tuple[str, ...]]:
    """HU of all slices in their order, doubled ones too; and what is to be told of their padding.

    Raises:
        BadInput: a slice that is broken, in colour, or of another size than its header said; too many voxels.
        MissingPart: a compression that needs a decoder which is not installed.
    """
    first = stack.headers[0]
    size = (len(stack.headers), first.rows, first.columns)
    check_voxels(size, str(files.source))
    voxels = np.empty(size, np.int16)
    wanted: dict[str, list[tuple[int, Header]]] = defaultdict(list)
    for number, header in enumerate(stack.headers):
        wanted[header.file].append((number, header))
    with ThreadPoolExecutor(THREADS) as threads:
        found = [*threads.map(lambda name: _read_file(files, name, wanted[name], voxels), wanted)]
    return voxels, _told_of_padding(found, voxels.size)


def _read_file(
    files: Files, name: str, slices: list[tuple[int, Header]], voxels: Int16[np.ndarray, "slice row column"]
) -> tuple[int, list[int]]:
    """Decode the slices of one file into their places; the pixels of padding, and HU at which padding was left."""
    contents = files.whole(name)
    with opened(contents, name) as dataset:
        alone = frames_of(dataset, [header.frame for _, header in slices], name)
        stored = [stored_slice(one, name) for one in alone]
    padded, left = 0, []
    for (number, header), (pixels, padding) in zip(slices, stored, strict=True):
        values = to_hounsfield(pixels, header)
        count, at = without_padding(values, padding)
        padded += count
        left += [] if at is None else [at]
        voxels[number] = values
    return padded, left


def _told_of_padding(found: Iterable[tuple[int, list[int]]], voxels: int) -> tuple[str, ...]:
    counts, left = zip(*found, strict=True)
    told = []
    if padded := sum(counts):
        told.append(
            f"{100 * padded / voxels:.2f}% of the voxels were padding (Pixel Padding Value); they are taken as air."
        )
    if at := sorted({value for values in left for value in values}):
        told.append(
            f"Pixel Padding Value stands for {at[-1]} HU, which tissue can have too: those voxels are left as they are."
        )
    return tuple(told)
