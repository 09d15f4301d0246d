"""Whether a network is as fresh at its first step as it seems, and its weights of a size that suits its inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import nn

from pellucid.doctor.finding import Finding
from pellucid.doctor.guessing import OF_CLASSES, OF_YES_AND_NO, level_of_guessing, share_right
from pellucid.doctor.looking import Check, History, LastCheck, Look

LOSS = 0.8
"""A first loss below this part of the level of guessing is no luck. Chosen by us: fresh networks lie at 1 or above, the
run of a tutorial that had been continued unnoticed began at 0.72."""

DEVIATIONS = 6.0
"""So far above the most frequent class's must the share of right answers lie, in standard deviations. Chosen by us."""

MANY, LARGE = 2.0, 3.0
"""Times the loss of guessing at the first step, and the deviation of a layer's sums for inputs of deviation 1. Both
must be passed. Chosen by us: He's start gives 1.2 and 1.4 at most; N(0, 1) for 784 pixels of 0 to 1, 6 and 28."""

ELSEWHERE = {"inputs-not-scaled", "softmax-does-not-sum-to-one", "softmax-overflows", "labels-beyond-outputs"}
"""Where one of these was found, it is the cause."""


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


def too_large(look: Look, history: History) -> Iterator[Finding]:
    """Before the first step the loss is many times that of guessing, and weights are far larger than torch's own."""
    if look.phase != "training" or look.step != 1 or history.resumed or not look.losses or history.told & ELSEWHERE:
        return
    call = look.losses[0]
    if call.name in OF_YES_AND_NO:
        classes = 2
    elif call.name in OF_CLASSES and call.given is not None and call.given.ndim > 1:
        classes = call.given.shape[1]
    else:
        return
    if classes < 2 or not call.value > MANY * math.log(classes):
        return
    spread = {name: _spread_of_sums(name, look, history) for name in look.weights}
    name = max(spread, key=spread.__getitem__, default="")
    if name and spread[name] > LARGE:
        width = _width(name, look, history)
        told = (
            f"Before the first step the loss is {call.value:.3g}; one who knows nothing has log({classes}) = "
            f"{math.log(classes):.3g}. The weights of {name} have deviation {spread[name] / math.sqrt(width):.3g}, and "
            f"each sum takes {width} of them: it is sure, and wrong, before it has learned."
        )
        mend = f"weights = torch.randn(...) * {width}**-0.5  # or nn.init.kaiming_normal_(weight), or nn.Linear's own"
        yield Finding("start-too-large", told, mend, look.step)


def _spread_of_sums(name: str, look: Look, history: History) -> float:
    """The deviation of the layer's sums, were its inputs of deviation 1: torch's own start gives 0.6, He's 1.4."""
    weights = history.parameters[name]
    if weights.ndim < 2 or _embeds(name, history):
        return 0.0
    return look.weights[name] / math.sqrt(weights.numel()) * math.sqrt(_width(name, look, history))


def _width(name: str, look: Look, history: History) -> int:
    """How many weights a sum takes: all but the first axis of a module's, the first of x @ weights."""
    weights = history.parameters[name]
    first, others = weights.shape[0], weights.numel() // weights.shape[0]
    if history.model is not None:
        return others
    columns = look.inputs.shape[-1] if look.inputs is not None and look.inputs.ndim > 1 else first
    return others if first != columns == others else first


def _embeds(name: str, history: History) -> bool:
    """Whether it is a table that is looked up in, of which no sums are taken."""
    owner = name.rpartition(".")[0]
    return history.model is not None and isinstance(history.model.get_submodule(owner), nn.Embedding | nn.EmbeddingBag)


CHECKS: tuple[Check, ...] = (already_trained, too_large)
LAST_CHECKS: tuple[LastCheck, ...] = ()
