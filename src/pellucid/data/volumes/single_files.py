"""A scan in one file: MetaImage, NIfTI or NRRD, by SimpleITK; its header is checked before any voxel is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.volumes.file_checks import check_nifti, check_text
from pellucid.data.volumes.frame import Frame
from pellucid.data.volumes.parts import simple_itk
from pellucid.data.volumes.units import check_size, check_voxels
from pellucid.errors import BadInput
from pellucid.shapes import Int16

READERS = {
    ".mhd": "MetaImageIO", ".mha": "MetaImageIO", ".nii": "NiftiImageIO", ".nii.gz": "NiftiImageIO",
    ".nrrd": "NrrdImageIO", ".nhdr": "NrrdImageIO",
}  # fmt: skip


def ending(path: Path) -> str:
    """Which of the endings this reads the name has; empty for another.

    >>> ending(Path("a.nii.gz")), ending(Path("a.NRRD")), ending(Path("a.zip"))
    ('.nii.gz', '.nrrd', '')
    """
    return next((known for known in sorted(READERS, key=len)[::-1] if path.name.lower().endswith(known)), "")


def scan_name(path: Path) -> str:
    """The file's name without its ending, which is the scan's name, too.

    >>> scan_name(Path("a/1.2.3.mhd")), scan_name(Path("chest.nii.gz"))
    ('1.2.3', 'chest')
    """
    return path.name[: len(path.name) - len(ending(path))]


def header(path: Path) -> tuple[Any, tuple[int, int, int], Frame]:
    """SimpleITK's reader, columns x rows x slices, and the frame; no voxel is read.

    Raises:
        BadInput: no scan of a chest, or not one that says how it lies.
        MissingPart: SimpleITK is not installed.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {path}; check the name.")
    sitk, kind = simple_itk(), READERS[ending(path)]
    check_text(path, kind)
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
    if size[2] == 1:
        raise BadInput(f"{path} has 1 slice; at least 2 are needed.")
    if "complex" in sitk.GetPixelIDValueAsString(reader.GetPixelID()):
        raise BadInput(f"{path} has complex numbers; HU are needed.")
    if kind == "NiftiImageIO" and {reader.GetMetaData(code) for code in ("qform_code", "sform_code")} == {"0"}:
        raise BadInput(
            f"{path} does not say how it lies in the patient (its qform and sform codes are 0); convert it again."
        )
    check_voxels(size, str(path))
    spacing, direction = np.array(reader.GetSpacing()), np.array(reader.GetDirection()).reshape(3, 3)
    try:
        frame = Frame(np.array(reader.GetOrigin()), spacing, direction)
        check_size(tuple((size * spacing).tolist()), tuple(spacing.tolist()))
    except BadInput as refusal:
        raise BadInput(f"{path}: {str(refusal).rstrip('.')}.") from None
    return reader, size, frame


def voxels_of(reader: Any, path: Path) -> Int16[np.ndarray, "slice row column"]:
    """Its voxels as whole numbers, rounded half up.

    Raises:
        BadInput: cut short, numbers that are none, or larger than 16 bits hold.
    """
    if READERS[ending(path)] == "NiftiImageIO":
        check_nifti(reader, path)
    sitk = simple_itk()
    stored: Any = sitk.GetArrayFromImage(_quietly(reader.Execute, path))
    if stored.dtype == np.int16:
        return np.asarray(stored)
    low, high = float(stored.min()), float(stored.max())
    if not np.isfinite([low, high]).all():
        raise BadInput(f"{path} has voxels that are no numbers (NaN or infinite); export it again.")
    if low < -(2**15) - 0.5 or high >= 2**15 - 0.5:
        raise BadInput(f"{path} has values from {low:g} to {high:g}, more than HU can be; export it again.")
    if stored.dtype.kind != "f":
        return np.asarray(stored.astype(np.int16))
    result = np.empty(stored.shape, np.int16)
    for plane, values in zip(result, stored, strict=True):
        plane[:] = np.floor(values + 0.5)
    return result


def _quietly(read: Any, path: Path) -> Any:
    """SimpleITK's errors as one line; its warnings, which it writes past Python, kept silent meanwhile."""
    sitk = simple_itk()
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        return read()
    except RuntimeError as error:
        reason = re.split(r"ERROR: *(?:\w+\(0x[0-9a-f]+\): *)?", str(error))[-1]
        said = " ".join(reason.split())[:200] or "no reason is given"
        raise BadInput(f"{path} cannot be read ({said}); copy or convert it again.") from None
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)
