"""What is known of the lungs of one scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Bool, UInt8


@dataclass(frozen=True, slots=True, eq=False)
class Lungs:
    """The lung spaces of the chest, on the working grid.

    Attributes:
        inside: everything in the lungs, with the vessels in them and nodules in them or at their wall; not the windpipe
            and the main bronchi.
        side: 0 outside, 1 in the patient's right lung, 2 in the left.
        told: what was noticed, each in a sentence ("Only the right lung was found."); may be empty.
    """

    inside: Bool[np.ndarray, "slice row column"]
    side: UInt8[np.ndarray, "slice row column"]
    told: tuple[str, ...] = ()
