"""Where one is in a scan: a voxel of the working grid in the patient's millimetres, and as a slice and an image."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.data.volumes import Volume
from pellucid.errors import BadInput

TOWARDS = (("right", "left"), ("front", "back"), ("feet", "head"))
"""Where DICOM's x, y and z come from and go to. Source: DICOM PS3.3 C.7.6.2.1.1."""


def place(volume: Volume, working: Volume, at: tuple[int, int, int]) -> dict[str, Any]:
    """What the page says of one voxel, numbers as they are shown.

    Args:
        volume: the scan as it was read; its slices are the ones that are named.
        working: the same on the working grid.
        at: slice, row and column on the working grid.
    Returns:
        `hu` of the working grid, `xyz_mm` (LPS, one digit), `slice` (from 1) of `slices`, and `image`, the Instance
        Number of that slice, None where it is not one image.
    Raises:
        BadInput: no voxel of the working grid.

    >>> from pellucid.data.volumes import Frame
    >>> one = Volume(np.full((2, 3, 4), 40, np.int16), Frame(np.array([5.0, 6, 7]), np.ones(3), np.eye(3)), "a")
    >>> place(one, one, (1, 2, 0))
    {'hu': 40, 'xyz_mm': [5.0, 8.0, 8.0], 'slice': 2, 'slices': 2, 'image': None}
    """
    if not all(0 <= along < size for along, size in zip(at, working.voxels_hu.shape, strict=True)):
        shape = " x ".join(str(size) for size in working.voxels_hu.shape)
        raise BadInput(f"There is no voxel {at}: the working grid has {shape}, numbered from 0.")
    xyz_mm = working.frame.to_xyz_mm(np.array([at], float))
    slices = len(volume.voxels_hu)
    number = int(np.clip(np.floor(volume.frame.to_irc(xyz_mm)[0, 0] + 0.5), 0, slices - 1))
    return {
        "hu": int(working.voxels_hu[at]),
        "xyz_mm": [round(along, 1) + 0.0 for along in xyz_mm[0].tolist()],  # + 0.0: no -0.0
        "slice": number + 1,
        "slices": slices,
        "image": volume.image_numbers[number] if volume.image_numbers else None,
    }


def counted(volume: Volume) -> str:
    """What "slice" and "image" are, in sentences."""
    step_xyz = volume.frame.direction[:, 2]  # from one slice to the next
    axis = int(np.abs(step_xyz).argmax())
    first = TOWARDS[axis][int(step_xyz[axis] < 0)]
    slices = f"A slice is one of the scan's own {len(volume.voxels_hu)}, counted from the {first}"
    said = f"{slices}; the one that is nearest to the cross is named."
    if volume.image_numbers:
        return f"{said} Its image is the number that DICOM viewers show for it (Instance Number)."
    return f"{said} It has no image number, since it is not one image of a DICOM series as it was scanned."
