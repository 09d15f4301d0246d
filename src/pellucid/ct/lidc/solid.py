"""From contours on slices to a body in space: which pixels they hold, and the surface between the slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.lidc.reading import Contour, Reading, Scan
from pellucid.shapes import Bool, Float, Integer

MARGIN_PIXELS = 3  # around the contours, so that the outside is known there
DOME_SLICES = 0.75  # such a half ellipsoid has the volume of the half slice that it stands for: 2/3 of 0.75 is a half


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A body by the distance to its outline, within each slice that a reader outlined.

    Attributes:
        distance_mm: to the outline within the slice, positive inside.
        z_mm: of each slice, upwards.
        corner_yx_mm: of the centre of the first row's and column's pixel.
        pixel_mm: edge of a pixel.
        slice_mm: from slice to slice.
    """

    distance_mm: Float[np.ndarray, "slice row column"]
    z_mm: Float[np.ndarray, " slice"]
    corner_yx_mm: tuple[float, float]
    pixel_mm: float
    slice_mm: float

    def bounds_mm(self) -> Float[np.ndarray, "2 3"]:
        """Lowest and highest z, y and x that it can reach."""
        size = (np.array(self.distance_mm.shape[1:]) - 1) * self.pixel_mm
        height = DOME_SLICES * self.slice_mm
        low = np.array([self.z_mm[0] - height, *self.corner_yx_mm])
        return np.stack([low, [self.z_mm[-1] + height, *(low[1:] + size)]])

    def inside(
        self, z_mm: Float[np.ndarray, " slice"], y_mm: Float[np.ndarray, " row"], x_mm: Float[np.ndarray, " column"]
    ) -> Bool[np.ndarray, "slice row column"]:
        """Which points of a grid it holds.

        Between two slices the distance is interpolated linearly, so the outline moves smoothly from one to the other;
        beyond the outermost slices the body ends in a dome.

        Source: Raya and Udupa 1990, Shape-based interpolation of multidimensional objects, IEEE Transactions on
            Medical Imaging 9:32; the dome is ours.
        """
        rows = _weights((y_mm - self.corner_yx_mm[0]) / self.pixel_mm, self.distance_mm.shape[1])
        columns = _weights((x_mm - self.corner_yx_mm[1]) / self.pixel_mm, self.distance_mm.shape[2])
        slices = _weights(np.interp(z_mm, self.z_mm, np.arange(len(self.z_mm))), len(self.z_mm))
        within = np.einsum("ai,bj,ck,ijk->abc", slices, rows, columns, self.distance_mm, optimize=True)
        return np.asarray(within > self._dome(z_mm)[:, None, None])

    def _dome(self, z_mm: Float[np.ndarray, " slice"]) -> Float[np.ndarray, " slice"]:
        """How deep in its slice a point must be for the body to reach so far beyond it, mm; 0 between slices."""
        beyond = np.maximum(self.z_mm[0] - z_mm, z_mm - self.z_mm[-1]) / (DOME_SLICES * self.slice_mm)
        end = np.where(z_mm < self.z_mm[0], self.distance_mm[0].max(), self.distance_mm[-1].max())
        return np.where(beyond <= 0, 0.0, end * (1 - np.sqrt(1 - np.clip(beyond, 0, 1) ** 2)) + 1e3 * (beyond >= 1))


def solid_of(reading: Reading, scan: Scan) -> Solid | None:
    """The body that a reader outlined; None where no contour holds a pixel."""
    from scipy.ndimage import distance_transform_edt

    if not reading.contours:
        return None
    points = np.concatenate([contour.points for contour in reading.contours])
    corner = points.min(axis=0) - MARGIN_PIXELS
    size = tuple((points.max(axis=0) + MARGIN_PIXELS + 1 - corner)[::-1].tolist())
    layers = {}
    for z_mm in sorted({round(contour.z_mm, 3) for contour in reading.contours}):
        here = [contour for contour in reading.contours if round(contour.z_mm, 3) == z_mm]
        mask = slice_mask(here, corner, size)
        if mask.any():
            inner, outer = distance_transform_edt(mask), distance_transform_edt(~mask)
            layers[z_mm] = np.where(mask, inner - 0.5, 0.5 - outer) * scan.pixel_mm
    if not layers:
        return None
    corner_yx_mm = (float(corner[1] * scan.pixel_mm), float(corner[0] * scan.pixel_mm))
    return Solid(np.stack(list(layers.values())), np.array(list(layers)), corner_yx_mm, scan.pixel_mm, scan.slice_mm)


def slice_mask(
    contours: list[Contour], corner_xy: Integer[np.ndarray, " xy"], size: tuple[int, int]
) -> Bool[np.ndarray, "row column"]:
    """The pixels of one slice that belong to the nodule: within an outline and not within a hole, borders left out.

    Args:
        contours: all of one reader's on that slice.
        corner_xy: column and row of the first pixel of the mask.
        size: rows and columns of the mask.
    Source: LIDC's readers were told to draw through the pixels just outside the nodule (Armato et al. 2011).

    >>> square = Contour(0.0, True, np.array([[1, 1], [4, 1], [4, 3], [1, 3]]))
    >>> slice_mask([square], np.array([0, 0]), (5, 6)).astype(int)
    array([[0, 0, 0, 0, 0, 0],
           [0, 0, 0, 0, 0, 0],
           [0, 0, 1, 1, 0, 0],
           [0, 0, 0, 0, 0, 0],
           [0, 0, 0, 0, 0, 0]])
    """
    from skimage.draw import line, polygon

    held, holes, borders = (np.zeros(size, bool) for _ in range(3))
    for contour in contours:
        x, y = (contour.points - corner_xy).T
        into = held if contour.inclusion else holes
        border = np.zeros(size, bool)
        border[y, x] = True
        leaps = np.maximum(np.abs(y - np.roll(y, 1)), np.abs(x - np.roll(x, 1))) > 1
        for end in np.flatnonzero(leaps):
            border[line(y[end - 1], x[end - 1], y[end], x[end])] = True  # type: ignore[no-untyped-call]
        filled = np.zeros(size, bool)
        filled[polygon(y, x, size)] = True  # type: ignore[no-untyped-call]
        into |= filled & ~border
        borders |= border
    return held & ~holes & ~borders


def _weights(place: Float[np.ndarray, " out"], count: int) -> Float[np.ndarray, "out in"]:
    """How much each of the samples enters at each place, linearly; the ends go on for ever."""
    place = np.clip(place, 0, count - 1)
    return np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(count)))
