"""Tubes drawn into voxels, each as much as it takes of a voxel: a few wide ones, and ten thousands of thin ones."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.grids import Grid, box_of
from pellucid.ct.phantom.trees import Pieces
from pellucid.shapes import Int16

THIN = 1.6  # voxels; chosen by us: up to this radius a tube is drawn point by point, above it box by box
SOFT = np.float32(1 / 12)  # an edge that falls over a voxel adds pi / 12 to a disc's area: the integral of the ramp


def draw_tubes(into: Int16[np.ndarray, "z y x"], grid: Grid, pieces: Pieces, levels: np.ndarray) -> None:
    """Write tubes: where a voxel's share of a tube times its level exceeds what stands there, it replaces it.

    A tube thinner than a voxel is drawn a voxel thick and paler, by the ratio of the sections.

    Args:
        into: changed in place.
        grid: of `into`.
        pieces: the tubes.
        levels: of each piece, at most 32000.
    """
    voxel = float(np.cbrt(np.prod(grid.step_zyx_mm)))
    reach = np.maximum(pieces.start_radii, pieces.end_radii) + voxel
    low = np.minimum(pieces.starts, pieces.ends) - reach[:, None]
    high = np.maximum(pieces.starts, pieces.ends) + reach[:, None]
    last = grid.place(np.array(grid.shape) - 1)
    seen = (high > np.array(grid.origin_zyx_mm)).all(axis=1) & (low < last).all(axis=1)
    wide = np.maximum(pieces.start_radii, pieces.end_radii) > THIN * voxel
    for number in np.flatnonzero(seen & wide):
        _draw_wide(into, grid, pieces.rows(np.array([number])), float(levels[number]), (low[number], high[number]))
    for half, least, most in ((1, 0.0, 0.6), (2, 0.6, THIN)):
        radius = np.maximum(pieces.start_radii, pieces.end_radii) / voxel
        which = np.flatnonzero(seen & ~wide & (radius > least) & (radius <= most))
        if len(which):
            _draw_thin(into, grid, pieces.rows(which), levels[which], voxel, half)


def _draw_wide(into: np.ndarray, grid: Grid, piece: Pieces, level: float, reach: tuple[np.ndarray, np.ndarray]) -> None:
    """One tube, in the box that it reaches."""
    first = np.maximum(np.floor(grid.index(reach[0])).astype(int), 0)
    stop = np.minimum(np.ceil(grid.index(reach[1])).astype(int) + 1, grid.shape)
    voxel = np.cbrt(np.prod(grid.step_zyx_mm))
    if (stop <= first).any():
        return
    box = (slice(int(first[0]), int(stop[0])), slice(int(first[1]), int(stop[1])), slice(int(first[2]), int(stop[2])))
    z, y, x = box_of(grid, box).axes()
    start, along = piece.starts[0], piece.ends[0] - piece.starts[0]
    from_start = (z - np.float32(start[0]), y - np.float32(start[1]), x - np.float32(start[2]))
    square = max(float(along @ along), 1e-6)
    t = np.zeros((), np.float32) + sum(
        part * np.float32(step / square) for part, step in zip(from_start, along, strict=True)
    )
    t = np.clip(t, 0, 1)
    away = sum((part - t * np.float32(step)) ** 2 for part, step in zip(from_start, along, strict=True))
    radius = np.float32(piece.start_radii[0]) + t * np.float32(piece.end_radii[0] - piece.start_radii[0])
    share = np.clip((radius - np.sqrt(away)) / np.float32(voxel) + np.float32(0.5), 0, 1)
    view = into[box]
    np.maximum(view, (share * np.float32(level)).astype(np.int16), out=view)


def _draw_thin(into: np.ndarray, grid: Grid, pieces: Pieces, levels: np.ndarray, voxel: float, half: int) -> None:
    """Step along each piece by a voxel, and give each step's neighbours their share."""
    step = np.array(grid.step_zyx_mm)
    along = pieces.ends - pieces.starts
    steps = np.maximum(np.ceil(np.linalg.norm(along / step, axis=1)).astype(int), 1) + 1
    of = np.repeat(np.arange(len(steps)), steps)
    number = np.arange(len(of)) - np.repeat(np.cumsum(steps) - steps, steps)
    t = (number / (steps[of] - 1)).astype(np.float32)
    point = ((pieces.starts[of] + t[:, None] * along[of] - grid.origin_zyx_mm) / step).astype(np.float32)
    inside = ((point >= half) & (point < np.array(grid.shape) - 1 - half)).all(axis=1)
    point, of, t = point[inside], of[inside], t[inside]
    unit = (along / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]).astype(np.float32)[of]
    radius = (pieces.start_radii[of] + t * (pieces.end_radii - pieces.start_radii)[of]).astype(np.float32) / voxel
    drawn = np.sqrt(np.maximum(radius**2 - SOFT, 0.25))
    level = (levels[of] * np.minimum(1, radius**2 / (0.25 + SOFT))).astype(np.float32)
    base = np.rint(point).astype(np.int64)
    off = (base - point) * step.astype(np.float32)
    flat = (base[:, 0] * grid.shape[1] + base[:, 1]) * grid.shape[2] + base[:, 2]
    target = into.reshape(-1)
    around = range(-half, half + 1)
    for dz in around:
        for dy in around:
            for dx in around:
                away = off + (step * (dz, dy, dx)).astype(np.float32)
                straight = (away * unit).sum(axis=1)
                distance = np.sqrt(np.maximum((away * away).sum(axis=1) - straight**2, 0)) / voxel
                share = np.clip(drawn - distance + 0.5, 0, 1) * level * (np.abs(straight) <= 1.2 * voxel)
                where = np.flatnonzero(share > 3)
                index = flat[where] + (dz * grid.shape[1] + dy) * grid.shape[2] + dx
                np.maximum.at(target, index, share[where].astype(np.int16))
