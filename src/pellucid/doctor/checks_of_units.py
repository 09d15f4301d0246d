"""Whether ReLUs are alive: a unit that is 0 for every case has slope 0 too, and can never come back."""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

LOOKS = 4
"""So many looks in a row must find a unit silent. Chosen by us."""

CASES = 100
"""And so many cases. Chosen by us: a unit may answer to one case in fifty."""

MOST = 0.75
"""Share of a layer's units. Chosen by us: of sound networks, as torch starts them, up to half were found silent."""


def dead(look: Look, history: History) -> Iterator[Finding]:
    """Most of a layer's units gave 0 for every case of the last looks."""
    looks = [seen for seen in (*history.training[-LOOKS:], look) if seen.rectified][-LOOKS:]
    if look.phase != "training" or not look.rectified or len(looks) < LOOKS:
        return
    for last in look.rectified:
        if len(last.silent) < MOST * last.units:
            continue
        same = [one for seen in looks for one in seen.rectified if one.number == last.number]
        cases = sum(one.cases for one in same)
        if cases < CASES or len({one.units for one in same}) > 1:
            continue
        count, units = len(frozenset.intersection(*(one.silent for one in same))), last.units
        if count and count >= MOST * units:
            yield Finding(
                "dead-relus",
                f"ReLU {last.number} of the forward pass: {count} of {units} units gave 0 for all {cases} cases looked "
                "at. Their slope is 0 too, so that they stay dead.",
                "a smaller learning rate from the start, bias=0 at the start, or nn.LeakyReLU()",
                look.step,
            )
            return


CHECKS: tuple[Check, ...] = (dead,)
LAST_CHECKS: tuple[LastCheck, ...] = ()
