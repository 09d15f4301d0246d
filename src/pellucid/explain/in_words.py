"""An explanation for people who look at a terminal: one line a fact, from the probability down."""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.explain.arithmetic import Arithmetic
from pellucid.explain.asking import Asked
from pellucid.explain.explained import Explained
from pellucid.explain.maps import Maps
from pellucid.explain.neighbours import Neighbours
from pellucid.explain.one_place import Followed
from pellucid.explain.pocket import printed
from pellucid.explain.said_of_answer import (
    not_promised,
    predicted_with,
    says_nothing_by_sets,
    why_apart,
    why_in_every_set,
)
from pellucid.explain.spelled import products, spelled_norm, spelled_term, spelled_unit
from pellucid.explain.sums import SHARE


def lines_of(explained: Explained) -> list[str]:
    """The whole in some forty lines."""
    asked, found = explained.asked, explained.arithmetic
    return [
        *_answer(asked, explained.klass, found),
        *_arithmetic(found, asked),
        *_down(found, asked),
        *_sums(found),
        *_maps(explained.maps),
        *_neighbours(explained.neighbours),
        f"page: {explained.page}" if explained.page else "--out page.html draws all of this, --json has its numbers",
        f"{explained.seconds:.1f} s in all",
    ]


def _answer(asked: Asked, klass: str, found: Arithmetic) -> Iterator[str]:
    said = asked.answer.predicted[0] or "none of the labels"
    p = float(found.probabilities[found.klass])
    yield f"{asked.image}: {said}. Why {klass}, with a probability of {p:.6f}?"
    yield f"  {predicted_with(asked, found.klass, p)}"
    yield from [f"  {why}"] if (why := why_apart(asked)) else []
    if asked.own is not None:
        what = "labels" if asked.several else "class"
        yield f"  true {what}: {asked.own.told_label}{', so the answer is WRONG' * asked.wrong}"
        yield f"  {asked.own.told_origin}"
        yield f"  {asked.own.told_part}"
    yield from [f"  {asked.resized}"] if asked.resized else []
    told = [] if asked.answer.answered is None else ["certain" if asked.answer.certain[0] else "not certain"]
    told += [] if says_nothing_by_sets(asked) else [f"may be of: {', '.join(asked.set) or 'none'}"]
    told.append(f"{'unlike' if asked.answer.unlike_training[0] else 'like'} the training images")
    yield f"  {'; '.join(told)}"
    if none := not_promised(asked):
        yield f"  {none}"
    if not says_nothing_by_sets(asked) and (why := why_in_every_set(asked)):
        yield f"  {why}"


def _arithmetic(found: Arithmetic, asked: Asked) -> Iterator[str]:
    logit = float(found.logits[found.klass])
    yield f"probability   {found.probability.total:.9f} = {found.probability.made_of}"
    yield f"temperature   {found.temperature:g} divides every logit (calibration)"
    if found.rival is not None:
        yield f"next class    {asked.classes[found.rival]}, logit {found.logits[found.rival]:+.6f}"
    yield f"logit         {found.of_logits[found.klass].line()}"
    used = float(asked.logits[found.klass])
    yield f"              predict, in {asked.run.facts['precision']}, has {used:+.9f}: {used - logit:+.1e} apart"
    told = products([(unit.value, unit.weight) for unit in found.units])
    for unit, times in zip(found.units, told, strict=True):
        gate = f" = {unit.activation}({printed(unit.before, 4, '+')})" if unit.activation else ""
        yield f"  {times}  {unit.name}{gate} (its own sum is off by {unit.made_of.difference:.1e})"


def _down(found: Arithmetic, asked: Asked) -> Iterator[str]:
    """From the logit to pixels, and to one unit or one place that is opened wholly."""
    scaling, channels = asked.trained.scaling, asked.stored.shape[1]
    if found.pixels is not None:
        yield f"pixels        {found.pixels.sum.line()}"
        for what, terms in (("the largest", found.pixels.largest[:1]), ("asked for", found.pixels.followed)):
            for one in (spelled_term(term, scaling, channels) for term in terms):
                yield f"  {what}: {one.place}, stored value {one.stored}: {one.scaling}; {one.product}"
    if found.unit is not None:
        (place, first), *_ = spelled_unit(found.unit).largest
        yield f"one unit      {found.unit.sum.line()}"
        yield f"  the largest: {place}: {first}; the bias {found.unit.bias:+.4f}"
    if found.place is not None:
        yield from _place(found.place)


def _place(place: Followed) -> Iterator[str]:
    yield f"one place     {place.output.sum.line()}"
    for step in place.steps:
        if step.window is not None:
            yield f"  {step.name}: the largest of {step.window.size}, {printed(step.gave, 4)}"
        elif step.norm is not None:
            yield f"  {step.name}: gamma (x - mu) / sigma + beta: {spelled_norm(step)}"
        else:
            yield f"  {step.name}: {printed(step.given, 4)} becomes {printed(step.gave, 4)}"
    yield f"  what this place adds to the logit: {products([(place.value, place.weight)])[0]}"


def _sums(found: Arithmetic) -> Iterator[str]:
    sums = list(found.sums())
    worst = max(abs(one.difference) for one in sums)
    yield f"all {len(sums)} sums add up: none is off by more than {worst:.1e} ({SHARE:g} of the logit is allowed)"


def _maps(maps: Maps) -> Iterator[str]:
    whole = maps.integrated
    yield (
        f"integrated gradients, an average over {whole.steps} points and no exact sum, give {whole.total:+.6f}, and "
        f"should give {whole.logit - whole.baseline_logit:+.6f}:"
    )
    yield f"  {whole.missing:+.1e} apart, {whole.told()}"
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
