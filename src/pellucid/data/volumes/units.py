"""Do a scan's numbers mean what they should: lengths in millimetres, radiodensity in Hounsfield units?

A scan in metres, or of greys from 0 to 255, looks right on a screen and is wrong in every figure. Where the numbers
cannot be a CT's, they are refused; nothing is rescaled by a guess.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Int16

AIR_HU = -1024  # the least a 12-bit CT can say with the usual intercept: DICOM PS3.3 C.8.2.1.1.5 and common practice
# Chosen by us. A scan of a lung is wider than 40 mm (a heart's or an inner ear's smallest field of view is 50 to 100);
# the largest bore is 900 mm wide, the longest table 2,100 mm. In cm a chest is 35 wide, in metres 0.35.
LEAST_WIDTH_MM, MOST_WIDTH_MM, MOST_LENGTH_MM = 40.0, 1_000.0, 2_500.0
LEAST_SPACING_MM, MOST_SPACING_MM = 0.05, 20.0  # chosen by us: micro-CT is finer, no clinical scan is coarser
MOST_VOXELS = 2**29  # chosen by us: 2,000 slices of 512 x 512, 1 GiB of voxels
DARK_HU, TISSUE_HU = -500, (-200, 300)  # air and lung lie below the first, fat to blood and muscle within the second
LEAST_SHARE = 0.001  # chosen by us: of the voxels; a patient in air has tens of per cent of either
BELOW_AIR_HU = -1100  # chosen by us: air with the noise that a sharp kernel leaves in it
SAMPLED = 2_000_000  # chosen by us: a share of 0.001 of so many is known to 2 per cent of itself


def check_size(extents_mm: tuple[float, float, float], spacings_mm: tuple[float, float, float]) -> None:
    """Refuse what cannot be millimetres.

    Args:
        extents_mm: how far the scan reaches along columns, rows and slices.
        spacings_mm: of neighbouring columns, rows and slices.
    Raises:
        BadInput: smaller or larger than any patient's scan.

    >>> check_size((350.0, 350.0, 300.0), (0.7, 0.7, 3.0))
    """
    width, height, length = extents_mm
    narrow = min(width, height) < LEAST_WIDTH_MM or min(spacings_mm) < LEAST_SPACING_MM
    wide = max(width, height) > MOST_WIDTH_MM or length > MOST_LENGTH_MM or max(spacings_mm) > MOST_SPACING_MM
    if narrow or wide:
        shown = " x ".join(f"{extent:.4g}" for extent in extents_mm)
        apart = " x ".join(f"{spacing:.4g}" for spacing in spacings_mm)
        raise BadInput(
            f"it claims to be {shown} mm large with voxels of {apart} mm, {'smaller' if narrow else 'larger'} than a "
            "scan of a chest can be; check that its lengths are in millimetres"
        )


def check_voxels(size: tuple[int, ...], name: str) -> None:
    """Refuse a scan that claims more voxels than are read, before any is.

    Raises:
        BadInput: saying how many.
    """
    if (voxels := int(np.prod(np.array(size, object)))) > MOST_VOXELS or min(size) < 1:
        shown = " x ".join(map(str, size))
        raise BadInput(f"{name} claims {shown} = {voxels:,} voxels; 1 to {MOST_VOXELS:,} are read. Cut it smaller.")


def check_hounsfield(voxels: Int16[np.ndarray, "slice row column"], name: str) -> None:
    """Refuse numbers that cannot be a CT's HU: no air, no tissue, or noise below air.

    Args:
        voxels: as read, declared padding already made air.
        name: how messages call the scan.
    Raises:
        BadInput: saying what they look like instead.
    """
    seen = voxels.ravel()[:: max(1, voxels.size // SAMPLED)]
    low, high = int(voxels.min()), int(voxels.max())
    span = f"{name} has values from {low} to {high}"
    if low >= 0 and high <= 255:
        raise BadInput(f"{span}: greys of a picture, not HU; export the scan itself, with its rescale.")
    if (seen < DARK_HU).mean() < LEAST_SHARE:
        hint = "stored values without their rescale" if low >= 0 else "no voxel of air"
        raise BadInput(f"{span}, not those of a chest CT in HU ({hint}); export it again, with its rescale.")
    if _noise_below_air(seen):
        raise BadInput(f"{span}, and noise far below air (-1000 HU): its rescale may have been applied twice.")
    if ((seen >= TISSUE_HU[0]) & (seen <= TISSUE_HU[1])).mean() < LEAST_SHARE:
        raise BadInput(f"{span}, but hardly any of tissue (about 0 HU): they are not HU; export it with its rescale.")


def _noise_below_air(seen: Int16[np.ndarray, " voxel"]) -> bool:
    """Whether many values lie below air that are not a constant, as a scanner's filling is."""
    below = seen[seen < BELOW_AIR_HU]
    if below.size < 0.05 * seen.size:  # chosen by us: some sharp kernels leave more noise than others
        return False
    counts = np.sort(np.bincount(below.astype(np.int32) + 2**15))
    return bool(counts[-3:].sum() < 0.9 * below.size)


def air_below(voxels: Int16[np.ndarray, "slice row column"]) -> tuple[str, ...]:
    """Make, in place, all that lies below -1024 HU air, and tell how much it was.

    Scanners fill what lies outside their circle with numbers such as -2000 or -3024, which no matter has.

    >>> voxels = np.array([[[-2000, -1000, 0, 40]]], np.int16)
    >>> air_below(voxels)
    ('25.00% of the voxels were below -1024 HU (down to -2000), as outside the scanned circle: they are taken as air.',)
    >>> voxels
    array([[[-1024, -1000,     0,    40]]], dtype=int16)
    """
    below = sum(int(np.count_nonzero(plane < AIR_HU)) for plane in voxels)
    if not below:
        return ()
    lowest = int(voxels.min())
    np.maximum(voxels, AIR_HU, out=voxels)
    share = 100 * below / voxels.size
    return (
        f"{share:.2f}% of the voxels were below {AIR_HU} HU (down to {lowest}), as outside the scanned circle: they "
        "are taken as air.",
    )
