"""Where a flat picture of a scan lies in the patient: its pixels in millimetres, and which side is where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.data.volumes import Frame
from pellucid.errors import BadInput
from pellucid.shapes import Float

PlaneName = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[PlaneName, ...] = ("axial", "coronal", "sagittal")

# For each plane the patient's axis (0 x, 1 y, 2 z) that runs across the picture and the one that runs down, each with
# its direction; LPS. As radiologists hang them: seen from the feet, from the front, and from the patient's left.
WAYS: dict[PlaneName, tuple[tuple[int, int], tuple[int, int]]] = {
    "axial": ((0, 1), (1, 1)),
    "coronal": ((0, 1), (2, -1)),
    "sagittal": ((1, 1), (2, -1)),
}
LETTERS: dict[PlaneName, tuple[str, str, str, str]] = {
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "H", "F"),
    "sagittal": ("A", "P", "H", "F"),
}
"""What lies at the left, right, upper and lower edge: Right, Left, Anterior, Posterior, Head, Feet of the patient."""

# Chosen by us: a picture of 60 mm shifts by 0.03 mm at its edge, far less than a voxel.
ALIGNED_TO = 1e-3
OUTSIDE_MM = 1.0  # the working grid may reach so far beyond the scan: one of its voxels


@dataclass(frozen=True, slots=True)
class Sheet:
    """The geometry of a picture.

    Attributes:
        plane: axial (across: to the patient's left, down: to the back), coronal (across: left, down: feet) or sagittal
            (across: back, down: feet).
        corner_xyz_mm: centre of the first pixel (row 0, column 0) in the patient, LPS.
        pixel_mm: height and width of a pixel.
        shape: rows and columns.
    """

    plane: PlaneName
    corner_xyz_mm: tuple[float, float, float]
    pixel_mm: tuple[float, float]
    shape: tuple[int, int]

    def to_pixel(self, xyz_mm: tuple[float, float, float]) -> tuple[float, float]:
        """Row and column over which a place of the patient lies; need not be whole, nor inside the picture.

        >>> Sheet("coronal", (10.0, 0.0, 50.0), (2.0, 0.5), (9, 9)).to_pixel((11.0, 7.0, 44.0))
        (3.0, 2.0)
        """
        (across, right), (along, down) = WAYS[self.plane]
        row = (xyz_mm[along] - self.corner_xyz_mm[along]) * down / self.pixel_mm[0]
        return row, (xyz_mm[across] - self.corner_xyz_mm[across]) * right / self.pixel_mm[1]

    def places_xyz_mm(self) -> Float[np.ndarray, "point 3"]:
        """The centre of each pixel in the patient, row by row."""
        (across, right), (along, down) = WAYS[self.plane]
        places = np.tile(np.array(self.corner_xyz_mm, float), (*self.shape, 1))
        places[..., along] += down * self.pixel_mm[0] * np.arange(self.shape[0])[:, None]
        places[..., across] += right * self.pixel_mm[1] * np.arange(self.shape[1])
        return places.reshape(-1, 3)


def aligned(frame: Frame) -> bool:
    """Whether the volume's axes run along the patient's, in whatever order and direction.

    >>> aligned(Frame(np.zeros(3), np.ones(3), np.array([[0.0, 0, 1], [-1, 0, 0], [0, 1, 0]])))
    True
    """
    return bool(np.abs(np.abs(frame.direction) - np.rint(np.abs(frame.direction))).max() <= ALIGNED_TO)


def sheet_around(
    frame: Frame,
    shape: tuple[int, ...],
    centre_xyz_mm: tuple[float, float, float],
    plane: PlaneName,
    width_mm: float,
) -> Sheet:
    """The square picture of a volume around a place.

    Where the volume's axes run along the patient's, each pixel is one voxel; else pixels are as small as its voxels'
    shortest side.

    Args:
        frame: of the volume.
        shape: its slices, rows and columns.
        centre_xyz_mm: lies in the middle pixel.
        plane: axial, coronal or sagittal.
        width_mm: at least so much is shown on either axis; above 0.
    Raises:
        BadInput: the place is not in the scan; no such plane; a width of 0 or less.
    """
    if plane not in WAYS:
        raise BadInput(f"There is no plane {plane!r}: choose one of {', '.join(PLANES)}.")
    if not width_mm > 0:
        raise BadInput(f"A picture {width_mm:g} mm wide shows nothing: give a width above 0.")
    centre = np.array(centre_xyz_mm, float)
    index = frame.to_irc(centre[None])[0]
    spacing_irc = frame.spacing_xyz_mm[::-1]
    out = np.maximum(-0.5 - index, index - (np.array(shape) - 0.5)) * spacing_irc
    if not out.max() <= OUTSIDE_MM:
        told = ", ".join(f"{number:.1f}" for number in centre)
        raise BadInput(f"The place {told} mm (x, y, z) is {out.max():.0f} mm outside the scan: give one inside it.")
    axes_mm = np.full(3, frame.spacing_xyz_mm.min())
    if aligned(frame):
        axes_mm = np.abs(np.rint(frame.direction)) @ frame.spacing_xyz_mm
        centre = frame.to_xyz_mm(np.clip(np.rint(index), 0, np.array(shape) - 1.0)[None])[0]
    (across, right), (along, down) = WAYS[plane]
    halves = [int(np.ceil(width_mm / 2 / axes_mm[axis])) for axis in (along, across)]
    centre[along] -= down * halves[0] * axes_mm[along]
    centre[across] -= right * halves[1] * axes_mm[across]
    corner = (float(centre[0]), float(centre[1]), float(centre[2]))
    pixel = (float(axes_mm[along]), float(axes_mm[across]))
    return Sheet(plane, corner, pixel, (2 * halves[0] + 1, 2 * halves[1] + 1))
