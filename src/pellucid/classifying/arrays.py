"""Arrays of images, as notebooks hold them, to the stored form that is learned from; nothing is guessed in silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.classifying.telling import BadArgument
from pellucid.data.form import first_form, resize
from pellucid.shapes import Shaped

KEPT = {"bool": "uint8", "uint8": "uint8", "int8": "int16", "int16": "int16", "uint16": "uint16"}
"""Number types that are stored with every value as it is, and as what. All others are stored as float32."""

COLOURS = (1, 3)
"""Lengths of an axis by which it is taken for the channels, where nobody says: gray and RGB."""

CASES_AT_ONCE = 1024
"""Images that are brought to float32 together. Chosen by us: a block in float64 stays small."""


@dataclass(frozen=True, slots=True)
class ArrayForm:
    """What the images of X looked like at `fit`, and how they are stored.

    Integers of 8 and 16 bits are stored as they are. Fractions, and wider integers, are stored as float32, the numbers
    that networks compute with, after a shift and a division that bring the range of X to -1 ... 1: so they keep one
    part in 16 million of that range, however large or small they are. The scaling to mean 0 and deviation 1, measured
    later on the training part, undoes the shift.

    >>> form = ArrayForm.of(np.array([[[0.0, 4.0]], [[2.0, 4.0]]]), channels=None, image_size=2)
    >>> form.dtype, form.middle, form.half_range
    ('float32', 2.0, 2.0)
    """

    shape: tuple[int, ...]
    """Of one image, as X has it."""
    channels: str | None
    """Where they stand: first, last, or None for gray images without such an axis."""
    kind: str
    """What X held: bools, whole numbers or fractions. Only the same is taken later: a 1 means another thing in each."""
    dtype: str
    """As which values are stored."""
    size: int
    """Side of the square that images are brought to, pixels."""
    low: float
    """The least value that was learned from, as X has it."""
    high: float
    """The greatest."""

    @property
    def middle(self) -> float:
        """What is taken from each value before it is stored; 0 where values are stored as they are."""
        return self.low / 2 + self.high / 2 if self.dtype == "float32" else 0.0

    @property
    def half_range(self) -> float:
        """What each value is divided by then; 1 where values are stored as they are."""
        return (self.high / 2 - self.low / 2) or 1.0 if self.dtype == "float32" else 1.0

    @staticmethod
    def of(images: Shaped[np.ndarray, "case ..."], channels: str | None, image_size: int | None) -> ArrayForm:
        """The form that these images suggest.

        Args:
            images: [case, row, column], or with channels first or last.
            channels: first, last, or None: by their number, where it leaves no doubt.
            image_size: the side that was asked for; None: small squares keep theirs, as `pellucid train` does it.
        Raises:
            BadArgument: channels may be first or last, or another number of axes.
        """
        at = find_channels(images.shape, channels)
        rows, columns = images.shape[2:4] if at == "first" else images.shape[1:3]
        size = first_form(np.zeros((rows, columns), np.uint8), image_size).size
        kept, low, high = KEPT.get(images.dtype.name, "float32"), float(images.min()), float(images.max())
        return ArrayForm(images.shape[1:], at, kind_of(images), kept, size, low, high)

    def store(self, images: Shaped[np.ndarray, "case ..."]) -> Shaped[np.ndarray, "case channel row column"]:
        """These images as they are stored.

        Raises:
            BadArgument: another shape or kind of numbers than at `fit`, values that do not fit, NaN and infinities.
        """
        if images.shape[1:] != self.shape:
            raise BadArgument(
                f"X has images of {_by(images.shape[1:])}, and {_by(self.shape)} were learned from: bring them to that."
            )
        if kind_of(images) != self.kind:
            raise BadArgument(
                f"X holds {images.dtype.name} values, and {self.kind} were learned from: whether 1 is dark or bright "
                "cannot be told. Bring X to the numbers that fit was given."
            )
        check_finite(images)
        planes = images[:, None] if self.channels is None else images
        planes = np.moveaxis(planes, -1, 1) if self.channels == "last" else planes
        values = self._as_float32(planes) if self.dtype == "float32" else self._as_whole(planes)
        return values if values.shape[2:] == (self.size, self.size) else _resized(values, self.size)

    def _as_whole(self, planes: np.ndarray) -> np.ndarray:
        limits = np.iinfo(self.dtype)
        low, high = int(planes.min()), int(planes.max())
        if low < limits.min or high > limits.max:
            raise BadArgument(
                f"X holds values from {low} to {high}, and {self.dtype} ones were learned from ({limits.min} to "
                f"{limits.max}): bring X to those."
            )
        return np.ascontiguousarray(planes, dtype=self.dtype)

    def _as_float32(self, planes: np.ndarray) -> np.ndarray:
        values = np.empty(planes.shape, np.float32)
        with np.errstate(over="ignore"):  # what overflows is refused below
            for start in range(0, len(planes), CASES_AT_ONCE):
                block = planes[start : start + CASES_AT_ONCE].astype(np.float64)
                values[start : start + CASES_AT_ONCE] = (block - self.middle) / self.half_range
        if not np.isfinite(values).all():
            raise BadArgument(
                f"X reaches {np.abs(planes).max():g}, and values from {self.low:g} to {self.high:g} were learned from: "
                "bring X to those."
            )
        return values


def kind_of(images: Shaped[np.ndarray, "case ..."]) -> str:
    """What an array holds, in words.

    >>> [kind_of(np.zeros((1, 2, 2), dtype)) for dtype in ("bool", "uint8", "float64")]
    ['bools', 'whole numbers', 'fractions']
    """
    return {"b": "bools", "i": "whole numbers", "u": "whole numbers"}.get(images.dtype.kind, "fractions")


def find_channels(shape: tuple[int, ...], told: str | None) -> str | None:
    """Where the channels of an array of images stand: first, last, or None where there is no such axis.

    Args:
        shape: of the whole array, cases first.
        told: first, last, or None: where one of the two axes has a length of 1 or 3, and the other has not.
    Raises:
        BadArgument: it cannot be told, or the array has no such axes.

    >>> find_channels((40, 28, 28), None), find_channels((40, 28, 28, 3), None), find_channels((40, 1, 28, 28), None)
    (None, 'last', 'first')
    """
    if len(shape) == 3 and told is None:
        return None
    if len(shape) != 4:
        coloured = "[case, channel, row, column]" if told == "first" else "[case, row, column, channel]"
        needed = "[case, row, column]" if told is None else coloured
        raise BadArgument(
            f"X has the shape {shape}, and {needed} is needed"
            + (": leave channels out for gray images." if told and len(shape) == 3 else ".")
        )
    if told is not None:
        return told
    first, last = shape[1] in COLOURS, shape[3] in COLOURS
    if first == last:
        why = "the channels may be first or last" if first else "no axis has a length of 1 or 3, gray or RGB"
        raise BadArgument(f"X has the shape {shape}: {why}. Say channels='first' or channels='last'.")
    return "first" if first else "last"


def check_finite(images: Shaped[np.ndarray, "case ..."]) -> None:
    """See that every value is a number.

    Raises:
        BadArgument: NaN or infinity, and in which case the first one is.
    """
    if images.dtype.kind != "f":
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(images.sum(dtype=np.float64)):
            return
    holes = ~np.isfinite(images).reshape(len(images), -1).all(1)
    if not holes.any():  # finite values whose sum is not
        return
    raise BadArgument(
        f"X holds NaN or infinity in {holes.sum():,} of {len(images):,} cases, the first of them case "
        f"{int(holes.argmax())}: leave those out, or put numbers in their place."
    )


def _resized(values: np.ndarray, size: int) -> np.ndarray:
    """Each channel by itself, as `pellucid train` resizes images; fractions are not rounded."""
    planes = [[_resized_plane(plane, size) for plane in image] for image in values]
    return np.stack([np.stack(image) for image in planes])


def _resized_plane(plane: np.ndarray, size: int) -> np.ndarray:
    if plane.dtype != np.float32:
        return resize(plane, size)
    from PIL import Image

    return np.asarray(Image.fromarray(plane).resize((size, size), Image.Resampling.BILINEAR))


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
