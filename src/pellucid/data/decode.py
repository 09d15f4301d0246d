"""One encoded image (JPEG, PNG, TIFF, DICOM ...) to an array of its pixels, with bounds on what it may unfold to."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Shaped

MOST_PIXELS = 2**26
"""Chosen by us: 67 megapixels is above any radiograph or mammogram, and its RGB array (200 MB) fits any laptop."""

IMAGE_SUFFIXES = frozenset(
    (".bmp", ".dcm", ".dicom", ".gif", ".ima", ".j2k", ".jp2", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm")
) | {".tif", ".tiff", ".webp"}
"""File names with these endings are taken for images; DICOM files without any ending are found by their first bytes."""

BROKEN = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, SyntaxError,
          TypeError, ValueError, struct.error, zlib.error)  # fmt: skip
"""What Pillow raises on files that are broken."""

PILLOW_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "PPM", "JPEG2000")


def looks_like_an_image(name: str) -> bool:
    """True where the name's ending is one of an image format.

    >>> looks_like_an_image("a/b.JPEG"), looks_like_an_image("notes.txt")
    (True, False)
    """
    return ("." + name.rpartition("/")[2].rpartition(".")[2]).lower() in IMAGE_SUFFIXES  # a tenth of pathlib's time


def decode(contents: bytes, name: str, at_least: int | None = None) -> Shaped[np.ndarray, "row column *channel"]:
    """The pixels of one encoded image.

    Args:
        contents: the file's bytes.
        name: how the file is called in errors; a .dcm ending lets DICOM files without a preamble in.
        at_least: if given, a large JPEG may be decoded at a reduced scale that keeps both sides at least this long
            (faster; the caller resizes anyway).
    Returns:
        [row, column] for gray or [row, column, 3] for RGB; uint8, uint16 or (DICOM in Hounsfield units) int16.
        Transparency is dropped; palettes are applied. EXIF orientation is not applied. PNG files in colour, or with
        transparency, of 16 bits keep their upper 8 bits.
    Raises:
        BadInput: not an image, broken, of several frames or pages, or of more than MOST_PIXELS pixels.

    >>> decode(b"P5 2 1 255 " + bytes([7, 9]), "two.pgm")
    array([[7, 9]], dtype=uint8)
    """
    if not contents:
        raise BadInput(f"{name} is empty (0 bytes): copy it again from its source, or remove it.")
    if contents[:3] == b"\xff\xd8\xff":
        return _decode_jpeg(contents, name, at_least)
    if contents[128:132] == b"DICM" or name.lower().endswith((".dcm", ".dicom", ".ima")):
        from pellucid.data.dicom import decode_dicom

        return decode_dicom(contents, name)
    return _decode_with_pillow(contents, name)


def _decode_jpeg(contents: bytes, name: str, at_least: int | None) -> np.ndarray:
    import simplejpeg

    try:
        rows, columns, colours, _ = simplejpeg.decode_jpeg_header(contents)
        _refuse_too_large(rows, columns, name)
        if colours not in ("Gray", "YCbCr", "RGB"):
            return _decode_with_pillow(contents, name)
        least = at_least if at_least is not None and min(rows, columns) >= 2 * at_least else 0
        wanted = "GRAY" if colours == "Gray" else "RGB"
        pixels: np.ndarray = simplejpeg.decode_jpeg(contents, wanted, min_height=least, min_width=least)
    except ValueError as problem:
        raise BadInput(f"{name} is a broken JPEG ({problem}): copy it again from its source, or remove it.") from None
    return pixels[..., 0] if wanted == "GRAY" else pixels


def _decode_with_pillow(contents: bytes, name: str) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of, we refuse below or read all the same
            with Image.open(io.BytesIO(contents), formats=PILLOW_FORMATS) as image:
                _refuse_too_large(image.height, image.width, name)
                if getattr(image, "n_frames", 1) != 1:
                    raise BadInput(f"{name} holds {image.n_frames} frames or pages: one image a file is needed.")  # type: ignore[attr-defined]
                return _pillow_pixels(image, name)
    except UnidentifiedImageError:
        raise BadInput(f"{name} is not an image in a known format: remove it, or convert it to PNG.") from None
    except Image.DecompressionBombError:
        raise BadInput(f"{name} unfolds to more than {MOST_PIXELS:,} pixels: shrink it first, or remove it.") from None
    except BROKEN as problem:
        raise BadInput(
            f"{name} is broken ({' '.join(str(problem).split())}): copy it again from its source, or remove it."
        ) from None


def _pillow_pixels(image: Any, name: str) -> np.ndarray:
    if image.mode in ("1", "L", "LA", "La"):
        return np.asarray(image.convert("L"))
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        if deep.min() < 0 or deep.max() > 65535:
            raise BadInput(f"{name} holds whole numbers from {deep.min()} to {deep.max()}: 0 to 65535 is needed.")
        return deep.astype(np.uint16)
    if image.mode == "F":
        raise BadInput(f"{name} holds fractional pixel values: convert it to 8 or 16 bit whole numbers.")
    if image.mode == "P" and "transparency" not in image.info:
        palette = np.asarray(image.getpalette("RGB") or [0, 0, 0], np.uint8).reshape(-1, 3)
        if (palette == palette[:, :1]).all():  # a palette of grays: gray pixels, one byte each
            return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGBA").convert("RGB") if image.mode == "P" else image.convert("RGB"))


def _refuse_too_large(rows: int, columns: int, name: str) -> None:
    if rows * columns > MOST_PIXELS:
        raise BadInput(
            f"{name} has {rows:,} x {columns:,} pixels: at most {MOST_PIXELS:,} are read; shrink it, or remove it."
        )
