"""Which outlines are of the same nodule, and the body that at least half of its readers agree on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pellucid.ct.lidc.reading import Reading, Scan
from pellucid.ct.lidc.solid import Solid, solid_of
from pellucid.shapes import Bool, Float

READERS = 4  # each scan was read by four
STEP_MM = 1.0  # of the grid that centres and volumes are measured on


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A nodule as several readers marked it.

    Attributes:
        scan: where it is.
        readings: one to four, one of each reader that outlined it.
        solids: the body that each outlined.
    """

    scan: Scan
    readings: tuple[Reading, ...]
    solids: tuple[Solid, ...]

    def malignancies(self) -> Float[np.ndarray, " reader"]:
        """Each reader's rating, 1 to 5."""
        return np.array([reading.malignancy for reading in self.readings], float)

    def texture(self) -> float:
        """The median of the readers' ratings, 1 ground-glass to 5 solid."""
        return float(np.median([reading.texture for reading in self.readings]))

    def outline(self, spacing_mm: float = STEP_MM) -> Bool[np.ndarray, "slice row column"]:
        """The points of an isotropic grid that at least half of the readers hold to be nodule; the largest piece."""
        return largest_piece(consensus(self.solids, spacing_mm))


def largest_piece(mask: Bool[np.ndarray, "slice row column"]) -> Bool[np.ndarray, "slice row column"]:
    """The mask's largest part whose voxels touch, corners counting; empty where the mask is."""
    from scipy.ndimage import label

    pieces, count = label(mask, np.ones((3, 3, 3)))
    return mask if count < 2 else np.asarray(pieces == 1 + np.bincount(pieces.ravel())[1:].argmax())


def consensus(solids: tuple[Solid, ...], spacing_mm: float) -> Bool[np.ndarray, "slice row column"]:
    """The points of a grid, over all that any of them reaches, that lie in at least half of the bodies."""
    bounds = np.stack([solid.bounds_mm() for solid in solids])
    low, high = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
    first = np.floor(low / spacing_mm)
    axes = [
        spacing_mm * np.arange(start, np.ceil(end / spacing_mm) + 1) for start, end in zip(first, high, strict=True)
    ]
    votes = sum(solid.inside(*axes).astype(np.uint8) for solid in solids)
    return np.asarray(2 * votes >= len(solids))


def group_readings(scan: Scan) -> list[Marked]:
    """The scan's nodules.

    Readings are of the same nodule if their centres are nearer to each other than the larger one's radius (or than a
    slice is from the next). The nearest, in units of that reach, are joined first, and groups join only as long as
    every pair in them is within reach and they hold at most four readings, because each of the four readers outlines a
    nodule once. The database's `_nodule_id` is each reader's own count and says nothing across readers.

    Args:
        scan: from `read_scans`.
    Returns:
        one for each nodule, in the order of their first readings; readings that hold no pixel are left out.
    """
    pairs = [(reading, solid_of(reading, scan)) for reading in scan.readings]
    kept = [(reading, solid) for reading, solid in pairs if solid is not None]
    centres, radii = _sizes([solid for _, solid in kept])
    apart = {}
    for a, b in combinations(range(len(kept)), 2):
        reach = max(radii[a], radii[b], scan.slice_mm)
        apart[a, b] = float(np.linalg.norm(centres[a] - centres[b])) / reach
    groups = [{number} for number in range(len(kept))]
    for (a, b), gap in sorted(apart.items(), key=lambda item: item[1]):
        one, other = (next(group for group in groups if number in group) for number in (a, b))
        if gap > 1 or one is other or len(one) + len(other) > READERS:
            continue
        if all(apart[min(i, j), max(i, j)] <= 1 for i in one for j in other):
            one |= other
            groups.remove(other)
    chosen = [[kept[number] for number in sorted(group)] for group in sorted(groups, key=min)]
    return [Marked(scan, tuple(r for r, _ in of), tuple(s for _, s in of)) for of in chosen]


def _sizes(solids: list[Solid]) -> tuple[list[np.ndarray], list[float]]:
    """Centre (mm) and radius (mm, of the ball of the same volume) of each body."""
    centres, radii = [], []
    for solid in solids:
        low, high = solid.bounds_mm()
        axes = [np.arange(start, end + STEP_MM, STEP_MM) for start, end in zip(low, high, strict=True)]
        places = np.argwhere(solid.inside(*axes))
        centres.append(low + places.mean(axis=0) * STEP_MM if len(places) else (low + high) / 2)
        radii.append(float(np.cbrt(len(places) * STEP_MM**3 * 3 / (4 * np.pi))))
    return centres, radii
