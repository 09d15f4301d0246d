"""From a peak of the heat map to the outline of what stands there, cut off from vessels that run into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.likeness.painting import HIGHEST_HU, LOWEST_HU  # or calcium would raise the half height
from pellucid.ct.lungs.boxes import Box, bounding_box
from pellucid.data.volumes.parts import connected_components
from pellucid.shapes import Bool, Float, Int16

LEAST_STEP_HU = 75.0  # chosen by us: a spot's edge lies at least so far above the lung around it, out of the noise
SMOOTHING = 1 / 8  # chosen by us: sigma of what is smoothed against noise, in diameters
SHELL_MM = 3  # chosen by us: how far from a ball of its size "just around it" reaches
AROUND_MM = 3  # chosen by us: how much wider than the spot "around it" reaches
MIDDLE, NEAR = 5, 3  # chosen by us: within a fifth of the size lies its middle, within a third its deepest voxel
FARTHEST = 0.65  # chosen by us, in sizes from its peak: half of it and a little, as sizes are a third apart


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """What stands at a peak.

    Attributes:
        corner_irc: slice, row and column of the outline's first voxel on the working grid.
        outline: which voxels from there on belong to the spot; no wider than needed.
        top_hu: radiodensity in its middle, HU, clipped to -1000 to 200.
        around_hu: radiodensity of the lung around it, HU.
        hemmed_in: share of the lung just around a ball of its size that is as dense as the spot, 0 (free) to 1.
    """

    corner_irc: tuple[int, int, int]
    outline: Bool[np.ndarray, "slice row column"]
    top_hu: float
    around_hu: float
    hemmed_in: float

    @property
    def box(self) -> Box:
        """Where in the working grid the outline lies."""
        a, b, c = (slice(at, at + length) for at, length in zip(self.corner_irc, self.outline.shape, strict=True))
        return a, b, c


def grow(
    voxels_hu: Int16[np.ndarray, "slice row column"],
    inside: Bool[np.ndarray, "slice row column"],
    peak: tuple[int, int, int],
    size_mm: float,
) -> Grown:
    """Outline of the spot at a peak: denser than half way up from the lung around it to its middle, and in one piece.

    Thinner parts, such as a vessel that runs into it, are cut off where they are thinner than half the spot.

    Args:
        voxels_hu: the scan on the working grid, HU.
        inside: which voxels belong to the lungs.
        peak: slice, row and column; inside.
        size_mm: about how large the spot is, mm; it ends 0.65 times this and 1 mm from the peak, at the latest.
    """
    reach = int(np.ceil(size_mm)) + AROUND_MM
    corner = [max(at - reach, 0) for at in peak]
    box = tuple(slice(low, at + reach + 1) for low, at in zip(corner, peak, strict=True))
    lung = inside[box]
    part_hu = np.clip(voxels_hu[box], LOWEST_HU, HIGHEST_HU).astype(np.float32)
    away = _distance(tuple(at - low for at, low in zip(peak, corner, strict=True)), part_hu.shape)
    top_hu = float(part_hu[lung & (away <= max(1.0, size_mm / MIDDLE))].mean())
    around_hu = _first_quartile(part_hu[lung & (away <= reach)])
    part_hu = _smooth(np.where(lung, part_hu, around_hu), min(size_mm * SMOOTHING, 1.5))
    edge_hu = max((top_hu + around_hu) / 2, around_hu + LEAST_STEP_HU)
    dense = lung & (part_hu > edge_hu)
    shell = lung & (away > size_mm / 2 + 1) & (away <= size_mm / 2 + SHELL_MM)
    hemmed_in = float(dense[shell].mean()) if shell.any() else 0.0
    near = lung & (away <= max(1.5, size_mm / NEAR))
    spot = dense & (away <= FARTHEST * size_mm + 1)
    if not (spot & near).any():
        spot.flat[np.where(near, part_hu, LOWEST_HU - 1).argmax()] = True
    whole = bounding_box(spot, 0)
    outline = _thickest(spot[whole], near[whole])
    least = bounding_box(outline, 0)
    a, b, c = (at + one.start + other.start for at, one, other in zip(corner, whole, least, strict=True))
    return Grown((a, b, c), outline[least], top_hu, around_hu, hemmed_in)


def _smooth(part_hu: np.ndarray, sigma: float) -> Float[np.ndarray, "slice row column"]:
    """Less noise; a blur so narrow beside the spot moves its half height hardly at all."""
    from scipy.ndimage import gaussian_filter

    smoothed: np.ndarray = gaussian_filter(part_hu, sigma, mode="nearest", truncate=2.5)
    return smoothed


def _distance(centre: tuple[int, ...], shape: tuple[int, ...]) -> Float[np.ndarray, "slice row column"]:
    a, b, c = (np.square(np.arange(length, dtype=np.float32) - at) for at, length in zip(centre, shape, strict=True))
    distance: np.ndarray = np.sqrt(a[:, None, None] + b[:, None] + c)
    return distance


def _first_quartile(values: np.ndarray) -> float:
    return float(np.partition(values, len(values) // 4)[len(values) // 4])


def _thickest(spot: np.ndarray, near: np.ndarray) -> Bool[np.ndarray, "slice row column"]:
    """The part around the spot's deepest voxel near the peak that a ball of half that depth can sweep."""
    cc3d = connected_components()
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(spot, 1))[1:-1, 1:-1, 1:-1]
    deepest = np.unravel_index(np.where(near, depth, 0).argmax(), spot.shape)
    radius = 0.5 * float(depth[deepest])
    cores = cc3d.connected_components(depth > radius, connectivity=6)
    core = cores == cores[deepest]
    swept: np.ndarray = spot & (distance_transform_edt(~core) <= radius)
    return swept
