"""What is looked at before a DICOM file's pixels are decoded: one picture, of a size and a kind that can be read."""

import re
import struct
from typing import TYPE_CHECKING

from pellucid.errors import BadInput, MissingPart

if TYPE_CHECKING:
    from pydicom import Dataset

# Chosen by us, because 2**26 samples (an 8192 x 8192 X-ray) is above any detector sold, and 128 MB when decoded.
MOST_SAMPLES = 2**26
READABLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
# JPEG 2000 (90 to 93) and high-throughput JPEG 2000 (201 to 203).
JPEG_2000 = ("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")


def _whole(dataset: "Dataset", keyword: str, name: str) -> int:
    value = dataset.get(keyword)
    if not isinstance(value, int):
        raise BadInput(f"{name}: its header gives {keyword} as {value!r}, where one whole number is needed.")
    return int(value)


def check_header(dataset: "Dataset", name: str) -> None:
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


def check_decoder(dataset: "Dataset", name: str) -> None:
    """Refuse a compression that nothing installed can decode, and say what to install."""
    from pydicom.pixels.decoders.base import get_decoder

    uid = dataset.file_meta.TransferSyntaxUID
    if not get_decoder(uid).is_available:
        raise MissingPart(f'{name} is compressed ({uid.name}); to decode it: pip install "pellucid[ct]"')


def check_streams(dataset: "Dataset", name: str) -> None:
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
