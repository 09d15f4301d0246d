"""A scan: its voxels in Hounsfield units, where they lie in the patient, and what was noticed on reading it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.data.volumes.frame import Frame
from pellucid.shapes import Int16


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels with a Frame.

    Attributes:
        voxels_hu: radiodensity, air about -1000, water 0, in Hounsfield units.
        frame: where each voxel lies in the patient.
        seriesuid: the series' name (DICOM's Series Instance UID, or a file's name); it stands in findings.csv.
        told: what was noticed and done on reading, each in a sentence ("Slices are unevenly spaced ..."); may be empty.
        image_numbers: of each slice, as DICOM viewers show it (Instance Number); empty where a slice is not one image
            of the series: resampled, left out, of another format.

    >>> volume = Volume(np.full((2, 3, 4), -1000, np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "1.2.3")
    >>> volume.voxels_hu.shape
    (2, 3, 4)
    """

    voxels_hu: Int16[np.ndarray, "slice row column"]
    frame: Frame
    seriesuid: str
    told: tuple[str, ...] = ()
    image_numbers: tuple[int, ...] = ()
