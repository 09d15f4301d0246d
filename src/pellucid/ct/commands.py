"""What `pellucid ct find`, `list`, `phantom` and `plant` do, from a path to what is shown."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pellucid import __version__
from pellucid.beforehand import import_torch_beforehand
from pellucid.ct.own_folder import check_own
from pellucid.ct.told import Told
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent
from pellucid.run.writing import file_sha256

if TYPE_CHECKING:
    from pellucid.ct.planted import PlantedNodule
    from pellucid.ct.study_facts import Study
    from pellucid.data.volumes import Series, Volume

OF_PHANTOMS = r"subset[0-9]|annotations(_excluded)?\.csv|seriesuids\.csv"
"""What a folder of phantoms holds."""


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
        BadInput: no chest CT there, weights that are none, or `out` holds something else.
    """
    from pellucid.ct.reporting import as_dict, check_folder, lines, save_study
    from pellucid.ct.several import find_each, scans_in

    several = scans_in(study)
    if len(several) > 1:
        if series is not None:
            raise BadInput(f"{study} holds {len(several)} scans in files of their own: leave out --series.")
        used, finder = checked(weights)
        each = find_each(several, out, lambda scan: look_through(scan, None, used, progress), finder, progress)
        return Told(each.facts, (*each.said, *_how_to_score(study, out)))
    check_folder(out)
    used, _ = checked(weights)
    found = look_through(several[0] if several else study, series, used, progress)
    written = save_study(found, out)
    return Told(as_dict(found), (*lines(found), f"Open in a browser: {written[-1]}"))


def _how_to_score(study: Path, out: Path) -> list[str]:
    """The command that scores the marks, where the study's own folder holds the truth."""
    if not (study / "annotations.csv").is_file():
        return []
    marks, truth = shlex.quote(str(out / "findings.csv")), shlex.quote(str(study))
    return [f"Score them: pellucid ct score {marks} {truth}"]


def checked(weights: Path | None) -> tuple[Path, str]:
    """The weights that are meant, read once to see that they can be; and a name for pipeline and weights together.

    Raises:
        BadInput: they are not there, or were not written by `pellucid ct train`.
    """
    from pellucid.ct.network.weights import SHIPPED, load_network

    used = weights or SHIPPED
    load_network(used)
    return used, f"{__version__} {file_sha256(used)}"


def look_through(study: Path, series: str | None, weights: Path, progress: Progress = silent) -> Study:
    """Read one scan and find its nodules."""
    from pellucid.ct.study import find_nodules
    from pellucid.data.volumes import read_scan

    began = time.perf_counter()
    import_torch_beforehand()
    volume = read_scan(study, series)
    return find_nodules(volume, weights=weights, progress=progress, read_seconds=time.perf_counter() - began)


def list_study(study: Path) -> Told:
    """The series of a study, or the scans of a folder in LUNA16's layout, and which of them can be looked through.

    Raises:
        BadInput: nothing there that could be a scan.
    """
    from pellucid.ct.several import scans_in
    from pellucid.data.volumes import list_series

    volumes = scans_in(study)
    found = [_series_of(path) for path in volumes] if volumes else list_series(study)
    lines = [line for series in found for line in (_series_line(series), *(f"  {said}" for said in series.told))]
    return Told({"series": [series.as_dict() for series in found]}, tuple(lines))


def _series_of(path: Path) -> Series:
    """One volume file; what cannot be read is listed with the reason."""
    from pellucid.data.volumes import Series, list_series
    from pellucid.data.volumes.single_files import scan_name

    try:
        return list_series(path)[0]
    except BadInput as problem:
        return Series(scan_name(path), "", "", 0, 0, 0, "", str(problem))


def _series_line(series: Series) -> str:
    size = f"{series.slices} slices of {series.rows} x {series.columns}" if series.slices else ""
    known = [series.uid, series.description, series.modality, series.plane, size, "" if series.usable else "cannot be"]
    return ", ".join(part for part in known if part) + (f" used: {series.why_not}" if series.why_not else "")


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
    from pellucid.ct.luna import read_planted, whole_scans, write_luna
    from pellucid.ct.phantom import draw_phantom, phantom_name

    check_own(folder, OF_PHANTOMS)
    there = whole_scans(folder)

    def scans() -> Iterator[tuple[Volume, Sequence[PlantedNodule]]]:
        for number in range(count):
            progress("phantoms", number, count)
            if phantom_name(seed + number, "test") not in there:
                phantom = draw_phantom(seed + number, part="test")
                yield phantom.volume, phantom.nodules
        progress("phantoms", count, count)

    drawn = write_luna(folder, scans())
    held = read_planted(folder)
    nodules = sum(one.counts for truth in held.values() for one in truth)
    many = "CT was" if len(drawn) == 1 else "CTs were"
    facts = {"folder": str(folder), "scans": len(held), "drawn": len(drawn), "seed": seed, "nodules": nodules}
    named = shlex.quote(str(folder))
    return Told(
        facts,
        (
            f"{len(drawn)} simulated chest {many} drawn. {folder} holds {len(held)} with {nodules} nodules of 3 mm "
            "and more; annotations.csv says where.",
            f"Next: pellucid ct find {named} --out marks",
            f"then: pellucid ct score marks/findings.csv {named}",
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

    from pellucid.ct.planting import as_dict, check_plant_folder, could_be_missed, lines, save_planted
    from pellucid.ct.shapes import load_shapes
    from pellucid.ct.study import find_nodules
    from pellucid.data.volumes import read_scan

    check_plant_folder(out)
    used, finder = checked(weights)
    volume = read_scan(study, series)
    report = could_be_missed(
        volume,
        lambda planted: find_nodules(planted, weights=used, progress=progress),
        diameters_mm=diameters_mm,
        densities_hu=(density_hu,),
        per_cell=each,
        rng=np.random.default_rng(seed),
        shapes=load_shapes("test"),
        out=out,
        finder=finder,
        progress=progress,
    )
    page = save_planted(report, volume, out)
    return Told(as_dict(report), (*lines(report), f"Open in a browser: {page}"))


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
