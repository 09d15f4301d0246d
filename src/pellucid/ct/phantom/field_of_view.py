"""What part of the chest is scanned, on which grid it is drawn, and where the scan's voxels lie in the patient."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.grids import Grid
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.scanner import Scanner
from pellucid.data.volumes import Frame
from pellucid.shapes import Float


def field_of_view(rng: np.random.Generator, person: Physique, scanner: Scanner) -> tuple[Grid, int]:
    """From above the lungs' tips to below their lowest corner, with some of the chest wall.

    Returns:
        The grid of layers that are drawn, and the number of slices made of them.
    """
    from scipy.fft import next_fast_len

    top = person.apex_z + rng.uniform(8, 25)
    bottom = person.dome_z - 0.5 * person.left_lower - 0.95 * person.dome_drop - rng.uniform(8, 24)
    slices = int(np.ceil((top - bottom) / scanner.spacing_mm))
    deep, wide = (2 * (half + rng.uniform(20, 42)) for half in (person.half_depth, person.half_width))
    rows, columns = (next_fast_len(int(np.ceil(length / scanner.pixel_mm)), real=True) for length in (deep, wide))
    step = scanner.spacing_mm / scanner.parts
    origin = (bottom + step / 2, -deep / 2 + rng.uniform(-4, 10), -wide / 2 + rng.uniform(-5, 5))
    return Grid(origin, (step, scanner.pixel_mm, scanner.pixel_mm), (slices * scanner.parts, rows, columns)), slices


def frame_of(grid: Grid, scanner: Scanner, shift_xyz_mm: Float[np.ndarray, " axis"]) -> Frame:
    """Where the scan's voxels lie: a slice's place is the middle of the layers that make it.

    Args:
        grid: of the layers.
        scanner: for the slices' distance.
        shift_xyz_mm: from the phantom's own millimetres to the patient's.
    """
    z, y, x = grid.origin_zyx_mm
    first = np.array([x, y, z + (scanner.spacing_mm - grid.step_zyx_mm[0]) / 2])
    return Frame(first + shift_xyz_mm, np.array([scanner.pixel_mm, scanner.pixel_mm, scanner.spacing_mm]), np.eye(3))
