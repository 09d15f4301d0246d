"""The filter bank against scipy.ndimage's filters, and against what turning and brightening an image must do."""

import numpy as np
import pytest
from scipy import ndimage

from pellucid.evaluate.rivals.filters import FIELDS, REACH, SCALES_PX, filter_bank, filter_responses

EDGES, BARS, LAPLACIAN, GAUSSIAN = slice(0, 4), slice(4, 8), 8, 9


def images(rows: int, columns: int, cases: int = 3) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (cases, rows, columns)).astype(np.float32)


def responses(pixels: np.ndarray) -> np.ndarray:
    """[case, scale, filter, field down, field across], the deviations left out."""
    found = filter_responses(pixels, filter_bank(*pixels.shape[1:])).reshape(len(pixels), len(SCALES_PX), -1)
    return found[:, :, :-1].reshape(len(pixels), len(SCALES_PX), 10, FIELDS, FIELDS)


def positions(pixels: int, sigma: float) -> np.ndarray:
    apart = max(1, min(int(2 * sigma), pixels // 8))
    return np.arange((pixels - 1) % apart // 2, pixels, apart)


def fields(map_: np.ndarray, sigma: float) -> np.ndarray:
    """Means in 3 x 3 fields of a map at every pixel."""
    at = map_[np.ix_(positions(map_.shape[0], sigma), positions(map_.shape[1], sigma))]
    bands = [np.array_split(band, FIELDS, axis=1) for band in np.array_split(at, FIELDS, axis=0)]
    return np.array([[field.mean() for field in band] for band in bands])


def steered(image: np.ndarray, sigma: float, angle: float, order: int) -> np.ndarray:
    """The first or second derivative along `angle`, from scipy's derivatives along rows and columns."""
    c, s = np.cos(angle), np.sin(angle)
    smooth = {o: ndimage.gaussian_filter(image.astype(float), sigma, order=o, truncate=REACH) for o in [(0, 1), (1, 0)]}
    if order == 1:
        return sigma * (c * smooth[0, 1] + s * smooth[1, 0])
    second = {
        o: ndimage.gaussian_filter(image.astype(float), sigma, order=o, truncate=REACH)
        for o in [(0, 2), (2, 0), (1, 1)]
    }
    return sigma**2 * (c * c * second[0, 2] + s * s * second[2, 0] + 2 * c * s * second[1, 1])


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (28, 40), (8, 8), (9, 3)])
def test_the_gaussian_and_its_laplacian_are_scipys(rows, columns):
    pixels = images(rows, columns)
    found = responses(pixels)
    for case, image in enumerate(pixels.astype(float)):
        for number, sigma in enumerate(SCALES_PX):
            smooth = fields(ndimage.gaussian_filter(image, sigma, truncate=REACH), sigma)
            np.testing.assert_allclose(found[case, number, GAUSSIAN], smooth, rtol=1e-5)
            spots = fields(np.abs(sigma**2 * ndimage.gaussian_laplace(image, sigma, truncate=REACH)), sigma)
            np.testing.assert_allclose(found[case, number, LAPLACIAN], spots, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (28, 40), (8, 8)])
def test_edges_and_bars_are_derivatives_along_each_angle(rows, columns):
    pixels = images(rows, columns)
    found = responses(pixels)
    for number, sigma in enumerate(SCALES_PX):
        for k, angle in enumerate(np.deg2rad([0, 45, 90, 135])):
            for which, order in ((EDGES, 1), (BARS, 2)):
                wanted = fields(np.abs(steered(pixels[1], sigma, angle, order)), sigma)
                np.testing.assert_allclose(found[1, number, which][k], wanted, rtol=1e-3, atol=1e-3)


def test_a_slope_has_the_steepness_that_it_was_drawn_with():
    """Brightness rising by 2 a pixel to the right and 1 down: edges of sigma * |2 cos + sin|, no bars, no spots."""
    down, across = np.mgrid[:64, :64]
    middle = responses((2.0 * across + down)[None].astype(np.float32))[0, :2, :, 1, 1]  # far from mirrored edges
    for number, sigma in enumerate(SCALES_PX[:2]):
        root = np.sqrt(0.5)
        np.testing.assert_allclose(middle[number, EDGES], sigma * np.array([2, 3 * root, 1, root]), rtol=1e-3)
        np.testing.assert_allclose(middle[number, 4:9], 0, atol=2e-3)


def test_a_bar_answers_most_across_itself():
    image = np.zeros((1, 65, 65), np.float32)
    image[0, :, 31:34] = 100  # upright: brightness changes at 0 degrees
    assert (responses(image)[0, :, BARS, 1, 1].argmax(1) == 0).all()
    assert (responses(image.transpose(0, 2, 1))[0, :, BARS, 1, 1].argmax(1) == 2).all()
    down, across = np.mgrid[:65, :65]
    slanted = 100 * (np.abs(down + across - 64) <= 2)[None].astype(np.float32)  # crossed at 45 degrees
    assert (responses(slanted)[0, :, BARS, 1, 1].argmax(1) == 1).all()


def test_an_image_turned_by_90_degrees_swaps_angles_and_fields_alike():
    pixels = images(35, 35)
    upright, turned = responses(pixels), responses(np.rot90(pixels, axes=(1, 2)).copy())
    swapped = upright[:, :, [2, 3, 0, 1, 6, 7, 4, 5, 8, 9]]
    np.testing.assert_allclose(turned, np.rot90(swapped, axes=(3, 4)), rtol=1e-3, atol=1e-3)


def test_brightening_moves_only_the_gaussian_and_contrast_scales_all():
    pixels = images(24, 24)
    plain, brighter, doubled = responses(pixels), responses(pixels + 50), responses(2 * pixels)
    np.testing.assert_allclose(brighter[:, :, :GAUSSIAN], plain[:, :, :GAUSSIAN], rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(brighter[:, :, GAUSSIAN], plain[:, :, GAUSSIAN] + 50, rtol=1e-5)
    np.testing.assert_allclose(doubled, 2 * plain, rtol=1e-4, atol=1e-3)


def test_the_deviation_is_that_of_the_smoothed_image():
    pixels = images(8, 8)
    found = filter_responses(pixels, filter_bank(8, 8))[:, 90::91]
    wanted = [
        [ndimage.gaussian_filter(image.astype(float), sigma, truncate=REACH).std() for sigma in SCALES_PX]
        for image in pixels
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_constant_image_answers_with_its_brightness_alone(size):
    found = filter_responses(np.full((1, size, size), 7, np.float32), filter_bank(size, size))[0]
    assert np.isclose(found, 7, atol=1e-4).sum() == 3 * min(size, FIELDS) ** 2
    assert np.isclose(found, 0, atol=1e-4).sum() == len(found) - 3 * min(size, FIELDS) ** 2


def test_an_image_is_measured_alike_whatever_stands_beside_it():
    pixels = images(20, 30, cases=7)
    bank = filter_bank(20, 30)
    alone = np.concatenate([filter_responses(image[None], bank) for image in pixels])
    np.testing.assert_allclose(filter_responses(pixels, bank), alone, rtol=1e-4, atol=1e-4)
