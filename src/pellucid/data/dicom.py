"""One DICOM image file as a picture: its pixels decoded, on the scale that the file declares, larger meaning brighter.

Nothing is windowed (no VOI LUT, no Window Center): a window is one reader's choice for one screen, it differs from file
to file, and what lies outside it is lost. The scale of a data set is measured later, on its training images alone.

A file must carry the 128-byte preamble and "DICM" (PS3.10 section 7.1). Without them nothing says how its bytes are
laid out (the transfer syntax), and a guess can be wrong without a sign; such a file is refused, whatever its suffix.
"""

import difflib

import numpy as np

from pellucid.data.dicom_checks import check_decoder, check_header, check_streams
from pellucid.data.dicom_decoders import stored_pixels
from pellucid.data.dicom_opening import is_dicom, opened
from pellucid.data.dicom_values import grey, through_palette
from pellucid.errors import BadInput
from pellucid.shapes import Integer

__all__ = ["check_keyword", "decode_dicom", "is_dicom", "read_tag"]


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
    with opened(contents, name) as dataset:
        check_header(dataset, name)
        check_decoder(dataset, name)
        check_streams(dataset, name)
        stored = stored_pixels(dataset, name)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            return through_palette(dataset, stored, name)
        return stored if stored.ndim == 3 else grey(dataset, stored, name)


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
    check_keyword(keyword)
    with opened(contents, name, only=[keyword]) as dataset:
        element = next((part[keyword] for part in (dataset, dataset.file_meta) if keyword in part), None)
        if element is None or element.is_empty:
            return None
        if element.VR == "SQ" or isinstance(element.value, bytes):
            raise BadInput(f"{name}: {keyword} holds no text ({element.VR}); name a tag that does, such as PatientID.")
        values = [element.value] if element.VM == 1 else element.value
        return "\\".join(str(value).strip() for value in values) or None


def check_keyword(keyword: str) -> None:
    """Refuse what is no keyword of DICOM's dictionary, or names a tag that holds no text.

    Raises:
        BadInput: no such keyword (suggesting near ones), or one of a sequence or of raw bytes.

    >>> check_keyword("PatientID")
    """
    from pydicom.datadict import dictionary_VR, keyword_dict

    if not keyword or keyword not in keyword_dict:
        by_lower = {known.lower(): known for known in keyword_dict if known}
        close = [by_lower[match] for match in difflib.get_close_matches(keyword.lower(), by_lower)]
        meant = f"did you mean {', '.join(close)}?" if close else "use one from DICOM's dictionary, such as PatientID."
        raise BadInput(f"DICOM has no tag called {keyword or 'nothing'}: {meant}")
    if (kind := dictionary_VR(keyword)) == "SQ" or kind.startswith(("OB", "OW", "OD", "OF", "OL", "OV", "UN")):
        raise BadInput(f"{keyword} holds no text ({kind}); name a tag that does, such as PatientID.")
