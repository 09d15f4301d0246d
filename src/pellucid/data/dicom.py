"""One DICOM image file as a picture: its pixels decoded, on the scale that the file declares, larger meaning brighter.

Nothing is windowed (no VOI LUT, no Window Center): a window is one reader's choice for one screen, it differs from file
to file, and what lies outside it is lost. The scale of a data set is measured later, on its training images alone.

A file must carry the 128-byte preamble and "DICM" (PS3.10 section 7.1). Without them nothing says how its bytes are
laid out (the transfer syntax), and a guess can be wrong without a sign; such a file is refused, whatever its suffix.
"""

import difflib
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Integer

from pellucid.errors import BadInput, MissingPart

if TYPE_CHECKING:
    from pydicom import Dataset

# Chosen by us, because 2**26 samples (an 8192 x 8192 X-ray) is above any detector sold, and 128 MB when decoded.
MOST_SAMPLES = 2**26
# Chosen by us, because it holds the largest picture (2 bytes a sample) twice; only deflated files can grow when read.
MOST_INFLATED_BYTES = 4 * MOST_SAMPLES

READABLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
# PS3.6 table A-1: JPEG baseline and extended, JPEG-LS near-lossless, JPEG 2000, HTJ2K.
LOSSY = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 81, 91, 203))
# JPEG 2000 (90 to 93) and high-throughput JPEG 2000 (201 to 203).
JPEG_2000 = ("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
DEFLATED = b"1.2.840.10008.1.2.1.99"
# What pydicom and its decoders raise on files that are broken.
BROKEN = (ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError,
          ValueError, struct.error, zlib.error)  # fmt: skip
# warnings.catch_warnings changes the whole process and must not overlap with itself in two threads.
_ONE_AT_A_TIME = threading.Lock()


def is_dicom(contents: bytes) -> bool:
    """Whether a file's bytes begin as DICOM files do: 128 bytes of anything, then "DICM" (PS3.10 section 7.1).

    >>> is_dicom(bytes(128) + b"DICM"), is_dicom(b"GIF89a")
    (True, False)
    """
    return contents[128:132] == b"DICM"


def decode_dicom(contents: bytes, name: str) -> Integer[np.ndarray, "row column *rgb"]:
    """The picture in a single-image DICOM file, in whole numbers.

    Grey pictures, in this order:

    1. decoded by pydicom (bits above Bits Stored dropped, PS3.5 section 8.1.1);
    2. MONOCHROME1, where small means bright (PS3.3 C.7.6.3.1.2), is mirrored within what Bits Stored can hold, so
       that larger is brighter; the type stays, units such as HU lose their meaning. Photometric Interpretation
       decides; Presentation LUT Shape repeats it and is not used;
    3. Rescale Slope and Intercept, or the Modality LUT (PS3.3 C.11.1), also where an enhanced file keeps them in its
       functional groups. A slope or intercept that is not whole is rounded half up, and only where the slope is at
       least 1 in size, so that different stored values stay different; smaller slopes are refused;
    4. pixels equal to Pixel Padding Value, or in its range (PS3.3 C.7.5.1.1.2), were never measured; they get the
       darkest value among the others. Not in lossy files, where padding is no longer exact: there they stay.

    Colour pictures: YBR becomes RGB (PS3.3 C.7.6.3.1.2), palettes are applied (PS3.3 C.7.9; transparency is dropped);
    steps 2 to 4 concern grey alone. Where a JPEG stream and the header contradict each other about colour, pydicom
    believes the stream. Lossy streams may differ by a grey level from one decoder to another. Overlays, colour
    profiles and Real World Value Maps are not applied.

    Args:
        contents: the whole file.
        name: how messages call the file.
    Returns:
        `[row, column]` of the stored type (uint8, uint16, int16), or, where a rescale changed the values, int16 if
        they fit and else uint16; or `[row, column, 3]`, red, green, blue, of uint8 or uint16.
    Raises:
        BadInput: not DICOM, broken, cut short, no picture, several frames, more than 16 bits, or too large.
        MissingPart: the compression needs a decoder that is not installed.

    >>> from pydicom.data import get_testdata_file
    >>> from pathlib import Path
    >>> decode_dicom(Path(get_testdata_file("CT_small.dcm")).read_bytes(), "CT_small.dcm")[0, :3]
    array([-849, -844, -858], dtype=int16)
    """
    with _opened(contents, name) as dataset:
        _check_header(dataset, name)
        _check_decoder(dataset, name)
        _check_streams(dataset, name)
        stored = _decoded(dataset, name)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            return _through_palette(dataset, stored, name)
        return stored if stored.ndim == 3 else _grey(dataset, stored, name)


def read_tag(contents: bytes, keyword: str, name: str = "The file") -> str | None:
    r"""One tag's value as text, without reading the pixels.

    Args:
        contents: the whole file.
        keyword: a DICOM keyword (PS3.6), such as PatientID.
        name: how messages call the file.
    Returns:
        The value, its ends stripped, several values joined by a backslash as in the file; None if absent or empty.
    Raises:
        BadInput: no such keyword, not DICOM, broken, or a tag that is not text (a sequence, raw bytes).

    >>> from pydicom.data import get_testdata_file
    >>> from pathlib import Path
    >>> read_tag(Path(get_testdata_file("CT_small.dcm")).read_bytes(), "PatientID")
    '1CT1'
    """
    from pydicom.datadict import keyword_dict

    if keyword not in keyword_dict:
        by_lower = {known.lower(): known for known in keyword_dict if known}
        close = [by_lower[match] for match in difflib.get_close_matches(keyword.lower(), by_lower)]
        meant = f"did you mean {', '.join(close)}?" if close else "use one from DICOM's dictionary, such as PatientID."
        raise BadInput(f"DICOM has no tag called {keyword}: {meant}")
    with _opened(contents, name, only=[keyword]) as dataset:
        element = next((part[keyword] for part in (dataset, dataset.file_meta) if keyword in part), None)
        if element is None or element.is_empty:
            return None
        if element.VR == "SQ" or isinstance(element.value, bytes):
            raise BadInput(f"{name}: {keyword} holds no text ({element.VR}); name a tag that does, such as PatientID.")
        values = [element.value] if element.VM == 1 else element.value
        return "\\".join(str(value).strip() for value in values) or None


@contextmanager
def _opened(contents: bytes, name: str, only: list[str] | None = None) -> Iterator["Dataset"]:
    """The file's dataset; inside, whatever pydicom warns of stays quiet, and whatever it trips over is BadInput.

    Its warnings concern single odd values (what a picture needs is checked by us), except for one: a cut-off file.
    """
    if not is_dicom(contents):
        raise BadInput(
            f"{name} is not a DICOM file with a preamble ('DICM' at byte 128), so how its bytes are laid out is not "
            "known; re-save it as a whole DICOM file."
        )
    import pydicom

    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            _check_inflated_size(contents, name)
            dataset = pydicom.dcmread(BytesIO(contents), stop_before_pixels=only is not None, specific_tags=only)
            if any("End of file reached" in str(warning.message) for warning in warned):
                raise BadInput(f"{name} is cut short: it ends in the middle of a value; copy it again.")
            yield dataset
        except (*BROKEN, pydicom.errors.InvalidDicomError, pydicom.errors.BytesLengthException) as error:
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise BadInput(
                f"{name} is broken, or a DICOM file of an unusual kind ({said}); export it again."
            ) from error


def _check_inflated_size(contents: bytes, name: str) -> None:
    """A deflated file (PS3.5 section A.5) can be a thousand times larger inside; pydicom inflates without a limit."""
    has_length = contents[132:136] == b"\2\0\0\0"  # how long the file's own header is: PS3.10 section 7.1
    group_length = int.from_bytes(contents[140:144], "little") if has_length else len(contents)
    if DEFLATED not in contents[132 : 144 + group_length]:
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    if len(inflate.decompress(contents[144 + group_length :], MOST_INFLATED_BYTES + 1)) > MOST_INFLATED_BYTES:
        raise BadInput(f"{name} inflates to more than {MOST_INFLATED_BYTES} bytes; save it in smaller pieces.")


def _whole(dataset: "Dataset", keyword: str, name: str) -> int:
    value = dataset.get(keyword)
    if not isinstance(value, int):
        raise BadInput(f"{name}: its header gives {keyword} as {value!r}, where one whole number is needed.")
    return int(value)


def _check_header(dataset: "Dataset", name: str) -> None:
    """Refuse, before any pixel is decoded, what is not one picture of a size and kind that can be read."""
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise BadInput(f"{name} has floating-point pixels; whole numbers of at most 16 bits are needed.")
    if "PixelData" not in dataset:
        kind = dataset.get("Modality") or "unknown modality"
        raise BadInput(f"{name} has no pixel data ({kind}): it is no picture, or it was cut short; leave it out.")
    frames = _whole(dataset, "NumberOfFrames", name) if dataset.get("NumberOfFrames") is not None else 1
    if frames != 1:
        raise BadInput(f"{name} has {frames} frames, where one picture is needed; save each as a file of its own.")
    sizes = {keyword: _whole(dataset, keyword, name) for keyword in ("Rows", "Columns", "SamplesPerPixel")}
    rows, columns, samples = sizes.values()
    if min(rows, columns) < 1 or samples not in (1, 3):
        raise BadInput(f"{name}: a picture of {rows} x {columns} pixels, {samples} samples each, cannot be read.")
    if rows * columns * samples > MOST_SAMPLES:
        raise BadInput(f"{name} claims {rows} x {columns} x {samples} values, more than {MOST_SAMPLES}; shrink it.")
    if (bits := _whole(dataset, "BitsAllocated", name)) > 16:
        raise BadInput(f"{name} has {bits} bits a value; at most 16 can be read. Convert it to 16 bits.")
    colour = str(dataset.get("PhotometricInterpretation"))
    if colour not in READABLE or (samples == 1) != (colour in READABLE[:3]):
        raise BadInput(f"{name}: {samples} samples a pixel called {colour} cannot be read; convert it to grey or RGB.")
    signed = _whole(dataset, "PixelRepresentation", name)
    is_jpeg_2000 = _syntax(dataset, name).startswith(JPEG_2000)  # whose decoders undo RCT and ICT
    if (samples == 3 and signed) or (colour in ("YBR_RCT", "YBR_ICT") and not is_jpeg_2000):
        raise BadInput(f"{name}: its header contradicts itself (colour {colour}, signed {signed}); export it again.")


def _syntax(dataset: "Dataset", name: str) -> str:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if not syntax:
        raise BadInput(f"{name} does not say how its pixels are stored (no Transfer Syntax UID); export it again.")
    return str(syntax)


def _check_decoder(dataset: "Dataset", name: str) -> None:
    from pydicom.pixels.decoders.base import get_decoder

    uid = dataset.file_meta.TransferSyntaxUID
    if not get_decoder(uid).is_available:
        raise MissingPart(f'{name} is compressed ({uid.name}); to decode it: pip install "pellucid[ct]"')


def _check_streams(dataset: "Dataset", name: str) -> None:
    """A compressed stream states its size again; decoders obey it, and a false one can end the whole process."""
    from pydicom.encaps import generate_frames

    syntax = _syntax(dataset, name)
    if not syntax.startswith("1.2.840.10008.1.2.4."):  # JPEG and its kin (PS3.6 table A-1)
        return
    frames = list(generate_frames(dataset.PixelData, number_of_frames=1))
    if len(frames) != 1:
        raise BadInput(f"{name} has {len(frames)} frames, where one picture is needed; save each as a file of its own.")
    stated = (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
    found = _jpeg_2000_sizes(frames[0]) if syntax.startswith(JPEG_2000) else _jpeg_sizes(frames[0])
    if not found or any(size != stated for size in found):
        raise BadInput(
            f"{name}: its header says {stated} rows, columns and samples, its compressed stream {found or 'nothing'}; "
            "export it again."
        )
    if syntax.startswith(JPEG_2000) and not dataset.PixelRepresentation and _is_signed_jpeg_2000(frames[0]):
        raise BadInput(f"{name}: its header says unsigned, its JPEG 2000 stream signed values; export it again.")
    if b"\xff\xd9" not in frames[0][-16:]:
        raise BadInput(f"{name} is cut short: its compressed stream has no end marker; copy it again.")


def _jpeg_sizes(stream: bytes) -> list[tuple[int, int, int]]:
    """Rows, columns and samples in the frame header of JPEG (ITU-T T.81 B.2.2) or JPEG-LS (T.87 C.2.2)."""
    at = 2
    while at + 10 <= len(stream) and stream[at] == 0xFF:
        marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4])
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns, samples = struct.unpack(">HHB", stream[at + 5 : at + 10])
            return [(rows, columns, samples)]
        at += 1 if marker == 0xFF else 2 + length
    return []


def _jpeg_2000_sizes(stream: bytes) -> list[tuple[int, int, int]]:
    """The same, for every start of a JPEG 2000 stream (SOC, then SIZ: ITU-T T.800 A.5.1), bare or in a JP2 file."""
    fields = [struct.unpack(">4I16xH", stream[at + 4 : at + 38]) for at in _jpeg_2000_starts(stream)]
    return [(bottom - top, right - left, samples) for right, bottom, left, top, samples in fields]


def _is_signed_jpeg_2000(stream: bytes) -> bool:
    """The top bit of Ssiz (ITU-T T.800 table A.11)."""
    return any(stream[at + 38] >= 0x80 for at in _jpeg_2000_starts(stream))


def _jpeg_2000_starts(stream: bytes) -> list[int]:
    return [found.end() for found in re.finditer(b"\xff\x4f\xff\x51", stream)]


def _decoded(dataset: "Dataset", name: str) -> Integer[np.ndarray, "row column *rgb"]:
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


def _through_palette(
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


def _grey(
    dataset: "Dataset", stored: Integer[np.ndarray, "row column"], name: str
) -> Integer[np.ndarray, "row column"]:
    padding = _padding(dataset, stored)
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


def _padding(dataset: "Dataset", stored: Integer[np.ndarray, "row column"]) -> Bool[np.ndarray, "row column"]:
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
