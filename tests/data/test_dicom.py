"""DICOM pictures are read as pydicom's own steps say, as twins of the same picture say, or refused with a reason."""

import os
import struct
import sys
import threading
import warnings
import zlib
from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from subprocess import run

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_modality_lut
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless

from pellucid.data.dicom import decode_dicom, is_dicom, read_tag
from pellucid.errors import BadInput, MissingPart

# Every file of the real set and what becomes of it: a new file, or a new outcome, must be written down here.
OUTCOMES = dict(
    line.split(" | ")
    for line in """
dwv__bbmri-53323131.dcm | uint16 256 x 256
dwv__bbmri-53323275.dcm | uint16 256 x 256
dwv__bbmri-53323851.dcm | uint16 256 x 256
dwv__dicompyler-ct.0.dcm | int16 512 x 512
dwv__gdcm-CR-MONO1-10-chest.dcm | uint16 440 x 440
dwv__gdcm-US-RGB-8-epicard.dcm | uint8 480 x 640 x 3
dwv__gdcm-US-RGB-8-esopecho.dcm | uint8 120 x 256 x 3
dwv__leadtools-8BitsJpegLossyGrayScale.dcm | refused: announces a Modality LUT but holds none
dwv__multiframe-test1.dcm | refused: has 16 frames
dwv__nema-vl2_j2kr.dcm | uint8 486 x 756 x 3
dwv__osirix-goudurix.dcm | int16 512 x 512
pydicom-data__693_J2KR.dcm | int16 512 x 512
pydicom-data__JPEG-LL.dcm | int16 1024 x 256
pydicom-data__JPEG2000_UNC.dcm | int16 1024 x 256
pydicom-data__MR-SIEMENS-DICOM-WithOverlays.dcm | uint16 484 x 484
pydicom-data__MR2_J2KR.dcm | int16 1024 x 1024
pydicom-data__OBXXXX1A_2frame.dcm | refused: has 2 frames
pydicom-data__OBXXXX1A_expb.dcm | uint16 600 x 800 x 3
pydicom-data__OBXXXX1A_rle.dcm | uint16 600 x 800 x 3
pydicom-data__OBXXXX1A_rle_2frame.dcm | refused: has 2 frames
pydicom-data__OT-PAL-8-face.dcm | refused: DICM
pydicom-data__RG3_J2KI.dcm | uint16 1760 x 1760
pydicom-data__RG3_J2KR.dcm | uint16 1760 x 1760
pydicom-data__SC_rgb_16bit.dcm | uint16 100 x 100 x 3
pydicom-data__SC_rgb_32bit.dcm | refused: 32 bits a value
pydicom-data__SC_rgb_32bit_2frame.dcm | refused: has 2 frames
pydicom-data__SC_rgb_dcmtk_ebcr_dcmd.dcm | uint8 100 x 100 x 3
pydicom-data__SC_rgb_dcmtk_ebcyn1_dcmd.dcm | uint8 100 x 100 x 3
pydicom-data__SC_rgb_dcmtk_ebcynp_dcmd.dcm | uint8 100 x 100 x 3
pydicom-data__SC_rgb_dcmtk_ebcys2_dcmd.dcm | uint8 100 x 100 x 3
pydicom-data__SC_rgb_dcmtk_ebcys4_dcmd.dcm | uint8 100 x 100 x 3
pydicom-data__SC_rgb_expb_16bit.dcm | uint16 100 x 100 x 3
pydicom-data__SC_rgb_expb_16bit_2frame.dcm | refused: has 2 frames
pydicom-data__US1_J2KR.dcm | uint8 480 x 640 x 3
pydicom-data__US1_UNCI.dcm | uint8 480 x 640 x 3
pydicom-data__emri_small_RLE.dcm | refused: has 10 frames
pydicom-data__emri_small_jpeg_2k_lossless.dcm | refused: has 10 frames
pydicom-data__emri_small_jpeg_2k_lossless_too_short.dcm | refused: cut short
pydicom-data__explicit_VR-UN.dcm | int16 512 x 512
pydicom-data__gdcm-US-ALOKA-16.dcm | uint16 480 x 640 x 3
pydicom-data__gdcm-US-ALOKA-16_big.dcm | uint16 480 x 640 x 3
pydicom-data__liver.dcm | refused: has 3 frames
pylibjpeg-data__693_J2KI.dcm | int16 512 x 512
pylibjpeg-data__CT1_JLSN.dcm | int16 512 x 512
pylibjpeg-data__ELSCINT1_JP2vsJ2K.dcm | int16 512 x 512
pylibjpeg-data__GDCMJ2K_TextGBR.dcm | uint8 400 x 400 x 3
pylibjpeg-data__J2K_pixelrep_mismatch.dcm | int16 512 x 512
pylibjpeg-data__JPEG2000.dcm | int16 1024 x 256
pylibjpeg-data__JPEGBaseline_1s_1f_u_08_08.dcm | uint8 100 x 100
pylibjpeg-data__JPEGExtended_1s_1f_u_16_12.dcm | refused: every decoder fails
pylibjpeg-data__JPEGLosslessP14SV1_1s_1f_u_16_16.dcm | refused: announces a Modality LUT but holds none
pylibjpeg-data__JPEGLossless_1s_1f_u_16_12.dcm | int16 1024 x 1024
pylibjpeg-data__MAROTECH_CT_JP2Lossy.dcm | int16 716 x 512
pylibjpeg-data__MR_small_RLE.dcm | int16 64 x 64
pylibjpeg-data__RG2_JLSN.dcm | uint16 2140 x 1760
pylibjpeg-data__RG2_JPLY.dcm | refused: every decoder fails
pylibjpeg-data__RG2_JPLY_fixed.dcm | refused: every decoder fails
pylibjpeg-data__SC_rgb_dcmtk_+eb+cy+n1.dcm | uint8 100 x 100 x 3
pylibjpeg-data__SC_rgb_dcmtk_+eb+cy+np.dcm | uint8 100 x 100 x 3
pylibjpeg-data__SC_rgb_gdcm_KY.dcm | uint8 100 x 100 x 3
pylibjpeg-data__SC_rgb_jpeg_lossy_gdcm.dcm | uint8 100 x 100 x 3
pylibjpeg-data__SC_rgb_rle.dcm | uint8 100 x 100 x 3
pylibjpeg-data__SC_rgb_rle_16bit_2frame.dcm | refused: has 2 frames
pylibjpeg-data__SC_rgb_rle_32bit_2frame.dcm | refused: has 2 frames
pylibjpeg-data__SC_rgb_small_odd_jpeg.dcm | uint8 3 x 3 x 3
pylibjpeg-data__TOSHIBA_J2K_OpenJPEGv2Regression.dcm | int16 512 x 512
pylibjpeg-data__TOSHIBA_J2K_SIZ1_PixRep0.dcm | refused: JPEG 2000 stream signed
pylibjpeg-data__rtdose_rle_1frame.dcm | refused: 32 bits a value
""".strip().splitlines()
)


def shipped(name: str) -> bytes:
    """A file that comes with pydicom itself."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), name
    return Path(path).read_bytes()


def written(stored: np.ndarray, syntax: str = ExplicitVRLittleEndian, **header: object) -> bytes:
    """A small DICOM file made here; `header` sets or, with None, removes elements."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    signed = int(stored.dtype.kind == "i")
    defaults: dict[str, object] = {
        "PixelRepresentation": signed,
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "SamplesPerPixel": 1 if stored.ndim == 2 else 3,
        "PhotometricInterpretation": "MONOCHROME2" if stored.ndim == 2 else "RGB",
        "BitsAllocated": 8 * stored.dtype.itemsize,
        "BitsStored": 8 * stored.dtype.itemsize,
        "HighBit": 8 * stored.dtype.itemsize - 1,
        "PixelData": stored.tobytes() + b"\0" * (stored.nbytes % 2),
    }
    if stored.ndim == 3:
        defaults["PlanarConfiguration"] = 0
    for keyword, value in (defaults | header).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    file = BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def independently(contents: bytes) -> np.ndarray:
    """The same picture by pydicom's own functions alone."""
    dataset = pydicom.dcmread(BytesIO(contents))
    stored = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(stored, dataset)
    if stored.ndim == 3:
        return stored
    if dataset.PhotometricInterpretation == "MONOCHROME1":  # none of the real ones is signed or rescaled
        assert dataset.PixelRepresentation == 0
        assert "RescaleSlope" not in dataset
        return 2**dataset.BitsStored - 1 - stored
    values = np.floor(apply_modality_lut(stored, dataset) + 0.5)
    padding = stored == dataset.get("PixelPaddingValue", np.nan)
    is_lossless = dataset.file_meta.TransferSyntaxUID.name.endswith("(Lossless Only)") or not (
        dataset.file_meta.TransferSyntaxUID.is_compressed
    )
    return np.where(padding & is_lossless, values[~padding].min(), values)


def real_folder() -> Path:
    root = os.environ.get("PELLUCID_DATA")
    if not root or not (folder := Path(root) / "dicom").is_dir():
        pytest.skip("the folder dicom is missing: set PELLUCID_DATA to the folder that holds it")
    return folder


@pytest.mark.realdata
def test_the_table_of_outcomes_names_every_real_file():
    assert sorted(OUTCOMES) == sorted(path.name for path in real_folder().glob("*.dcm"))


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_a_real_file_is_read_as_pydicoms_own_steps_read_it_or_is_refused_for_the_stated_reason(name, outcome):
    contents = (real_folder() / name).read_bytes()
    if name == "pylibjpeg-data__GDCMJ2K_TextGBR.dcm" and find_spec("pylibjpeg") is None:  # Pillow cannot read it
        with pytest.raises(MissingPart, match="for another decoder"):
            decode_dicom(contents, name)
        return
    if outcome.startswith("refused: "):
        with pytest.raises(BadInput, match=outcome.removeprefix("refused: ")) as refusal:
            decode_dicom(contents, name)
        assert str(refusal.value).startswith(name)
        assert "\n" not in str(refusal.value)
        return
    picture = decode_dicom(contents, name)
    assert f"{picture.dtype} {' x '.join(map(str, picture.shape))}" == outcome
    assert picture.dtype.isnative
    if name != "pydicom-data__OBXXXX1A_expb.dcm":  # pydicom swaps the bytes of its palette: see the next test
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_array_equal(picture, independently(contents))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [  # how far apart a lossy file and its original may lie was measured once, and is written here as a limit
        ("pydicom-data__OBXXXX1A_expb.dcm", "pydicom-data__OBXXXX1A_rle.dcm", 0),  # big-endian palette
        ("pydicom-data__gdcm-US-ALOKA-16_big.dcm", "pydicom-data__gdcm-US-ALOKA-16.dcm", 0),
        ("pydicom-data__SC_rgb_expb_16bit.dcm", "pydicom-data__SC_rgb_16bit.dcm", 0),
        ("pydicom-data__MR2_J2KR.dcm", "pylibjpeg-data__JPEGLossless_1s_1f_u_16_12.dcm", 0),
        ("pylibjpeg-data__JPEG2000.dcm", "pydicom-data__JPEG2000_UNC.dcm", 0),
        ("pylibjpeg-data__SC_rgb_dcmtk_+eb+cy+n1.dcm", "pydicom-data__SC_rgb_dcmtk_ebcyn1_dcmd.dcm", 1),  # YBR to RGB
        ("pylibjpeg-data__SC_rgb_dcmtk_+eb+cy+np.dcm", "pydicom-data__SC_rgb_dcmtk_ebcynp_dcmd.dcm", 1),
        ("pydicom-data__RG3_J2KI.dcm", "pydicom-data__RG3_J2KR.dcm", 40),
    ],
)
def test_two_encodings_of_one_picture_give_the_same_values(one, other, apart):
    pictures = [decode_dicom((real_folder() / name).read_bytes(), name).astype(int) for name in (one, other)]
    assert np.abs(pictures[0] - pictures[1]).max() <= apart


@pytest.mark.parametrize(
    "name",
    ["RLE", "bigendian", "expb", "implicit", "jp2klossless", "jpeg_ls_lossless", "padded"],
)
def test_every_lossless_encoding_of_the_mr_picture_gives_its_plain_values(name):
    plain = pydicom.dcmread(BytesIO(shipped("MR_small.dcm")))
    expected = np.frombuffer(plain.PixelData, "<i2").reshape(64, 64)
    np.testing.assert_array_equal(decode_dicom(shipped(f"MR_small_{name}.dcm"), name), expected)


def test_a_deflated_file_is_read():
    contents = shipped("image_dfl.dcm")
    np.testing.assert_array_equal(decode_dicom(contents, "dfl"), pydicom.dcmread(BytesIO(contents)).pixel_array)


def test_ct_values_are_stored_plus_intercept():
    plain = pydicom.dcmread(BytesIO(shipped("CT_small.dcm")))
    stored = np.frombuffer(plain.PixelData, "<i2").reshape(128, 128)
    picture = decode_dicom(shipped("CT_small.dcm"), "CT_small.dcm")
    assert picture.dtype == np.int16
    np.testing.assert_array_equal(picture, stored - 1024)


GREY = np.array([[0, 1, 7], [40, 200, 255]], np.uint8)  # lopsided: swapped axes must show


def test_an_8_bit_picture_stays_as_it_is():
    picture = decode_dicom(written(GREY), "grey")
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, GREY)


def test_monochrome1_is_mirrored_within_bits_stored():
    picture = decode_dicom(written(GREY, PhotometricInterpretation="MONOCHROME1"), "inverted")
    np.testing.assert_array_equal(picture, [[255, 254, 248], [215, 55, 0]])
    ten_bits = {"BitsStored": 10, "HighBit": 9, "PhotometricInterpretation": "MONOCHROME1"}
    picture = decode_dicom(written(np.array([[0, 1, 1023]], np.uint16), **ten_bits), "inverted")
    assert picture.tolist() == [[1023, 1022, 0]]
    signed = written(np.array([[-32768, -1, 0, 32767]], np.int16), PhotometricInterpretation="MONOCHROME1")
    assert decode_dicom(signed, "inverted").tolist() == [[32767, 0, -1, -32768]]


def test_monochrome1_with_a_rescale_is_mirrored_between_the_ends_that_the_rescale_can_reach():
    contents = written(GREY, PhotometricInterpretation="MONOCHROME1", RescaleSlope="2", RescaleIntercept="-10")
    picture = decode_dicom(contents, "inverted")  # from 2*0-10 = -10 to 2*255-10 = 500; 0 becomes 500, 255 becomes -10
    np.testing.assert_array_equal(picture, [[500, 498, 486], [420, 100, -10]])
    assert picture.dtype == np.int16


@pytest.mark.parametrize(
    ("slope", "intercept", "expected", "kind"),
    [
        ("1", "-1024", [-1024, -1023, -524], np.int16),
        ("-2", "0", [0, -2, -1000], np.int16),
        ("100", "0", [0, 100, 50000], np.uint16),
        ("1.5", "0", [0, 2, 750], np.int16),  # 1.5 is rounded half up
        ("1", "-0.5", [0, 1, 500], np.int16),  # -0.5, 0.5, 499.5: half to even would make the first two alike
        ("1", "0", [0, 1, 500], np.uint16),
    ],
)
def test_a_rescale_worked_out_by_hand(slope, intercept, expected, kind):
    stored = np.array([[0, 1, 500]], np.uint16)
    picture = decode_dicom(written(stored, RescaleSlope=slope, RescaleIntercept=intercept), "rescaled")
    assert picture.tolist() == [expected]
    assert picture.dtype == kind


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"RescaleSlope": "0.5", "RescaleIntercept": "0"}, "smaller than 1"),
        ({"RescaleSlope": "0", "RescaleIntercept": "0"}, "no scale"),
        ({"RescaleSlope": "2"}, "no scale"),
        ({"RescaleSlope": "300", "RescaleIntercept": "0"}, "from 0 to 76500"),
        ({"NumberOfFrames": 3}, "3 frames"),
        ({"SamplesPerPixel": 2}, "2 samples"),
        ({"PhotometricInterpretation": "HSV"}, "HSV"),
        ({"PhotometricInterpretation": "RGB"}, "1 samples a pixel called RGB"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"Rows": None}, "Rows as None"),
        ({"Rows": 40000, "Columns": 40000}, "40000 x 40000"),
        ({"Rows": 4}, "less than expected"),
        ({"PixelData": GREY.tobytes() * 2}, "2 frames"),
        ({"BitsStored": 9}, "Bits Stored"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(header, reason):
    with pytest.raises(BadInput, match=reason) as refusal:
        decode_dicom(written(GREY, **header), "some.dcm")
    assert "some.dcm" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_value_above_bits_stored_cannot_be_mirrored_and_is_never_wrapped():
    contents = shipped("JPEGLSNearLossless_08.dcm")  # 8 bits in its stream
    dataset = pydicom.dcmread(BytesIO(contents))
    dataset.BitsStored, dataset.HighBit, dataset.PhotometricInterpretation = 7, 6, "MONOCHROME1"
    file = BytesIO()
    dataset.save_as(file)
    with pytest.raises(BadInput, match="go from -128 to 127"):
        decode_dicom(file.getvalue(), "wide")


def test_float_pixels_are_refused():
    dataset = pydicom.dcmread(BytesIO(written(GREY)))
    dataset.FloatPixelData = np.zeros((2, 3), np.float32).tobytes()
    del dataset.PixelData
    file = BytesIO()
    dataset.save_as(file)
    with pytest.raises(BadInput, match="floating-point"):
        decode_dicom(file.getvalue(), "float")


def test_padding_takes_the_darkest_measured_value():
    stored = np.array([[-2000, -2000, 24], [1024, 3000, -5]], np.int16)
    header = {"RescaleSlope": "1", "RescaleIntercept": "-1024"}
    picture = decode_dicom(written(stored, PixelPaddingValue=-2000, **header), "padded")
    assert picture.tolist() == [[-1029, -1029, -1000], [0, 1976, -1029]]


def test_padding_is_dark_in_monochrome1_as_well_and_covers_a_range():
    header = {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 7, "PhotometricInterpretation": "MONOCHROME1"}
    assert decode_dicom(written(GREY, **header), "padded").tolist() == [[0, 0, 0], [215, 55, 0]]


def test_signed_padding_written_as_unsigned_is_recognized():
    contents = bytearray(written(np.array([[-2000, 5]], np.int16), PixelPaddingValue=-2000))
    at = contents.find(b"\x28\x00\x20\x01SS")
    contents[at + 4 : at + 6] = b"US"
    assert decode_dicom(bytes(contents), "padded").tolist() == [[5, 5]]


def test_a_picture_of_padding_alone_stays():
    assert decode_dicom(written(np.full((2, 3), 9, np.uint8), PixelPaddingValue=9), "blank").tolist() == [[9] * 3] * 2


def test_padding_in_a_lossy_file_stays():
    contents = shipped("693_J2KI.dcm")
    dataset = pydicom.dcmread(BytesIO(contents))
    assert (dataset.pixel_array == dataset.PixelPaddingValue).any()
    np.testing.assert_array_equal(decode_dicom(contents, "lossy"), dataset.pixel_array - 1024)


def modality_lut(first: int, bits: int, outputs: list[int]) -> list[Dataset]:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(outputs), first, bits])
    item.ModalityLUTType = "US"
    item.add_new("LUTData", "OW", np.array(outputs, "<u2").tobytes())
    return [item]


def test_a_modality_lut_holds_its_ends_beyond_its_range():
    contents = written(GREY, ModalityLUTSequence=modality_lut(1, 16, [1000, 900, 70]))  # for stored 1, 2, 3
    picture = decode_dicom(contents, "lut")
    assert picture.tolist() == [[1000, 1000, 70], [70, 70, 70]]
    assert picture.dtype == np.uint16
    np.testing.assert_array_equal(picture, apply_modality_lut(GREY, pydicom.dcmread(BytesIO(contents))))


def test_a_signed_start_of_a_lut_written_as_unsigned_is_recognized():
    contents = written(np.array([[-3, -2, -1, 9]], np.int16), ModalityLUTSequence=modality_lut(65534, 16, [7, 8, 30]))
    assert decode_dicom(contents, "lut").tolist() == [[7, 7, 8, 30]]  # 65534 is -2


def test_a_modality_lut_of_monochrome1_is_mirrored_in_what_it_gives():
    sequence = modality_lut(0, 8, [3, 5])
    contents = written(GREY, ModalityLUTSequence=sequence, PhotometricInterpretation="MONOCHROME1")
    picture = decode_dicom(contents, "lut")
    assert picture.tolist() == [[252, 250, 250], [250, 250, 250]]
    assert picture.dtype == np.uint8


def test_a_rescale_in_the_functional_groups_of_an_enhanced_file_is_used():
    inner, outer = Dataset(), Dataset()
    inner.RescaleSlope, inner.RescaleIntercept, inner.RescaleType = "3", "-1", "US"
    outer.PixelValueTransformationSequence = [inner]
    contents = written(GREY, SharedFunctionalGroupsSequence=[outer])
    np.testing.assert_array_equal(decode_dicom(contents, "enhanced"), GREY.astype(int) * 3 - 1)


def palette(bits: int, **tables: bytes) -> dict[str, object]:
    header: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour, table in tables.items():
        header[f"{colour}PaletteColorLookupTableDescriptor"] = [4 if bits == 8 else 2, 0, bits]
        header[f"{colour}PaletteColorLookupTableData"] = table
    return header


def test_a_palette_gives_each_stored_number_its_colour():
    header = palette(8, Red=b"\x01\x02\x03\x04", Green=b"\x0a\x14\x1e\x28", Blue=b"\xff\xfe\xfd\xfc")
    picture = decode_dicom(written(np.array([[0, 3, 1]], np.uint8), **header), "palette")
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[[1, 10, 255], [4, 40, 252], [2, 20, 254]]]


def test_a_palette_of_the_wrong_length_is_refused():
    header = palette(16, Red=b"\x01\x02\x03\x04", Green=b"\x0a\x14\x1e\x28", Blue=b"\xff\xfe\xfd\xfc\x00\x00")
    with pytest.raises(BadInput, match="lookup table of 2 16-bit entries"):
        decode_dicom(written(np.array([[0, 1]], np.uint8), **header), "palette")


def test_plain_ybr_becomes_rgb_as_the_standards_matrix_says():
    ybr = np.array([[[76, 85, 255], [150, 44, 21]]], np.uint8)  # pure red and pure green (PS3.3 C.7.6.3.1.2)
    picture = decode_dicom(written(ybr, PhotometricInterpretation="YBR_FULL"), "ybr").astype(int)
    np.testing.assert_allclose(picture, [[[255, 0, 0], [0, 255, 0]]], atol=2)


def test_two_byte_colours_stay_two_byte():
    rgb = np.array([[[0, 300, 65535], [1, 2, 3]]], np.uint16)
    picture = decode_dicom(written(rgb), "rgb")
    np.testing.assert_array_equal(picture, rgb)
    assert picture.dtype == np.uint16


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("MR_truncated.dcm", "less than expected"),
        ("test-SR.dcm", r"no pixel data \(SR\)"),
        ("rtplan.dcm", r"no pixel data \(RTPLAN\)"),
        ("rtdose_1frame.dcm", "32 bits"),
        ("rtdose.dcm", "15 frames"),
        ("badVR.dcm", "NumberOfFrames as '1A'"),
        ("no_meta.dcm", "DICM"),
        ("JPEG2000-embedded-sequence-delimiter.dcm", "compressed stream"),
    ],
)
def test_a_file_that_is_no_single_picture_is_refused(name, reason):
    with pytest.raises(BadInput, match=reason):
        decode_dicom(shipped(name), name)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_jp2klossless.dcm", "MR_small_RLE.dcm"])
def test_a_file_cut_off_anywhere_is_refused(name, share):
    contents = shipped(name)
    with pytest.raises(BadInput):
        decode_dicom(contents[: int(share * len(contents))], name)


def test_a_stream_cut_off_inside_a_whole_file_is_refused():
    dataset = pydicom.dcmread(BytesIO(shipped("JPEG2000.dcm")))
    stream = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = encapsulate([stream[: len(stream) // 2]])
    file = BytesIO()
    dataset.save_as(file)
    with pytest.raises(BadInput, match="no end marker"):
        decode_dicom(file.getvalue(), "half")


@pytest.mark.parametrize(
    ("name", "marker", "at", "layout"),
    [
        ("MR_small_jpeg_ls_lossless.dcm", b"\xff\xf7\x00\x0b", 5, ">HH"),
        ("MR_small_jp2klossless.dcm", b"\xff\x4f\xff\x51", 8, ">II"),
        ("SC_rgb_jpeg_dcmtk.dcm", b"\xff\xc0\x00\x11", 5, ">HH"),
    ],
)
def test_a_stream_that_claims_another_size_than_its_header_is_refused_before_it_is_decoded(name, marker, at, layout):
    contents = bytearray(shipped(name))
    struct.pack_into(layout, contents, contents.find(marker) + at, 40000, 40000)
    with pytest.raises(BadInput, match=r"\(40000, 40000, \d\)"):
        decode_dicom(bytes(contents), name)


@pytest.mark.realdata
def test_a_signed_stream_under_an_unsigned_header_is_refused_and_the_common_reverse_is_read():
    twin = (real_folder() / "pylibjpeg-data__TOSHIBA_J2K_OpenJPEGv2Regression.dcm").read_bytes()
    assert decode_dicom(twin, "twin").min() == -2048
    assert decode_dicom(shipped("J2K_pixelrep_mismatch.dcm"), "reverse").min() == -2000


def test_a_deflated_bomb_is_refused_before_it_is_inflated(monkeypatch):
    monkeypatch.setattr("pellucid.data.dicom_opening.MOST_INFLATED_BYTES", 2**20)
    small = written(GREY, DeflatedExplicitVRLittleEndian)
    start = 144 + struct.unpack("<I", small[140:144])[0]
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    mebibyte = bytes(2**20)
    bomb = small[:start] + b"".join(deflate.compress(mebibyte) for _ in range(2)) + deflate.flush()
    with pytest.raises(BadInput, match="inflates to more than"):
        decode_dicom(bomb, "bomb")


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_missing_decoder_is_named_with_the_command_that_installs_it(syntax, monkeypatch):
    name = {JPEGLSLossless: "MR_small_jpeg_ls_lossless.dcm", JPEG2000Lossless: "MR_small_jp2klossless.dcm"}[syntax]
    monkeypatch.setattr(pydicom.pixels.get_decoder(syntax), "_available", {})
    with pytest.raises(MissingPart, match=r'pip install "pellucid\[ct\]"'):
        decode_dicom(shipped(name), name)


def test_pydicoms_warnings_stay_inside_and_the_filters_stay_as_they_were():
    before = list(warnings.filters)
    assert decode_dicom(shipped("MR_small_padded.dcm"), "padded").shape == (
        64,
        64,
    )  # pydicom warns; warnings are errors
    assert decode_dicom(shipped("SC_rgb_jpeg.dcm"), "implicit").shape == (256, 256, 3)
    assert warnings.filters == before


def test_threads_read_as_one_thread_does():
    contents = {name: shipped(name) for name in ("MR_small_padded.dcm", "SC_rgb_jpeg.dcm", "CT_small.dcm")}
    alone = {name: decode_dicom(data, name) for name, data in contents.items()}
    before, wrong = list(warnings.filters), []

    def read() -> None:
        for _ in range(10):
            wrong.extend(name for name, data in contents.items() if (decode_dicom(data, name) != alone[name]).any())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert warnings.filters == before


def test_a_damaged_file_is_read_or_refused_and_nothing_else():
    rng = np.random.default_rng(7)
    lines: list[str] = []
    for name in ("CT_small.dcm", "SC_rgb_small_odd.dcm", "MR_small_RLE.dcm", "examples_palette.dcm"):
        whole = np.frombuffer(shipped(name), np.uint8)
        for _ in range(40):
            damaged = whole.copy()
            damaged[rng.integers(132, min(2500, len(whole)), 12)] = rng.integers(0, 256, 12)
            try:
                decode_dicom(damaged.tobytes(), name)
            except (BadInput, MissingPart) as refusal:
                lines.append(str(refusal))
    assert len(lines) > 10
    assert not any("\n" in line for line in lines)


def test_a_tag_is_read_as_text():
    contents = shipped("CT_small.dcm")
    assert read_tag(contents, "PatientID") == "1CT1"
    assert read_tag(contents, "PatientName") == "CompressedSamples^CT1"
    assert read_tag(contents, "ImageType") == "ORIGINAL\\PRIMARY\\AXIAL"
    assert read_tag(contents, "TransferSyntaxUID") == "1.2.840.10008.1.2.1"
    assert read_tag(contents, "Rows") == "128"
    assert read_tag(contents, "PatientComments") is None
    assert read_tag(shipped("image_dfl.dcm"), "PatientName") == "^^^^"


def test_an_unknown_tag_is_refused_with_the_names_close_to_it():
    with pytest.raises(BadInput, match=r"patientid: did you mean PatientID"):
        read_tag(shipped("CT_small.dcm"), "patientid")
    with pytest.raises(BadInput, match="dictionary"):
        read_tag(shipped("CT_small.dcm"), "zzzzzzzz")


def test_a_sequence_is_no_text():
    with pytest.raises(BadInput, match="holds no text"):
        read_tag(shipped("CT_small.dcm"), "OtherPatientIDsSequence")


def test_a_damaged_jpeg_stream_is_an_error_and_does_not_end_the_process():  # as it would in GDCM
    rng = np.random.default_rng(3)
    for name in ("SC_rgb_small_odd_jpeg.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm"):
        whole = np.frombuffer(shipped(name), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[rng.integers(len(whole) - 400, len(whole), 5)] = rng.integers(0, 256, 5)
            with suppress(BadInput, MissingPart):
                decode_dicom(damaged.tobytes(), name)


def test_the_preamble_makes_a_file_dicom():
    assert is_dicom(shipped("CT_small.dcm"))
    assert not is_dicom(shipped("no_meta.dcm"))
    assert not is_dicom(b"")
    with pytest.raises(BadInput, match="DICM"):
        read_tag(b"", "PatientID", "empty.dcm")


def test_importing_the_reader_does_not_import_pydicom():
    code = "import sys, pellucid.data.dicom; sys.exit('pydicom' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
