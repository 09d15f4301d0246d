"""What came of planting as a page that stands alone: the plot, the table, and pictures of planted nodules."""

from __future__ import annotations

from markupsafe import Markup

from pellucid.ct.planting.figure import found_rates
from pellucid.ct.planting.pictures import WIDTH_MM, examples
from pellucid.ct.planting.places import DEEP_MM, PLACES, VESSEL_MM
from pellucid.ct.planting.report import PlantReport
from pellucid.ct.planting.rounds import APART_MM, AT_ONCE
from pellucid.ct.planting.telling import NOT_PATIENTS, sentences, short
from pellucid.ct.reporting.telling import NOT_A_DEVICE
from pellucid.data.volumes import Volume
from pellucid.evaluate.reporting.templates import template

PAGE_MARK = '<meta name="generator" content="pellucid ct plant">'


def plant_page(report: PlantReport, volume: Volume) -> str:
    """The page as text.

    Args:
        report: what came of planting.
        volume: the scan as it is; the pictures are made from it.
    """
    facts = {
        "mark": Markup(PAGE_MARK),
        "report": report,
        "sentences": sentences(report),
        "figures": [(density, Markup(found_rates(report, density))) for density in report.densities_hu],
        "cells": [cell for place in (None, *PLACES) for cell in report.cells(place)],
        "short": short,
        "examples": examples(report, volume),
        "width_mm": WIDTH_MM,
        "at_once": AT_ONCE,
        "apart_mm": APART_MM,
        "deep_mm": DEEP_MM,
        "vessel_mm": VESSEL_MM,
        "not_patients": NOT_PATIENTS,
        "no_device": NOT_A_DEVICE,
    }
    return template("plant.html.jinja", autoescape=True, room="pellucid.ct").render(facts)
