"""The one form that all images of a pack share (channels, number type, square size), and how each is fitted to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Shaped

LARGEST_KEPT = 64
"""Images that are all one square of at most this many pixels a side keep their size; any others are resized to it.
Chosen by us, because training stays a matter of seconds at 64 x 64; --image-size asks for another."""


@dataclass(frozen=True, slots=True)
class Form:
    """What every image of a pack looks like.

    >>> Form(channels=1, dtype="uint8", size=28, resized=False).shape
    (1, 28, 28)
    """

    channels: int
    dtype: str
    size: int
    resized: bool
    """False while all images were one square of this size by themselves."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """[channel, row, column] of one image."""
        return (self.channels, self.size, self.size)

    @property
    def image_bytes(self) -> int:
        """Bytes of one image."""
        return self.channels * self.size * self.size * np.dtype(self.dtype).itemsize

    def said_of_size(self) -> str:
        """What a user should know where images were resized."""
        return f"All images are resized to {self.size} x {self.size} pixels (--image-size chooses another size)."

    def as_dict(self) -> dict[str, int | str]:
        """For JSON."""
        return asdict(self)


class DoesNotFit(Exception):
    """Said by `fit` to the packer, and no error: `wider` is the form that would hold this image and all before it."""

    def __init__(self, wider: Form) -> None:
        super().__init__(str(wider))
        self.wider = wider

    def refusal(self, name: str, form: Form) -> str:
        """Why a trained model, whose form is fixed, cannot be asked about this image."""
        if self.wider.channels != form.channels:
            return f"{name} is in colour, and the model learned from gray images: convert it to gray as those were."
        return (
            f"{name} holds {self.wider.dtype} values, and the model learned from {form.dtype}: export it as those were."
        )


def first_form(image: Shaped[np.ndarray, "row column *channel"], image_size: int | None) -> Form:
    """The form that the first image suggests; later ones may widen it (`fit` says so by DoesNotFit).

    >>> first_form(np.zeros((28, 28), np.uint8), None)
    Form(channels=1, dtype='uint8', size=28, resized=False)
    """
    rows, columns = image.shape[:2]
    own = rows if rows == columns and rows <= LARGEST_KEPT else LARGEST_KEPT
    size = image_size or own
    return Form(3 if image.ndim == 3 else 1, image.dtype.name, size, resized=(rows, columns) != (size, size))


def fit(
    image: Shaped[np.ndarray, "row column *channel"], form: Form, name: str, image_size: int | None = None
) -> Shaped[np.ndarray, "channel size size"]:
    """One decoded image in the form of its pack.

    Args:
        image: gray or RGB, uint8, uint16 or int16.
        form: what is needed. Gray becomes RGB by repetition; 8 bit becomes 16 bit by x 257, so that white stays white.
        name: for errors.
        image_size: the side that the user asked for; else sizes that differ meet at LARGEST_KEPT.
    Raises:
        DoesNotFit: the form is too narrow (RGB, deeper numbers, or the first image of another size).
        BadInput: signed (Hounsfield) and 8-bit images cannot share a pack.
    """
    wider = _join(form, image, name, image_size)
    if wider != form:
        raise DoesNotFit(wider)
    if image.dtype.name != form.dtype:
        image = _as_dtype(image, form.dtype, name)
    if image.shape[:2] != (form.size, form.size):
        image = resize(image, form.size)
    if image.ndim == 3:
        return image.transpose(2, 0, 1)
    return image[None] if form.channels == 1 else np.broadcast_to(image, (3, *image.shape))


def _join(form: Form, image: np.ndarray, name: str, image_size: int | None) -> Form:
    if image.ndim == 3 and form.channels == 1:
        form = replace(form, channels=3)
    if image.dtype.name != form.dtype:
        form = replace(form, dtype=_common_dtype(form.dtype, image.dtype.name, name))
    if image.shape[:2] != (form.size, form.size) and not form.resized:
        form = replace(form, size=image_size or LARGEST_KEPT, resized=True)
    return form


def as_gray_if_gray(image: Shaped[np.ndarray, "row column *channel"]) -> Shaped[np.ndarray, "row column *kept"]:
    """An RGB image of equal channels as the gray image that it is; any other as it came."""
    return image[..., 0] if image.ndim == 3 and (image == image[..., :1]).all() else image


def resize(image: Shaped[np.ndarray, "row column *channel"], size: int) -> Shaped[np.ndarray, "size size *channel"]:
    """Resized to a square by averaging (antialiased bilinear, Pillow); the aspect ratio is not kept."""
    from PIL import Image

    if image.dtype == np.uint8:
        small = Image.fromarray(np.ascontiguousarray(image)).resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(small)
    planes = image[..., None] if image.ndim == 2 else image
    small_planes = [
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR))
        for plane in np.moveaxis(planes, -1, 0)
    ]
    result: np.ndarray = np.rint(np.stack(small_planes, -1)).astype(image.dtype)
    return result[..., 0] if image.ndim == 2 else result


def _common_dtype(a: str, b: str, name: str) -> str:
    if a == b:
        return a
    if {a, b} == {"uint8", "uint16"}:
        return "uint16"
    if {a, b} == {"int16", "uint16"}:
        return "int16"
    raise BadInput(
        f"{name} holds {b} values where others hold {a}: keep CT in Hounsfield units and 8-bit images apart."
    )


def _as_dtype(image: np.ndarray, dtype: str, name: str) -> np.ndarray:
    if image.dtype == np.uint8 and dtype == "uint16":
        return image.astype(np.uint16) * np.uint16(257)
    if dtype == "int16" and image.max() > 32767:
        raise BadInput(f"{name} reaches {image.max()} where others are signed 16 bit (at most 32767).")
    return image.astype(dtype)
