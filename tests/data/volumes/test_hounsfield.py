"""Stored numbers become HU by each slice's own scale; padding becomes air; numbers that cannot be HU are refused."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from pellucid.data.volumes.reading import read_scan
from pellucid.errors import BadInput

UPWARDS = [0.0, 0.0, 2.0]


def signed(dataset) -> np.ndarray:
    """The dataset's pixels, as an array that can be changed; whoever changes them stores them."""
    return np.frombuffer(dataset.PixelData, np.int16).reshape(dataset.Rows, dataset.Columns).copy()


def test_each_slice_has_its_own_slope_and_intercept(series_folder, steps, slice_file, same_as_field, field):
    def own(number, dataset):
        hu = np.floor(np.frombuffer(dataset.PixelData, np.uint16).astype(float) - 1024 + 0.5)
        slope, intercept = 0.25 + 0.05 * number, -1024.5 - number
        dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.2f}", f"{intercept:.1f}"
        dataset.PixelData = np.floor((hu - intercept) / slope + 0.5).astype(np.uint16).tobytes()

    volume = read_scan(series_folder(steps(UPWARDS), change=own))
    same_as_field(volume, apart=0.51 + 0.5 * 1.2 + 0.5)  # two roundings, the coarser of 1.2 HU


def test_a_rescale_worked_out_by_hand(series_folder, steps):
    def by_hand(number, dataset):
        pixels = np.frombuffer(dataset.PixelData, np.uint16).copy()
        pixels[:3] = [0, 601, 700]
        dataset.PixelData = pixels.tobytes()
        dataset.RescaleSlope, dataset.RescaleIntercept = "1.5", "-1000.0"

    volume = read_scan(series_folder(steps(UPWARDS, 3), change=by_hand))
    assert volume.voxels_hu[1, 0, :3].tolist() == [-1000, -98, 50]  # 1.5 * 601 - 1000 = -98.5, half up


def test_a_modality_table_cannot_hold_air_and_is_refused(series_folder, steps):
    def table(number, dataset):
        del dataset.RescaleSlope, dataset.RescaleIntercept
        item = pydicom.Dataset()
        item.LUTDescriptor, item.ModalityLUTType = [3000, 0, 16], "HU"
        item.add_new("LUTData", "US", list(range(3000)))
        dataset.ModalityLUTSequence = [item]

    with pytest.raises(BadInput, match="20 of its 20 slices have no Rescale Slope and Intercept, so no HU"):
        read_scan(series_folder(steps(UPWARDS), change=table))


def test_pixel_padding_becomes_air_and_is_told(series_folder, steps, same_as_field):
    def padded(number, dataset):
        dataset.PixelRepresentation, dataset.RescaleIntercept = 1, 0
        pixels = np.frombuffer(dataset.PixelData, np.uint16).astype(np.int16).reshape(45, 56) - 1024
        pixels[:3, :14] = -1500
        dataset.PixelData, dataset.PixelPaddingValue = pixels.tobytes(), -1500
        dataset["PixelPaddingValue"].VR = "SS"

    volume = read_scan(series_folder(steps(UPWARDS), change=padded))
    share = 100 * 3 * 14 / (45 * 56)
    assert volume.told == (f"{share:.2f}% of the voxels were padding (Pixel Padding Value); they are taken as air.",)
    assert (volume.voxels_hu[:, :3, :14] == -1024).all()
    measured = np.ones(volume.voxels_hu.shape, bool)
    measured[:, :3, :14] = False
    same_as_field(volume, measured=measured)


def test_a_padding_value_that_tissue_has_too_is_left_and_told(series_folder, steps, same_as_field):
    volume = read_scan(series_folder(steps(UPWARDS), PixelPaddingValue=1024))  # 0 HU
    same_as_field(volume)
    assert len(volume.told) == 1
    assert "stands for 0 HU, which tissue can have too" in volume.told[0]


def test_what_a_scanner_writes_outside_its_circle_becomes_air_and_is_told(series_folder, steps):
    def circle(number, dataset):
        dataset.PixelRepresentation, dataset.RescaleIntercept = 1, 0
        pixels = np.frombuffer(dataset.PixelData, np.uint16).astype(np.int16).reshape(45, 56) - 1024
        pixels[-5:] = -2000
        dataset.PixelData = pixels.tobytes()

    volume = read_scan(series_folder(steps(UPWARDS), change=circle))
    assert (volume.voxels_hu[:, -5:] == -1024).all()
    assert volume.voxels_hu.min() == -1024
    assert f"{100 * 5 / 45:.2f}% of the voxels were below -1024 HU (down to -2000)" in volume.told[0]


def test_inverted_display_does_not_change_hu(series_folder, steps, same_as_field):
    same_as_field(read_scan(series_folder(steps(UPWARDS), PhotometricInterpretation="MONOCHROME1")))


@pytest.mark.parametrize(
    "syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian]
)
def test_every_lossless_encoding_gives_the_same_hu(series_folder, steps, same_as_field, syntax):
    def encoded(number, dataset):
        if syntax.is_encapsulated:
            dataset.compress(syntax, generate_instance_uid=False)
        else:
            dataset.file_meta.TransferSyntaxUID = syntax

    same_as_field(read_scan(series_folder(steps(UPWARDS), change=encoded)))


def test_big_endian_slices_give_the_same_hu(series_folder, steps, same_as_field):
    def swapped(number, dataset):
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()

    same_as_field(read_scan(series_folder(steps(UPWARDS), change=swapped)))


@pytest.mark.parametrize(
    ("slope", "intercept", "reason"),
    [
        ("1", "0", "stored values without their rescale"),
        ("0.1", "0", "greys of a picture"),
        ("1", "-400", "no voxel of air"),
        ("25", "-1024", "more than 16 bits hold"),
        ("0", "-1024", "no Rescale Slope"),
        ("0.001", "-1024", "hardly any of tissue"),
    ],
)
def test_numbers_that_cannot_be_hu_are_refused_saying_what_they_look_like(
    series_folder, steps, slope, intercept, reason
):
    def wrong(number, dataset):
        dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept

    with pytest.raises(BadInput, match=reason) as refusal:
        read_scan(series_folder(steps(UPWARDS), change=wrong))
    assert "\n" not in str(refusal.value)


def test_a_rescale_applied_twice_is_refused(series_folder, steps):
    with pytest.raises(BadInput, match="applied twice"):
        read_scan(
            series_folder(steps(UPWARDS), change=lambda number, dataset: setattr(dataset, "RescaleIntercept", -2048))
        )


def test_a_picture_in_colour_is_refused(series_folder, steps):
    def coloured(number, dataset):
        if number == 3:
            pixels = np.zeros((45, 56, 3), np.uint8)
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
            dataset.PixelData = pixels.tobytes()
            dataset["PixelData"].VR = "OB"

    with pytest.raises(BadInput, match="in colour, no slice of a CT"):
        read_scan(series_folder(steps(UPWARDS), change=coloured))


def test_a_slice_cut_short_is_refused_by_name(series_folder, steps):
    folder = series_folder(steps(UPWARDS))
    victim = folder / "deep" / "1.2.3.4" / "007.dcm"
    victim.write_bytes(victim.read_bytes()[:-200])
    with pytest.raises(BadInput, match=r"007\.dcm"):
        read_scan(folder)


def test_a_slice_cut_off_in_its_header_is_refused_by_name(series_folder, steps):
    folder = series_folder(steps(UPWARDS))
    victim = folder / "deep" / "1.2.3.4" / "019.dcm"
    for length in (400, 600, 800):
        victim.write_bytes(victim.read_bytes()[:length])
        with pytest.raises(BadInput, match=r"019\.dcm"):
            read_scan(folder)


def test_a_header_longer_than_is_read_at_first_is_read_whole(series_folder, steps, same_as_field):
    def long(number, dataset):
        block = dataset.private_block(0x0021, "LONG", create=True)  # stands before Rows
        block.add_new(0x01, "OB", b"\xab" * 100_000)

    same_as_field(read_scan(series_folder(steps(UPWARDS), change=long)))
