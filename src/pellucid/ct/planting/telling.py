"""What came of planting: in sentences and as a table for the terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.planting.kept import MADE_BY
from pellucid.ct.planting.places import PLACES
from pellucid.ct.planting.report import ENOUGH, Cell, PlantReport
from pellucid.ct.reporting.telling import NOT_A_DEVICE
from pellucid.evaluate.estimates.intervals import Estimate

NOT_PATIENTS = (
    "All were planted into this one scan: the intervals say how sure the rates are for other places in it, not for "
    "other patients or scanners."
)


def lines(report: PlantReport) -> list[str]:
    """For the terminal."""
    return [*sentences(report), "", *table(report), "", f"Blur: {report.blur}.", NOT_PATIENTS, NOT_A_DEVICE]


def as_dict(report: PlantReport) -> dict[str, Any]:
    """For JSON."""
    smallest = {f"{density:g}": report.smallest(density) for density in report.densities_hu}
    return {
        "made_by": MADE_BY,
        "seriesuid": report.seriesuid,
        "blur": asdict(report.blur),
        "planted": len(report.tried),
        "rounds": {"done": len(report.rounds), "planned": len(report.plan.rounds), "stopped": report.stopped},
        "marks_as_it_is_xyz_mm": [list(one) for one in report.marks_xyz_mm],
        "other_marks_a_round": round(report.other_marks(), 3),
        "smallest_mostly_found": {hu: cell and _cell_dict(cell) for hu, cell in smallest.items()},
        "cells": [_cell_dict(cell) for place in (None, *PLACES) for cell in report.cells(place)],
        "nodules": [asdict(one) for one in report.tried],
        "told": [*sentences(report), NOT_PATIENTS, NOT_A_DEVICE],
    }


def _cell_dict(cell: Cell) -> dict[str, Any]:
    return {**asdict(cell), "place": cell.place or "all", "rate": cell.rate.as_dict()}


def sentences(report: PlantReport) -> list[str]:
    """The result, the most important first."""
    told = [_in_short(report, density) for density in report.densities_hu]
    told.append(f"As it is, with nothing planted, the scan gets {many(len(report.marks_xyz_mm), 'mark')}.")
    if report.stopped:
        done, planned = len(report.rounds), len(report.plan.rounds)
        told.append(
            f"Stopped early: {done} of {planned} rounds were done; give the same command and the same --out to go on."
        )
    for (diameter, place), count in sorted(report.plan.without_place.items()):
        told.append(f"{many(count, 'nodule')} of {diameter:g} mm found no place ({place}) in these lungs.")
    return told


def table(report: PlantReport) -> list[str]:
    """By diameter and place, a line each."""
    head = f"{'diameter':>10} {'density':>9}  {'place':<13} {'planted':>7} {'found':>6}  rate (95% interval)"
    return [
        head,
        *(
            f"{cell.diameter_mm:>7g} mm {cell.density_hu:>6g} HU  {place or 'all':<13} {cell.rate.cases:>7} "
            f"{cell.found:>6}  {short(cell.rate)}"
            for place in (None, *PLACES)
            for cell in report.cells(place)
        ),
    ]


def _in_short(report: PlantReport, density_hu: float) -> str:
    cell = report.smallest(density_hu)
    cells = [one for one in report.cells() if one.density_hu == density_hu]
    if cell is None:
        largest = cells[-1]
        return (
            f"Nodules of {density_hu:g} HU can be missed at every diameter planted: of those of "
            f"{largest.diameter_mm:g} mm, {short(largest.rate)} were found."
        )
    smallest = cells[0].diameter_mm == cell.diameter_mm
    below = "the smallest planted" if smallest else "smaller ones are missed more often"
    at = f"at {cell.diameter_mm:g} mm {cell.found} of {cell.rate.cases}, {short(cell.rate)}"
    low = cell.rate.low or 0.0
    sure = "" if low >= ENOUGH else f". With so few planted, the true share there may be as low as {low:.2f}"
    return (
        f"Of nodules of {density_hu:g} HU at least {ENOUGH:.0%} were found from {cell.diameter_mm:g} mm on ({below}): "
        f"{at}{sure}."
    )


def short(rate: Estimate) -> str:
    """A rate and its interval.

    >>> short(Estimate(0.9, 0.596, 0.982, cases=10))
    '0.90 (0.60 to 0.98)'
    """
    if rate.value is None or rate.low is None or rate.high is None:
        return str(rate)
    return f"{rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f})"


def many(count: int, what: str) -> str:
    """A number of things.

    >>> many(0, "mark"), many(1, "mark"), many(2, "mark")
    ('no marks', '1 mark', '2 marks')
    """
    return counted(count, what) if count else f"no {what}s"
