"""A scan -> Volume: which series is meant, what was noticed on reading it, and what was done about it.

What may be found, and what becomes of it (nothing is guessed over; `told` says what was done):

    files that are no DICOM, reports, DICOMDIR           left out
    a broken DICOM file                                  refused, naming it: which slice it was cannot be known
    localisers (Image Type LOCALIZER)                    left out, told
    several series                                       the only usable one, or the only axial one of 16 slices and
                                                         more, told; else refused, listing them
    another modality than CT, numbers that are not HU    refused; so are slices without Rescale Slope and Intercept
    one slice                                            refused
    several sizes, spacings, directions, studies         refused
    acquisitions that lie in one another                 refused, naming them
    slices missing                                       refused, saying where
    slices doubled                                       the same pixels: dropped, told; others: refused
    uneven spacing                                       resampled linearly to the most frequent distance, told
    gantry tilt                                          resampled linearly onto right-angled axes, told in degrees
    thin slices far apart                                told
    padding, and values below -1024 HU                   become air (-1024 HU), told
    padding that stands for more than -1000 HU           left, told
    lengths that cannot be mm, numbers that cannot be HU refused; so is what is no number (NaN)
    a header that names voxels outside its own folder    refused
    folders that cannot be read                          refused, naming them
    enhanced (multi-frame) CT                            read, each frame with its own place, slope and intercept
"""

from __future__ import annotations

from pathlib import Path

from pellucid.data.volumes.choosing import Series, chosen, judged
from pellucid.data.volumes.dicom_series import headers_by_series, read_stack
from pellucid.data.volumes.evening import evened
from pellucid.data.volumes.files import files_of
from pellucid.data.volumes.headers import Header
from pellucid.data.volumes.single_files import ending, header, scan_name, voxels_of
from pellucid.data.volumes.units import air_below, check_hounsfield
from pellucid.data.volumes.volume import Volume
from pellucid.errors import BadInput


def read_scan(path: Path, series: str | None = None) -> Volume:
    """One CT scan, in HU, with its place in the patient.

    Args:
        path: a folder (searched to the bottom) or a zip of DICOM files, a DICOM file of many frames, or a .mhd, .mha,
            .nii, .nii.gz, .nrrd or .nhdr.
        series: which DICOM series: its UID, or how that begins. None where there is one choice only.
    Returns:
        Slices ordered along their normal, at right angles and evenly spaced; air -1024 HU at least.
    Raises:
        BadInput: no CT scan there that can be read rightly, or several.
        MissingPart: a decoder or SimpleITK is not installed.

    >>> read_scan(Path("nowhere.mhd"))
    Traceback (most recent call last):
    pellucid.errors.BadInput: There is no file nowhere.mhd; check the name.
    """
    if ending(path):
        _refuse_choice(path, series)
        reader, _, frame = header(path)
        voxels = voxels_of(reader, path)
        check_hounsfield(voxels, str(path))
        return Volume(voxels, frame, scan_name(path), air_below(voxels))
    with files_of(path) as files:
        found = headers_by_series(files)
        known = [judged(headers) for headers in found.values()]
        number, told = chosen([facts for facts, _ in known], series, str(path))
        facts, stack = known[number]
        if stack is None:
            raise BadInput(f"{path}: {facts.why_not}.")
        told += _left_out(list(found.values())[number])
        voxels, of_padding = read_stack(files, stack)
    even, frame, of_geometry = evened(voxels, stack)
    numbers = [header.number for header in stack.headers if header.number is not None]
    as_made = even is voxels and len(numbers) == len(even)
    check_hounsfield(even, str(path))
    told = (*told, *of_geometry, *of_padding, *air_below(even))
    return Volume(even, frame, facts.uid, told, tuple(numbers) if as_made else ())


def list_series(path: Path) -> list[Series]:
    """What a study holds: its series, usable ones first, each with the reason where it cannot be read.

    Pixels are not looked at; a series called usable may still be refused for them.

    Args:
        path: as for `read_scan`.
    Raises:
        BadInput: nothing there that could be a scan, or a broken file.
    """
    if ending(path):
        _, (columns, rows, slices), _ = header(path)
        return [Series(scan_name(path), "", "", slices, rows, columns, "", "")]
    with files_of(path) as files:
        known = [judged(headers)[0] for headers in headers_by_series(files).values()]
    return sorted(known, key=lambda series: not series.usable)


def _left_out(headers: list[Header]) -> tuple[str, ...]:
    localisers = sum("LOCALIZER" in header.kind for header in headers)
    return (f"{localisers} localisers in the series were left out.",) if localisers else ()


def _refuse_choice(path: Path, series: str | None) -> None:
    if series is not None and not scan_name(path).startswith(series):
        raise BadInput(f"{path} holds one scan, {scan_name(path)!r}, not {series!r}; leave out --series.")
