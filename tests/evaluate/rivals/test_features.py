"""Histograms against numpy, local patterns and area means against scikit-image, for every kind of pixel."""

import numpy as np
import pytest
from skimage.feature import local_binary_pattern
from skimage.transform import resize_local_mean

from pellucid.evaluate.rivals.features import (
    BINS,
    LARGEST_FOR_PATTERNS_PX,
    averaged,
    features,
    histogram,
    histogram_edges,
    local_patterns,
    shrunk,
)
from pellucid.evaluate.rivals.filters import filter_bank, filter_responses

KINDS = (np.uint8, np.int16, np.uint16)


def images(kind: type, rows: int, columns: int, channels: int = 1, cases: int = 5) -> np.ndarray:
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    return np.random.default_rng(0).integers(low, high, (cases, channels, rows, columns), kind, endpoint=True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_histogram_is_numpys(kind):
    pixels = images(kind, 17, 31)
    edges = histogram_edges(pixels[:2])
    assert len(edges) == BINS - 1
    found = histogram(pixels[:, 0], edges)
    wanted = [np.histogram(image, [-np.inf, *edges, np.inf])[0] / image.size for image in pixels]
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(found.sum(1), 1)


def test_the_bins_are_equally_full_but_for_the_background():
    pixels = np.concatenate([np.zeros(5000, np.int16), np.arange(1, 1401, dtype=np.int16)]).reshape(1, 1, 64, 100)
    shares = histogram(pixels[:, 0], histogram_edges(pixels))[0]
    np.testing.assert_allclose(shares[1], 5000 / 6400)  # none is below 0
    np.testing.assert_allclose(shares[2:], 100 / 6400)
    assert len(shares) == BINS


def test_pixels_of_one_value_all_fall_into_its_bin():
    pixels = np.full((2, 1, 4, 4), 65535, np.uint16)
    edges = histogram_edges(pixels)
    np.testing.assert_array_equal(edges, [65535, 65536])
    np.testing.assert_array_equal(histogram(pixels[:, 0], edges), [[0, 1, 0]] * 2)


@pytest.mark.parametrize("side", [3, 8, 20, 24])
def test_local_patterns_are_scikit_images_for_each_image(side):
    pixels = images(np.uint8, side, side)[:, 0] // 32  # few values: many ties, which are easy to get wrong
    for image, found in zip(pixels, local_patterns(pixels.astype(np.float32)), strict=True):
        inside = local_binary_pattern(image, 8, 1, "uniform")[1:-1, 1:-1]
        np.testing.assert_allclose(found, np.bincount(inside.astype(int).ravel(), minlength=10) / inside.size)


def test_local_patterns_forget_brightness_and_contrast_and_quarter_turns():
    pixels = images(np.uint8, 20, 20)[:, 0].astype(np.float32)
    plain = local_patterns(pixels)
    np.testing.assert_array_equal(local_patterns(3 * pixels + 40), plain)
    np.testing.assert_allclose(local_patterns(np.rot90(pixels, axes=(1, 2)).copy()), plain)


def test_large_images_give_the_patterns_of_their_area_means():
    blocks = images(np.uint8, LARGEST_FOR_PATTERNS_PX, LARGEST_FOR_PATTERNS_PX)[:, 0].astype(np.float32)
    enlarged = blocks.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(local_patterns(enlarged), local_patterns(blocks))


def test_an_image_too_small_for_patterns_has_none():
    assert not local_patterns(np.ones((2, 2, 5), np.float32)).any()


@pytest.mark.parametrize(("rows", "columns"), [(128, 96), (100, 70), (65, 20)])
def test_area_means_are_scikit_images(rows, columns):
    pixels = images(np.uint8, rows, columns, channels=2).astype(np.float32)
    wanted = resize_local_mean(pixels, (5, 2, min(rows, 64), min(columns, 64)), grid_mode=True, preserve_range=True)
    np.testing.assert_allclose(averaged(pixels, 64), wanted, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_shrunk_images_keep_their_kind_and_their_extremes(kind):
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    pixels = np.full((2, 1, 100, 100), low, kind)
    pixels[1] = high
    small = shrunk(pixels)
    assert small.dtype == kind
    assert small.shape == (2, 1, 64, 64)
    np.testing.assert_array_equal(small[:, 0, 0, 0], [low, high])
    np.testing.assert_array_equal(small[:, 0, 63, 63], [low, high])


def test_colours_are_averaged_for_filters_and_counted_apart():
    pixels = images(np.uint8, 16, 16, channels=3)
    edges, bank = histogram_edges(pixels), filter_bank(16, 16)
    found = features(pixels, edges, bank)
    grey = pixels.astype(np.float32).mean(1)
    np.testing.assert_allclose(found[:, :273], filter_responses(grey, bank), rtol=1e-5)
    for channel in range(3):
        counted = found[:, 273 + BINS * channel : 273 + BINS * (channel + 1)]
        np.testing.assert_allclose(counted, histogram(pixels[:, channel], edges), rtol=1e-6)
    np.testing.assert_allclose(found[:, -10:], local_patterns(grey), rtol=1e-6)
    assert found.dtype == np.float32
