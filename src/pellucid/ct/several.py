"""Every scan of a folder in turn, each with a folder of findings, and one table of all; goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.luna.layout import SUBSET
from pellucid.ct.own_folder import check_own
from pellucid.ct.told import Told
from pellucid.data.dicom_opening import is_dicom
from pellucid.data.volumes.single_files import ending, scan_name
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent
from pellucid.run.folder import make_private
from pellucid.run.writing import write_json

if TYPE_CHECKING:
    from pellucid.ct.study_facts import Study

SCANS = "scans.json"
"""In the folder of several studies: what found, and in which files; it tells such a folder from any other."""
MADE_BY = "pellucid ct find (several scans)"
MOST_LINES = 20
"""Of the terminal, for scans. Chosen by us."""
VOXELS = (".raw", ".zraw")
"""Endings of the voxels of MetaImage, beside its .mhd file."""


def scans_in(folder: Path) -> list[Path]:
    """The volume files in LUNA16's subset0 to subset9; where there are none, in the folder and one folder down.

    Args:
        folder: any path; what is no folder holds none. Hidden files and folders are passed over.
    Raises:
        BadInput: two files of one name, or DICOM files beside them: which scan is meant cannot be known.
    """
    if not folder.is_dir():
        return []
    subsets = [path for path in folder.iterdir() if SUBSET.fullmatch(path.name) and path.is_dir()]
    within = subsets or [folder, *(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")]
    found = sorted(path for each in within for path in each.iterdir() if ending(path) and path.name[0] != ".")
    named: dict[str, Path] = {}
    for path in found:
        other = named.setdefault(scan_name(path), path)
        if other is not path:
            raise BadInput(f"{other} and {path} have one name, so their findings would: rename or remove one of them.")
    if found and not subsets and (beside := _dicom_in(folder)):
        raise BadInput(f"{folder} holds {found[0].name} and DICOM files such as {beside}: name the one that is meant.")
    return found


def find_each(
    scans: Sequence[Path], out: Path, look: Callable[[Path], Study], finder: str, progress: Progress = silent
) -> Told:
    """Look through every scan that was not finished before; one that cannot be looked through is told, the rest go on.

    Args:
        scans: volume files of different names.
        out: a folder for each scan is made in it, and one findings.csv of all.
        look: the whole pipeline.
        finder: names the pipeline (its version and weights), so that findings of another are never mixed in.
        progress: told of each scan.
    Raises:
        BadInput: `out` holds something else or cannot be written, or no scan could be looked through.
    """
    from pellucid.ct.reporting import join_marks, save_study
    from pellucid.ct.reporting.saving import FACTS, PAGE, TABLE

    _begin(scans, out, finder)
    folders, refused = [], []
    for done, scan in enumerate(scans):
        progress("scans", done, len(scans))
        folder = out / scan_name(scan)
        if not all((folder / name).is_file() for name in (TABLE, FACTS, PAGE)):
            try:
                study = look(scan)
            except BadInput as problem:
                refused.append({"scan": str(scan), "why": str(problem)})
                continue
            save_study(study, folder)
        folders.append(folder)
    progress("scans", len(scans), len(scans))
    if not folders:
        raise BadInput(f"None of the {len(scans)} scans could be looked through; of {scans[0]}: {refused[0]['why']}")
    marks = join_marks(folders, out)
    found = {folder.name: findings_in(folder) for folder in folders}
    said = [
        f"{len(folders)} of {len(scans)} scans were looked through: {counted(sum(found.values()), 'finding')}.",
        *(f"  {counted(found[folder.name], 'finding')}: {folder / PAGE}" for folder in folders[:MOST_LINES]),
        *([f"  ... and so on: a page for each of {len(folders)} scans."] if len(folders) > MOST_LINES else []),
        *(f"Not looked through: {one['scan']}: {one['why']}" for one in refused),
        f"{marks} has a row for every spot of all scans, rejected ones too.",
    ]
    facts = {
        "scans": len(scans), "looked_through": len(folders), "findings": found, "refused": refused, "marks": str(marks),
    }  # fmt: skip
    return Told(facts, tuple(said))


def findings_in(folder: Path) -> int:
    """How many findings a study's folder holds.

    Raises:
        BadInput: its findings.json is not there or damaged.
    """
    from pellucid.ct.reporting.saving import FACTS

    try:
        return len(json.loads((folder / FACTS).read_text("utf-8"))["findings"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BadInput(f"{folder / FACTS} is damaged ({problem}): delete {folder}, and begin again.") from None


def _begin(scans: Sequence[Path], out: Path, finder: str) -> None:
    """See that these findings may be written there; a page whose scan has changed since is taken away.

    Raises:
        BadInput: something else is there, or findings of another pipeline.
    """
    from pellucid.ct.reporting.saving import PAGE

    if not (out / SCANS).is_file():
        check_own(out)
    before = _earlier(out / SCANS, finder)
    stamps = {scan_name(scan): [str(scan.resolve()), *_stamps(scan)] for scan in scans}
    for name, stamp in stamps.items():
        if before.get(name) != stamp:
            (out / name / PAGE).unlink(missing_ok=True)
    make_private(out)
    write_json(out / SCANS, {"made_by": MADE_BY, "finder": finder, "scans": before | stamps})


def _earlier(path: Path, finder: str) -> dict[str, list[object]]:
    if not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text("utf-8"))
        made_by, by, scans = held["made_by"], held["finder"], dict(held["scans"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BadInput(f"{path} is damaged ({problem}): delete {path.parent}, or choose another --out.") from None
    if (made_by, by) != (MADE_BY, finder):
        raise BadInput(
            f"{path.parent} holds findings of another version or of other weights, which must not be mixed with these: "
            "choose another --out, or delete it."
        )
    return scans


def _stamps(scan: Path) -> list[list[int]]:
    """Size and time of the file, and of its voxels where they lie beside it."""
    files = [scan, *map(scan.with_suffix, VOXELS)]
    return [[facts.st_size, facts.st_mtime_ns] for facts in (file.stat() for file in files if file.is_file())]


def _dicom_in(folder: Path) -> str:
    """The first DICOM file below; empty where there is none."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not ending(path) and path.suffix.lower() not in (*VOXELS, ".csv"):
            try:
                with path.open("rb") as file:
                    if is_dicom(file.read(132)):
                        return str(path.relative_to(folder))
            except OSError:
                continue  # what cannot be opened is no scan that is meant
    return ""
