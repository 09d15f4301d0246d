"""From a DICOM file's stored pixels to what they mean: palettes, lookup tables, slope and intercept, padding."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.shapes import Bool, Integer

if TYPE_CHECKING:
    from pydicom import Dataset

# PS3.6 table A-1: JPEG baseline and extended, JPEG-LS near-lossless, JPEG 2000, HTJ2K.
LOSSY = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 81, 91, 203))


def through_palette(
    dataset: "Dataset", stored: Integer[np.ndarray, "row column"], name: str
) -> Integer[np.ndarray, "row column 3"]:
    """Each stored number replaced by the colour it stands for (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6).

    By hand, because pydicom's apply_color_lut reads the tables of big-endian files in the wrong byte order; it is
    right for segmented tables.
    """
    if "SegmentedRedPaletteColorLookupTableData" in dataset:
        from pydicom.pixels.processing import apply_color_lut

        return np.ascontiguousarray(apply_color_lut(stored, dataset)[..., :3])
    channels = []
    for colour in ("Red", "Green", "Blue"):
        descriptor = dataset[f"{colour}PaletteColorLookupTableDescriptor"].value
        table = _table(dataset, descriptor, dataset[f"{colour}PaletteColorLookupTableData"].value, name)
        channels.append(_looked_up(dataset, stored, table, descriptor[1]))
    return np.stack(channels, axis=-1)


def _table(
    dataset: "Dataset", descriptor: Sequence[int], data: bytes | Sequence[int], name: str
) -> Integer[np.ndarray, " entry"]:
    """A lookup table's outputs; the descriptor is (entries, first stored value, bits), and 0 entries mean 65536."""
    entries, bits = descriptor[0] or 2**16, descriptor[2]
    if isinstance(data, bytes):
        little = dataset.file_meta.TransferSyntaxUID.is_little_endian
        words = np.frombuffer(data, "<u2" if little else ">u2").astype("<u2")
        outputs = words.view(np.uint8)[:entries] if len(data) in (entries, entries + 1) else words
    else:
        outputs = np.asarray(data, np.uint16)
    if len(outputs) != entries or bits not in (8, 16):
        raise BadInput(f"{name}: a lookup table of {entries} {bits}-bit entries has {len(outputs)}; export it again.")
    return outputs.astype(np.uint8 if outputs.max() < 2**8 and bits == 8 else np.uint16)


def _looked_up(
    dataset: "Dataset", stored: Integer[np.ndarray, "row column"], table: Integer[np.ndarray, " entry"], first: int
) -> Integer[np.ndarray, "row column"]:
    """Stored values below the table take its first entry, values above it the last (PS3.3 C.11.1.1)."""
    if dataset.PixelRepresentation == 1 and first >= 2**15:  # written as unsigned, meant as signed
        first -= 2**16
    return table[np.clip(stored.astype(np.int32) - first, 0, len(table) - 1)]


def grey(dataset: "Dataset", stored: Integer[np.ndarray, "row column"], name: str) -> Integer[np.ndarray, "row column"]:
    """Stored grey values, larger meaning brighter, on the scale that the file declares; padding made dark."""
    padding = padding_of(dataset, stored)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    bits, signed = dataset.BitsStored, dataset.PixelRepresentation
    if sequence := dataset.get("ModalityLUTSequence"):
        if sequence[0].get("LUTData") is None or sequence[0].get("LUTDescriptor") is None:
            raise BadInput(f"{name} announces a Modality LUT but holds none; export it again.")
        table = _table(dataset, sequence[0].LUTDescriptor, sequence[0].LUTData, name)
        values = _looked_up(dataset, stored, table, sequence[0].LUTDescriptor[1])
        values = np.iinfo(values.dtype).max - values if inverted else values
    else:
        ends_added = -1 if signed else 2**bits - 1  # the smallest and the largest number that Bits Stored can hold
        mirrored = ends_added - stored.astype(np.int32) if inverted else stored
        values = _rescaled(dataset, mirrored, stored.dtype, name)
    if padding.any() and not padding.all():
        values[padding] = values[~padding].min()
    return values


def padding_of(dataset: "Dataset", stored: Integer[np.ndarray, "row column"]) -> Bool[np.ndarray, "row column"]:
    """Which pixels hold Pixel Padding Value (0028,0120), or lie between it and its Range Limit (0028,0121)."""
    first = dataset.get("PixelPaddingValue")
    lossy = dataset.get("LossyImageCompression") == "01" or dataset.file_meta.TransferSyntaxUID in LOSSY
    if first is None or lossy:
        return np.zeros(stored.shape, bool)
    limit = dataset.get("PixelPaddingRangeLimit")
    # Explicit files may write -2000 as 63536: the same 16 bits, read as the pixels are.
    ends = np.asarray([first, first if limit is None else limit], np.int64).astype(stored.dtype)
    padding: Bool[np.ndarray, "row column"] = (stored >= ends.min()) & (stored <= ends.max())
    return padding


def _rescaled(
    dataset: "Dataset", stored: Integer[np.ndarray, "row column"], own_type: np.dtype[Any], name: str
) -> Integer[np.ndarray, "row column"]:
    """Slope * stored + intercept (PS3.3 C.11.1.1.2), exact or rounded half up, in the smallest type that holds it."""
    slope, intercept = _slope_and_intercept(dataset, name)
    ends = sorted(slope * int(end) + intercept for end in (stored.min(), stored.max()))
    if (slope, intercept) == (1, 0):
        kinds: tuple[np.dtype[Any], ...] = (own_type,)
    else:
        kinds = (np.dtype(np.int16), np.dtype(np.uint16))
    holds = (kind for kind in kinds if np.iinfo(kind).min <= ends[0] and ends[1] <= np.iinfo(kind).max)
    if (kind := next(holds, None)) is None:
        raise BadInput(f"{name}: its values go from {ends[0]:g} to {ends[1]:g}; rescale it, 16 bits cannot hold that.")
    if (slope, intercept) == (1, 0):
        return stored.astype(kind)
    return np.floor(slope * stored.astype(np.float64) + intercept + 0.5).astype(kind)


def _slope_and_intercept(dataset: "Dataset", name: str) -> tuple[float, float]:
    holder = dataset
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):  # PS3.3 C.7.6.16.2.9
        if (items := dataset.get(groups)) and (inner := items[0].get("PixelValueTransformationSequence")):
            holder = inner[0]
    slope, intercept = holder.get("RescaleSlope"), holder.get("RescaleIntercept")
    if slope is None and intercept is None:
        return 1.0, 0.0
    if slope is None or intercept is None or slope == 0 or not np.isfinite([float(slope), float(intercept)]).all():
        raise BadInput(f"{name}: Rescale Slope {slope} and Intercept {intercept} are no scale; export it again.")
    if abs(slope) < 1:
        raise BadInput(
            f"{name}: Rescale Slope {slope} is smaller than 1, so that whole numbers cannot tell its values apart; "
            "convert it to a unit with a slope of at least 1."
        )
    return float(slope), float(intercept)
