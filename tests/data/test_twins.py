"""Twins against a search by brute force."""

import hashlib

import numpy as np
import pytest

from pellucid.data.twins import twins_in_training


def prints(contents: list[bytes]) -> np.ndarray:
    return np.array([list(hashlib.sha256(content).digest()) for content in contents], np.uint8).reshape(-1, 32)


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
    assert twins_in_training(prints(contents), train).tolist() == wanted
    assert max(wanted) > -1


def test_hashes_that_end_in_zeros_are_told_apart():
    sha256 = np.zeros((4, 32), np.uint8)
    sha256[0, 0] = sha256[3, 0] = 1
    sha256[2, 31] = 1
    assert twins_in_training(sha256, np.array([0, 1])).tolist() == [-1, -1, -1, 0]


def test_training_cases_that_are_twins_of_each_other_are_not_counted():
    assert twins_in_training(prints([b"a", b"a", b"a", b"b"]), np.array([0, 1])).tolist() == [-1, -1, 0, -1]


def test_the_first_twin_is_the_lowest_row_even_where_training_rows_are_unsorted():
    assert twins_in_training(prints([b"x", b"a", b"a", b"a"]), np.array([1, 2])).tolist() == [-1, -1, -1, 1]
