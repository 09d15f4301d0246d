"""How small a nodule could have been missed in this scan? Round after round, known ones are planted and looked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.first_look import first_look
from pellucid.ct.planting.kept import read_rounds, write_rounds
from pellucid.ct.planting.places import survey
from pellucid.ct.planting.report import PlantReport
from pellucid.ct.planting.rounds import draw_plan
from pellucid.ct.planting.searching import Find, search
from pellucid.ct.shapes import Shapes
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent
from pellucid.run.folder import make_private

SOFT_TISSUE_HU = 40.0  # solid nodules


def could_be_missed(
    volume: Volume,
    find: Find,
    *,
    diameters_mm: Sequence[float],
    densities_hu: Sequence[float] = (SOFT_TISSUE_HU,),
    per_cell: int,
    rng: np.random.Generator,
    blur: Blur | None = None,
    shapes: Shapes | None = None,
    out: Path | None = None,
    finder: str = "",
    progress: Progress = silent,
) -> PlantReport:
    """Plant nodules of known size at drawn places of the user's own scan, and see which are found.

    Each round is a fresh copy of the scan with at most ten nodules, and goes through the whole pipeline. Ctrl-C ends
    it early; the report then tells of the rounds that were done. With `out`, neither the scan as it is nor a round is
    searched twice.

    Args:
        volume: the scan.
        find: the whole pipeline (`pellucid.ct.study.find_nodules`).
        diameters_mm: 2 to 30 mm.
        densities_hu: of the nodules, -900 to 500 HU; each goes with each diameter.
        per_cell: how many of each diameter and density at each of the three kinds of place.
        rng: where the randomness comes from; the same state gives the same plan.
        blur: of the scan; None: measured.
        shapes: real nodules' shapes to draw from; None: balls.
        out: a folder, made private, for what was seen in the scan as it is and for the rounds that are done; those of
            the same plan in it are not done again.
        finder: names the pipeline (its version and weights), so that rounds of another are never mixed in.
        progress: told after each round.
    Raises:
        BadInput: impossible settings; no lungs; a blur that cannot be measured; rounds of something else in `out`;
            a folder that cannot be written.
    """
    _check(diameters_mm, densities_hu, per_cell)
    if out is not None:
        make_private(out)
    look = first_look(volume, find, blur=blur, out=out, finder=finder)
    blur, marks = look.blur, look.marks_xyz_mm
    plan = draw_plan(
        volume, survey(look.working, look.lungs, marks), marks, diameters_mm=diameters_mm,
        densities_hu=densities_hu, per_cell=per_cell, rng=rng, shapes=shapes,
    )  # fmt: skip
    del look  # it holds the scan once more
    if not plan.rounds:
        raise BadInput("No place for a nodule was found in these lungs; a chest CT with both lungs in view is needed.")
    key = f"{plan.key} {finder} {blur.sigma_mm:.6f} {blur.slice_mm:.6f}"
    rounds = read_rounds(out, key)
    progress("rounds", len(rounds), len(plan.rounds))
    try:
        for planted in plan.rounds[len(rounds) :]:
            rounds.append(search(volume, planted, blur, find))
            write_rounds(out, key, rounds)
            progress("rounds", len(rounds), len(plan.rounds))
    except KeyboardInterrupt:
        if not rounds:
            raise
    return PlantReport(volume.seriesuid, blur, tuple(rounds), plan, marks)


def _check(diameters_mm: Sequence[float], densities_hu: Sequence[float], per_cell: int) -> None:
    for what, numbers, low, high in (("Diameters", diameters_mm, 2, 30), ("Densities", densities_hu, -900, 500)):
        unit = "mm" if what == "Diameters" else "HU"
        if not numbers or len(set(numbers)) < len(numbers) or not all(low <= one <= high for one in numbers):
            told = ", ".join(f"{one:g}" for one in numbers) or "none"
            raise BadInput(f"{what} were given as {told}; each must be from {low} to {high} {unit}, and named once.")
    if per_cell < 1:
        raise BadInput(f"{per_cell} nodules a cell cannot be planted; ask for 1 or more.")
