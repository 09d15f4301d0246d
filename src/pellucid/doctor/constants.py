"""Which constants 8-bit pixels were normalised with, read off the numbers themselves.

A pixel v of 0 to 255 becomes x = (v / 255 - mean) / deviation. So x takes at most 256 values, 1 / (255 deviation)
apart, and with the right constants x * deviation + mean falls on whole 255ths again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pellucid.shapes import Float

OFF = 0.05
"""How far from a whole number a pixel worked out backwards may lie. Chosen by us: float32 leaves less than 0.001."""

FEWEST_LEVELS = 16
"""Fewer different values do not show their spacing. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Constants:
    """Mean and deviation of each channel, of pixels from 0 to 1."""

    name: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


KNOWN = (
    # torchvision's documentation of its models' transforms
    Constants("ImageNet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    # openai/CLIP, clip.py
    Constants("CLIP", (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    # measured on the 50,000 training images; the second deviation, of single images, is in many tutorials
    Constants("CIFAR-10", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    Constants("CIFAR-10", (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    Constants("CIFAR-100", (0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)),
    # pytorch/examples, mnist/main.py
    Constants("MNIST", (0.1307,), (0.3081,)),
    Constants("Fashion-MNIST", (0.2860,), (0.3530,)),
)


def known_constants(pixels: Float[Tensor, "channel value"]) -> Constants | None:
    """The known constants that lead back from these numbers to whole pixels, if any do.

    >>> stored = torch.arange(0, 256, 3)[None] / 255
    >>> known_constants((stored - 0.1307) / 0.3081).name
    'MNIST'
    """
    for known in KNOWN:
        for mean, deviation in _for_channels(known, len(pixels)):
            stored = (pixels.double() * deviation + mean) * 255
            whole = stored.round()
            inside = bool((whole >= 0).all()) and bool((whole <= 255).all())
            if inside and float((stored - whole).abs().max()) < OFF and _tells(whole):
                return Constants(known.name, tuple(mean[:, 0].tolist()), tuple(deviation[:, 0].tolist()))
    return None


def _tells(whole: Tensor) -> bool:
    """Whether there are enough different pixels to make chance unlikely."""
    return len(torch.unique(whole)) >= 4 or bool((whole == 0).any() and (whole == 255).any())


def _for_channels(known: Constants, channels: int) -> list[tuple[Tensor, Tensor]]:
    """As columns; for a single grey channel each of the known ones may have been taken."""
    mean = torch.tensor(known.mean, dtype=torch.float64)[:, None]
    deviation = torch.tensor(known.deviation, dtype=torch.float64)[:, None]
    if channels == 1:
        return [(mean[place, None], deviation[place, None]) for place in range(len(mean))]
    if len(mean) in (1, channels):
        return [(mean.expand(channels, 1), deviation.expand(channels, 1))]
    return []


def deviation_of(values: Float[Tensor, " value"]) -> tuple[float, float | None] | None:
    """The deviation by which 8-bit pixels were divided, and the mean where all of 0 to 255 occur; None if not 8-bit.

    >>> deviation, mean = deviation_of((torch.arange(256) / 255 - 0.3) / 0.2)
    >>> round(deviation, 4), round(mean, 4)
    (0.2, 0.3)
    """
    levels = torch.unique(values.double())
    if not FEWEST_LEVELS <= len(levels) <= 256:
        return None
    apart = float((levels[1:] - levels[:-1]).min())
    steps = (levels - levels[0]) / apart
    last = round(float(steps[-1]))
    if not 0 < last <= 255:
        return None
    apart = float(levels[-1] - levels[0]) / last
    steps = (levels - levels[0]) / apart
    if float((steps - steps.round()).abs().max()) > OFF:
        return None
    deviation = 1 / (255 * apart)
    return deviation, (-float(levels[0]) * deviation if last == 255 else None)
