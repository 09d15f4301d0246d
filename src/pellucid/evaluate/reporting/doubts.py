"""What a reader has to be warned of, in sentences: each follows from the figures, so that it can be checked again."""

from __future__ import annotations

from typing import Any

from pellucid.evaluate.reporting.in_words import listed, model_name, percent, quoted, signed, unit
from pellucid.evaluate.reporting.promises import calibrated, level_in_words

MANY_TWINS = 0.02
"""Share of held-out images with a twin in training from which on a warning says so. Chosen by us."""

MANY_UNLIKE, SET_TO = 0.05, 0.01
"""Share of held-out images flagged as unlike the training images from which on a warning says so, chosen by us as
several times what the flag is set to; and what that is."""

FEW_CASES = 10
"""Held-out cases of a class below which a warning says so. Chosen by us: even ten that are all found leave open that
three of ten are missed."""

WORSE = 0.05
"""By which share the calibration may raise the log loss of the held-out part before a warning says so. Chosen by us, as
what one sees in a reliability diagram."""

MOST_NAMED = 4
"""Classes that are named one by one. Chosen by us."""


def doubts(figures: dict[str, Any], model: str) -> list[str]:
    """Warnings that follow from a run's figures.

    Args:
        figures: as `assess` gives them.
        model: its name, for the sentences.
    """
    return [
        *figures["held_out"]["warnings"],
        *_few(figures),
        *_twins(figures),
        *_images(figures["repeats"]),
        *_rivals(figures, model_name(model)),
        *(probe["says"] for probe in figures["probes"].values() if probe.get("alarming")),
        *_calibrated(figures),
        *_sets(figures),
        *_dial(figures),
        *_unlike(figures),
    ]


def _few(figures: dict[str, Any]) -> list[str]:
    counts = {name: one["cases"] for name, one in figures["held_out"]["per_class"].items() if one["cases"]}
    few = {name: count for name, count in counts.items() if count < FEW_CASES}
    if not few:
        return []
    named = _named([f"{name} ({count})" for name, count in zip(quoted(list(few)), few.values(), strict=True)])
    return [f"Fewer than {FEW_CASES} held-out images of {named}: figures of so few say next to nothing."]


def _images(repeats: dict[str, Any]) -> list[str]:
    """Labels that contradict each other, and images that show nothing, wherever in the data set they stand."""
    twice, blank = repeats["identical_across_classes"], repeats["blank"]
    said = []
    if twice:
        stand = "image stands" if twice == 1 else "images stand"
        said.append(f"{twice:,} {stand} in the data set with different labels, of which one at most is right.")
    if blank:
        are = "1 image is" if blank == 1 else f"{blank:,} images are"
        said.append(f"{are} blank, and can teach or show nothing; `pellucid audit` names them.")
    return said


def _twins(figures: dict[str, Any]) -> list[str]:
    twins = figures["twins"]
    if twins["held_out"] <= MANY_TWINS * twins["cases"]:
        return []
    return [
        f"{twins['held_out']:,} of {twins['cases']:,} held-out images have a twin among those learned from: read the "
        "figures without them, or draw a split without twins by --split clean."
    ]


def _rivals(figures: dict[str, Any], model: str) -> list[str]:
    """Rivals that are better, and those that are not shown to be worse."""
    gaps = {name: rival["difference"]["balanced_accuracy"] for name, rival in figures["rivals"].items()}
    known = {name: gap for name, gap in gaps.items() if gap["low"] is not None}
    better = [f"{name}, by {signed(_turned(gap))}" for name, gap in known.items() if gap["high"] < 0]
    open_ = [f"{name}, {signed(gap)}" for name, gap in known.items() if gap["low"] <= 0 <= gap["high"]]
    said = []
    if better:
        said.append(f"Rivals have more balanced accuracy than the {model}: {'; '.join(better)}.")
    if open_:
        count = len(open_)
        than = "any of its" if count == len(known) else f"{'one' if count == 1 else count} of its {len(known)}"
        said.append(
            f"These held-out images do not show that the {model} is better than {than} rivals. How much more balanced "
            f"accuracy it has than each: {'; '.join(open_)}."
        )
    return said


def _turned(gap: dict[str, Any]) -> dict[str, Any]:
    """The difference the other way round."""
    return gap | {"value": -gap["value"], "low": -gap["high"], "high": -gap["low"]}


def _calibrated(figures: dict[str, Any]) -> list[str]:
    """A temperature that did harm."""
    before, after = (figures["probabilities"][when]["log_loss"]["value"] for when in ("before", "after"))
    if before is None or after is None or after <= (1 + WORSE) * before:
        return []
    return [f"The calibration did not carry over. {calibrated(figures['probabilities'])}"]


def _sets(figures: dict[str, Any]) -> list[str]:
    """Classes for which the sets promise nothing."""
    per_class = figures["sets"]["per_class"]
    short = {name: one for name, one in per_class.items() if one["limit"] is None}
    if not short:
        return []
    needed, most = next(iter(short.values()))["needed"], max(one["units"] for one in short.values())
    if len(short) == len(per_class):
        named, have = "any class", f"the calibration part has at most {most:,} {unit(figures, most)} of one"
    elif len(short) == 1:
        named, have = quoted(list(short))[0], f"the calibration part has {most:,} {unit(figures, most)} of it"
    else:
        counted = zip(quoted(list(short)), short.values(), strict=True)
        named = _named([f"{name} ({one['units']:,})" for name, one in counted])
        have = f"in brackets, how many calibration {unit(figures)} have it"
    return [f"No guarantee possible that the sets hold {named}: {have}, and at least {needed} are needed."]


def _dial(figures: dict[str, Any]) -> list[str]:
    """Thresholds that did not keep their promise on the held-out part."""
    return [
        f"A promise did not hold. {level_in_words(level)}" for level in figures["dial"] if level["verdict"] == "broken"
    ]


def _unlike(figures: dict[str, Any]) -> list[str]:
    """Far more flags than the flag is set to, and more than chance allows."""
    unlike, units = figures["unlike"], figures["dial"][0]["units"] if figures["dial"] else 0
    expected = max(SET_TO, 1 / (units + 1))  # what the smallest calibration parts allow, see `unlike.threshold_of`
    if unlike["value"] is None or unlike["value"] <= MANY_UNLIKE or (unlike["low"] or 0.0) <= expected:
        return []
    return [
        f"{percent(unlike)} of the held-out images are flagged as unlike those learned from, where about "
        f"{100 * expected:.2g}% were to be expected: the parts differ."
    ]


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return listed(names) if more <= 1 else f"{', '.join(names[:MOST_NAMED])} and {more} more classes"
