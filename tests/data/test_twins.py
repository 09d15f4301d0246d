"""Twins against a search by brute force."""

import hashlib

import numpy as np
import pytest

from pellucid.data.likeness_search import alike_groups, describe
from pellucid.data.twins import find_twins


def prints(contents: list[bytes]) -> np.ndarray:
    return np.array([list(hashlib.sha256(content).digest()) for content in contents], np.uint8).reshape(-1, 32)


def found_in(images, train, groups=None):
    described = describe(images, prints([image.tobytes() for image in images]))
    return find_twins(described, alike_groups(described), np.array(train), groups)


def scenes(count, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 200, (count, 1, 8, 8)).astype(np.uint8)
    return coarse.repeat(4, 2).repeat(4, 3)


def test_each_twin_is_told_with_its_kind():
    a, b, c, d = scenes(4)
    images = np.stack([a, b, c, a, b + 20, d, c])
    twins = found_in(images, [0, 1, 2], np.array([7, 8, 9, 7, 7, 9, 5]))
    assert twins.row.tolist() == [-1, -1, -1, 0, 1, 2, 2]
    assert twins.likeness.tolist() == ["", "", "", "identical", "near-identical", "same group", "identical"]
    assert twins.count() == {"identical": 2, "near-identical": 1, "same group": 1}


def test_without_groups_nobody_is_of_the_same_group():
    assert found_in(scenes(4), [0, 1]).likeness.tolist() == [""] * 4


def test_a_chain_to_training_is_no_twin_where_its_own_pair_is_too_far_apart():
    one, other = scenes(2).astype(float)
    images = np.stack([np.rint((1 - share) * one + share * other).astype(np.uint8) for share in np.linspace(0, 1, 30)])
    described = describe(images, prints([image.tobytes() for image in images]))
    alike = alike_groups(described)
    twins = find_twins(described, alike, np.array([0]))
    assert (alike == 0).sum() > (twins.likeness == "near-identical").sum() >= 1
    assert twins.row[1] == 0


def of_same_pixels(sha256: np.ndarray, train: np.ndarray) -> list[int]:
    """Twins among images that show nothing, and so are only ever identical."""
    described = describe(np.zeros((len(sha256), 1, 8, 8), np.uint8), sha256)
    twins = find_twins(described, alike_groups(described), train)
    assert ((twins.row >= 0) == (twins.likeness == "identical")).all()
    return twins.row.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_first_training_case_of_the_same_pixels_is_found(seed):
    generator = np.random.default_rng(seed)
    contents = [bytes([value]) for value in generator.integers(0, 60, 200)]
    train = np.sort(generator.choice(200, 80, replace=False))
    learned = set(train.tolist())
    wanted = [
        -1 if row in learned else next((other for other in train.tolist() if contents[other] == contents[row]), -1)
        for row in range(200)
    ]
    assert of_same_pixels(prints(contents), train) == wanted
    assert max(wanted) > -1


def test_hashes_that_end_in_zeros_are_told_apart():
    sha256 = np.zeros((4, 32), np.uint8)
    sha256[0, 0] = sha256[3, 0] = 1
    sha256[2, 31] = 1
    assert of_same_pixels(sha256, np.array([0, 1])) == [-1, -1, -1, 0]


def test_training_cases_that_are_twins_of_each_other_are_not_counted():
    assert of_same_pixels(prints([b"a", b"a", b"a", b"b"]), np.array([0, 1])) == [-1, -1, 0, -1]


def test_the_first_twin_is_the_lowest_row_even_where_training_rows_are_unsorted():
    assert of_same_pixels(prints([b"x", b"a", b"a", b"a"]), np.array([2, 1])) == [-1, -1, -1, 1]
