"""scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, values 0 to 16; always there, offline."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pellucid.data.arrays import ArraySource
from pellucid.shapes import UInt8


def read_digits() -> ArraySource:
    """The digits as they ship inside scikit-learn."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images: UInt8[np.ndarray, "case 8 8"] = digits.images.astype(np.uint8)
    labels = digits.target.astype(np.int64)
    return ArraySource(Path("digits"), lambda: iter([images]), labels, None, tuple(map(str, range(10))))
