"""What a reader has to be warned of, in sentences: each follows from the figures, so that it can be checked again."""

from __future__ import annotations

from typing import Any

MANY_TWINS = 0.02
"""Share of held-out images with a twin in training from which on a warning says so. Chosen by us."""

MANY_UNLIKE = 0.05
"""Share of held-out images flagged as unlike the training images from which on a warning says so. Chosen by us, as
several times what the flag is set to."""

MOST_NAMED = 4
"""Classes without a guarantee that are named one by one. Chosen by us."""


def doubts(figures: dict[str, Any], model: str) -> list[str]:
    """Warnings that follow from a run's figures.

    Args:
        figures: as `assess` gives them.
        model: its name, for the sentences.
    """
    return [
        *figures["held_out"]["warnings"],
        *_twins(figures),
        *_rivals(figures, model),
        *(probe["says"] for probe in figures["probes"].values() if probe.get("alarming")),
        *_sets(figures),
        *_unlike(figures),
    ]


def _twins(figures: dict[str, Any]) -> list[str]:
    twins = figures["twins"]
    if twins["held_out"] <= MANY_TWINS * twins["cases"]:
        return []
    return [
        f"{twins['held_out']:,} of {twins['cases']:,} held-out images have a twin among those learned from: read the "
        "figures without them, or draw a split without twins by --split clean."
    ]


def _rivals(figures: dict[str, Any], model: str) -> list[str]:
    gaps = {name: rival["difference"]["balanced_accuracy"] for name, rival in figures["rivals"].items()}
    return [
        f"Balanced accuracy of the {model} less that of the rival {name!r}: {gap['value']:+.3f} ({gap['low']:+.3f} to "
        f"{gap['high']:+.3f}): these held-out cases do not show that the {model} is better."
        for name, gap in gaps.items()
        if gap["low"] is not None and gap["low"] <= 0
    ]


def _sets(figures: dict[str, Any]) -> list[str]:
    """Classes for which the sets promise nothing."""
    per_class = figures["sets"]["per_class"]
    short = [one["told"] for one in per_class.values() if one["limit"] is None]
    more = [f"{len(short) - MOST_NAMED} more classes have no guarantee either."] if len(short) > MOST_NAMED else []
    return [*short[:MOST_NAMED], *more]


def _unlike(figures: dict[str, Any]) -> list[str]:
    unlike = figures["unlike"]
    if unlike["value"] is None or unlike["value"] <= MANY_UNLIKE:
        return []
    return [
        f"{100 * unlike['value']:.1f}% of the held-out images are flagged as unlike those learned from: the parts differ."
    ]
