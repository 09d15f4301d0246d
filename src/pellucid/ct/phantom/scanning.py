"""A scene through a scanner: layers are averaged into slices, blurred by the kernel, and noise is added."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.patches import Patch
from pellucid.ct.phantom.scanner import Scanner, noise_tile, profile, strength, transfer
from pellucid.ct.phantom.scene import Scene
from pellucid.shapes import Int16

PADDING_HU = -2048


def scan(
    rng: np.random.Generator, scanner: Scanner, scene: Scene, patches: list[Patch], slices: int, apex_z: float
) -> Int16[np.ndarray, "slice row column"]:
    """The scan's voxels.

    Args:
        rng: draws the noise.
        scanner: its settings.
        scene: anatomy.
        patches: nodules.
        slices: how many.
        apex_z: height of the lungs' tips, mm; near it the shoulders make noise.
    """
    from scipy.fft import irfft2, rfft2

    rows, columns = scene.grid.shape[1:]
    weights, kernel = profile(scanner, slices), transfer(scanner, rows, columns)
    tile = noise_tile(rng, scanner, rows, columns)
    z = scene.grid.origin_zyx_mm[0] + scanner.spacing_mm * np.arange(slices)
    louder = strength(scanner, z, apex_z) * np.float32(scanner.noise_hu)
    made = np.empty((slices, rows, columns), np.int16)
    kept: dict[int, np.ndarray] = {}
    for number in range(slices):
        used = np.flatnonzero(weights[number])
        kept = {layer: kept[layer] if layer in kept else scene.layer(layer, patches) for layer in used.tolist()}
        slab = sum(weights[number, layer] * kept[layer] for layer in used.tolist())
        seen = irfft2(rfft2(slab) * kernel, (rows, columns))
        seen += _noise(rng, tile, louder[number], number)
        if scanner.streaks > 1 and z[number] > apex_z - 30:
            seen += _streaks(rng, rows, columns) * np.float32(scanner.noise_hu * 0.5 * (scanner.streaks - 1))
        made[number] = np.clip(np.rint(seen), -1024, 3071)
    if scanner.padded:
        y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
        made[:, (y * rows) ** 2 + (x * columns) ** 2 > (1.02 * columns) ** 2] = PADDING_HU
    return made


def _noise(rng: np.random.Generator, tile: np.ndarray, louder: np.ndarray, number: int) -> np.ndarray:
    """One slice of the tile, shifted, mirrored and of either sign, so that no two slices are alike."""
    rows, columns = tile.shape[1:]
    one = tile[number % len(tile)]
    if number >= len(tile):
        one = np.roll(one, (int(rng.integers(rows)), int(rng.integers(columns))), axis=(0, 1))
    y, x = np.linspace(0, 7, rows), np.linspace(0, 7, columns)
    near_y = np.maximum(1 - np.abs(y[:, None] - np.arange(8)), 0).astype(np.float32)
    near_x = np.maximum(1 - np.abs(x[:, None] - np.arange(8)), 0).astype(np.float32)
    return np.asarray(one * (near_y @ louder @ near_x.T))


def _streaks(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Streaks along rows, as bones that lie in one line throw them."""
    across = rng.standard_normal((rows, 5)).astype(np.float32)
    along = np.linspace(0, 4, columns, dtype=np.float32)
    near = np.maximum(1 - np.abs(along[:, None] - np.arange(5)), 0).astype(np.float32)
    return np.asarray(across @ near.T)
