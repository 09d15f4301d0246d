"""The checks of `pellucid verify` that need a run's folder alone: each yields what differs, by the name of its figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pellucid import __version__
from pellucid.data.dataset import picture_tag
from pellucid.evaluate.answers import JUDGED, Answers, Cases
from pellucid.evaluate.assess import assess
from pellucid.evaluate.calibration import Calibration, calibrate
from pellucid.evaluate.checklists import reporting_md
from pellucid.evaluate.comparing import differences
from pellucid.evaluate.doubts import doubts
from pellucid.evaluate.hardest import SIDE
from pellucid.evaluate.model_card import model_card
from pellucid.evaluate.reading_back import read_answers, read_cases
from pellucid.evaluate.report import Pictures, report_page, without_pictures
from pellucid.run import Run
from pellucid.run.folder import FILES, read_header
from pellucid.shapes import Float

WRITTEN = 1e-8
"""How far a probability in a table may lie from the computed one. Source: tables hold nine digits."""

ADDED_LAST = ("seconds", "peak_memory_mb")
"""What report.json is told after the pages were written."""


@dataclass(frozen=True)
class Told:
    """What a run's files tell, each read when it is first asked for, and its figures computed again."""

    run: Run

    @cached_property
    def cases(self) -> Cases:
        """split.csv."""
        return read_cases(self.run, self.run.facts["task"], self.run.facts["classes"])

    @cached_property
    def tables(self) -> tuple[Answers, Float[np.ndarray, "judged klass"]]:
        """predictions.csv and rivals.csv; rivals are told of in report.json alone."""
        return read_answers(self.run, self.cases, self.run.facts["outputs"], _words_of_others(self.run.report))

    @cached_property
    def calibration(self) -> Calibration:
        """Fitted again."""
        answers = self.tables[0]
        rows = self.cases.rows("calibrate")
        logits = answers.class_logits[answers.of("calibrate")]
        return calibrate(logits, self.cases.labels[rows], self.cases.task, self.cases.groups_of(rows))

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Computed again."""
        return assess(self.tables[0], self.calibration)


def checksums(told: Told) -> Iterator[str]:
    """every byte of every file, against SHA256SUMS."""
    wanted = told.run.checksums()
    found = told.run.file("SHA256SUMS").read_bytes().decode("utf-8", "surrogateescape")
    if wanted == found:
        return
    now, then = ({line[66:]: line[:64] for line in text.split("\n") if line} for text in (wanted, found))
    for name in sorted({*FILES, *then}):
        if name not in now:
            yield f"{name}: is not there"
        elif name not in then:
            yield f"{name}: SHA256SUMS does not name it"
        elif now[name] != then[name]:
            yield f"{name}: is not what it was when SHA256SUMS was written"
    if now == then:
        yield "SHA256SUMS: is not as it was written"


def membership(told: Told) -> Iterator[str]:
    """no held-out image among those learned from, but for the twins that split.csv names."""
    cases = told.cases
    row_of = {name: row for row, name in enumerate(cases.names)}
    if len(row_of) < len(cases):
        for name in sorted({name for row, name in enumerate(cases.names) if row_of[name] != row}):
            yield f"split.csv: {name} stands twice"
    train = set(cases.rows("train").tolist())
    learned = {cases.sha256[row]: row for row in train}
    for row in np.flatnonzero(np.isin(cases.parts, JUDGED)).tolist():
        name, twin = f"split.csv: {cases.names[row]} ({cases.parts[row]})", learned.get(cases.sha256[row])
        if twin is not None and cases.likeness[row] != "identical":
            yield f"{name} has the pixels of {cases.names[twin]}, which was learned from, and is not named its twin"
        if cases.twin[row] and row_of.get(cases.twin[row]) not in train:
            yield f"{name} is said to be a twin of {cases.twin[row]}, which was not learned from"
        if bool(cases.twin[row]) != bool(cases.likeness[row]):
            yield f"{name} has a twin without a likeness, or a likeness without a twin"
    if cases.groups is not None:
        crossing = np.isin(cases.groups, cases.groups[cases.parts == "train"]) & (cases.likeness == "")
        for row in np.flatnonzero(crossing & np.isin(cases.parts, JUDGED)).tolist():
            yield f"split.csv: {cases.names[row]} ({cases.parts[row]}) is of a patient who was learned from"


def calibration(told: Told) -> Iterator[str]:
    """temperature, sets and dial, fitted again on the calibration part."""
    wanted = told.calibration.as_dict()
    yield from differences(wanted, told.run.facts["calibration"], "weights.safetensors: calibration")
    yield from differences(wanted, told.run.report["calibration"], "report.json: calibration")


def figures(told: Told) -> Iterator[str]:
    """every figure of report.json, computed again from the three tables."""
    answers, written = told.tables
    p = told.calibration.probabilities(answers.class_logits, told.cases.task)
    apart = np.abs(p - written).max(1)
    for at in np.flatnonzero(~(apart <= WRITTEN)).tolist():
        yield f"predictions.csv: p of {told.cases.names[told.cases.judged()[at]]} is not what its logits give"
    report = told.run.report
    for name, value in told.figures.items():
        yield from differences({name: value}, {name: report[name]} if name in report else {}, "report.json")
    for text in doubts(told.figures, report["model"]):
        if text not in report["warnings"]:
            yield f"report.json: warnings lack {text!r}"


def bookkeeping(told: Told) -> Iterator[str]:
    """what recipe.json, history.csv and weights.safetensors say of the run, against the tables and each other."""
    run, facts, recipe, report = told.run, told.run.facts, told.run.recipe, told.run.report
    prints = told.cases.fingerprints()
    yield from differences(prints["source"], {k: recipe["source"][k] for k in prints["source"]}, "recipe.json: source")
    yield from differences(prints["split"], {k: recipe["split"][k] for k in prints["split"]}, "recipe.json: split")
    header = read_header(run.file("weights.safetensors"))
    known = {
        "model": facts["model"],
        "task": facts["task"],
        "classes": facts["classes"],
        "best_step": facts["best_step"],
        "parameters": facts["parameters"],
        "steps": run.history[-1].step,
    }
    yield from differences(known, {name: report[name] for name in known}, "report.json")
    shapes = sum(int(np.prod(one["shape"])) for name, one in header.items() if name in facts["learned"])
    yield from differences(shapes, facts["parameters"], "weights.safetensors: parameters")
    yield from differences(facts["scaling"], recipe["scaling"], "recipe.json: scaling")


def pages(told: Told) -> Iterator[str]:
    """report.html, model_card.md and reporting.md, made again from the figures."""
    run, recipe = told.run, told.run.recipe
    report = {name: value for name, value in run.report.items() if name not in ADDED_LAST}
    if recipe["versions"]["pellucid"] != __version__:
        return  # another version's words; its figures were computed again all the same
    answers = told.tables[0]
    p = told.calibration.probabilities(answers.class_logits, told.cases.task)[answers.of("held_out")]
    blank = Pictures(
        of=lambda row: picture_tag(b"", told.cases.names[row], SIDE),
        weights=("data:image/png;base64,",) * report["weights_shown"],
    )
    wanted = {
        "report.html": report_page(report, recipe, run.history, answers, p, blank),
        "model_card.md": model_card(report, recipe),
        "reporting.md": reporting_md(report, recipe),
    }
    for name, text in wanted.items():
        found = run.file(name).read_text("utf-8", "surrogateescape")
        yield from _first_difference(name, text, without_pictures(found) if name == "report.html" else found)


def _first_difference(name: str, wanted: str, found: str) -> Iterator[str]:
    lines = zip(wanted.splitlines(), found.splitlines(), strict=False)
    for number, (one, other) in enumerate(lines, 1):
        if one != other:
            yield f"{name}: line {number} is {other.strip()[:80]!r}, and comes out as {one.strip()[:80]!r}"
            return
    if wanted != found:
        yield f"{name}: does not end where it should"


def _words_of_others(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What each rival and probe is told to be, which no table holds."""
    return {(kind, name): other["told"] for kind in ("rivals", "probes") for name, other in report[kind].items()}


CHECKS = (checksums, membership, calibration, figures, bookkeeping, pages)
