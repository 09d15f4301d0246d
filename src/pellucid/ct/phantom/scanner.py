"""The scanner: slices of a thickness, a kernel from smooth to sharp, and noise with the kernel's own texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Float

SLICES_MM = {0.8: 0.06, 1.0: 0.26, 1.25: 0.24, 1.5: 0.1, 2.0: 0.1, 2.5: 0.1, 3.0: 0.1, 5.0: 0.04}
"""Distance of slices and how often. Chosen by us, as chest protocols of the last twenty years have it."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scanner's settings.

    Attributes:
        pixel_mm: edge of a pixel.
        spacing_mm: distance of slices.
        thickness_mm: of each slice; may exceed the spacing.
        parts: how many layers are drawn for each slice's spacing.
        width_mm: of the in-plane point spread (deviation) that is left after the kernel.
        sharpening: how much the kernel lifts middle frequencies: 0 for smooth ones, above 0.5 for lung kernels.
        noise_hu: deviation in the middle of the lungs.
        streaks: how much more noise there is along rows at the shoulders.
        padded: whether outside of the scanned circle stands a padding value.
    """

    pixel_mm: float
    spacing_mm: float
    thickness_mm: float
    parts: int
    width_mm: float
    sharpening: float
    noise_hu: float
    streaks: float
    padded: bool


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Settings of one scan.

    >>> draw_scanner(np.random.default_rng(0)).pixel_mm < 0.9
    True
    """
    spacing = float(rng.choice(list(SLICES_MM), p=list(SLICES_MM.values())))
    sharp = float(rng.uniform(0.4, 1.3) if rng.random() < 0.5 else rng.uniform(0.0, 0.4))  # lung kernels, and others
    # noise grows with sharpness and falls with thickness (Source: Brooks and Di Chiro 1976, Med Phys 3:237)
    noise = rng.lognormal(np.log(18), 0.45) * (1 + 1.6 * sharp) / np.sqrt(max(spacing, 1.0) / 1.5)
    return Scanner(
        pixel_mm=float(rng.uniform(0.6, 0.88)), spacing_mm=spacing,
        thickness_mm=spacing * float(rng.choice([1.0, 1.25, 1.5], p=[0.7, 0.2, 0.1])),
        parts=max(1, int(np.ceil(spacing / 1.3))), width_mm=float(rng.uniform(0.55, 0.75) - 0.2 * min(sharp, 1)),
        sharpening=sharp, noise_hu=float(np.clip(noise, 8, 120)), streaks=float(rng.uniform(0.3, 2.0)),
        padded=bool(rng.random() < 0.15),
    )  # fmt: skip


def profile(scanner: Scanner, slices: int) -> Float[np.ndarray, "slice layer"]:
    """How much each drawn layer gives to each slice: a box of the slice's thickness with soft ends; rows sum to 1."""
    layers = slices * scanner.parts
    step = scanner.spacing_mm / scanner.parts
    at = (np.arange(layers) + 0.5) * step
    centre = (np.arange(slices) + 0.5) * scanner.spacing_mm
    away = np.abs(at - centre[:, None])
    share = np.clip((scanner.thickness_mm / 2 - away) / step + 0.5, 0, 1)
    share += 0.12 * np.clip(1 - np.abs(away - scanner.thickness_mm / 2 - 0.5 * step) / step, 0, 1)
    return np.asarray(share / share.sum(axis=1, keepdims=True), np.float32)


def transfer(scanner: Scanner, rows: int, columns: int) -> Float[np.ndarray, "row frequency"]:
    """The kernel's modulation transfer: 1 for flat parts, above 1 for edges where it sharpens, 0 for the finest.

    Source: Boedeker et al. 2007, Phys Med Biol 52:4027 (transfer functions of clinical kernels).
    """
    fy, fx = np.fft.fftfreq(rows, scanner.pixel_mm)[:, None], np.fft.rfftfreq(columns, scanner.pixel_mm)
    f = np.sqrt(fy**2 + fx**2)
    lift = 1 + 1.3 * scanner.sharpening * np.exp(-((f - 0.38) ** 2) / (2 * 0.16**2)) * (1 - np.exp(-((f / 0.15) ** 2)))
    return np.asarray(np.exp(-2 * (np.pi * f * scanner.width_mm) ** 2) * lift, np.float32)


def noise_tile(
    rng: np.random.Generator, scanner: Scanner, rows: int, columns: int
) -> Float[np.ndarray, "slice row column"]:
    """A few slices of noise of deviation 1, coloured as filtered back projection colours it: ramp times kernel.

    Source: Riederer et al. 1978, Phys Med Biol 23:446.
    """
    from scipy.fft import irfft2, rfft2

    fy, fx = np.fft.fftfreq(rows, scanner.pixel_mm)[:, None], np.fft.rfftfreq(columns, scanner.pixel_mm)
    ramp = np.sqrt(np.sqrt(fy**2 + fx**2) + 0.02)
    white = rng.standard_normal((20, rows, columns), np.float32)
    drawn = irfft2(rfft2(white) * (ramp * transfer(scanner, rows, columns)).astype(np.float32), (rows, columns))
    over = scanner.thickness_mm / scanner.spacing_mm - 1  # overlapping slices share some of their noise
    drawn = drawn + np.float32(over) * np.roll(drawn, 1, axis=0)
    return np.asarray(drawn / drawn.std(), np.float32)


def strength(
    scanner: Scanner, z_mm: Float[np.ndarray, " slice"], apex_z: float
) -> Float[np.ndarray, "slice row column"]:
    """How much noisier than mid-lung each place is: 8 x 8 values a slice; most at shoulders and belly."""
    up = np.clip((z_mm - apex_z + 35) / 50, 0, 1.3)[:, None, None]
    low = np.clip((-z_mm - 90) / 60, 0, 1)[:, None, None]
    y, x = np.linspace(-1, 1, 8)[:, None], np.linspace(-1, 1, 8)
    middle = np.exp(-(x**2 + y**2) / 0.9)
    return np.asarray((0.75 + 0.5 * middle) * (1 + scanner.streaks * up + 0.5 * low), np.float32)
