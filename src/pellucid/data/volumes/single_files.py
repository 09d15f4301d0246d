"""A scan in one file: MetaImage, NIfTI or NRRD, by SimpleITK; its header is checked before any voxel is read."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.volumes.frame import Frame
from pellucid.data.volumes.parts import simple_itk
from pellucid.data.volumes.units import check_size, check_voxels
from pellucid.errors import BadInput
from pellucid.shapes import Int16

READERS = {
    ".mhd": "MetaImageIO", ".mha": "MetaImageIO", ".nii": "NiftiImageIO", ".nii.gz": "NiftiImageIO",
    ".nrrd": "NrrdImageIO", ".nhdr": "NrrdImageIO",
}  # fmt: skip
# What a text header must say, for nothing to be guessed; NIfTI always has a spacing, and codes for its directions.
NEEDED = {
    "MetaImageIO": {"ElementSpacing": r"^ElementS(pacing|ize)\s*="},
    "NrrdImageIO": {"space": r"^space:", "space directions": r"^space directions:"},
}
TEXT_BYTES = 2**16  # chosen by us: text headers have some hundred bytes

CHUNK_BYTES = 2**24


def ending(path: Path) -> str:
    """Which of the endings this reads the name has; empty for another.

    >>> ending(Path("a.nii.gz")), ending(Path("a.NRRD")), ending(Path("a.zip"))
    ('.nii.gz', '.nrrd', '')
    """
    return next((known for known in sorted(READERS, key=len)[::-1] if path.name.lower().endswith(known)), "")


def header(path: Path) -> tuple[Any, tuple[int, int, int], Frame]:
    """SimpleITK's reader, columns x rows x slices, and the frame; no voxel is read.

    Raises:
        BadInput: no scan of a chest, or not one that says how it lies.
        MissingPart: SimpleITK is not installed.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {path}; check the name.")
    sitk, kind = simple_itk(), READERS[ending(path)]
    _check_text(path, kind)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(kind)
    reader.SetFileName(str(path))
    _quietly(reader.ReadImageInformation, path)
    size = reader.GetSize()
    if len(size) != 3 or reader.GetNumberOfComponents() != 1:
        shown = " x ".join(map(str, size))
        raise BadInput(
            f"{path} has {shown} voxels of {reader.GetNumberOfComponents()} values; one scan of slices is needed."
        )
    if "complex" in sitk.GetPixelIDValueAsString(reader.GetPixelID()):
        raise BadInput(f"{path} has complex numbers; HU are needed.")
    if kind == "NiftiImageIO" and _code(reader, "qform_code") == _code(reader, "sform_code") == 0:
        raise BadInput(
            f"{path} does not say how it lies in the patient (its qform and sform codes are 0); convert it again."
        )
    check_voxels(size, str(path))
    frame = Frame(
        np.array(reader.GetOrigin()), np.array(reader.GetSpacing()), np.array(reader.GetDirection()).reshape(3, 3)
    )
    extents = np.array(size) * frame.spacing_xyz_mm
    try:
        check_size(tuple(extents.tolist()), tuple(frame.spacing_xyz_mm.tolist()))
    except BadInput as refusal:
        raise BadInput(f"{path}: {refusal}.") from None
    return reader, size, frame


def voxels_of(reader: Any, path: Path) -> Int16[np.ndarray, "slice row column"]:
    """Its voxels as whole numbers, rounded half up.

    Raises:
        BadInput: cut short, numbers that are none, or larger than 16 bits hold.
    """
    if READERS[ending(path)] == "NiftiImageIO":
        _check_length(reader, path)
    sitk = simple_itk()
    stored: Any = sitk.GetArrayFromImage(_quietly(reader.Execute, path))
    if stored.dtype == np.int16:
        return np.asarray(stored)
    low, high = float(stored.min()), float(stored.max())
    if not np.isfinite([low, high]).all() or low < -(2**15) or high >= 2**15:
        raise BadInput(f"{path} has values from {low:g} to {high:g}, more than HU can be; export it again.")
    if stored.dtype.kind != "f":
        return np.asarray(stored.astype(np.int16))
    result = np.empty(stored.shape, np.int16)
    for plane, values in zip(result, stored, strict=True):
        plane[:] = np.floor(values + 0.5)
    return result


def _check_text(path: Path, kind: str) -> None:
    """Refuse a text header that leaves its spacing, or which way the patient lies, to a guess."""
    with path.open("rb") as file:
        text = file.read(TEXT_BYTES).decode("latin-1")
    for word, pattern in NEEDED.get(kind, {}).items():
        if not re.search(pattern, text, re.MULTILINE):
            raise BadInput(
                f"{path} does not say {word!r} in its header, so its millimetres are not known; convert it again."
            )


def _check_length(reader: Any, path: Path) -> None:
    """Refuse a NIfTI file that is cut short: the reader fills what is missing with whatever was in memory."""
    voxels = int(np.prod(np.array(reader.GetSize(), object)))
    needed = int(float(reader.GetMetaData("vox_offset"))) + voxels * int(reader.GetMetaData("bitpix")) // 8
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            there = 0
            while there < needed and (read := len(file.read(min(CHUNK_BYTES, needed - there)))):
                there += read
    except (EOFError, OSError, zlib.error):
        there = 0
    if there < needed:
        raise BadInput(
            f"{path} cannot be read (it is cut short or damaged: {needed:,} bytes are needed); copy it again."
        )


def _code(reader: Any, keyword: str) -> int:
    return int(reader.GetMetaData(keyword)) if reader.HasMetaDataKey(keyword) else -1


def _quietly(read: Any, path: Path) -> Any:
    """SimpleITK's errors as one line; its warnings, which it writes past Python, kept silent meanwhile."""
    sitk = simple_itk()
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        return read()
    except RuntimeError as error:
        said = " ".join(str(error).rpartition("ITK ERROR:")[2].split())[:200] or "no reason is given"
        raise BadInput(f"{path} cannot be read ({said}); copy or convert it again.") from None
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)
