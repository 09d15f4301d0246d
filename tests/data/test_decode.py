"""Encoded images to pixels, with Pillow and the saved arrays as oracles; broken ones give one kind of error."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from pellucid.data.decode import decode
from pellucid.errors import BadInput, PellucidError


def encoded(image, kind, **options) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


GRAY = np.random.default_rng(0).integers(0, 256, (5, 9), dtype=np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (5, 9, 3), dtype=np.uint8)
DEEP = np.random.default_rng(2).integers(0, 65536, (5, 9), dtype=np.uint16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("pixels", [GRAY, RGB])
def test_lossless_files_give_back_what_was_saved(kind, pixels):
    np.testing.assert_array_equal(decode(encoded(pixels, kind), "x"), pixels)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiffs_give_back_what_was_saved(compression):
    np.testing.assert_array_equal(decode(encoded(RGB, "TIFF", compression=compression), "x"), RGB)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_stay_sixteen(kind):
    found = decode(encoded(DEEP, kind), "x")
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, DEEP)


def test_black_and_white_becomes_0_and_255():
    found = decode(encoded(Image.fromarray(GRAY > 127), "PNG"), "x")
    np.testing.assert_array_equal(found, np.where(GRAY > 127, 255, 0))


def test_a_palette_is_applied():
    palette = Image.fromarray(RGB).quantize(16)
    np.testing.assert_array_equal(decode(encoded(palette, "PNG"), "x"), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP"])
def test_a_palette_of_grays_is_gray(kind):
    image = Image.fromarray(GRAY // 16).convert("P")
    image.putpalette([value * 17 for value in range(16) for _ in range(3)])
    np.testing.assert_array_equal(decode(encoded(image, kind), "x"), GRAY // 16 * 17)


@pytest.mark.parametrize("pixels", [GRAY, RGB])
def test_transparency_is_dropped_and_colours_stay(pixels):
    image = Image.fromarray(pixels)
    image.putalpha(Image.fromarray(GRAY[::-1].copy()))
    np.testing.assert_array_equal(decode(encoded(image, "PNG"), "x"), pixels)


@pytest.mark.parametrize("pixels", [GRAY, RGB])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30, "subsampling": "4:2:0"}])
def test_jpegs_are_within_a_level_or_two_of_pillow(pixels, options):
    big = np.asarray(Image.fromarray(pixels).resize((90, 50)))
    contents = encoded(big, "JPEG", **options)
    difference = np.abs(decode(contents, "x").astype(int) - np.asarray(Image.open(io.BytesIO(contents))))
    assert difference.max() <= 2


def test_a_cmyk_jpeg_is_read_as_pillow_reads_it():
    contents = encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG")
    expected = np.asarray(Image.open(io.BytesIO(contents)).convert("RGB"))
    np.testing.assert_array_equal(decode(contents, "x"), expected)


def test_a_reduced_scale_keeps_both_sides_long_enough():
    smooth = np.asarray(Image.fromarray(GRAY).resize((400, 200), Image.Resampling.BICUBIC))
    found = decode(encoded(smooth, "JPEG", quality=95), "x", at_least=64)
    assert 64 <= found.shape[0] < 200
    oracle = np.asarray(Image.fromarray(smooth).resize(found.shape[::-1], Image.Resampling.BOX))
    assert np.abs(found.astype(int) - oracle).mean() < 2


def test_signed_and_fractional_tiffs_are_refused():
    with pytest.raises(BadInput, match="from -5 to"):
        decode(encoded(Image.fromarray(np.full((3, 4), -5, np.int32)), "TIFF"), "x.tif")
    with pytest.raises(BadInput, match="fractional"):
        decode(encoded(Image.fromarray(np.full((3, 4), 0.5, np.float32)), "TIFF"), "x.tif")


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_several_pages_are_refused_by_number(kind):
    pages = [Image.fromarray(GRAY), Image.fromarray(255 - GRAY), Image.fromarray(GRAY // 2)]
    with pytest.raises(BadInput, match=r"x.tif holds 3 frames or pages: one image a file"):
        decode(encoded(pages[0], kind, save_all=True, append_images=pages[1:]), "x.tif")


def png_head(columns: int, rows: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 12)
        + b"IDAT"
        + bytes(16)
    )


@pytest.mark.parametrize("side", [9_000, 12_000, 50_000])  # Pillow says nothing, warns, and refuses
def test_a_huge_image_is_refused_before_it_is_unfolded(side):
    with pytest.raises(BadInput, match=r"x.png (has|unfolds to)"):
        decode(png_head(side, side), "x.png")


def test_a_huge_jpeg_is_refused_before_it_is_unfolded():
    contents = bytearray(encoded(GRAY, "JPEG"))
    at = contents.index(b"\xff\xc0")
    contents[at + 5 : at + 9] = struct.pack(">HH", 50_000, 50_000)
    with pytest.raises(BadInput, match=r"x.jpg has 50,000 x 50,000 pixels"):
        decode(bytes(contents), "x.jpg")


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"hello, I am text", "not an image in a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image in a known format"),
        (b"\xff\xd8\xff", "broken JPEG"),
        (encoded(GRAY, "PNG")[:60], "is broken"),
        (encoded(GRAY, "TIFF")[:-20], "is broken"),
        (encoded(np.tile(GRAY, (9, 9)), "JPEG")[:-200], "broken JPEG"),
    ],
)
def test_what_is_no_whole_image_is_named(contents, said):
    with pytest.raises(BadInput, match=said) as error:
        decode(contents, "scan 7.png")
    assert str(error.value).startswith("scan 7.png ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF", "PPM", "JPEG", "WEBP", "JPEG2000"])
def test_no_damage_ends_in_anything_but_pixels_or_our_error(kind):
    whole = encoded(RGB if kind != "GIF" else Image.fromarray(RGB).quantize(8), kind)
    generator = np.random.default_rng(0)
    for _ in range(120):
        contents = bytearray(whole[: generator.integers(len(whole) // 2, len(whole) + 1)])
        for at in generator.integers(0, len(contents), 3):
            contents[at] = generator.integers(256)
        with suppress(PellucidError):
            assert decode(bytes(contents), "x").dtype in (np.uint8, np.uint16)
