"""Whether the pixels that go in were scaled: once, and with constants that fit them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from pellucid.doctor.constants import Constants, deviation_of, known_constants
from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

FEATURES = 64
"""Flat inputs with fewer columns are not taken for pixels. Chosen by us: 8 x 8 is a small picture."""

UNSCALED_RANGE = 64.0
"""Whole numbers that span this much have not been scaled. Chosen by us: a quarter of 8 bits."""

TWICE = 1 / 255 + 1e-6
"""The greatest value that pixels divided by 255 twice can have."""

SHIFTED = 0.4
"""Channel means this far from 0, in units of the constants' deviation, are not the constants' own. Chosen by us: a few
batches of the right data stay within 0.2."""

STRETCHED = 1.6
"""The same for deviations, as a ratio. Chosen by us."""

LOOKS = 3
"""Batches that constants are judged by, together."""

SCALES_ITSELF = (
    "div",
    "sub",
    "mul",
    "add",
    "rsub",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "normalize",
)
"""A model that begins with one of these scales its inputs itself."""


def twice_or_never(look: Look, history: History) -> Iterator[Finding]:
    """All within 1/255 of 0; or whole numbers of a wide range."""
    pixels = look.inputs
    if pixels is None or not _like_pixels(pixels) or look.first_operation in SCALES_ITSELF:
        return
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and 0 < high <= TWICE:
        told = f"Inputs lie between {low:.3g} and {high:.3g}, and 1/255 is 0.00392: they were divided by 255 twice."
        yield Finding(
            "inputs-scaled-twice", told, "inputs = pixels / 255  # once; ToTensor() has done it already", look.step
        )
    elif _scaled_twice_then_normalised(pixels):
        told = (
            f"In no channel do inputs differ by more than {_widest(pixels):.3g}, around {float(pixels.mean()):.3g}: "
            "they were divided by 255 twice, and then normalised."
        )
        yield Finding("inputs-scaled-twice", told, "inputs = (pixels / 255 - mean) / deviation  # 255 once", look.step)
    elif high - low >= UNSCALED_RANGE and bool((pixels == pixels.round()).all()):
        told = f"Inputs are whole numbers between {low:.0f} and {high:.0f}: pixels as they were stored, not scaled."
        most = 255 if low >= 0 and high <= 255 else 65535 if low >= 0 else None
        mend = "inputs = (pixels - pixels.mean()) / pixels.std()  # measured on the training images"
        yield Finding("inputs-not-scaled", told, f"inputs = pixels / {most}" if most else mend, look.step)


def foreign_constants(look: Look, history: History) -> Iterator[Finding]:
    """At the third look: the first three batches together, against the constants that they were normalised with."""
    third = look.phase == "training" and len(history.early_inputs) == LOOKS - 1
    if third and look.inputs is not None and look.first_operation not in SCALES_ITSELF:
        yield from _foreign([*history.early_inputs, look.inputs], history)


def foreign_constants_of_few(history: History) -> Iterator[Finding]:
    """The same at the end, where there were fewer looks."""
    if 0 < len(history.early_inputs) < LOOKS:
        yield from _foreign(history.early_inputs, history)


def _foreign(batches: Sequence[Tensor], history: History) -> Iterator[Finding]:
    if history.told & {"inputs-scaled-twice", "inputs-not-scaled"}:
        return
    if not all(_like_pixels(batch) and batch.shape[1:] == batches[0].shape[1:] for batch in batches):
        return
    pixels = _by_channel(torch.cat([batch.float() for batch in batches]))
    if not bool(pixels.isfinite().all()) or (float(pixels.min()) >= -1 and float(pixels.max()) <= 1):
        return  # 0 to 1 and -1 to 1 are sound
    known = known_constants(pixels)
    found = known or _read_off(pixels)
    if found is None:
        return
    mean, deviation = pixels.mean(1), pixels.std(1)
    fits = bool((mean.abs() <= SHIFTED).all()) and bool(
        ((deviation / deviation.clamp(1 / STRETCHED, STRETCHED)) == 1).all()
    )
    if history.scaling == "as-pretrained" and known is None:
        told = (
            f"The inputs should follow a pretrained network, but were divided by {_row(found.deviation)}: the "
            "constants of none that we know (ImageNet's: 0.229, 0.224, 0.225)."
        )
        mend = "transforms.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))"
        yield Finding("inputs-normalised-for-other-images", told, mend, history.steps)
    elif history.scaling is None and not fits:
        yield _misfit(found, mean, deviation, history.steps)


def _misfit(found: Constants, mean: Tensor, deviation: Tensor, step: int) -> Finding:
    whose = f"{found.name}'s constants" if found.name else f"a deviation of {_row(found.deviation)}"
    told = (
        f"Pixels were normalised with {whose}, and came out with mean {_row(mean.tolist())} and deviation "
        f"{_row(deviation.tolist())} a channel, where 0 and 1 were meant: these are other images."
    )
    mend = f"inputs = (inputs - mean) / deviation  # mean {_row(mean.tolist())}, deviation {_row(deviation.tolist())}"
    if found.mean:
        own_deviation = [float(one) * by for one, by in zip(deviation, found.deviation, strict=True)]
        triples = zip(mean.tolist(), found.deviation, found.mean, strict=True)
        own_mean = [one * by + of for one, by, of in triples]
        mend = f"transforms.Normalize(mean=({_row(own_mean)},), std=({_row(own_deviation)},))"
    mend += '  # or watch(..., scaling="as-pretrained") where they are a pretrained network\'s'
    return Finding("inputs-normalised-for-other-images", told, mend, step)


def _read_off(pixels: Tensor) -> Constants | None:
    """The constants that the spacing of the values shows; the mean only where every channel shows it."""
    seen = [deviation_of(channel) for channel in pixels]
    if any(one is None for one in seen):
        return None
    shown = [one for one in seen if one is not None]
    means = tuple(mean for _, mean in shown if mean is not None)
    return Constants("", means if len(means) == len(shown) else (), tuple(deviation for deviation, _ in shown))


def _by_channel(pixels: Tensor) -> Tensor:
    """[channel, value]; flat inputs are one channel."""
    if pixels.dim() < 4:
        return pixels.reshape(1, -1)
    return pixels.transpose(0, 1).flatten(1)


def _like_pixels(inputs: Tensor) -> bool:
    if not inputs.is_floating_point() or inputs.dim() < 2 or inputs.numel() < FEATURES:
        return False
    return inputs.dim() > 2 or inputs.shape[1] >= FEATURES


def _widest(pixels: Tensor) -> float:
    channels = _by_channel(pixels)
    return float((channels.amax(1) - channels.amin(1)).max())


def _scaled_twice_then_normalised(pixels: Tensor) -> bool:
    """Whole images within 1/255 of each other, in units of a deviation of at least 0.2; and far from 0."""
    channels = _by_channel(pixels)
    return 0 < _widest(pixels) <= TWICE / 0.19 and float(channels.mean(1).min()) <= -0.4


def _row(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


CHECKS: tuple[Check, ...] = (twice_or_never, foreign_constants)
LAST_CHECKS: tuple[LastCheck, ...] = (foreign_constants_of_few,)
