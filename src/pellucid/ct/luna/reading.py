"""Which scans a folder in LUNA16's layout holds, and what is known to be in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pellucid.ct.froc.tables import PlaceTable, read_places, read_rows, read_seriesuids
from pellucid.ct.luna.layout import OWN_COLUMNS, SUBSET, LunaScan, MarkedPlace, fold_of
from pellucid.ct.planted import PlantedNodule
from pellucid.ct.shapes import KINDS, Kind
from pellucid.errors import BadInput


def read_luna(folder: Path) -> list[LunaScan]:
    """List the scans: in subset0 to subset9, or all in the folder itself; voxels are not read yet.

    annotations.csv is needed. annotations_excluded.csv may be missing; LUNA16 keeps it in evaluationScript/annotations,
    where it is found too. Where there is a seriesuids.csv, only its scans are taken. Nodules of scans that are not
    there are passed over, since few have all ten subsets.

    Returns:
        the scans, in the order of their names.
    Raises:
        BadInput: no scan is there, a scan lies in two folders, a table cannot be read, or tables and scans do not
            belong together.
    """
    paths = _scan_paths(folder)
    nodules = _by_scan(read_places(folder / "annotations.csv", "diameter_mm"))
    if nodules and not nodules.keys() & paths.keys():
        raise BadInput(
            f"{folder / 'annotations.csv'} names none of the {len(paths)} scans there, but {next(iter(nodules))!r}: "
            "a scan's file is named for its seriesuid; put the table there that belongs to these scans."
        )
    beside, listed = (_beside(folder, name) for name in ("annotations_excluded.csv", "seriesuids.csv"))
    excluded = _by_scan(read_places(beside, "diameter_mm")) if beside else {}
    names = paths.keys() & read_seriesuids(listed) if listed else paths.keys()
    if not names:
        raise BadInput(f"{listed} names none of the {len(paths)} scans there: correct it, or take it away.")
    return [
        LunaScan(name, paths[name], _fold(paths[name]), nodules.get(name, ()), excluded.get(name, ()))
        for name in sorted(names)
    ]


def read_planted(folder: Path) -> dict[str, tuple[PlantedNodule, ...]]:
    """The truth of a folder that `write_luna` wrote, scan by scan in the order of seriesuids.csv, with kind and place.

    Raises:
        BadInput: a table cannot be read, or was written by someone else: it lacks kind and place.
    """
    names = read_seriesuids(folder / "seriesuids.csv")
    planted: dict[str, list[PlantedNodule]] = {name: [] for name in names}
    for table, counts in (("annotations.csv", True), ("annotations_excluded.csv", False)):
        places = read_places(folder / table, "diameter_mm")
        own = own_columns(folder / table)
        for name, xyz_mm, diameter_mm, (kind, place) in zip(
            places.seriesuids, places.xyz_mm.tolist(), places.number.tolist(), own, strict=True
        ):
            if name in planted:  # else its scan was not finished
                planted[name].append(PlantedNodule((xyz_mm[0], xyz_mm[1], xyz_mm[2]), diameter_mm, kind, place, counts))
    return {name: tuple(nodules) for name, nodules in planted.items()}


def _scan_paths(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder: one with subset0 to subset9 and annotations.csv is needed.")
    folders = sorted(path for path in folder.iterdir() if SUBSET.fullmatch(path.name) and path.is_dir()) or [folder]
    paths: dict[str, Path] = {}
    for path in (path for each in folders for path in sorted(each.glob("*.mhd")) if not path.name.startswith(".")):
        if path.stem in paths:
            raise BadInput(f"{path.stem} lies in {paths[path.stem].parent} and in {path.parent}: remove one of them.")
        paths[path.stem] = path
    if not paths:
        raise BadInput(f"{folder} holds no .mhd file: put LUNA16's subset0 to subset9, or the scans themselves, there.")
    return paths


def _beside(folder: Path, name: str) -> Path | None:
    places = (folder / name, folder / "evaluationScript" / "annotations" / name)
    return next((path for path in places if path.is_file()), None)


def _fold(path: Path) -> int:
    subset = SUBSET.fullmatch(path.parent.name)
    return int(subset[1]) if subset else fold_of(path.stem)


def _by_scan(table: PlaceTable) -> dict[str, tuple[MarkedPlace, ...]]:
    found: dict[str, list[MarkedPlace]] = {}
    numbers = np.column_stack([table.xyz_mm, table.number]).tolist()
    for name, (x, y, z, diameter_mm) in zip(table.seriesuids, numbers, strict=True):
        found.setdefault(name, []).append(((x, y, z), diameter_mm))
    return {name: tuple(places) for name, places in found.items()}


def own_columns(path: Path) -> list[tuple[Kind, str]]:
    """Kind and place of each nodule of a table that pellucid wrote.

    Raises:
        BadInput: it did not write it.
    """
    rows = read_rows(path)
    heading = rows.pop(0)[1] if rows else []
    if not set(OWN_COLUMNS) <= set(heading):
        raise BadInput(f"{path} lacks kind and place, so it was not written by pellucid: choose another folder.")
    kind, place = (heading.index(name) for name in OWN_COLUMNS)
    found: list[tuple[Kind, str]] = []
    for line, row in rows:
        named = [known for known in KINDS if len(row) > max(kind, place) and known == row[kind]]
        if not named:
            raise BadInput(f"{path} line {line} names no kind of nodule: {', '.join(KINDS)} are known; correct it.")
        found.append((named[0], row[place]))
    return found
