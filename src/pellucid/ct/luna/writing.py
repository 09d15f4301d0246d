"""Scans with a known truth, written in LUNA16's layout; a scan is there whole or not at all."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from pellucid.ct.luna.layout import NODULE_COLUMNS, OWN_COLUMNS, fold_of, subset_name
from pellucid.ct.luna.reading import own_columns, read_planted
from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Volume
from pellucid.data.volumes.parts import as_image, simple_itk
from pellucid.errors import BadInput
from pellucid.run.writing import MAKING, write_text

TABLES = ("annotations.csv", "annotations_excluded.csv")


def whole_scans(folder: Path) -> dict[str, tuple[PlantedNodule, ...]]:
    """The scans that an earlier `write_luna` finished, with their truth: those need not be made again.

    Raises:
        BadInput: the folder holds tables that pellucid did not write.
    """
    begun = [folder / name for name in (*TABLES, "seriesuids.csv") if (folder / name).exists()]
    for path in begun:
        if path.name in TABLES:
            own_columns(path)
    if not any(path.name == "seriesuids.csv" for path in begun):
        return {}
    return {name: nodules for name, nodules in read_planted(folder).items() if _is_whole(scan_path(folder, name))}


def write_luna(
    folder: Path, scans: Iterable[tuple[Volume, Sequence[PlantedNodule]]], *, compressed: bool = False
) -> tuple[str, ...]:
    """Write scans as they come, and after each the tables of all: a kill at any moment loses one scan at most.

    Written are subset0 to subset9 with an .mhd and a .raw (or .zraw) file a scan, int16, HU; annotations.csv with the
    nodules that count, annotations_excluded.csv with the others (both have the columns kind and place behind LUNA16's
    own), and seriesuids.csv. A scan that an earlier run finished is passed over; `whole_scans` tells them beforehand.

    Args:
        folder: is made where it is missing.
        scans: each with all that is known to be in it; made one at a time where this is a generator.
        compressed: smaller files, slower to write and read.
    Returns:
        the names of the scans that were written now.
    Raises:
        BadInput: the folder cannot be written, holds tables of someone else, or a scan of the same name with other
            nodules; a scan's name makes no file name.
        MissingPart: SimpleITK is not installed.
    """
    whole = whole_scans(folder)
    written = []
    for volume, nodules in scans:
        name = volume.seriesuid
        if name in whole:
            if set(whole[name]) != set(nodules):
                raise BadInput(f"{folder} holds a scan {name} with other nodules: choose another folder, or remove it.")
            continue
        _write_scan(folder, volume, compressed)
        whole[name] = tuple(nodules)
        _write_tables(folder, whole)
        written.append(name)
    return tuple(written)


def scan_path(folder: Path, seriesuid: str) -> Path:
    """Where `write_luna` puts a scan.

    Raises:
        BadInput: the name cannot be a file's.
    """
    if not re.fullmatch(r"\w[\w .-]*(?<! )", seriesuid):
        raise BadInput(f"The scan's name {seriesuid!r} makes no file name: use letters, digits, dots and dashes.")
    return folder / subset_name(fold_of(seriesuid)) / f"{seriesuid}.mhd"


def _is_whole(path: Path) -> bool:
    """The .mhd file is moved to its place last."""
    return path.is_file() and any(path.with_suffix(ending).is_file() for ending in (".raw", ".zraw"))


def _write_scan(folder: Path, volume: Volume, compressed: bool) -> None:
    """Write both files in a folder aside (.making), then move the voxels, then the .mhd that points to them."""
    path = scan_path(folder, volume.seriesuid)
    making = folder / MAKING
    image = as_image(volume)
    try:
        shutil.rmtree(making, ignore_errors=True)  # what a killed run left
        making.mkdir(parents=True)
        path.parent.mkdir(exist_ok=True)
        simple_itk().WriteImage(image, str(making / path.name), useCompression=compressed)
        for file in sorted(making.iterdir(), key=lambda file: file.suffix == ".mhd"):
            file.replace(path.with_name(file.name))
    except (OSError, RuntimeError) as problem:
        said = (problem.strerror if isinstance(problem, OSError) else str(problem).splitlines()[-1]) or "unknown"
        raise BadInput(f"{path} cannot be written ({said}): make room there, or choose another folder.") from None
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write_tables(folder: Path, whole: dict[str, tuple[PlantedNodule, ...]]) -> None:
    """seriesuids.csv comes last: a scan that it does not name is made again."""
    for table, counts in zip(TABLES, (True, False), strict=True):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*NODULE_COLUMNS, *OWN_COLUMNS])
        for name, nodules in whole.items():
            writer.writerows(
                [name, *nodule.centre_xyz_mm, nodule.diameter_mm, nodule.kind, nodule.place]
                for nodule in nodules
                if nodule.counts == counts
            )
        write_text(folder / table, text.getvalue())
    write_text(folder / "seriesuids.csv", "".join(f"{name}\n" for name in whole))
