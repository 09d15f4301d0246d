"""From stored pixel values to numbers of about -2 to 2: one subtraction and one division a channel, written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Int, Shaped

MOST_MEASURED = 10_000
"""Training images that mean and deviation are measured on, evenly spaced where there are more. Chosen by us: at 64 x 64
their mean is known to 1 in 1,000, and measuring takes a tenth of a second."""

KINDS = ("standardise", "by_255", "by_255_twice")


@dataclass(frozen=True, slots=True)
class Scaling:
    """scaled = (stored - mean) / deviation, for each channel.

    >>> Scaling("by_255", (0.0,), (255.0,)).as_dict()
    {'kind': 'by_255', 'mean': [0.0], 'deviation': [255.0]}
    """

    kind: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"kind": self.kind, "mean": list(self.mean), "deviation": list(self.deviation)}


def measure_scaling(
    images: Shaped[np.ndarray, "case channel row column"], train: Int[np.ndarray, " train"], kind: str = "standardise"
) -> Scaling:
    """The scaling that `kind` names; `standardise` measures mean and deviation on the training part alone.

    Args:
        images: stored pixels.
        train: rows of the training part.
        kind: standardise; by_255 (to 0..1 for 8 bit, 65535 for 16); by_255_twice, a common mistake, kept to be shown.
    Raises:
        BadInput: another kind, or training images that are all one constant.

    >>> two = np.array([[[[0, 10]]], [[[0, 30]]]], np.uint8)
    >>> measure_scaling(two, np.array([0]))
    Scaling(kind='standardise', mean=(5.0,), deviation=(5.0,))
    """
    channels = images.shape[1]
    most = 255.0 if images.dtype == np.uint8 else 65535.0
    if kind == "by_255":
        return Scaling(kind, (0.0,) * channels, (most,) * channels)
    if kind == "by_255_twice":
        return Scaling(kind, (0.0,) * channels, (most * 255.0,) * channels)
    if kind != "standardise":
        raise BadInput(f"Scaling {kind!r} is none of {', '.join(KINDS)}.")
    measured = (
        train if len(train) <= MOST_MEASURED else train[np.linspace(0, len(train) - 1, MOST_MEASURED).astype(np.int64)]
    )
    # Sums of distances from a value near the mean: squares of the values themselves would drown a small deviation.
    near = np.rint(images[measured[:256]].mean((0, 2, 3))).astype(np.float32)
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(measured), 256):
        block = images[measured[start : start + 256]].astype(np.float32) - near[:, None, None]
        for channel in range(channels):
            values = block[:, channel].ravel()
            total[channel] += float(values.sum(dtype=np.float64))
            squares[channel] += float(np.dot(values, values))
    count = len(measured) * images.shape[2] * images.shape[3]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    mean += near
    if (deviation < 1e-6).all():
        raise BadInput("All training images are one constant value: there is nothing to learn from. Look at the files.")
    deviation[deviation < 1e-6] = 1.0  # a colour that is the same everywhere becomes 0, and says nothing
    return Scaling(kind, tuple(mean.tolist()), tuple(deviation.tolist()))
