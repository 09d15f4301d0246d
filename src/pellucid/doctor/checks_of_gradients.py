"""Whether the loss's slope reaches the first layers as it leaves the last: neither gone on the way, nor blown up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

VANISHED = 1e-4
"""Ratio of the typical slope of a layer's weights to that of the strongest layer. Chosen by us: five layers of sigmoids
that torch has started lie above it, ten far below, and thirty of ReLUs with He's start above."""

LAYERS = 3
"""A network of fewer has no way on which a gradient could be lost."""

LOOKS = 3
"""So often is it seen before it is said. Chosen by us: a first step may be an exception."""


def vanishes(look: Look, history: History) -> Iterator[Finding]:
    """Some layer's slopes are next to nothing beside another's, look after look."""
    looks = [*history.training[1 - LOOKS :], look]
    if look.phase != "training" or len(looks) < LOOKS:
        return
    if not all(_weakest(seen, history) for seen in reversed(looks)):
        return
    slopes = _slopes(look, history)
    name = min(slopes, key=slopes.__getitem__)
    strongest = max(slopes, key=slopes.__getitem__)
    gone = [other for other in slopes if slopes[other] < VANISHED * slopes[strongest]]
    yield Finding(
        "gradients-vanish",
        f"A typical slope is {slopes[name]:.1e} in {name}, {slopes[strongest]:.1e} in {strongest}: "
        f"{len(gone)} of {len(slopes)} layers hardly learn ({_span(gone)}).",
        "nn.ReLU() in place of nn.Sigmoid(), nn.BatchNorm1d between layers, or x + layer(x)",
        look.step,
    )


def explodes(look: Look, history: History) -> Iterator[Finding]:
    """In most layers one step moves the weights by more than all that they are, or the slope is no number."""
    looks = [*history.training[-1:], look]
    if look.phase != "training" or len(looks) < 2 or "softmax-overflows" in history.told:
        return
    layers, burst = _layers(look, history), _burst(look, history)
    if len(layers) < LAYERS or min(len(burst), len(_burst(looks[0], history))) < len(layers) / 2:
        return
    worst = max(burst, key=lambda name: _ratio(look.gradients[name], look.weights[name]))
    yield Finding(
        "gradients-explode",
        f"In {worst} the slope's length is {look.gradients[worst]:.1e}, the weights' {look.weights[worst]:.1e}; "
        f"in {len(burst)} of {len(layers)} layers one step moves the weights by more than all that they are.",
        "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # before optimizer.step(), and torch's own start",
        look.step,
    )


def _layers(look: Look, history: History) -> list[str]:
    """Weights of layers (not biases, not scales) that have a slope, in the model's order."""
    found = history.parameters
    return [name for name in look.gradients if name in found and found[name].ndim > 1 and look.gradients[name] != 0]


def _slopes(look: Look, history: History) -> dict[str, float]:
    """The root mean square of each layer's slopes."""
    return {name: look.gradients[name] / math.sqrt(history.parameters[name].numel()) for name in _layers(look, history)}


def _weakest(look: Look, history: History) -> str | None:
    """The layer whose slopes are gone, if there is one."""
    slopes = _slopes(look, history)
    if len(slopes) < LAYERS or not all(map(math.isfinite, slopes.values())):
        return None
    name = min(slopes, key=slopes.__getitem__)
    return name if slopes[name] < VANISHED * max(slopes.values()) else None


def _burst(look: Look, history: History) -> list[str]:
    found = []
    for name in _layers(look, history):
        slope, weight, moved = look.gradients[name], look.weights.get(name, 0.0), look.moved.get(name, 0.0)
        if not math.isfinite(slope) or (0 < weight < slope and moved > weight):
            found.append(name)
    return found


def _ratio(slope: float, weight: float) -> float:
    return math.inf if not math.isfinite(slope) else slope / weight


def _span(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


CHECKS: tuple[Check, ...] = (vanishes, explodes)
LAST_CHECKS: tuple[LastCheck, ...] = ()
