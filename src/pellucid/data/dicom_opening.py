"""Opens a DICOM file's bytes with pydicom: quietly, bounded, and with one kind of error for whatever is broken."""

import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from pellucid.errors import BadInput

if TYPE_CHECKING:
    from pydicom import Dataset

# Chosen by us, because it holds the largest picture (2**26 samples of 2 bytes) twice; only deflated files can grow.
MOST_INFLATED_BYTES = 2**28
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


@contextmanager
def opened(contents: bytes, name: str, only: list[str] | None = None) -> Iterator["Dataset"]:
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
