"""Grids of the phantom in millimetres, and how fields drawn on a coarse one are stretched smoothly onto a fine one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Float

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Points at equal distances, in the phantom's own millimetres (z towards the head, y to the back, x to the left).

    Attributes:
        origin_zyx_mm: the first point.
        step_zyx_mm: distance of neighbours along each axis.
        shape: number of points along each axis.
    """

    origin_zyx_mm: tuple[float, float, float]
    step_zyx_mm: tuple[float, float, float]
    shape: tuple[int, int, int]

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates z, y, x, shaped so that they broadcast to the whole grid."""
        along = [
            np.float32(origin) + np.float32(step) * np.arange(size, dtype=np.float32)
            for origin, step, size in zip(self.origin_zyx_mm, self.step_zyx_mm, self.shape, strict=True)
        ]
        return along[0][:, None, None], along[1][:, None], along[2]

    def index(self, zyx_mm: np.ndarray) -> np.ndarray:
        """Where places lie on this grid, counted in points; not rounded."""
        return (np.asarray(zyx_mm, float) - self.origin_zyx_mm) / self.step_zyx_mm

    def place(self, index: np.ndarray) -> np.ndarray:
        """Places of points of this grid, z, y, x in mm."""
        return np.asarray(self.origin_zyx_mm) + np.asarray(index, float) * self.step_zyx_mm

    def coarser(self, step_mm: float) -> Grid:
        """A cubic grid that reaches two points beyond this one on all sides."""
        extent = [step * (size - 1) for step, size in zip(self.step_zyx_mm, self.shape, strict=True)]
        origin = tuple(start - 2 * step_mm for start in self.origin_zyx_mm)
        sizes = tuple(int(np.ceil(length / step_mm)) + 5 for length in extent)
        return Grid((origin[0], origin[1], origin[2]), (step_mm,) * 3, (sizes[0], sizes[1], sizes[2]))


def cubic(at: Float[np.ndarray, " point"], size: int) -> Float[np.ndarray, "point size"]:
    """Weights of each of `size` samples for a curve through them at some places (in samples).

    Source: Catmull and Rom 1974, A class of local interpolating splines.

    >>> cubic(np.array([1.5]), 4).tolist()
    [[-0.0625, 0.5625, 0.5625, -0.0625]]
    """
    first = np.floor(at).astype(int)
    t = at - first
    taps = [
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    ]
    table = np.zeros((len(at), size), np.float32)
    for number, tap in enumerate(taps):
        np.add.at(table, (np.arange(len(at)), np.clip(first + number - 1, 0, size - 1)), tap.astype(np.float32))
    return table


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Values stretched to a fine grid's rows and columns, with slices still far apart; `slice` fills in between.

    Attributes:
        values: coarse slices, fine rows and columns.
        table: how much each coarse slice gives to each fine one.
    """

    values: Float[np.ndarray, "coarse row column"]
    table: Float[np.ndarray, "slice coarse"]

    def slice(self, number: int) -> Float[np.ndarray, "row column"]:
        """One slice of the fine grid."""
        row = self.table[number]
        (used,) = np.nonzero(row)
        made = self.values[used[0]] * row[used[0]]
        for one in used[1:]:
            made += self.values[one] * row[one]
        return np.asarray(made)


def stretch(values: Float[np.ndarray, "z y x"], coarse: Grid, fine: Grid) -> Field:
    """Values known on a coarse grid, on the fine one.

    Args:
        values: on `coarse`.
        coarse: must reach beyond `fine`.
        fine: where they are wanted.
    """
    tables = [
        cubic((np.float64(origin) + step * np.arange(size) - start) / width, count)
        for origin, step, size, start, width, count in zip(
            fine.origin_zyx_mm, fine.step_zyx_mm, fine.shape, coarse.origin_zyx_mm, coarse.step_zyx_mm, coarse.shape,
            strict=True,
        )
    ]  # fmt: skip
    wide = np.asarray(values, np.float32) @ tables[2].T
    return Field(np.matmul(tables[1], wide), tables[0])


def stretched(values: Float[np.ndarray, "z y x"], coarse: Grid, fine: Grid) -> Float[np.ndarray, "z2 y2 x2"]:
    """The same, all slices at once."""
    field = stretch(values, coarse, fine)
    flat = field.table @ field.values.reshape(len(field.values), -1)
    return np.asarray(flat.reshape(fine.shape))


def smooth_noise(rng: np.random.Generator, grid: Grid, scale_mm: float) -> Float[np.ndarray, "z y x"]:
    """A random field of mean 0 and deviation about 1 that changes over about `scale_mm`, on a grid.

    Args:
        rng: draws it.
        grid: where.
        scale_mm: distance of independent values; at least the grid's step.
    """
    coarse = grid.coarser(max(scale_mm, *grid.step_zyx_mm))
    drawn = rng.standard_normal(coarse.shape, np.float32)
    return stretched(drawn, coarse, grid) * np.float32(1.25)  # between samples the curve is flatter; this makes up


def ball_of(grid: Grid, centre_zyx_mm: Float[np.ndarray, " axis"], radius_mm: float) -> Box:
    """The part of a grid that holds everything within a radius of a place (empty when it lies outside)."""
    low = np.maximum(np.floor(grid.index(np.asarray(centre_zyx_mm) - radius_mm)).astype(int), 0)
    high = np.minimum(np.ceil(grid.index(np.asarray(centre_zyx_mm) + radius_mm)).astype(int) + 1, grid.shape)
    z, y, x = (slice(int(start), int(max(start, stop))) for start, stop in zip(low, high, strict=True))
    return z, y, x


def box_of(grid: Grid, box: Box) -> Grid:
    """The grid of a box cut out of a grid."""
    z, y, x = (float(start) for start in grid.place(np.array([one.start for one in box])))
    sizes = [one.stop - one.start for one in box]
    return Grid((z, y, x), grid.step_zyx_mm, (sizes[0], sizes[1], sizes[2]))
