"""Whether the pixels that are asked about lie where those that were learned from lay."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Shaped

BEYOND = 0.5
"""Of the width of the range learned from: what lies further beyond either end is far outside. Chosen by us: another
scanner's brighter pixels pass, another unit (0 to 1, 0 to 255) does not."""

NARROW = 0.1
"""Of that width: images that all lie within less are thought to be in another unit. Chosen by us: 16 gray levels and
255 brought to 0 ... 1 are both noticed."""

ENOUGH = 8
"""Images from which on a narrow range is doubted. Chosen by us: fewer may all be dark."""


def doubts_of(images: Shaped[np.ndarray, "case ..."], low: float, high: float) -> list[str]:
    """What speaks against these images being in the unit of those that were learned from; a line, or none.

    Args:
        images: what is asked about, finite.
        low, high: the least and the greatest value learned from.

    >>> doubts_of(np.full((1, 2, 2), 9.0), 0.0, 16.0)
    []
    >>> doubts_of(np.full((1, 2, 2), 255.0), 0.0, 16.0)[0]
    'X holds values from 255 to 255, and fit was given 0 to 16: what is said of them may be no more than guessing. ...'
    """
    asked_low, asked_high = float(images.min()), float(images.max())
    half = high / 2 - low / 2  # halves: the width of the widest range there is would overflow
    far = asked_low < low - 2 * BEYOND * half or asked_high > high + 2 * BEYOND * half
    narrow = len(images) >= ENOUGH and asked_high / 2 - asked_low / 2 < NARROW * half
    if not far and not narrow:
        return []
    return [
        f"X holds values from {asked_low:g} to {asked_high:g}, and fit was given {low:g} to {high:g}: what is said of "
        "them may be no more than guessing. Bring X to the numbers that fit was given."
    ]
