"""How far two images are from being one and the same, whatever their brightness, contrast, and a small shift or crop.

An image is taken apart into waves (its Fourier transform below a soft window, fine waves counting more) and scaled to
length 1: neither brightness nor contrast is left. A shift turns waves and leaves their strengths alone. So two images
are compared at the shift that suits them best, and the distance of their strengths is never more than that distance.
"""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Bool, Float, Shaped

ALIKE_WITHIN = 0.15
"""Near-identical: no farther apart than this, where 0 is the same, 1.4 unrelated. Chosen by us; bench/likeness.py."""

ZOOM = 1.03
"""A crop of 2 to 4 percent, resized again, is within 1 percent of this zoom. Chosen by us; bench/likeness.py."""

MOST_WAVES, PIXELS_A_WAVE, FEWEST_WAVES = 16, 3, 4
"""Waves across an image: one in three pixels, since finer ones are what re-encoding changes; at most 16, at least 4
(images of 8 x 8 would be left with 2). Chosen by us; bench/likeness.py."""

MOST_SHIFT, STEPS = 3 / 64, 12
"""Shifts each way up to 3 pixels of 64, by quarters of a pixel, are tried. Chosen by us; bench/likeness.py."""


LEAST_SHOWN = 0.0075
"""Where fewer pixels than this share differ from the corner's, too little is shown to call two images the same picture:
specks of a few pixels all look alike. Such images are only ever identical. Chosen by us; bench/likeness.py."""


def waves(side: int) -> int:
    """How many waves across are looked at in images of `side` pixels.

    >>> waves(64), waves(28), waves(8)
    (16, 9, 4)
    """
    return min(MOST_WAVES, max(side // PIXELS_A_WAVE, FEWEST_WAVES), max(side // 2, 1))


def spectra(
    images: Shaped[np.ndarray, "case channel row column"], zoom: float = 1.0
) -> Shaped[np.ndarray, "case channel up across"]:
    """Each image's waves, complex: 0, 1, 2, ... times across it, and 0, 1, 2, ..., -2, -1 times up and down.

    Args:
        images: stored pixels, square.
        zoom: above 1 looks at the middle part, 1/zoom of each side.
    Returns:
        Of length 1, all of an image's waves together; all 0 for an image that shows next to nothing (LEAST_SHOWN).

    >>> ramp = np.arange(64).reshape(1, 1, 8, 8)
    >>> bool(np.allclose(spectra(ramp), spectra(5 * ramp + 7), atol=1e-6))
    True
    """
    side, most = images.shape[-1], waves(images.shape[-1])
    lens = _lens(side, most, zoom)
    across = (images.reshape(-1, side).astype(np.float32) @ lens).reshape(-1, side, 2 * most + 2)
    both = np.matmul(lens.T, across)
    even = lens[:, : most + 1].sum(0)  # the waves of an image that is 1 everywhere: brightness is taken out with them
    both[:, : most + 1, : most + 1] -= both[:, :1, :1] * np.outer(even, even) / even[0] ** 2
    found = _joined(both, most)
    found = found.reshape(*images.shape[:2], *found.shape[1:])
    parts = found.reshape(len(found), -1).view(np.float32)
    length = np.sqrt(np.einsum("if,if->i", parts, parts))
    plain = _shows_little(images) | (length == 0)
    parts *= np.where(plain, 0, 1 / np.where(plain, 1, length)).astype(np.float32)[:, None]
    return found


def distances(
    one: Shaped[np.ndarray, "pair channel up across"], other: Shaped[np.ndarray, "pair channel up across"]
) -> Float[np.ndarray, " pair"]:
    """How far apart the two images of each pair are at the shift that suits them best: 0 the same, 1.4 unrelated.

    Source: the product of one transform with the other's conjugate is the transform of their correlation at each
    shift (correlation theorem); |a - b|^2 = 2 - 2 correlation, for a and b of length 1.
    """
    most = one.shape[-1] - 1
    shifts = np.linspace(-MOST_SHIFT, MOST_SHIFT, 2 * STEPS + 1)
    turn_up = np.exp(2j * np.pi * np.outer(shifts, _up(most))).astype(np.complex64)
    turn_across = np.exp(2j * np.pi * np.outer(np.arange(most + 1), shifts)).astype(np.complex64)
    product = (one * other.conj()).sum(1)
    correlation = np.matmul(np.matmul(turn_up, product), turn_across).real.max((1, 2))
    apart: Float[np.ndarray, " pair"] = np.sqrt(np.maximum(2 - 2 * correlation, 0))
    return apart


def strengths(found: Shaped[np.ndarray, "case channel up across"]) -> Float[np.ndarray, "case wave"]:
    """How strong each wave is. Two images' strengths are never farther apart than the images at any shift.

    Source: | |a| - |b| | <= |a - b|, wave by wave; turning b does not change |b|.
    """
    strong: Float[np.ndarray, "case wave"] = np.abs(found).reshape(len(found), -1)
    return strong


def _lens(side: int, most: int, zoom: float) -> Float[np.ndarray, "pixel part"]:
    """Cosines, then minus sines, of each wave along one axis, under a window that fades to 0 at both ends."""
    place = ((np.arange(side) + 0.5) / side - 0.5) * zoom
    window = np.where(np.abs(place) < 0.5, np.cos(np.pi * place), 0)[:, None]
    turns = 2 * np.pi * np.outer(place, np.arange(most + 1))
    return np.concatenate([np.cos(turns) * window, -np.sin(turns) * window], 1).astype(np.float32)


def _joined(both: Float[np.ndarray, "image part part"], most: int) -> Shaped[np.ndarray, "image up across"]:
    """Complex waves from the products of cosines and sines along the two axes, each weighed by its fineness."""
    up, across = slice(0, most + 1), slice(most + 1, None)
    cc, cs, sc, ss = both[:, up, up], both[:, up, across], both[:, across, up], both[:, across, across]
    found = np.empty((len(both), 2 * most + 1, most + 1), np.complex64)
    found.real[:, up], found.imag[:, up] = cc - ss, cs + sc
    found.real[:, across], found.imag[:, across] = (cc + ss)[:, :0:-1], (cs - sc)[:, :0:-1]
    high = np.hypot(_up(most)[:, None], np.arange(most + 1))
    twice = (np.arange(most + 1) == 0) & (_up(most)[:, None] < 0)  # of a real image, these say what others say
    found *= np.where((high > most) | twice, 0, high).astype(np.float32)
    return found


def _up(most: int) -> Shaped[np.ndarray, " up"]:
    return np.concatenate([np.arange(most + 1), np.arange(-most, 0)])


def _shows_little(images: Shaped[np.ndarray, "case channel row column"]) -> Bool[np.ndarray, " case"]:
    differ = (images != images[:, :, :1, :1]).any(1)
    fewest = max(1, LEAST_SHOWN * images.shape[2] * images.shape[3])
    little: Bool[np.ndarray, " case"] = np.count_nonzero(differ, axis=(1, 2)) < fewest
    return little
