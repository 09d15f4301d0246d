"""Puts nodules of known place, size and density into a scan so that they look as if scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.ct.planting.blur import Blur, across_slices, reach_mm, within_slice
from pellucid.ct.shapes import NoduleShape, sphere
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput
from pellucid.shapes import Float, Int16

# Chosen by us: wide enough to average noise away; narrower than the vessels (3 mm) that nodules are planted at.
BACKGROUND_MM = 2.5
NOISE_SIGMAS = 3.0  # chosen by us: what stands out more is the edge of a vessel, not noise
MAD_TO_SIGMA = 1.4826  # median absolute deviation to standard deviation, for a Gaussian


@dataclass(frozen=True, slots=True, eq=False)
class ToPlant:
    """A nodule to be put into a scan.

    Attributes:
        centre_xyz_mm: its centre of mass in the patient (LPS), mm.
        diameter_mm: of the ball of the same volume, mm; above 0.
        density_hu: its radiodensity throughout, HU.
        shape: its form, with axes as the scan's own and scaled to the diameter; None: a ball.
    """

    centre_xyz_mm: tuple[float, float, float]
    diameter_mm: float
    density_hu: float = 40.0  # soft tissue
    shape: NoduleShape | None = None


def plant(volume: Volume, nodules: Sequence[ToPlant], *, blur: Blur) -> Volume:
    """A copy of the scan with the nodules in it.

    Where a nodule fills a share of a voxel, it takes the place of that share of what is there. The voxel keeps its
    noise, and tissue that is denser than the nodule (a vessel, the wall) stays.

    Args:
        volume: any orientation and spacing; it is left as it is.
        nodules: one after the other.
        blur: the scan's (`measure_blur`).
    Raises:
        BadInput: a nodule without a diameter, or with its centre outside the scan.

    >>> frame = Frame(np.zeros(3), np.array([0.5, 0.5, 1.0]), np.eye(3))
    >>> lung = Volume(np.full((9, 20, 20), -850, np.int16), frame, "a")
    >>> planted = plant(lung, [ToPlant((5.0, 5.0, 4.0), 5.0)], blur=Blur(0.4, 0.4, 0.4, 1.0))
    >>> planted.voxels_hu[4, 10, [0, 5, 10]]
    array([-850, -451,   40], dtype=int16)
    """
    voxels = volume.voxels_hu.copy()
    for nodule in nodules:
        corner, share = occupancy(volume.frame, voxels.shape, nodule, blur)
        where = tuple(slice(first, first + size) for first, size in zip(corner, share.shape, strict=True))
        replaced = np.maximum(nodule.density_hu + _noise(voxels, where, volume.frame), voxels[where])
        mixed = (1.0 - share) * voxels[where] + share * replaced
        voxels[where] = np.rint(mixed).clip(np.iinfo(np.int16).min, np.iinfo(np.int16).max)
    return Volume(voxels, volume.frame, volume.seriesuid, volume.told)


def occupancy(
    frame: Frame, shape: tuple[int, ...], nodule: ToPlant, blur: Blur
) -> tuple[tuple[int, ...], Float[np.ndarray, "slice row column"]]:
    """The share of each voxel that the nodule fills, as the scanner would see it.

    Args:
        frame, shape: of the scan.
        nodule: what to put there.
        blur: of the scan.
    Returns:
        index (slice, row, column) of the first voxel it reaches, and the shares, 0 to 1; what lies outside the scan
        is left out.
    Raises:
        BadInput: a nodule without a diameter, or with its centre outside the scan.
    """
    centre = frame.to_irc(np.array([nodule.centre_xyz_mm], float))[0]
    if (centre < -0.5).any() or (centre > np.array(shape) - 0.5).any():
        told = ", ".join(f"{place:.1f}" for place in nodule.centre_xyz_mm)
        raise BadInput(f"A nodule at {told} mm lies outside the scan; give its place in patient millimetres (LPS).")
    form = nodule.shape or sphere(nodule.diameter_mm)
    cell_mm = form.voxel_mm * nodule.diameter_mm / form.diameter_mm
    share, corner = form.occupancy.astype(np.float64), []
    spacing, reach, middle = frame.spacing_xyz_mm[::-1], reach_mm(blur), _centre_of_mass(form)
    for axis in range(3):  # each turn works on the first axis and puts it last
        edges = (np.arange(share.shape[0] + 1) - 0.5 - middle[axis]) * cell_mm
        first = max(0, int(np.floor(centre[axis] + (edges[0] - reach[axis]) / spacing[axis])))
        last = min(shape[axis] - 1, int(np.ceil(centre[axis] + (edges[-1] + reach[axis]) / spacing[axis])))
        voxels = (np.arange(first, last + 1) - centre[axis]) * spacing[axis]
        weights = (
            across_slices(edges, voxels, blur.slice_mm) if axis == 0 else within_slice(edges, voxels, blur.sigma_mm)
        )
        share = np.tensordot(share, weights, axes=(0, 1))
        corner.append(first)
    return tuple(corner), share.clip(0.0, 1.0)


def _centre_of_mass(form: NoduleShape) -> list[float]:
    """As an index into its voxels."""
    mass = form.occupancy.astype(np.float64)
    sums = [mass.sum(axis=tuple(other for other in range(3) if other != axis)) for axis in range(3)]
    return [float((along * np.arange(len(along))).sum() / along.sum()) for along in sums]


def _noise(
    voxels: Int16[np.ndarray, "slice row column"], where: tuple[slice, ...], frame: Frame
) -> Float[np.ndarray, "depth height width"]:
    """What differs from the median around it within the slice, as far as that is noise and no edge of a vessel."""
    from scipy.ndimage import median_filter

    sizes = [1, *(2 * max(1, round(BACKGROUND_MM / 2 / one)) + 1 for one in frame.spacing_xyz_mm[1::-1])]
    wide = tuple(
        slice(max(0, one.start - size // 2), one.stop + size // 2) for one, size in zip(where, sizes, strict=True)
    )
    inner = tuple(slice(one.start - out.start, one.stop - out.start) for one, out in zip(where, wide, strict=True))
    off = voxels[where] - median_filter(voxels[wide], size=sizes)[inner].astype(np.float64)
    limit = NOISE_SIGMAS * MAD_TO_SIGMA * float(np.median(np.abs(off))) if off.size else 0.0
    return np.asarray(off.clip(-limit, limit))
