"""Which parts of the page a link hides, so that a lecture shows only what it speaks of; and what it shows besides."""

from __future__ import annotations

from pellucid.errors import BadInput

HIDEABLE = {
    "run": "Run", "step": "Step", "reset": "Reset", "new_points": "New points", "new_weights": "New weights",
    "link": "Link with weights", "learning_rate": "Learning rate", "momentum": "Momentum", "activation": "Activation",
    "regularisation": "Regularisation", "penalty": "Penalty", "toy": "Problem", "points": "Points", "noise": "Noise",
    "train_share": "Share for training", "batch_size": "Batch size", "features": "Features",
    "layers": "Layers and units", "loss": "Loss", "shown": "Test points, yes or no", "arithmetic": "Arithmetic",
    "scatter": "Last hidden layer", "slopes": "Slopes", "words": "Explanations", "hide": "This menu",
}  # fmt: skip
"""Name in the link, and what it is called."""

SHOWABLE = ("test", "discrete")
"""Test points over the output, and the output as yes or no."""


def hidden_of(text: str) -> tuple[str, ...]:
    """Parts that a link hides.

    Args:
        text: names with - between them; empty: none.
    Raises:
        BadInput: naming what is no part of the page, and what is.

    >>> hidden_of("step-momentum")
    ('step', 'momentum')
    """
    return _names(text, tuple(HIDEABLE), "hide")


def shown_of(text: str) -> tuple[str, ...]:
    """What a link shows that is usually not shown.

    Args:
        text: names of SHOWABLE with - between them; empty: none.
    Raises:
        BadInput: naming what cannot be shown.
    """
    return _names(text, SHOWABLE, "show")


def _names(text: str, allowed: tuple[str, ...], what: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split("-"))) if text else ()
    unknown = [name for name in names if name not in allowed]
    if unknown:
        named = ", ".join(repr(name[:40]) for name in unknown[:5])
        raise BadInput(f"There is no {named} to {what}: the link may {what} {', '.join(allowed)}.")
    return names
