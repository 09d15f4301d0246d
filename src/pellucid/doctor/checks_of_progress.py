"""Whether the loss goes where it should: down from where it began, and below what guessing gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import fmean, median

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

BETTER, WORSE = 0.02, 0.25
"""Parts of the level of guessing by which a loss may differ from it and still be guessing. Chosen by us: a learner that
is worse by more than a quarter does something else wrong, and is told so."""

STEPS = 100
"""No patience ends sooner. Chosen by us: XOR with 2 and 1 sigmoids seems to guess for that long, and then does not."""

LAST = 4
"""So many looks at the end are averaged, at least; of longer runs the last quarter."""

SETTLED = 20
"""Steps after which a loss above its start is no start any more. Chosen by us: momentum may overshoot once."""

FIRST, SEEN = 3, 8
"""Looks that say where it began, and looks that say where it is. Chosen by us."""

THROWN = 5.0
"""Times the start, at any look. Chosen by us: momentum overshoots, and comes back; this did not."""

TENTH = "a tenth of the learning rate"

ADVICE = "look at inputs and labels side by side, then try ten times the learning rate, and a tenth"
"""Where no cause is known."""

NO_CAUSES = {
    "labels-spread-in-metric",
    "more-outputs-than-classes",
    "evaluation-in-training-mode",
    "overfitting",
    "best-never-kept",
    "already-trained",
}
"""Kinds of findings that do not keep a loss at the level of guessing."""

RISEN = 1.5
"""Times the start. Chosen by us: the losses of small batches differ by a quarter."""

ENOUGH, ENOUGH_QUANTITIES = 8, 32
"""Cases that a loss must be the mean of to be compared; of smaller batches, looks are taken together. Chosen by us: the
losses of single cases lie anywhere between 0 and many times their mean, squared distances the more so."""


def guesses(history: History) -> Iterator[Finding]:
    """At the end the loss is what one gets who always answers with the shares of the labels."""
    looks = [look for look in history.training if look.loss is not None and look.step > 1]
    last = looks[-max(LAST, len(looks) // 4) :]
    levels = _levels(last)
    if history.steps < STEPS or len(last) < LAST or len(levels) < LAST or "learning-rate-too-high" in history.told:
        return
    level, loss = fmean(levels), fmean(look.loss or 0.0 for look in last)
    if level > 0 and (1 - BETTER) * level <= loss <= (1 + WORSE) * level:
        known = not history.told <= NO_CAUSES
        yield Finding(
            "loss-of-guessing",
            f"After {history.steps} steps the loss is {loss:.3f} (the last {len(last)} looks); always answering "
            f"with the shares of the labels gives {level:.3f}. Nothing was learned, or it was unlearned."
            f"{' What was named above may be why.' if known else ''}",
            "what was named above, first" if known else ADVICE,
            history.steps,
        )


def thrown(history: History) -> Iterator[Finding]:
    """The loss shot up early, and at the end is no better than at the start: a step has thrown the weights away."""
    looks = [look for look in history.training if _is_number(look)]
    first, last = looks[:FIRST], looks[-max(LAST, len(looks) // 4) :]
    if history.steps < STEPS or len(looks) < LAST + FIRST:
        return
    few = _looks_for_enough(looks[0], history)
    start = _start(first[:1]) if few == 1 else _start_of_few(looks[:few])
    highest = max(looks, key=lambda look: look.loss or 0.0)
    ended = fmean(look.loss or 0.0 for look in last)
    if (highest.loss or 0.0) > THROWN * start and highest not in last and ended >= (1 - BETTER) * start:
        rate = f" (learning rate {max(highest.learning_rates):g})" if highest.learning_rates else ""
        levels = _levels(last)
        told = (
            f"The loss began at {start:.3g}, was {highest.loss:.3g} at step {highest.step}{rate}, and at the end is "
            f"{ended:.3g}{f', where guessing gives {fmean(levels):.3g}' if levels else ''}."
        )
        yield Finding("learning-rate-too-high", told, TENTH, history.steps)


def too_fast(look: Look, history: History) -> Iterator[Finding]:
    """The loss is no number, or stays above where it began, or swings over it and back."""
    if look.phase != "training":
        return
    if _is_number(look) and history.training and (look.loss or 0.0) <= (history.training[0].loss or 0.0):
        return  # below where it began: the usual case, and soon answered
    few = _looks_for_enough(look, history)
    begun = FIRST if few == 1 else few
    first = [seen for seen in (*history.training[:begun], look)[:begun] if _is_number(seen)]
    rate = f" (learning rate {max(look.learning_rates):g})" if look.learning_rates else ""
    mend = TENTH
    if _no_number(look):
        if "softmax-overflows" in history.told:
            return  # that is the cause
        began = f"; it was {first[0].loss:.3g} at step {first[0].step}" if first else ""
        which = "the loss is no number" if look.loss is not None else "weights are no numbers"
        told = f"At step {look.step} {which}{began}{rate}."
        yield Finding("learning-rate-too-high", told, mend, look.step)
    elif first and look.loss is not None:
        start = _start(first) if few == 1 else _start_of_few(first)
        seen_now = (*history.training, look)[-SEEN * few :]
        later = _pooled([seen.loss for seen in seen_now if seen.loss is not None and seen.step > SETTLED], few)
        what = _risen(later[-3:], start) or _swings(later, start)
        if what:
            yield Finding("learning-rate-too-high", f"{what} after {look.step} steps{rate}.", mend, look.step)


def _looks_for_enough(look: Look, history: History) -> int:
    """Over how many looks a loss must be averaged to be of ENOUGH cases: 1 for batches that hold as many."""
    cases = sum(look.labels.values())
    if cases:
        return math.ceil(ENOUGH / cases)
    return math.ceil(ENOUGH_QUANTITIES / len(history.early_inputs[0])) if history.early_inputs else 1


def _pooled(losses: list[float], few: int) -> list[float]:
    """Means of `few` looks each, the last ones whole."""
    return [fmean(losses[end - few : end]) for end in range(len(losses), few - 1, -few)][::-1]


def _start_of_few(looks: list[Look]) -> float:
    """The same of batches too small to show it: what one gets who does not know how frequent classes are, or a mean."""
    first, one = looks[0], looks[0].loss or 0.0
    if first.columns > 1 or first.labels:
        return max(one, math.log(max(first.columns, 2)))
    return fmean(look.loss or 0.0 for look in looks)


def _start(looks: list[Look]) -> float:
    """Where the loss began, or guessing where that is more: a network that was trained before may fall back to it."""
    levels = _levels(looks)
    first = [look.loss or 0.0 for look in looks]
    return max(first[0], fmean(levels) if levels else median(first))


def _levels(looks: list[Look]) -> list[float]:
    """The level of guessing at each look where it is known."""
    return [call.guessing for look in looks for call in look.losses[-1:] if not math.isnan(call.guessing)]


def _risen(losses: list[float], start: float) -> str | None:
    if len(losses) < 3 or fmean(losses) <= RISEN * start or min(losses) <= start:
        return None
    return f"The loss began at {start:.3g} and is {fmean(losses):.3g} (the last 3 looks)"


def _swings(losses: list[float], start: float) -> str | None:
    above = [loss for loss in losses if loss > RISEN * start]
    if len(losses) < SEEN or len(above) < 3 or min(losses) > start:
        return None
    return f"The loss began at {start:.3g} and swings between {min(losses):.3g} and {max(losses):.3g}"


def _is_number(look: Look) -> bool:
    return look.loss is not None and math.isfinite(look.loss)


def _no_number(look: Look) -> bool:
    if look.loss is not None:
        return not math.isfinite(look.loss)
    return any(not math.isfinite(length) for length in look.weights.values())


CHECKS: tuple[Check, ...] = (too_fast,)
LAST_CHECKS: tuple[LastCheck, ...] = (thrown, guesses)
