"""Thin sheets drawn into voxels: fissures between the lobes, bands of collapsed lung, flat and star-shaped scars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.grids import Grid, smooth_noise
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.thorax import Thorax
from pellucid.ct.phantom.trees import Pieces
from pellucid.shapes import Float, Int16


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Points on a thin surface, closer together than voxels.

    Attributes:
        points: z, y, x, mm.
        normal: unit vector across the sheet (one for all points).
        thickness: at each point, mm; 0 where the sheet has ended.
    """

    points: Float[np.ndarray, "point 3"]
    normal: Float[np.ndarray, " axis"]
    thickness: Float[np.ndarray, " point"]


def draw_sheet(into: Int16[np.ndarray, "z y x"], grid: Grid, sheet: Sheet, level: float) -> None:
    """Write a sheet; where it is thinner than a voxel it is a voxel thick and paler. In place."""
    step = np.array(grid.step_zyx_mm)
    across = float(np.abs(sheet.normal * step).sum())  # how thick a voxel is, seen along the sheet's normal
    axis = int(np.argmax(np.abs(sheet.normal) * step))
    kept = sheet.thickness > 0.05
    points, thickness = sheet.points[kept], sheet.thickness[kept].astype(np.float32)
    half = int(np.ceil((float(thickness.max(initial=0)) / 2 + across) / (abs(float(sheet.normal[axis])) * step[axis])))
    half = min(half, 6)
    at = grid.index(points).astype(np.float32)
    inside = ((at >= half + 1) & (at < np.array(grid.shape) - half - 2)).all(axis=1)
    at, thickness = at[inside], thickness[inside]
    base = np.rint(at).astype(np.int64)
    off = ((base - at) * (step * sheet.normal).astype(np.float32)).sum(axis=1)
    flat = (base[:, 0] * grid.shape[1] + base[:, 1]) * grid.shape[2] + base[:, 2]
    stride = (grid.shape[1] * grid.shape[2], grid.shape[2], 1)[axis]
    target = into.reshape(-1)
    drawn = np.maximum(thickness, across)
    pale = level * thickness / drawn
    for number in range(-half, half + 1):
        away = np.abs(off + np.float32(number * step[axis] * sheet.normal[axis]))
        share = np.clip((drawn / 2 - away) / np.float32(across) + np.float32(0.5), 0, 1) * pale
        where = np.flatnonzero(share > 4)
        np.maximum.at(target, flat[where] + number * stride, share[where].astype(np.int16))


def fissures(rng: np.random.Generator, person: Physique, thorax: Thorax) -> list[Sheet]:
    """The oblique fissure of each lung and the right horizontal one: wavy, of uneven thickness, often incomplete.

    Source: Hayashi et al. 2001, Radiographics 21:861 (course; incomplete in more than half of lungs).
    """
    from scipy.ndimage import map_coordinates

    made = []
    coarse = thorax.grid.coarser(12.0)
    waves, gaps = smooth_noise(rng, coarse, 40.0), smooth_noise(rng, coarse, 28.0)
    back_z, slope = rng.uniform(25, 60), rng.uniform(0.75, 1.1)
    for side, kind in ((-1, "oblique"), (1, "oblique"), (-1, "horizontal")):
        step = 0.6
        x = side * np.arange(8.0, person.half_width, step)
        y = np.arange(
            -person.half_depth,
            person.half_depth if kind == "oblique" else 10.0,
            step * (0.75 if kind == "oblique" else 1),
        )
        y, x = (axis.ravel() for axis in np.meshgrid(y, x, indexing="ij"))
        z = back_z - slope * (0.8 * person.half_depth - y) if kind == "oblique" else 0.1 * y + rng.uniform(-18, 0)
        normal = np.array([1.0, -slope, 0.0]) if kind == "oblique" else np.array([1.0, -0.1, 0.0])
        normal = normal / np.linalg.norm(normal)
        points = np.stack([np.broadcast_to(z, y.shape), y, x], axis=1)
        at = coarse.index(points).T
        points = points + normal * (map_coordinates(waves, at, order=1)[:, None] * 5)
        whole = np.clip(2 * (map_coordinates(gaps, at, order=1) + rng.uniform(0.0, 1.6)), 0, 1)
        depth = map_coordinates(thorax.lung, thorax.grid.index(points).T, order=1, cval=-9)
        made.append(Sheet(points, normal, rng.uniform(0.12, 0.55) * whole * (depth > -1)))
    return made


def bands(rng: np.random.Generator, thorax: Thorax) -> list[Sheet]:
    """Flat scars and bands of collapsed lung: lens-shaped sheets, most of them low in the lungs or at the pleura.

    Source: Westcott and Cole 1985, Radiology 155:1 (plate atelectasis).
    """
    made = []
    for _ in range(int(rng.poisson(2.2))):
        near = np.flatnonzero((thorax.lung > 1) & (thorax.lung < rng.choice([8, 25])))
        low = near[: max(1, int(len(near) * rng.choice([0.3, 1.0])))]  # the first third in memory lies lowest
        index = np.array(np.unravel_index(int(rng.choice(low)), thorax.lung.shape))
        centre = thorax.grid.place(index)
        normal = rng.normal(size=3) * (1.0, 0.5, 0.5)
        normal /= np.linalg.norm(normal)
        made.append(_lens(rng, thorax, centre, normal, rng.uniform(12, 32), rng.uniform(3, 14), rng.uniform(0.5, 2.6)))
    return made


def _lens(
    rng: np.random.Generator, thorax: Thorax, centre: np.ndarray, normal: np.ndarray,
    long: float, wide: float, thick: float,
) -> Sheet:  # fmt: skip
    """An elongated, bent, uneven sheet that tapers to its rim."""
    from scipy.ndimage import map_coordinates

    first = np.cross(normal, rng.normal(size=3))
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    a, b = (np.arange(-half, half + 0.4, 0.4) for half in (long, wide))
    a, b = (one.ravel() for one in np.meshgrid(a, b, indexing="ij"))
    bend = rng.normal(0, 0.006) * a**2 + rng.normal(0, 0.01) * b**2
    points = centre + a[:, None] * first + b[:, None] * second + bend[:, None] * normal
    rim = np.clip(1 - (a / long) ** 2 - (b / wide) ** 2, 0, 1)
    wavy = 1 + 0.4 * np.sin(a * rng.uniform(0.2, 0.9) + rng.uniform(0, 6)) * np.cos(b * rng.uniform(0.2, 0.9))
    depth = map_coordinates(thorax.lung, thorax.grid.index(points).T, order=1, cval=-9)
    return Sheet(points, normal, thick * rim * wavy * (depth > -1))


def strands(rng: np.random.Generator, thorax: Thorax) -> Pieces:
    """Star-shaped scars: a few thin strands that meet below the pleura, more of them at the lungs' tips."""
    starts, ends = [], []
    for _ in range(int(rng.poisson(1.5))):
        near = np.flatnonzero((thorax.lung > 1) & (thorax.lung < 9))
        high = near[int(len(near) * rng.choice([0.0, 0.75])) :]
        centre = thorax.grid.place(np.array(np.unravel_index(int(rng.choice(high)), thorax.lung.shape)))
        for _ in range(int(rng.integers(3, 8))):
            start = centre + rng.normal(size=3) * 1.5
            way = rng.normal(size=3) * rng.uniform(2, 8)
            middle = start + way + rng.normal(size=3)
            starts += [start, middle]
            ends += [middle, middle + way * rng.uniform(0.3, 1.0) + rng.normal(size=3)]
    count = len(starts)
    radii = rng.uniform(0.25, 0.8, count)
    return Pieces(np.array(starts).reshape(-1, 3), np.array(ends).reshape(-1, 3), radii, radii * 0.6)
