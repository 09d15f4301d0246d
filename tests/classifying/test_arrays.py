"""How arrays of images are stored: which values stay, which are rounded and by how much, where channels stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid.classifying import BadArgument, Classifier
from pellucid.classifying.arrays import ArrayForm, find_channels
from pellucid.data.form import Form, fit

DRAWN = np.random.default_rng(0)


def stored(images, channels=None, image_size=None):
    return ArrayForm.of(images, channels, image_size).store(images)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int8"])
def test_integers_of_8_and_16_bits_keep_every_value(dtype):
    limits = np.iinfo(dtype)
    images = DRAWN.integers(limits.min, limits.max, (5, 6, 6), dtype=dtype, endpoint=True)
    images[0, 0, :2] = limits.min, limits.max
    kept = stored(images)
    assert kept.dtype == ("int16" if dtype == "int8" else dtype)
    np.testing.assert_array_equal(kept[:, 0].astype(np.int64), images.astype(np.int64))


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e12))
def test_fractions_keep_one_part_in_sixteen_million_of_their_range_wherever_it_lies(offset, width):
    images = offset + width * DRAWN.random((4, 5, 5))
    form = ArrayForm.of(images, None, None)
    back = form.store(images)[:, 0].astype(np.float64) * form.half_range + form.middle
    width = images.max() - images.min()
    np.testing.assert_allclose(back, images, rtol=0, atol=width * 2**-24 + 4 * np.spacing(np.abs(images).max()))


def test_wide_integers_are_stored_like_fractions_and_narrow_ones_of_equal_value_are_taken_for_bytes():
    wide = np.array([[[0, 2**40]], [[2**39, 2**38]]])
    assert stored(wide, image_size=1).dtype == np.float32
    images = DRAWN.integers(0, 256, (3, 4, 4))
    form = ArrayForm.of(images.astype(np.uint8), None, None)
    np.testing.assert_array_equal(form.store(images), form.store(images.astype(np.uint8)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_channels_first_and_last_are_stored_alike(dtype):
    last = DRAWN.integers(0, 250, (4, 6, 5, 3)).astype(dtype)  # lopsided: a swapped axis must show
    first = np.moveaxis(last, -1, 1)
    for size in (None, 4):
        np.testing.assert_array_equal(stored(first, image_size=size), stored(last, image_size=size))
    np.testing.assert_array_equal(stored(last, "last", 4), stored(last, None, 4))
    assert stored(last).shape == (4, 3, 64, 64)


def test_small_squares_keep_their_size_wherever_the_channels_stand():
    assert (
        stored(np.zeros((2, 3, 8, 8), np.uint8)).shape == stored(np.zeros((2, 8, 8, 3), np.uint8)).shape == (2, 3, 8, 8)
    )
    assert stored(np.zeros((2, 8, 9), np.uint8)).shape == (2, 1, 64, 64)


def test_five_channels_are_taken_where_it_is_said_where_they_stand():
    images = DRAWN.integers(0, 250, (2, 8, 8, 5)).astype(np.uint8)
    np.testing.assert_array_equal(stored(images, "last")[1, 4], images[1, :, :, 4])


@pytest.mark.parametrize("shape", [(9, 3, 8, 3), (9, 1, 8, 3), (9, 8, 8, 4), (9, 2, 2, 2)])
def test_where_channels_stand_is_never_guessed(shape):
    with pytest.raises(BadArgument, match="Say channels='first' or channels='last'"):
        find_channels(shape, None)
    assert find_channels(shape, "first") == "first"


def test_images_are_resized_as_files_are():
    images = DRAWN.integers(0, 256, (3, 90, 70, 3)).astype(np.uint8)
    form = Form(3, "uint8", 64, resized=True)
    np.testing.assert_array_equal(stored(images), np.stack([fit(image, form, "image") for image in images]))


def test_fractions_are_resized_without_being_rounded_to_whole_numbers():
    images = DRAWN.random((2, 16, 12))
    form = ArrayForm.of(images, None, 8)
    scaled = ((images - form.middle) / form.half_range).astype(np.float32)
    expected = [np.asarray(Image.fromarray(one).resize((8, 8), Image.Resampling.BILINEAR)) for one in scaled]
    np.testing.assert_array_equal(form.store(images)[:, 0], expected)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_named_by_its_case(hole):
    images = DRAWN.random((6, 4, 4))
    form = ArrayForm.of(images, None, None)
    images[3, 1, 2] = hole
    with pytest.raises(BadArgument, match="in 1 of 6 cases, the first of them case 3"):
        form.store(images)
    with pytest.raises(BadArgument, match="in 1 of 6 cases, the first of them case 3"):
        stored(images)


def test_the_largest_fractions_there_are_are_no_infinities_and_what_overflows_is_refused():
    images = np.linspace(-1, 1, 32).reshape(2, 4, 4) * np.finfo(np.float64).max
    np.testing.assert_allclose(stored(images)[:, 0].ravel(), np.linspace(-1, 1, 32), rtol=1e-6)
    form = ArrayForm.of(DRAWN.random((2, 4, 4)) * 1e-9, None, None)
    with pytest.raises(BadArgument, match=r"X reaches 1e\+300, and values from"):
        form.store(np.full((1, 4, 4), 1e300))


def test_the_unit_of_the_pixels_changes_no_probability(digits):
    images, labels = digits.images[:600, 0], digits.labels[:600]
    first, other = (
        Classifier("mlp", epochs=3).fit(unit, labels).predict_proba(unit)
        for unit in (images / 16.0, images * 3e-13 - 2e-11)
    )
    np.testing.assert_allclose(first, other, atol=1e-4)
