"""A DICOM file's stored pixels through the first of pydicom's decoders that can read them."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from pellucid.data.dicom_checks import JPEG_2000
from pellucid.errors import BadInput, MissingPart
from pellucid.shapes import Integer

if TYPE_CHECKING:
    from pydicom import Dataset


def stored_pixels(dataset: "Dataset", name: str) -> Integer[np.ndarray, "row column *rgb"]:
    """The numbers as stored, before any slope or palette, in the machine's own byte order."""
    uid = dataset.file_meta.TransferSyntaxUID
    stored = next((array for plugin in _decoders(uid) if (array := _attempt(dataset, plugin)) is not None), None)
    if stored is None:
        if uid.startswith(JPEG_2000) and find_spec("pylibjpeg") is None:  # OpenJPEG reads some that Pillow does not
            raise MissingPart(
                f'{name}: Pillow fails on it ({uid.name}); for another decoder: pip install "pellucid[ct]"'
            )
        raise BadInput(
            f"{name} is compressed ({uid.name}) and every decoder fails on it: it is broken, or of a rare kind "
            "(such as 12-bit JPEG); save it uncompressed, for example with DCMTK's dcmdjpeg."
        )
    if stored.shape[:2] != (dataset.Rows, dataset.Columns):
        raise BadInput(f"{name} has {len(stored)} frames, where one picture is needed; save each as a file of its own.")
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return native.astype(np.int16) if native.dtype == np.int8 else native


def _decoders(uid: str) -> list[str]:
    """Which of pydicom's decoders to try, in order; "" is pydicom itself.

    GDCM is left to what nothing else can read (lossless JPEG): a damaged stream can make it end the whole process,
    where the others report an error.
    """
    from pydicom.pixels.decoders.base import get_decoder

    available = get_decoder(uid).available_plugins
    others = [plugin for plugin in available if plugin != "gdcm"]
    return others or list(available) or [""]


def _attempt(dataset: "Dataset", plugin: str) -> Integer[np.ndarray, "..."] | None:
    from pydicom.pixels.utils import pixel_array

    try:
        return pixel_array(dataset, decoding_plugin=plugin)
    except RuntimeError:  # pydicom's word for a decoder that failed
        return None
