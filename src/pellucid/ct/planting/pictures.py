"""Small pictures of planted nodules beside the same place before: do they look as if scanned?"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pellucid.ct.planting.places import PLACES
from pellucid.ct.planting.putting import plant
from pellucid.ct.planting.report import PlantReport
from pellucid.ct.planting.searching import Tried
from pellucid.ct.reporting.planes import plane
from pellucid.ct.reporting.views import figure, pixels, scale_bar, view_around
from pellucid.data.volumes import Volume

EACH = 2  # pairs for each place and outcome; chosen by us: the page stays small
WIDTH_MM, SIDE = 40.0, 168  # shown of the patient, mm; on the page, px


@dataclass(frozen=True, slots=True)
class Pictured:
    """One planted nodule: as planted, and the same piece of the scan without it."""

    tried: Tried
    planted: Markup
    before: Markup


def examples(report: PlantReport, volume: Volume) -> list[tuple[str, list[Pictured]]]:
    """Some that were found (the smallest first) and some that were missed (the largest first), of each kind of place.

    Args:
        report: what came of planting.
        volume: the scan as it is, into which they are planted once more.
    Returns:
        "Missed" and "Found" (where there are any), each with its pictures.
    """
    told = []
    for name, missed in (("Missed", True), ("Found", False)):
        shown = [one for place in PLACES for one in _chosen(report, place, missed)]
        if shown:
            told.append((name, [_pictured(report, volume, round_, number) for round_, number in shown]))
    return told


def _chosen(report: PlantReport, place: str, missed: bool) -> list[tuple[int, int]]:
    """Round and number of each."""
    here = [
        (one.diameter_mm, round_, number)
        for round_, done in enumerate(report.rounds)
        for number, one in enumerate(done.tried)
        if one.place == place and (one.outcome != "found") == missed
    ]
    here.sort(key=lambda one: -one[0] if missed else one[0])
    return [(round_, number) for _, round_, number in here[:EACH]]


def _pictured(report: PlantReport, volume: Volume, round_: int, number: int) -> Pictured:
    """As it stood in its round, whose other nodules are 25 mm or more away."""
    tried = report.rounds[round_].tried[number]
    planted = plant(volume, [report.plan.rounds[round_][number].nodule], blur=report.blur)
    told = f"a nodule of {tried.diameter_mm:g} mm, {tried.place}"
    return Pictured(tried, _picture(planted, tried, f"With {told}"), _picture(volume, tried, f"Without {told}"))


def _picture(volume: Volume, tried: Tried, title: str) -> Markup:
    grey, sheet = plane(volume, tried.centre_xyz_mm, "axial", WIDTH_MM)
    view = view_around(tried.centre_xyz_mm, "axial", WIDTH_MM, SIDE)
    told = f"An axial picture at the lung window, {WIDTH_MM:g} mm wide, the place of the nodule in its middle."
    return figure(view, title, told, [pixels(view, sheet, grey), *scale_bar(view, 10)])
