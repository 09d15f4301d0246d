"""The working grid: 1 mm cubes, axes along the patient's, so that every later stage sees the same scale and sides."""

from __future__ import annotations

import numpy as np

from pellucid.data.volumes import Frame, Volume
from pellucid.data.volumes.parts import as_image, simple_itk
from pellucid.data.volumes.units import AIR_HU
from pellucid.errors import BadInput

SPACING_MM = 1.0  # chosen by us: a nodule of 3 mm still has 14 voxels, and a chest has 25 million
# Chosen by us: twice the largest chest CT (500 x 500 x 600 mm); a frame that claims more has its units wrong.
MOST_VOXELS = 300_000_000
SMOOTHED = 4  # voxels along an axis: SimpleITK's recursive filter needs so many


def working_copy(volume: Volume) -> Volume:
    """The scan on the working grid: slice towards the head, row towards the back, column towards the patient's left.

    It is interpolated linearly. Along axes finer than 1 mm it is smoothed first by as much as the coarser grid needs (a
    Gaussian of half the grid's spacing, less half the scan's own, in squares).

    Args:
        volume: any orientation and spacing.
    Returns:
        A volume with spacing 1 mm and the identity as its direction; what lies outside the scan is air.
    Raises:
        BadInput: a scan larger than any chest.

    >>> from pellucid.data.volumes import Frame
    >>> small = Volume(np.zeros((2, 4, 6), np.int16), Frame(np.zeros(3), np.array([0.5, 0.5, 3.0]), np.eye(3)), "a")
    >>> working_copy(small).voxels_hu.shape
    (4, 3, 4)
    """
    sitk = simple_itk()
    shape = np.array(volume.voxels_hu.shape)
    corners = np.stack(np.meshgrid(*[[0.0, size - 1.0] for size in shape], indexing="ij"), axis=-1).reshape(-1, 3)
    places = volume.frame.to_xyz_mm(corners)
    low, high = places.min(axis=0), places.max(axis=0)
    size_xyz = np.ceil((high - low) / SPACING_MM - 1e-6).astype(int) + 1
    if int(size_xyz.prod()) > MOST_VOXELS:
        extent = " x ".join(f"{length:.0f}" for length in high - low)
        raise BadInput(f"The scan claims to be {extent} mm large, more than any chest; check the units of its spacing.")
    image = as_image(volume)
    for axis, spacing in enumerate(volume.frame.spacing_xyz_mm):
        if spacing < SPACING_MM and image.GetSize()[axis] >= SMOOTHED:
            sigma = 0.5 * float(np.sqrt(SPACING_MM**2 - spacing**2))
            image = sitk.RecursiveGaussian(image, sigma, False, sitk.RecursiveGaussianImageFilter.ZeroOrder, axis)
    moved = sitk.Resample(
        image, [int(length) for length in size_xyz], sitk.Transform(), sitk.sitkLinear, low.tolist(),
        [SPACING_MM] * 3, np.eye(3).ravel().tolist(), AIR_HU, sitk.sitkInt16,
    )  # fmt: skip
    frame = Frame(low, np.full(3, SPACING_MM), np.eye(3))
    return Volume(sitk.GetArrayFromImage(moved), frame, volume.seriesuid, volume.told)
