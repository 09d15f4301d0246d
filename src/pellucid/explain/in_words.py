"""An explanation for people who look at a terminal: one line a fact, from the probability down."""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.evaluate.reporting.in_words import listed, quoted
from pellucid.explain.arithmetic import Arithmetic
from pellucid.explain.asking import Asked
from pellucid.explain.explained import Explained
from pellucid.explain.maps import Maps
from pellucid.explain.neighbours import Neighbours
from pellucid.explain.sums import SHARE
from pellucid.run import Run


def lines_of(explained: Explained) -> list[str]:
    """The whole in some thirty lines."""
    asked, found = explained.asked, explained.arithmetic
    return [
        *_answer(asked, explained.klass, found),
        *_arithmetic(found, asked),
        *_maps(explained.maps),
        *_neighbours(explained.neighbours),
        f"page: {explained.page}" if explained.page else "--out page.html draws all of this, --json names all numbers",
        f"{explained.seconds:.1f} s in all",
    ]


def _answer(asked: Asked, klass: str, found: Arithmetic) -> Iterator[str]:
    said = asked.answer.predicted[0] or "none of the labels"
    p = found.probabilities[found.klass]
    yield f"{asked.image}: {said}. Why {klass}, with a probability of {p:.6f}?"
    if asked.own is not None:
        what = "labels" if asked.several else "class"
        yield f"  true {what}: {asked.own.told_label}{', so the answer is WRONG' * asked.wrong}"
        yield f"  read from the run's own source, {asked.own.source}. {asked.own.told_part}"
    likeness = "unlike" if asked.answer.unlike_training[0] else "like"
    sure = "certain" if asked.answer.certain[0] else "not certain"
    yield f"  {sure}; may be of: {', '.join(asked.set) or 'none'}; {likeness} the training images"
    if why := why_in_every_set(asked):
        yield f"  {why}"


def why_in_every_set(asked: Asked) -> str:
    """Why the set holds classes that are not likely; empty where it holds none but those."""
    limits = asked.calibration.limits
    every = [name for name, limit in zip(asked.classes, limits, strict=True) if limit.limit is None]
    if not every:
        return ""
    most, needed = max(limit.units for limit in limits if limit.limit is None), limits[0].needed
    whole, alone = len(every) == len(limits), len(every) == 1
    which = "every class" if whole else listed(quoted(every))
    return (
        f"{which} {'is' if whole or alone else 'are'} in every set of this run, since leaving "
        f"{'it' if alone else 'one'} out takes {needed} {_units(asked.run)} of it in the calibration part, and there "
        f"are {most or 'none'}{' at most' * (not alone and most > 0)}"
    )


def _units(run: Run) -> str:
    """What a promise counts; a run of weights alone does not tell."""
    groups = run.file("recipe.json").is_file() and run.recipe["source"]["groups"]
    return "patients or exams" if groups else "images"


def _arithmetic(found: Arithmetic, asked: Asked) -> Iterator[str]:
    logit, klass = float(found.logits[found.klass]), asked.classes[found.klass]
    yield f"probability   {found.probability.total:.9f} = {found.probability.made_of}"
    yield f"temperature   {found.temperature:g} divides every logit (calibration)"
    if found.rival is not None:
        yield f"next class    {asked.classes[found.rival]}, logit {found.logits[found.rival]:+.6f}"
    yield f"logit         {found.of_logits[found.klass].line()}"
    used = float(asked.logits[found.klass])
    yield f"              predict, in {asked.run.facts['precision']}, has {used:+.9f}: {used - logit:+.1e} apart"
    for unit in found.units:
        gate = f" = {unit.activation}({unit.before:+.4f})" if unit.activation else ""
        made = f"{unit.made_of.made_of}, off by {unit.made_of.difference:.1e}"
        yield f"  {unit.value:.4f} x {unit.weight:+.4f} = {unit.adds:+.4f}  {unit.name}{gate} ({made})"
    if found.pixels is not None:
        yield f"pixels        {found.pixels.sum.line()}"
        top = found.pixels.largest[0]
        yield (
            f"  the largest: row {top.row}, column {top.column}, stored value {top.stored}, scaled {top.scaled:+.4f}; "
            f"x {top.weight:+.5f} = {top.adds:+.5f} for {klass}"
        )
    if found.multiplied is not None:
        yield f"one output    {found.multiplied.sum.line()}"
    sums = list(found.sums())
    worst = max(abs(one.difference) for one in sums)
    yield f"all {len(sums)} sums add up: none is off by more than {worst:.1e} ({SHARE:g} of the logit is allowed)"


def _maps(maps: Maps) -> Iterator[str]:
    whole = maps.integrated
    yield (
        f"integrated gradients sum to {whole.total:+.6f}, and should to {whole.logit - whole.baseline_logit:+.6f}: "
        f"{whole.missing:+.1e} apart ({whole.steps} steps)"
    )
    for check in maps.checks:
        yield f"  {check.name}: {check.told()}"


def _neighbours(near: Neighbours) -> Iterator[str]:
    if near.none:
        yield f"no training images beside it: {near.none}"
        return
    yield f"nearest of {near.told}; by {near.space}:"
    yield from (
        f"  {one.distance:8.4f}  {one.label}  {one.name}{' (the very image)' * one.same}" for one in near.nearest
    )
    if near.left_out:
        yield f"  {near.left_out:,} training images are gone or have other pixels, and were left out"
