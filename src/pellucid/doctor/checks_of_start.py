"""Whether a network is as fresh at its first step as it seems."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pellucid.doctor.finding import Finding
from pellucid.doctor.guessing import level_of_guessing, share_right
from pellucid.doctor.looking import Check, History, LastCheck, Look

LOSS = 0.8
"""A first loss below this part of the level of guessing is no luck. Chosen by us: fresh networks lie at 1 or above, the
run of a tutorial that had been continued unnoticed began at 0.72."""

DEVIATIONS = 6.0
"""So far above the most frequent class's must the share of right answers lie, in standard deviations. Chosen by us."""


def already_trained(look: Look, history: History) -> Iterator[Finding]:
    """Before the first step the loss is far below guessing, and the answers are right far more often."""
    if look.phase != "training" or look.step != 1 or history.resumed or not look.losses:
        return
    call = look.losses[0]  # of several in one step (LBFGS), only the first was before any update
    level, answers = (
        level_of_guessing(call.name, call.given, call.target),
        share_right(call.name, call.given, call.target),
    )
    if answers is None or math.isnan(level) or call.value >= LOSS * level:
        return
    right, most, count = answers
    if (right - most) * math.sqrt(count) > DEVIATIONS * math.sqrt(most * (1 - most)) > 0:
        yield Finding(
            "already-trained",
            f"Before the first step the loss is {call.value:.3f} and {right:.0%} of {count} answers are right; "
            f"guessing gives {level:.3f} and {most:.0%}. These weights were trained before.",
            "build the model again before this run; or watch(..., resumed=True) where going on is meant",
            look.step,
        )


CHECKS: tuple[Check, ...] = (already_trained,)
LAST_CHECKS: tuple[LastCheck, ...] = ()
