"""The checks of `pellucid verify` that need a run's folder alone: each yields what differs, by the figure's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pellucid import __version__
from pellucid.data.dataset import picture_tag
from pellucid.evaluate.checking.checks_of_settings import history, settings
from pellucid.evaluate.checking.checks_of_split import split
from pellucid.evaluate.checking.comparing import differences
from pellucid.evaluate.checking.told import Told
from pellucid.evaluate.reporting.checklists import reporting_md
from pellucid.evaluate.reporting.doubts import doubts
from pellucid.evaluate.reporting.hardest import SIDE
from pellucid.evaluate.reporting.model_card import model_card
from pellucid.evaluate.reporting.report import Pictures, report_page, without_pictures
from pellucid.run.folder import FILES
from pellucid.shapes import Bool, Float

DIGITS = 9
"""Significant digits of a number in a table. Source: pellucid.run.writing."""

ADDED_LAST = ("seconds", "peak_memory_mb")
"""What report.json is told after the pages were written."""


Differing = Callable[[Told], Iterator[str]]
"""Yields what differs, a line each."""


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a run."""

    what: str
    """What is looked at, for people."""
    differing: Differing


def checksums(told: Told) -> Iterator[str]:
    """Files that are not what SHA256SUMS says, or that it does not name."""
    wanted = told.run.checksums()
    found = told.run.file("SHA256SUMS").read_bytes().decode("utf-8", "surrogateescape")
    now, then = ({line[66:]: line[:64] for line in text.splitlines() if line} for text in (wanted, found))
    for name in sorted({*FILES, *then}):
        if name not in now:
            yield f"{name}: is not there"
        elif name not in then:
            yield f"{name}: SHA256SUMS does not name it"
        elif now[name] != then[name]:
            yield f"{name}: is not what it was when SHA256SUMS was written"
    if now == then and wanted != found:
        yield "SHA256SUMS: is not laid out as it was written"


def layout(told: Told) -> Iterator[str]:
    """Files that tell what they should in another form: figures told twice, other digits, other line ends."""
    answers = told.answers
    wanted = {
        "recipe.json": json.dumps(told.run.recipe, indent=1, ensure_ascii=False) + "\n",
        "report.json": json.dumps(told.run.report, indent=1, ensure_ascii=False) + "\n",
        "predictions.csv": answers.predictions_csv(told.written),
        "rivals.csv": answers.rivals_csv(),
    }
    for name, text in wanted.items():
        if told.run.file(name).read_bytes() != text.encode("utf-8", "surrogateescape"):
            yield f"{name}: is not laid out as it was written"


def calibration(told: Told) -> Iterator[str]:
    """Temperature, sets and dial that do not follow from the calibration part."""
    wanted = told.calibration.as_dict()
    yield from differences(wanted, told.run.facts["calibration"], "weights.safetensors: calibration")
    yield from differences(wanted, told.run.report["calibration"], "report.json.calibration")


def figures(told: Told) -> Iterator[str]:
    """Figures of report.json, and probabilities of predictions.csv, that do not follow from the tables."""
    for at in np.flatnonzero(~_as_written(told.probabilities, told.written).all(1)).tolist():
        yield f"predictions.csv: p of {told.cases.names[told.cases.judged()[at]]} is not what its logits give"
    report = told.run.report
    for name, value in told.figures.items():
        yield from differences({name: value}, {name: report[name]} if name in report else {}, "report.json")
    wanted = doubts(told.figures, report["model"])
    before = report["warnings"][: max(0, len(report["warnings"]) - len(wanted))]  # doubted before anything was measured
    yield from differences([*before, *wanted], report["warnings"], "report.json.warnings")


def _as_written(
    exact: Float[np.ndarray, "row column"], written: Float[np.ndarray, "row column"]
) -> Bool[np.ndarray, "row column"]:
    """Where a number is what is written, rounded to DIGITS; a little more than half a digit, for other machines."""
    with np.errstate(divide="ignore"):
        digit = 10.0 ** (np.floor(np.log10(np.abs(written))) - DIGITS + 1)
    return np.asarray(np.abs(exact - written) <= 0.501 * digit)


def pages(told: Told) -> Iterator[str]:
    """Words and numbers of the pages that the figures do not give; pictures are passed over."""
    run, recipe = told.run, told.run.recipe
    report = {name: value for name, value in run.report.items() if name not in ADDED_LAST} | told.figures
    if recipe["versions"]["pellucid"] != __version__:
        return  # another version's words; its figures were computed again all the same
    if report["weights_shown"] not in range(len(told.cases.classes) + 1):
        yield f"report.json.weights_shown is {report['weights_shown']}, of {len(told.cases.classes)} classes"
        return
    blank = Pictures(
        of=lambda row: picture_tag(b"", told.cases.names[row], SIDE),
        weights=("data:image/png;base64,",) * report["weights_shown"],
    )
    held_out = told.probabilities[told.answers.of("held_out")]
    wanted = {
        "report.html": report_page(report, recipe, run.history, told.answers, held_out, blank),
        "model_card.md": model_card(report, recipe),
        "reporting.md": reporting_md(report, recipe),
    }
    for name, text in wanted.items():
        found = run.file(name).read_bytes().decode("utf-8", "surrogateescape")
        yield from _first_difference(name, text, without_pictures(found) if name == "report.html" else found)


def _first_difference(name: str, wanted: str, found: str) -> Iterator[str]:
    lines = zip(wanted.split("\n"), found.split("\n"), strict=False)
    for number, (one, other) in enumerate(lines, 1):
        if one != other:
            yield f"{name}: line {number} is {other.strip()[:80]!r}, and comes out as {one.strip()[:80]!r}"
            return
    if wanted != found:
        yield f"{name}: does not end where it should"


CHECKS = (
    Check("every byte of its files, against SHA256SUMS", checksums),
    Check("the split: no held-out image among those learned from, but for the twins that are named", split),
    Check("temperature, sets and dial, fitted again on the calibration part", calibration),
    Check("every figure of report.json, computed again from split.csv, predictions.csv and rivals.csv", figures),
    Check("settings and facts, as recipe.json, weights.safetensors and report.json each tell them", settings),
    Check("history.csv, against the settings and what the kept weights answer", history),
    Check("report.html, model_card.md and reporting.md, made again from the figures", pages),
    Check("the form in which the figures and tables are written", layout),
)
"""In the order in which a reader wants to hear of what differs."""
