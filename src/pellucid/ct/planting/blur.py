"""How a scanner smears a small thing: a Gaussian within a slice, and the mean over a slice's thickness across it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Float

REACH_SIGMAS = 4.0  # beyond it, 6 of 100,000 parts of a Gaussian are left


@dataclass(frozen=True, slots=True)
class Blur:
    """A scan's own blur.

    A reconstruction kernel is not quite a Gaussian: a sharp one overshoots at edges. Its width is told here, and the
    overshoot left out.

    Attributes:
        sigma_mm: standard deviation of the Gaussian within a slice, mm; above 0.
        low_mm, high_mm: 95% interval of sigma_mm; both equal to it where it was given and not measured.
        slice_mm: thickness over which a slice is the mean, mm; above 0.
        edges: how many edges of the scan it was measured at; 0 where it was given.

    >>> print(Blur(0.42, 0.40, 0.45, 3.0, edges=812))
    Gaussian of 0.42 mm (0.40 to 0.45) within a slice, measured at 812 edges; slices of 3 mm
    """

    sigma_mm: float
    low_mm: float
    high_mm: float
    slice_mm: float
    edges: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no width.

        Raises:
            BadInput: a width that is not above 0.
        """
        for what, width in (("The blur within a slice", self.sigma_mm), ("The slice thickness", self.slice_mm)):
            if not 0 < width < np.inf:
                raise BadInput(f"{what} is {width} mm; it must be above 0.")

    def __str__(self) -> str:
        if not self.edges:
            return f"Gaussian of {self.sigma_mm:.2f} mm within a slice, as given; slices of {self.slice_mm:g} mm"
        interval = f"({self.low_mm:.2f} to {self.high_mm:.2f})"
        where = f"measured at {self.edges:,} edges"
        return f"Gaussian of {self.sigma_mm:.2f} mm {interval} within a slice, {where}; slices of {self.slice_mm:g} mm"


def within_slice(
    edges_mm: Float[np.ndarray, " edge"], voxels_mm: Float[np.ndarray, " voxel"], sigma_mm: float
) -> Float[np.ndarray, "voxel cell"]:
    """What each cell adds to each voxel along a row or a column.

    Args:
        edges_mm: where the cells begin and end, rising.
        voxels_mm: centres of the voxels, on the same line.
        sigma_mm: of the Gaussian.
    Returns:
        voxel x cell: the Gaussian around the voxel, integrated over the cell; exact, not sampled.
    """
    from scipy.special import ndtr

    below = np.asarray(ndtr((voxels_mm[:, None] - edges_mm) / sigma_mm), np.float64)
    return np.asarray(below[:, :-1] - below[:, 1:])


def across_slices(
    edges_mm: Float[np.ndarray, " edge"], voxels_mm: Float[np.ndarray, " voxel"], slice_mm: float
) -> Float[np.ndarray, "voxel cell"]:
    """The same along the slices, where each voxel is the mean over the slice's thickness.

    >>> across_slices(np.array([0.0, 1.0, 2.0]), np.array([0.5, 2.5]), 2.0)
    array([[0.5 , 0.25],
           [0.  , 0.25]])
    """
    below = np.clip((voxels_mm[:, None] - edges_mm) / slice_mm + 0.5, 0.0, 1.0)
    return np.asarray(below[:, :-1] - below[:, 1:])


def reach_mm(blur: Blur) -> Float[np.ndarray, " axis"]:
    """How far beyond a thing its blur is seen along slices, rows and columns, mm."""
    return np.array([blur.slice_mm / 2, REACH_SIGMAS * blur.sigma_mm, REACH_SIGMAS * blur.sigma_mm])
