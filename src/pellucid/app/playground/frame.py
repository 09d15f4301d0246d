"""One moment of an experiment as the page draws it: small maps as bytes, weights and losses as numbers."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from typing import Any

import torch

from pellucid.app.playground.playing import Losses, Playing
from pellucid.app.playground.stalled import stalled
from pellucid.shapes import Float

SMALL, LARGE = 24, 72
"""Pixels a side of a unit's map and of the output's. Chosen by us: a frame of 20 units stays below 30 kB."""


def frame_of(playing: Playing) -> dict[str, Any]:
    """Everything that moves while a network learns.

    Returns:
        JSON: `step`, `epoch`, `losses`, `weights` (layer, unit, feature), `biases` (layer, unit), `slopes` (a layer),
        `maps` (of features, then layer by layer: base64 of a byte a pixel, 128 is 0, 1 and 255 are minus and plus
        `scales`), `output` (the same, larger), `hidden` (training points in the last hidden layer), `cut` (of that
        picture: where right * x + up * y + constant is 0, so is the output's sum) and `stalled` (what to say where it
        gets no better).
    """
    small, large = playing.maps(SMALL), playing.maps(LARGE)[-1]
    if playing.experiment.is_class:
        large = 2 * large - 1  # a probability of one half becomes 0, the middle of the colours
    scales = [scale_of(layer) for layer in small[:-1]]
    hidden = playing.representation()
    return {
        "step": playing.steps,
        "epoch": round(playing.epoch, 3),
        "losses": losses_of(playing.losses()),
        "weights": [layer.weight.tolist() for layer in playing.layers],
        "biases": [layer.bias.tolist() for layer in playing.layers],
        "slopes": list(playing.slope_sizes),
        "maps": [[as_bytes(unit, scale) for unit in layer] for layer, scale in zip(small[:-1], scales, strict=True)],
        "scales": scales,
        "output": as_bytes(large[0], 1.0),
        "hidden": None if hidden is None else [[round(value, 4) for value in row] for row in hidden.shown.tolist()],
        "cut": None if hidden is None else list(hidden.cut),
        "stalled": None if (found := stalled(playing)) is None else asdict(found),
    }


def losses_of(losses: Losses) -> list[int | float | None]:
    """step, train, test, train_error, test_error."""
    return [losses.step, losses.train, losses.test, losses.train_error, losses.test_error]


def scale_of(layer: Float[torch.Tensor, "unit row column"]) -> float:
    """The largest size in any of the maps; 1 where all are 0.

    >>> scale_of(torch.tensor([[[0.5, -2.0]]]))
    2.0
    """
    return float(layer.abs().max()) or 1.0


def as_bytes(values: Float[torch.Tensor, "row column"], scale: float) -> str:
    """A byte a pixel: 128 + 127 * value / scale, rounded; base64.

    >>> from base64 import b64decode
    >>> list(b64decode(as_bytes(torch.tensor([[0.0, 1.0, -2.0]]), 2.0)))
    [128, 192, 1]
    """
    levels = (128 + 127 * (values / scale).clamp(-1, 1)).round().to(torch.uint8)
    return b64encode(levels.contiguous().numpy().tobytes()).decode("ascii")


def still_of(playing: Playing) -> dict[str, Any]:
    """What stays as it is while a network learns: its points and the shape of the network."""
    return {
        "features": list(playing.experiment.features),
        "widths": [len(layer.bias) for layer in playing.layers],
        "is_class": playing.experiment.is_class,
        "train": [*map(list, zip(*playing.train.places.T.tolist(), playing.train.targets[:, 0].tolist(), strict=True))],
        "test": [*map(list, zip(*playing.test.places.T.tolist(), playing.test.targets[:, 0].tolist(), strict=True))],
    }
