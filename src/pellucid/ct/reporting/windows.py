"""From Hounsfield units to shades of grey: the windows through which radiologists look at a chest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Int16, UInt8


@dataclass(frozen=True, slots=True)
class Window:
    """Radiodensities that are told apart; what lies below is black, what lies above is white.

    Attributes:
        name: what it shows best.
        centre_hu: it becomes middle grey, HU.
        width_hu: from black to white, HU; above 0.
    """

    name: str
    centre_hu: float
    width_hu: float


# Source: Radiopaedia, "Windowing (CT)", rID-52108: width and level of the usual windows of chest and spine.
LUNG = Window("lung", -600.0, 1500.0)
MEDIASTINUM = Window("mediastinum", 50.0, 350.0)
BONE = Window("bone", 400.0, 1800.0)


def as_grey(voxels_hu: Int16[np.ndarray, "*any"], window: Window) -> UInt8[np.ndarray, "*any"]:
    """Shades of grey, 0 (black) to 255 (white), rounded.

    Args:
        voxels_hu: any shape.
        window: what becomes black and what white.
    Source: DICOM PS3.3 C.11.2.1.3.2 (LINEAR_EXACT).

    >>> as_grey(np.array([-2000, -1350, -600, 150, 3000], np.int16), LUNG)
    array([  0,   0, 128, 255, 255], dtype=uint8)
    """
    low = window.centre_hu - window.width_hu / 2
    share = (np.asarray(voxels_hu, np.float32) - np.float32(low)) * np.float32(255 / window.width_hu)
    grey: UInt8[np.ndarray, "*any"] = np.clip(np.rint(share), 0, 255).astype(np.uint8)
    return grey
