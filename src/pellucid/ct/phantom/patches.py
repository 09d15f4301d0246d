"""Nodules' shapes on the scene's grid: each voxel's share, and centre and diameter measured from what was written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.grids import Box, Grid, ball_of, box_of
from pellucid.ct.shapes import NoduleShape
from pellucid.shapes import Float

FINEST_MM = 0.34
"""Voxels are divided into parts of about this size to find their share. Chosen by us: a tenth of a 3 mm nodule."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Something small to be written into the scene.

    Attributes:
        box: which part of the scene.
        share: how much of each voxel it takes, 0 to 1.
        value_hu: what it is made of.
    """

    box: Box
    share: Float[np.ndarray, "z y x"]
    value_hu: Float[np.ndarray, "z y x"]


def sampled(
    shape: NoduleShape, grid: Grid, centre_zyx_mm: Float[np.ndarray, " axis"], turn: Float[np.ndarray, "3 3"]
) -> tuple[Box, Float[np.ndarray, "z y x"]]:
    """A shape on the scene's grid, turned, its own centre of mass at a place.

    Every voxel's share is the mean over the shape at a few places in it, so that the volume stays what it is.

    Args:
        shape: soft occupancy on its own cubes.
        grid: the scene's.
        centre_zyx_mm: where its centre of mass comes to lie.
        turn: a rotation.
    Returns:
        Which part of the grid, and the share of each voxel there.
    """
    from scipy.ndimage import map_coordinates

    own = np.asarray(shape.occupancy, np.float32)
    middle, _ = measured(own, Grid((0.0,) * 3, (1.0,) * 3, own.shape))
    box = ball_of(grid, centre_zyx_mm, 0.5 * shape.voxel_mm * float(np.linalg.norm(own.shape)))
    cut = box_of(grid, box)
    z, y, x = cut.axes()
    parts = np.ceil(np.array(grid.step_zyx_mm) / max(shape.voxel_mm, FINEST_MM)).astype(int)
    offsets = [((np.arange(n) + 0.5) / n - 0.5) * step for n, step in zip(parts, grid.step_zyx_mm, strict=True)]
    share = np.zeros(cut.shape, np.float32)
    for dz, dy, dx in np.stack(np.meshgrid(*offsets), axis=-1).reshape(-1, 3):
        away = (z + dz - centre_zyx_mm[0], y + dy - centre_zyx_mm[1], x + dx - centre_zyx_mm[2])
        at = [
            np.broadcast_to(sum(row[i] * away[i] for i in range(3)) / shape.voxel_mm + start, cut.shape)
            for row, start in zip(turn, middle, strict=True)
        ]
        share += map_coordinates(own, at, order=1)
    return box, np.clip(share / np.float32(parts.prod()), 0, 1)


def measured(share: Float[np.ndarray, "z y x"], cut: Grid) -> tuple[Float[np.ndarray, " axis"], float]:
    """Centre of mass (z, y, x, mm) of shares on a grid, and the diameter of the ball of their volume."""
    total = float(share.sum(dtype=np.float64))
    sums = (
        share.sum(axis=(1, 2), dtype=float),
        share.sum(axis=(0, 2), dtype=float),
        share.sum(axis=(0, 1), dtype=float),
    )
    at = [float(part @ np.arange(len(part))) / total for part in sums]
    return cut.place(np.array(at)), float(np.cbrt(total * np.prod(cut.step_zyx_mm) * 6 / np.pi))


def rotation(rng: np.random.Generator) -> Float[np.ndarray, "3 3"]:
    """A turn, all directions alike. Source: Mezzadri 2007, Notices AMS 54:592.

    >>> turn = rotation(np.random.default_rng(0))
    >>> bool(np.allclose(turn @ turn.T, np.eye(3))), round(float(np.linalg.det(turn)), 6)
    (True, 1.0)
    """
    made, upper = np.linalg.qr(rng.normal(size=(3, 3)))
    made = made * np.sign(np.diag(upper))
    return np.asarray(made if np.linalg.det(made) > 0 else -made)
