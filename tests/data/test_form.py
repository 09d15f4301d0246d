"""How images of different colour, depth and size come into one form, and what is said of it."""

import numpy as np
import pytest
from PIL import Image

from pellucid.data import read
from pellucid.data.form import Form, resize
from pellucid.errors import BadInput


def test_gray_among_rgb_is_repeated_and_said(tmp_path, gray, save):
    rgb = np.stack([gray(1), gray(2), gray(3)], -1)
    save(tmp_path / "i" / "a" / "0.png", gray(0))
    save(tmp_path / "i" / "a" / "1.png", gray(9))
    save(tmp_path / "i" / "b" / "2.png", rgb)
    dataset = read(tmp_path / "i")
    np.testing.assert_array_equal(dataset.images[0], [gray(0)] * 3)
    np.testing.assert_array_equal(dataset.images[2], rgb.transpose(2, 0, 1))
    assert dataset.said == ("2 of 3 images are gray beside RGB ones and were made RGB, a/0.png first.",)
    assert read(tmp_path / "i").said == dataset.said  # the cache remembers


@pytest.mark.parametrize("deep_first", [True, False])
def test_eight_bits_among_sixteen_are_stretched_and_said(tmp_path, gray, save, deep_first):
    deep = gray(5, most=65535, dtype="uint16")
    shallow = np.array([[0, 1], [128, 255]], np.uint8).repeat(4, 0).repeat(4, 1)
    save(tmp_path / "i" / "a" / "0.png", deep if deep_first else shallow)
    save(tmp_path / "i" / "b" / "1.png", shallow if deep_first else deep)
    dataset = read(tmp_path / "i")
    assert dataset.images.dtype == np.uint16
    np.testing.assert_array_equal(dataset.images[0 if deep_first else 1, 0], deep)
    assert np.unique(dataset.images[1 if deep_first else 0]).tolist() == [0, 257, 128 * 257, 65535]
    first = "b/1.png" if deep_first else "a/0.png"
    assert dataset.said == (f"1 of 2 images are 8 bit beside 16 bit ones and were taken x 257, {first} first.",)


def test_all_rgb_is_said_once(tmp_path, gray, save):
    for name in ("a/0.png", "b/1.png"):
        save(tmp_path / "i" / name, np.stack([gray(1), gray(2), gray(3)], -1))
    assert read(tmp_path / "i").said == ("All images are kept as RGB: they are in colour.",)


def test_alike_small_squares_keep_their_size_and_nothing_is_said(classes):
    dataset = read(classes("a", "b", size=28))
    assert (dataset.images.shape[1:], dataset.said) == ((1, 28, 28), ())


@pytest.mark.parametrize(
    ("shapes", "asked", "size"),
    [
        ([(20, 30), (20, 30)], None, 64),
        ([(28, 28), (40, 40)], None, 64),
        ([(100, 100), (100, 100)], None, 64),
        ([(28, 28), (28, 28)], 32, 32),
        ([(32, 32), (50, 70)], 32, 32),
    ],
)
def test_other_sizes_are_resized_as_pillow_does_and_said(tmp_path, gray, save, shapes, asked, size):
    saved = [gray(number, *shape) for number, shape in enumerate(shapes)]
    for number, pixels in enumerate(saved):
        save(tmp_path / "i" / "ab"[number] / f"{number}.png", pixels)
    dataset = read(tmp_path / "i", image_size=asked)
    for image, pixels in zip(dataset.images, saved, strict=True):
        oracle = Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(image[0], np.asarray(oracle))
    assert dataset.said == (f"All images are resized to {size} x {size} pixels (--image-size chooses another size).",)


def test_sixteen_bit_and_signed_images_are_resized_as_floats_and_rounded():
    ramp = np.linspace(-1000, 3000, 12 * 20).reshape(12, 20).astype(np.int16)
    oracle = np.asarray(Image.fromarray(ramp.astype(np.float32)).resize((8, 8), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(resize(ramp, 8), np.rint(oracle))
    assert resize(ramp, 8).dtype == np.int16


def test_a_constant_stays_the_constant_when_resized():
    for value, dtype in ((255, np.uint8), (65535, np.uint16), (-1024, np.int16)):
        assert (resize(np.full((30, 50, 3), value, dtype), 16) == value).all()


@pytest.mark.parametrize("size", [3, 1025, -1])
def test_a_side_that_makes_no_sense_is_refused(size):
    with pytest.raises(BadInput, match="a side from 4 to 1024"):
        read("digits", image_size=size)


def test_signed_ct_and_eight_bit_pictures_are_kept_apart(tmp_path, gray, save):
    import shutil

    from pydicom.data import get_testdata_file

    for name in ("a/0.dcm", "a/1.dcm", "b/0.dcm"):
        (tmp_path / "i" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(get_testdata_file("CT_small.dcm"), tmp_path / "i" / name)
    save(tmp_path / "i" / "b" / "photo.png", gray(0))
    dataset = read(tmp_path / "i")
    assert [name for name, _ in dataset.unreadable] == ["b/photo.png"]
    assert "keep CT in Hounsfield units and 8-bit images apart" in dataset.unreadable[0][1]


def test_a_form_knows_its_bytes():
    assert Form(3, "uint16", 10, resized=False).image_bytes == 3 * 10 * 10 * 2
