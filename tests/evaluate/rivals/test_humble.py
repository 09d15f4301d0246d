"""The rivals against scikit-learn's own, and against shares worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid

from pellucid.data import Dataset, Split, measure_scaling
from pellucid.evaluate.rivals.humble import LOGISTIC, MAJORITY, NEAREST, fit_rivals
from pellucid.evaluate.rivals.rival import MOST_FITTED, Rival, thinned


def fitted(dataset: Dataset, split: Split, seed: int = 0) -> dict[str, Rival]:
    scaling = measure_scaling(dataset.images, split.train, "standardise")
    return {rival.name: rival for rival in fit_rivals(dataset, split.train, split.held_out, scaling, seed)}


@pytest.fixture(scope="module")
def rivals(digits, split) -> dict[str, Rival]:
    return fitted(digits, split)


@pytest.fixture(scope="module")
def many(digits) -> Dataset:
    """Three labels a digit: even, above 4, and one that no training case shows."""
    labels = np.stack([digits.labels % 2 == 0, digits.labels > 4, np.zeros(len(digits))], 1).astype(np.int64)
    return replace(digits, labels=labels, classes=("even", "above 4", "never"), task="multi-label")


@pytest.fixture(scope="module")
def of_many(many, split) -> dict[str, Rival]:
    return fitted(many, split)


def pixels(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    return dataset.images[rows].reshape(len(rows), -1).astype(float)


def accuracy(rival: Rival, dataset: Dataset, split: Split) -> float:
    return float((rival.probabilities.argmax(1) == dataset.labels[split.held_out]).mean())


def test_there_are_three_and_all_give_probabilities(rivals, of_many, split):
    assert list(rivals) == list(of_many) == [MAJORITY, NEAREST, LOGISTIC]
    for rival in (*rivals.values(), *of_many.values()):
        assert len(rival.probabilities) == len(split.held_out)
        assert rival.probabilities.min() >= 0
        assert rival.probabilities.max() <= 1
    for rival in rivals.values():
        np.testing.assert_allclose(rival.probabilities.sum(1), 1, atol=1e-5)


def test_the_majority_rival_gives_the_training_parts_shares():
    labels = np.array([0, 0, 0, 1, 2, 2, 1, 1, 1, 1])
    dataset = small(labels, ("a", "b", "c"), "multi-class")
    majority = fitted(dataset, rows(6, 10))[MAJORITY]
    np.testing.assert_allclose(majority.probabilities, [[3 / 6, 1 / 6, 2 / 6]] * 4)


def test_for_labels_it_gives_how_often_each_is_there():
    labels = np.array([[1, 0], [1, 0], [1, 1], [0, 0], [1, 1]])
    majority = fitted(small(labels, ("a", "b"), "multi-label"), rows(4, 5))[MAJORITY]
    np.testing.assert_allclose(majority.probabilities, [[3 / 4, 1 / 4]])


def small(labels: np.ndarray, classes: tuple[str, ...], task: str) -> Dataset:
    images = np.random.default_rng(0).integers(0, 255, (len(labels), 1, 4, 4), np.uint8)
    names = [str(row) for row in range(len(labels))]
    return Dataset(images, labels, classes, task, names, np.zeros((len(labels), 32), np.uint8))


def rows(train: int, end: int) -> Split:
    none = np.zeros(0, np.int64)
    return Split(np.arange(train), none, none, np.arange(train, end), "by hand", 0)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")
def test_the_nearest_mean_is_scikit_learns_nearest_centroid(rivals, digits, split):
    centroid = NearestCentroid().fit(pixels(digits, split.train), digits.labels[split.train])
    wanted = centroid.predict(pixels(digits, split.held_out))
    np.testing.assert_array_equal(rivals[NEAREST].probabilities.argmax(1), wanted)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")
def test_for_labels_it_is_nearest_centroid_for_each_label(of_many, many, split):
    for k in (0, 1):
        centroid = NearestCentroid().fit(pixels(many, split.train), many.labels[split.train, k])
        wanted = centroid.predict(pixels(many, split.held_out))
        np.testing.assert_array_equal(of_many[NEAREST].probabilities[:, k] > 0.5, wanted == 1)


def test_a_label_that_training_never_shows_is_never_called(of_many):
    assert of_many[NEAREST].probabilities[:, 2].max() < 1e-6
    assert of_many[MAJORITY].probabilities[:, 2].max() == 0
    assert of_many[LOGISTIC].probabilities[:, 2].max() < 0.1


def test_a_class_that_training_lacks_is_nobodys_nearest():
    dataset = small(np.array([0, 0, 2, 2, 1]), ("a", "b", "c"), "multi-class")
    assert fitted(dataset, rows(4, 5))[NEAREST].probabilities[0, 1] == 0


def test_the_logistic_rival_does_as_well_as_scikit_learns(rivals, digits, split):
    train, held_out = (pixels(digits, part) / 16 for part in (split.train, split.held_out))
    model = LogisticRegression(max_iter=1000).fit(train, digits.labels[split.train])
    wanted = model.score(held_out, digits.labels[split.held_out])
    assert accuracy(rivals[LOGISTIC], digits, split) == pytest.approx(wanted, abs=0.015)
    assert wanted > 0.94


def test_for_labels_too(of_many, many, split):
    train, held_out = (pixels(many, part) / 16 for part in (split.train, split.held_out))
    for k in (0, 1):
        model = LogisticRegression(max_iter=1000).fit(train, many.labels[split.train, k])
        wanted = model.score(held_out, many.labels[split.held_out, k])
        called = of_many[LOGISTIC].probabilities[:, k] >= 0.5
        assert (called == (many.labels[split.held_out, k] == 1)).mean() == pytest.approx(wanted, abs=0.03)


def test_its_weights_give_its_logits(rivals, digits, split):
    """All classes share the bias's start at 0: what is left of log p after w . x is the same number in every case."""
    scaling = measure_scaling(digits.images, split.train, "standardise")
    x = (digits.images[split.held_out].astype(float) - scaling.mean[0]) / scaling.deviation[0]
    weights = rivals[LOGISTIC].weights
    assert weights.shape == (10, 1, 8, 8)
    left = np.log(rivals[LOGISTIC].probabilities) - np.einsum("ncij,kcij->nk", x, weights)
    biases = left - left.mean(1, keepdims=True)
    np.testing.assert_allclose(biases, np.tile(biases[:1], (len(biases), 1)), atol=1e-3)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(rivals, digits, split):
    again, other = fitted(digits, split), fitted(digits, split, seed=1)
    for name, rival in rivals.items():
        np.testing.assert_array_equal(again[name].probabilities, rival.probabilities)
    assert not np.array_equal(other[LOGISTIC].probabilities, rivals[LOGISTIC].probabilities)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")
def test_large_sources_are_thinned_evenly(monkeypatch, digits, split):
    assert MOST_FITTED == 10_000
    monkeypatch.setattr("pellucid.evaluate.rivals.humble.thinned", lambda train: thinned(train, 100))
    rival = fitted(digits, split)[NEAREST]
    kept = split.train[np.linspace(0, len(split.train) - 1, 100).astype(int)]
    centroid = NearestCentroid().fit(pixels(digits, kept), digits.labels[kept])
    np.testing.assert_array_equal(rival.probabilities.argmax(1), centroid.predict(pixels(digits, split.held_out)))
    assert "100 training images" in rival.told
