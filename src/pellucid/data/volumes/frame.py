"""Where the voxels of a scan lie in the patient: the one place where the order of the axes is reversed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Float

# Chosen by us: a direction that is off by more than this was not rounding. DICOM's decimal strings hold 16 characters.
ORTHONORMAL_TO = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Index <-> patient millimetres.

    An index counts slices, rows and columns (irc), as arrays do; a place is x, y, z in millimetres in the patient (LPS:
    x towards the patient's left, y towards the back, z towards the head), as DICOM, ITK and LUNA16 have it.

    place = origin + direction @ (spacing * (column, row, slice)).

    Attributes:
        origin_xyz_mm: centre of the voxel with index 0, 0, 0.
        spacing_xyz_mm: distance of neighbouring columns, rows and slices; all above 0.
        direction: 3 x 3; its columns are the unit vectors along which the column, row and slice index grow.
    Source: DICOM PS3.3 C.7.6.2.1.1; ITK's Image (origin, spacing, direction).

    >>> frame = Frame(np.array([-100.0, -50.0, 20.0]), np.array([0.7, 0.8, 2.5]), np.eye(3))
    >>> frame.to_xyz_mm(np.array([[3.0, 2.0, 1.0]]))  # slice 3, row 2, column 1
    array([[-99.3, -48.4,  27.5]])
    """

    origin_xyz_mm: Float[np.ndarray, " axis"]
    spacing_xyz_mm: Float[np.ndarray, " axis"]
    direction: Float[np.ndarray, "3 3"]

    def __post_init__(self) -> None:
        """Refuse what is no frame.

        Raises:
            BadInput: a number that is none, a spacing of 0 or less, axes not at right angles or not of length 1.
        """
        if not all(np.isfinite(part).all() for part in (self.origin_xyz_mm, self.spacing_xyz_mm, self.direction)):
            raise BadInput("The scan's origin, spacing or direction holds what is no number; export it again.")
        if (self.spacing_xyz_mm <= 0).any():
            raise BadInput(f"The scan's spacing is {self.spacing_xyz_mm.tolist()} mm; all must be above 0.")
        if np.abs(self.direction.T @ self.direction - np.eye(3)).max() > ORTHONORMAL_TO:
            raise BadInput(
                f"The scan's axes are not at right angles or not of length 1 ({self.direction.round(4).tolist()}); "
                "resample it."
            )

    def to_xyz_mm(self, index_irc: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 3"]:
        """Places of voxels (or between them), in patient millimetres.

        Args:
            index_irc: slice, row and column of each point; need not be whole.
        """
        along = np.asarray(index_irc, float)[:, ::-1] * self.spacing_xyz_mm
        places: Float[np.ndarray, "point 3"] = self.origin_xyz_mm + along @ self.direction.T
        return places

    def to_irc(self, xyz_mm: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 3"]:
        """Slice, row and column of places in the patient; not rounded, and not cut off at the volume's ends.

        Args:
            xyz_mm: patient millimetres (LPS) of each point.
        """
        along = np.linalg.solve(self.direction, (np.asarray(xyz_mm, float) - self.origin_xyz_mm).T).T
        index: Float[np.ndarray, "point 3"] = (along / self.spacing_xyz_mm)[:, ::-1]
        return index
