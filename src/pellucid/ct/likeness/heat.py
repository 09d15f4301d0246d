"""Likeness of each voxel to a nodule: bright balls of 3 to 30 mm answer, solid or hazy; vessels and walls hardly do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.ct.likeness.grids import finer, middles_irc
from pellucid.ct.likeness.looks import SIZES_MM, Look, looks
from pellucid.ct.likeness.peaks import peaks_of
from pellucid.ct.lungs import Lungs
from pellucid.ct.lungs.boxes import bounding_box
from pellucid.data.volumes import Volume
from pellucid.shapes import Float, Int, UInt8


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """The heat map.

    Attributes:
        values: 0 (nothing like a nodule, or outside the lungs) to 1, on the working grid, as float16.
        size: which of `sizes_mm` answered loudest there (an index); 0 where nothing answered.
        sizes_mm: diameters of the balls that were looked for, mm.
        peaks_irc: where one size's own map is higher than around, the likeliest first; places may stand there twice.
        peaks_likeness: of each peak, 0 to 1.
        peaks_size: of each peak, an index into `sizes_mm`.
    """

    values: Float[np.ndarray, "slice row column"]
    size: UInt8[np.ndarray, "slice row column"]
    sizes_mm: tuple[float, ...]
    peaks_irc: Int[np.ndarray, "peak 3"]
    peaks_likeness: Float[np.ndarray, " peak"]
    peaks_size: UInt8[np.ndarray, " peak"]


def nodule_likeness(working: Volume, lungs: Lungs) -> Likeness:
    """The heat map: at each place the loudest answer to a bright ball, over all sizes, solid or hazy.

    What lies outside the lungs is first painted over with the radiodensity of the lung nearby, so that the chest wall
    does not answer and a nodule that leans on it stands free.

    Args:
        working: the scan on the working grid (`ct.grid.working_copy`).
        lungs: its lungs (`ct.lungs.find_lungs`).
    Returns:
        Likeness on the same grid. A solid ball of one of the sizes, c HU above the lung around it, has about
        w / (w + 300) at its centre (to 0.05), where w = c sqrt(size / 10 mm).
    """
    values = np.zeros(working.voxels_hu.shape, np.float16)
    size = np.zeros(working.voxels_hu.shape, np.uint8)
    tops: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [
        (np.zeros((0, 3), int), np.zeros(0), np.zeros(0, np.uint8))
    ]
    if lungs.inside.any():
        box = bounding_box(lungs.inside, 0)
        inside = lungs.inside[box]
        loudest = np.zeros(inside.shape, np.float32)
        for look in looks(working.voxels_hu[box], inside):
            heat = finer(look.likeness, look.step, inside.shape)
            louder = (heat > loudest) & inside
            loudest[louder] = heat[louder]
            size[box][louder] = look.number
            tops.append(_tops(look, inside, np.array([part.start for part in box])))
        values[box] = loudest
    irc, likeness, sizes = (np.concatenate(parts) for parts in zip(*tops, strict=True))
    order = np.argsort(-likeness, kind="stable")
    return Likeness(values, size, SIZES_MM, irc[order], likeness[order], sizes[order])


def _tops(look: Look, inside: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A look's peaks that lie in the lungs: where on the working grid, how likely, and their size."""
    cubes = peaks_of(look.likeness)
    irc = np.minimum(middles_irc(cubes, look.step), np.array(inside.shape) - 1)
    kept = inside[tuple(irc.T)]
    likeness = look.likeness[tuple(cubes[kept].T)].astype(np.float64)
    return irc[kept] + corner, likeness, np.full(len(likeness), look.number, np.uint8)
