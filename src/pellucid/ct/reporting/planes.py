"""One flat picture of a scan through a place of the patient: axial, coronal or sagittal, at a window."""

from __future__ import annotations

import numpy as np

from pellucid.ct.reporting.sheets import PlaneName, Sheet, aligned, sheet_around
from pellucid.ct.reporting.windows import LUNG, Window, as_grey
from pellucid.data.volumes import Frame, Volume
from pellucid.shapes import Shaped, UInt8

NOTHING_HU = -32768  # outside the scan: black at any window, which air is not


def plane(
    volume: Volume,
    centre_xyz_mm: tuple[float, float, float],
    plane: PlaneName,
    width_mm: float,
    window: Window = LUNG,
) -> tuple[UInt8[np.ndarray, "row column"], Sheet]:
    """A square picture around a place, and where it lies.

    Where the volume's axes run along the patient's, each pixel is one voxel as scanned (its height and width may
    differ: draw it by `Sheet.pixel_mm`); else the voxels are interpolated linearly.

    Args:
        volume: any orientation.
        centre_xyz_mm: in the patient, LPS; lies in the middle pixel.
        plane: axial (seen from the feet), coronal (from the front) or sagittal (from the patient's left).
        width_mm: at least so much is shown.
        window: what becomes black and what white.
    Returns:
        shades of grey, black outside the scan; the picture's geometry.
    Raises:
        BadInput: the place is not in the scan; no such plane; a width of 0 or less.

    >>> from pellucid.data.volumes import Frame
    >>> voxels = np.full((4, 8, 8), -1350, np.int16)
    >>> voxels[1, 5, 2] = 150  # slice, row, column
    >>> frame = Frame(np.array([-10.0, -20.0, 30.0]), np.array([0.5, 0.5, 3.0]), np.eye(3))
    >>> grey, sheet = plane(Volume(voxels, frame, "a"), (-9.0, -18.0, 33.5), "axial", 2.0)
    >>> grey.shape, np.argwhere(grey == 255).tolist(), sheet.to_pixel((-9.0, -17.5, 33.0))
    ((5, 5), [[3, 2]], (3.0, 2.0))
    """
    sheet = sheet_around(volume.frame, volume.voxels_hu.shape, centre_xyz_mm, plane, width_mm)
    return as_grey(cut(volume.voxels_hu, volume.frame, sheet, NOTHING_HU), window), sheet


def cut(
    values: Shaped[np.ndarray, "slice row column"], frame: Frame, sheet: Sheet, outside: int
) -> Shaped[np.ndarray, "down across"]:
    """What a volume holds at each pixel of a sheet, of the same type.

    Args:
        values: voxels in HU, a mask, a heat map ...
        frame: where they lie.
        sheet: what to look at.
        outside: stands where the volume has nothing.
    """
    index = frame.to_irc(sheet.places_xyz_mm())
    if not aligned(frame) and values.dtype != bool:
        from scipy.ndimage import map_coordinates

        found = map_coordinates(values, index.T, order=1, mode="constant", cval=outside)
        return np.asarray(found).reshape(sheet.shape)
    nearest = np.rint(index).astype(np.int64)
    inside = ((nearest >= 0) & (nearest < values.shape)).all(axis=1)
    shown = np.full(len(index), outside, values.dtype)
    shown[inside] = values[tuple(nearest[inside].T)]
    return shown.reshape(sheet.shape)
