"""One slice of a DICOM file: its pixels decoded and brought to Hounsfield units.

The steps, for each slice with its own numbers:

1. decoded by pydicom (bits above Bits Stored dropped, PS3.5 section 8.1.1);
2. HU = Rescale Slope * stored + Rescale Intercept (PS3.3 C.11.1.1.2), rounded half up to whole HU. A Modality LUT
   in their place (PS3.3 C.11.1) is refused: what it gives is never negative, so that it can hold no HU of air;
3. pixels equal to Pixel Padding Value, or in its range (PS3.3 C.7.5.1.1.2), were never measured and become air
   (-1024 HU); not in lossy files, where padding is no longer exact, and not where it stands for more than -1000 HU,
   which tissue can have as well: there it is left, and told.

Nothing is windowed, and nothing mirrored: Photometric Interpretation says how to show numbers, not what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pellucid.data.dicom_checks import check_decoder, check_header, check_streams
from pellucid.data.dicom_decoders import stored_pixels
from pellucid.data.dicom_values import padding_of
from pellucid.data.volumes.headers import Header
from pellucid.data.volumes.units import AIR_HU
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Int16, Integer, Shaped

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_PADDING_HU = -1000  # air itself: PS3.3 C.11.1.1.2 (HU scale)
COPIED = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit"),
    *("PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "LossyImageCompression"),
)


def stored_slice(
    dataset: Dataset, name: str
) -> tuple[Integer[np.ndarray, "row column"], Bool[np.ndarray, "row column"]]:
    """The numbers of a dataset of one slice as stored, and which of them are padding.

    Raises:
        BadInput: no grey picture, broken, too large.
        MissingPart: its compression needs a decoder that is not installed.
    """
    check_header(dataset, name)
    check_decoder(dataset, name)
    check_streams(dataset, name)
    stored = stored_pixels(dataset, name)
    if stored.ndim != 2 or dataset.PhotometricInterpretation == "PALETTE COLOR":
        raise BadInput(f"{name} is a picture in colour, no slice of a CT; leave it out.")
    return stored, padding_of(dataset, stored)


def frames_of(dataset: Dataset, frames: list[int], name: str) -> list[Dataset]:
    """Each named frame of an enhanced file as a dataset of one slice; a file of one slice as it is.

    Raises:
        BadInput: another number of frames than announced.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    if count == 1:
        return [dataset]
    from pydicom.encaps import encapsulate, generate_frames

    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        table = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
        offsets = table if all(table) else None
        streams = list(generate_frames(dataset.PixelData, number_of_frames=count, extended_offsets=offsets))
        parts = {frame: encapsulate([streams[frame]]) for frame in frames}
    else:
        size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
        if len(dataset.PixelData) < size * count:
            raise BadInput(f"{name} has fewer pixels than its {count} frames need; copy it again.")
        parts = {frame: dataset.PixelData[frame * size : (frame + 1) * size] for frame in frames}
    return [_alone(dataset, parts[frame]) for frame in frames]


def _alone(dataset: Dataset, pixels: bytes) -> Dataset:
    from pydicom import Dataset
    from pydicom.dataset import FileDataset

    alone = FileDataset("", Dataset(), file_meta=dataset.file_meta)
    for keyword in COPIED:
        if keyword in dataset:
            alone[keyword] = dataset[keyword]
    alone.add_new("PixelData", "OB" if pixels[:4] == b"\xfe\xff\x00\xe0" else "OW", pixels + b"\0" * (len(pixels) % 2))
    return alone


def to_hounsfield(stored: Shaped[np.ndarray, "row column"], header: Header) -> Int16[np.ndarray, "row column"]:
    """HU of stored numbers, whole.

    Args:
        stored: as `stored_slice` gives them.
        header: whose slope and intercept count.
    Raises:
        BadInput: HU that 16 bits cannot hold.
    """
    slope, intercept = header.slope or 0.0, header.intercept or 0.0
    if slope == 1 and intercept.is_integer() and abs(intercept) < 2**30:
        values = stored.astype(np.int32) + np.int32(intercept)
    else:
        values = np.floor(slope * stored.astype(np.float64) + intercept + 0.5)
    limits = np.iinfo(np.int16)
    if values.min() < limits.min or values.max() > limits.max:
        raise BadInput(
            f"{header}: its HU go from {values.min():.0f} to {values.max():.0f}, more than 16 bits hold; rescale it."
        )
    return values.astype(np.int16)


def without_padding(
    hounsfield: Int16[np.ndarray, "row column"], padding: Bool[np.ndarray, "row column"]
) -> tuple[int, int | None]:
    """Make padding air, in place; how many pixels that were, or the HU at which it was left as it is."""
    count = int(np.count_nonzero(padding))
    if not count:
        return 0, None
    if (most := int(hounsfield[padding].max())) > MOST_PADDING_HU:
        return 0, most
    hounsfield[padding] = AIR_HU
    return count, None
