"""Distances against changes planted by hand, and the search against all pairs, compared one by one."""

from __future__ import annotations

import hashlib
import itertools
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pellucid.data import likeness_search
from pellucid.data.likeness import ALIKE_WITHIN, ZOOM, distances, spectra, strengths, waves
from pellucid.data.likeness_search import alike_groups, describe, near_one_of
from pellucid.data.twins import find_twins


def scenes(count, side=64, channels=1, seed=0, dtype=np.uint8):
    """Unlike pictures: bright, rounded spots on a dark ground."""
    draw = np.random.default_rng(seed)
    place = (np.arange(side) + 0.5) / side
    images = np.zeros((count, channels, side, side))
    for _ in range(12):
        y, x, width, height = draw.uniform(0.1, 0.9, (4, count, channels, 1, 1))
        spread = 0.02 + 0.1 * width
        images += height * np.exp(-((place[:, None] - y) ** 2 + (place - x) ** 2) / spread**2)
    images /= images.max((1, 2, 3), keepdims=True)
    low, high = (20, 200) if dtype == np.uint8 else (-1000, 1500) if dtype == np.int16 else (50000, 52000)
    return np.rint(low + (high - low) * images).astype(dtype)


def prints(images):
    return np.array([list(hashlib.sha256(image.tobytes()).digest()) for image in images], np.uint8).reshape(-1, 32)


def groups_of(images):
    return alike_groups(describe(images, prints(images)))


def least_distances(images):
    """All pairs, one way zoomed, the other way zoomed, or neither."""
    whole, zoomed = spectra(images), spectra(images, ZOOM)
    table = np.empty((len(images), len(images)))
    for row in range(len(images)):
        copies = np.repeat(whole[row : row + 1], len(images), 0), np.repeat(zoomed[row : row + 1], len(images), 0)
        pairs = (copies[0], whole), (copies[1], whole), (copies[0], zoomed)
        table[row] = np.min([distances(*pair) for pair in pairs], 0)
    return table


def components(near):
    """Lowest row of each row's component, by walking."""
    lowest = np.full(len(near), -1)
    for row in range(len(near)):
        waiting = [row] if lowest[row] < 0 else []
        while waiting:
            here = waiting.pop()
            if lowest[here] < 0:
                lowest[here] = row
                waiting += np.flatnonzero(near[here]).tolist()
    return lowest


def a_walk(seed, side=32, dtype=np.uint8, channels=1):
    """Pictures of which each blends into the next by an uneven step: some near-identical, some not quite."""
    draw = np.random.default_rng(seed)
    ends = scenes(8, side, channels, seed, dtype).astype(float)
    images = [scenes(60, side, channels, seed + 100, dtype)]
    for one, other in itertools.pairwise(ends):
        share = np.cumsum(draw.uniform(0, 0.12, 12))[:, None, None, None].clip(0, 1)
        images.append(np.rint((1 - share) * one + share * other).astype(dtype))
    return draw.permutation(np.concatenate(images))


CHANGES = {
    "brighter": lambda image: image + 40,
    "less contrast": lambda image: image // 2 + 30,
    "shifted down by 2": lambda image: np.pad(image, ((0, 0), (2, 0), (0, 0)), mode="edge")[:, :-2],
    "shifted left by 1": lambda image: np.pad(image, ((0, 0), (0, 0), (0, 1)), mode="edge")[:, :, 1:],
    "noisy": lambda image: image + np.random.default_rng(0).integers(-2, 3, image.shape).astype(image.dtype),
}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_a_planted_copy_is_found_and_nothing_else_is(change, channels, dtype):
    images = scenes(20, channels=channels, dtype=dtype)
    both = np.concatenate([images, np.stack([CHANGES[change](image) for image in images])])
    assert groups_of(both).tolist() == [*range(20), *range(20)]


@pytest.mark.parametrize("quality", [95, 75])
def test_a_jpeg_of_an_image_is_found(quality):
    import io

    from PIL import Image

    images, copies = scenes(20), []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image[0]).save(buffer, "JPEG", quality=quality)
        copies.append(np.array(Image.open(buffer))[None])
    assert groups_of(np.concatenate([images, copies])).tolist() == [*range(20), *range(20)]


def cropped(images, share):
    from PIL import Image

    side = images.shape[-1]
    box = (0.3 * share * side, 0.7 * share * side, side - 0.7 * share * side, side - 0.3 * share * side)
    resized = [Image.fromarray(image[0]).resize((side, side), Image.Resampling.BICUBIC, box) for image in images]
    return np.array(resized)[:, None]


@pytest.mark.parametrize("share", [0.02, 0.04])
def test_a_crop_resized_back_is_found(share):
    images = scenes(20)
    assert groups_of(np.concatenate([images, cropped(images, share)])).tolist() == [*range(20), *range(20)]


@pytest.mark.parametrize("asked", [0, 20])
def test_a_crop_is_found_from_the_original_and_the_original_from_the_crop(asked):
    images = scenes(20)
    images = np.concatenate([images, cropped(images, 0.04)])
    described = describe(images, prints(images))
    number = described.image_of
    found = near_one_of(described, number[asked : asked + 20], number[20 - asked : 40 - asked])
    np.testing.assert_array_equal(found, number[20 - asked : 40 - asked])


def test_an_image_turned_by_half_has_the_same_strengths_but_is_another():
    images = scenes(10)
    turned = images[:, :, ::-1, ::-1]
    np.testing.assert_allclose(strengths(spectra(images)), strengths(spectra(turned)), atol=1e-5)
    assert (distances(spectra(images), spectra(turned)) > 2 * ALIKE_WITHIN).all()


def test_the_waves_are_those_of_numpys_transform():
    image = np.random.default_rng(1).integers(0, 255, (1, 1, 32, 32)).astype(np.uint8)
    most = waves(32)
    place = (np.arange(32) + 0.5) / 32 - 0.5
    window = np.outer(np.cos(np.pi * place), np.cos(np.pi * place))
    inside = (image[0, 0] - (image[0, 0] * window).sum() / window.sum()) * window
    number = np.fft.fftfreq(32, 1 / 32)
    centred = np.fft.fft2(inside) * np.exp(-2j * np.pi * (0.5 / 32 - 0.5) * (number[:, None] + number))
    rows = np.r_[0 : most + 1, -most:0]
    wanted = centred[rows][:, : most + 1] * np.hypot(rows[:, None], np.arange(most + 1))
    wanted[np.hypot(rows[:, None], np.arange(most + 1)) > most] = 0
    wanted[most + 1 :, 0] = 0
    wanted /= np.sqrt((np.abs(wanted) ** 2).sum())
    np.testing.assert_allclose(spectra(image)[0, 0], wanted, atol=1e-5)


def test_strengths_are_never_farther_apart_than_the_images():
    images = a_walk(3)
    whole = spectra(images)
    for shift in range(1, 40):
        others = np.roll(whole, shift, 0)
        bound = np.linalg.norm(strengths(whole) - strengths(others), axis=1)
        assert (bound <= distances(whole, others) + 1e-4).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "side", "dtype", "channels"), [(0, 32, np.uint8, 1), (1, 28, np.int16, 1), (2, 16, np.uint8, 3)]
)
def test_groups_are_the_components_of_all_pairs_compared(seed, side, dtype, channels, monkeypatch):
    for name in ("ROWS", "COLUMNS", "PAIRS"):
        monkeypatch.setattr(likeness_search, name, 7)
    images = a_walk(seed, side, dtype, channels)
    near = least_distances(images) <= ALIKE_WITHIN
    assert 0.01 < near.mean() < 0.2
    np.testing.assert_array_equal(groups_of(images), components(near | near.T))


def test_an_image_near_one_asked_for_is_found_wherever_there_is_one(monkeypatch):
    for name in ("ROWS", "COLUMNS", "PAIRS"):
        monkeypatch.setattr(likeness_search, name, 7)
    images = a_walk(5)
    described = describe(images, prints(images))
    order = described.rows
    near = least_distances(images[order]) <= ALIKE_WITHIN
    asked, among = np.arange(0, len(order), 2), np.arange(1, len(order), 2)
    found = near_one_of(described, asked, among)
    np.testing.assert_array_equal(found >= 0, (near | near.T)[np.ix_(asked, among)].any(1))
    assert (near | near.T)[asked[found >= 0], found[found >= 0]].all()
    assert 5 < (found >= 0).sum() < len(asked) - 5


def test_the_order_of_cases_changes_no_group():
    images = np.concatenate([a_walk(6), a_walk(6)[:30]])
    order = np.random.default_rng(0).permutation(len(images))
    before, after = groups_of(images), groups_of(images[order])
    np.testing.assert_array_equal(after[:, None] == after, before[order][:, None] == before[order])


def test_images_of_one_value_and_specks_are_only_ever_identical():
    images = np.zeros((6, 1, 64, 64), np.uint8)
    images[1:3] = 9
    images[3, 0, 30:34, 30:34] = images[4, 0, 30:34, 30:35] = images[5, 0, 40:44, 30:34] = 200
    assert groups_of(images).tolist() == [0, 1, 1, 3, 4, 5]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_handful_of_images_is_no_special_case(count):
    assert groups_of(scenes(count)).tolist() == list(range(count))


def test_the_same_twin_is_named_whatever_the_threads(monkeypatch):
    draw = np.random.default_rng(3)
    images = np.repeat(scenes(4, 16), 60, 0) + draw.integers(0, 2, (240, 1, 16, 16)).astype(np.uint8)
    for name, size in (("ROWS", 16), ("COLUMNS", 32), ("PAIRS", 16)):  # many small tiles, so that threads can race
        monkeypatch.setattr(f"pellucid.data.likeness_search.{name}", size)
    found = []
    for threads in ("1", "4", "4", "4"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        monkeypatch.setattr("pellucid.data.side_by_side.core_count", lambda: 4)
        described = describe(images, prints(images))
        found.append(find_twins(described, alike_groups(described), np.arange(0, 240, 2)).row.tolist())
    assert max(found[0]) > -1
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.slow
def test_thousands_of_images_that_are_nearly_the_same_need_no_list_of_pairs():
    draw = np.random.default_rng(0)
    images = np.repeat(scenes(1, 16), 3000, 0) + draw.integers(0, 2, (3000, 1, 16, 16)).astype(np.uint8)
    sha256 = prints(images)
    described = describe(images, sha256)
    tracemalloc.start()
    assert len(np.unique(alike_groups(described))) == 1
    found = near_one_of(described, np.arange(1000), np.arange(1000, 3000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found >= 1000).all()
    assert peak < 60e6  # all pairs would be 9 million: 144 MB as two columns of numbers


@pytest.mark.realdata
@pytest.mark.slow
def test_medical_mnist_holds_348_groups_of_identical_images_and_a_blank_that_stands_94_times():
    import pellucid

    folder = os.environ.get("PELLUCID_DATA", "")
    path = Path(folder) / "medical_mnist.zip"
    if not folder or not path.exists():
        pytest.skip("PELLUCID_DATA names no folder with medical_mnist.zip")
    dataset = pellucid.read(path)
    described = describe(dataset.images, dataset.sha256)
    copies = np.bincount(described.image_of)
    assert ((copies > 1).sum(), copies[copies > 1].sum(), copies.max()) == (348, 788, 94)
    assert described.plain[copies.argmax()]
    alike = alike_groups(described)
    blank = np.flatnonzero(described.image_of == copies.argmax())
    assert np.unique(alike, return_counts=True)[1].max() == 94  # no chain of slices is longer
    assert (np.flatnonzero(alike == alike[blank[0]]) == blank).all()
