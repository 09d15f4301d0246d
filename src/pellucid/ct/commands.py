"""What `pellucid ct find`, `list`, `phantom` and `plant` do, from a path to what is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid import __version__
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent
from pellucid.run.folder import make_private
from pellucid.run.writing import file_sha256, write_text

if TYPE_CHECKING:
    from pellucid.ct.planted import PlantedNodule
    from pellucid.ct.study_facts import Study
    from pellucid.data.volumes import Volume

VOLUMES = ("*.mhd", "*.mha", "*.nii", "*.nii.gz", "*.nrrd")
RUNNING = "scans.txt"
"""In the folder of several studies: which scans they are of; it tells such a folder from any other."""


@dataclass(frozen=True, slots=True)
class Told:
    """A result in both forms in which a command shows it."""

    facts: dict[str, Any]
    said: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.facts

    def lines(self) -> list[str]:
        """For the terminal."""
        return list(self.said)


def find(
    study: Path, out: Path, *, series: str | None = None, weights: Path | None = None, progress: Progress = silent
) -> Told:
    """Look for nodules in a scan, or in each scan of a folder, and write what was found.

    Args:
        study: a scan, or a folder with several volumes (LUNA16's layout).
        out: the folder that findings.json, findings.csv and findings.html are written to; for several scans it holds a
            folder for each and one findings.csv of all.
        series: which DICOM series, where there are several.
        weights: what `pellucid ct train` wrote; by default those that ship.
        progress: told after each stage or scan.
    Raises:
        BadInput: no chest CT there, or `out` holds something else.
    """
    from pellucid.ct.reporting import as_dict, check_folder, lines, save_study

    several = volumes_in(study)
    if len(several) > 1:
        return find_each(several, out, weights, progress)
    check_folder(out)
    found = look_through(several[0] if several else study, series, weights, progress)
    written = save_study(found, out)
    return Told(as_dict(found), (*lines(found), f"Open in a browser: {written[-1]}"))


def volumes_in(study: Path) -> list[Path]:
    """The volume files in a folder or in folders directly below it (LUNA16's subsets)."""
    if not study.is_dir():
        return []
    return sorted({path for kind in VOLUMES for place in (kind, f"*/{kind}") for path in study.glob(place)})


def look_through(study: Path, series: str | None, weights: Path | None, progress: Progress) -> Study:
    """Read one scan and find its nodules."""
    from pellucid.ct.network.weights import SHIPPED
    from pellucid.ct.study import find_nodules
    from pellucid.data.volumes import read_scan

    began = time.perf_counter()
    volume = read_scan(study, series)
    return find_nodules(volume, weights=weights or SHIPPED, progress=progress, read_seconds=time.perf_counter() - began)


def find_each(scans: Sequence[Path], out: Path, weights: Path | None, progress: Progress) -> Told:
    """Every scan in turn; one that was finished before is not looked through again, one that is no chest CT is told."""
    from pellucid.ct.reporting import join_marks, save_study

    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / RUNNING).is_file())):
        raise BadInput(f"{out} holds something else than findings of several scans: choose another --out.")
    folders, refused = [], []
    make_private(out)
    write_text(out / RUNNING, "".join(f"{scan}\n" for scan in scans))
    for done, scan in enumerate(scans):
        progress("scans", done, len(scans))
        folder = out / scan_name(scan)
        if not (folder / "findings.html").is_file():
            try:
                save_study(look_through(scan, None, weights, silent), folder)
            except BadInput as problem:
                refused.append({"scan": str(scan), "why": str(problem)})
                continue
        folders.append(folder)
    progress("scans", len(scans), len(scans))
    marks = join_marks(folders, out)
    facts = {"scans": len(scans), "looked_through": len(folders), "refused": refused, "marks": str(marks)}
    said = [f"{len(folders)} of {len(scans)} scans were looked through; a row for every lump is in {marks}."]
    said += [f"Not looked through: {one['scan']}: {one['why']}" for one in refused]
    return Told(
        facts, (*said, f"Each scan has a page of its own, such as {folders[0] / 'findings.html'}." if folders else "")
    )


def scan_name(scan: Path) -> str:
    """The file's name without its ending, which is the scan's name in LUNA16's tables."""
    return scan.name.removesuffix(".gz").removesuffix(scan.suffix if scan.suffix != ".gz" else ".nii")


def listed(study: Path) -> list[dict[str, Any]]:
    """The series in a folder or zip, each as a dict for JSON."""
    from pellucid.data.volumes import list_series

    return [series.as_dict() for series in list_series(study)]


def list_lines(found: Sequence[dict[str, Any]]) -> list[str]:
    """The same for the terminal."""
    return [", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in series.items()) for series in found]


def draw_phantoms(folder: Path, count: int, seed: int = 0, progress: Progress = silent) -> Told:
    """Simulated scans in LUNA16's layout; the folder serves `ct find` as study and `ct score` as truth.

    Args:
        folder: made, or gone on with.
        count: how many scans.
        seed: of the first; scan k has seed + k.
        progress: told of each scan.
    Raises:
        BadInput: the folder holds something else.
    """
    from pellucid.ct.luna import whole_scans, write_luna
    from pellucid.ct.phantom import draw_phantom, phantom_name

    there = whole_scans(folder) if folder.is_dir() else {}
    nodules = sum(one.counts for truth in there.values() for one in truth)

    def scans() -> Iterator[tuple[Volume, Sequence[PlantedNodule]]]:
        nonlocal nodules
        for number in range(count):
            progress("phantoms", number, count)
            if phantom_name(seed + number, "test") not in there:
                phantom = draw_phantom(seed + number, part="test")
                nodules += sum(one.counts for one in phantom.nodules)
                yield phantom.volume, phantom.nodules
        progress("phantoms", count, count)

    write_luna(folder, scans())
    facts = {"folder": str(folder), "scans": count, "seed": seed, "nodules": nodules}
    return Told(
        facts,
        (
            f"{count} simulated chest CTs with {nodules} nodules are in {folder}; annotations.csv says where.",
            f"Next: pellucid ct find {folder} --out marks",
            f"then: pellucid ct score marks/findings.csv {folder}",
        ),
    )


def plant_and_find(
    study: Path,
    out: Path,
    *,
    diameters_mm: Sequence[float],
    density_hu: float,
    each: int,
    series: str | None = None,
    weights: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Told:
    """How small a nodule could have been missed in this scan: plants known ones, looks for them, and writes a page.

    Args:
        study: the scan.
        out: the folder for plant.json, plant.html and the rounds that are done; a run cut short goes on there.
        diameters_mm: of what is planted.
        density_hu: of what is planted.
        each: how many of each diameter at each of the three kinds of place.
        series: which DICOM series, where there are several.
        weights: what `pellucid ct train` wrote; by default those that ship.
        seed: of the places and shapes.
        progress: told of each round.
    Raises:
        BadInput: no chest CT there, or `out` holds something else.
    """
    import numpy as np

    from pellucid.ct.network.weights import SHIPPED
    from pellucid.ct.planting import check_plant_folder, could_be_missed, save_planted
    from pellucid.ct.shapes import load_shapes
    from pellucid.ct.study import find_nodules
    from pellucid.data.volumes import read_scan

    used = weights or SHIPPED
    check_plant_folder(out)
    volume = read_scan(study, series)
    make_private(out)
    report = could_be_missed(
        volume,
        lambda planted: find_nodules(planted, weights=used),
        diameters_mm=diameters_mm,
        densities_hu=(density_hu,),
        per_cell=each,
        rng=np.random.default_rng(seed),
        shapes=load_shapes("test"),
        out=out,
        finder=f"{__version__} {file_sha256(used)}",
        progress=progress,
    )
    page = save_planted(report, volume, out)
    return Told(report.as_dict(), (*report.lines(), f"Open in a browser: {page}"))


def millimetres(said: str) -> tuple[float, ...]:
    """Numbers with commas between them.

    Raises:
        BadInput: something that is no number.

    >>> millimetres("3, 4.5")
    (3.0, 4.5)
    """
    try:
        return tuple(float(part) for part in said.split(","))
    except ValueError:
        raise BadInput(f"--diameters {said} is not understood: give millimetres such as 3,4,6,8.") from None
