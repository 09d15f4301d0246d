"""The handcrafted rival: columns as in the dataset, trees as in scikit-learn, and small data do not break it."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from pellucid.data import Dataset, draw_split, read
from pellucid.evaluate.rivals.features import features, histogram_edges
from pellucid.evaluate.rivals.filters import filter_bank
from pellucid.evaluate.rivals.handcrafted import HANDCRAFTED, fit_handcrafted

pytestmark = pytest.mark.slow  # fits boosted trees

TRAIN, ASKED = np.arange(0, 800, 2), np.arange(1, 200, 2)  # neighbours, as digits are sorted by who wrote them


def stripes(labels: np.ndarray, classes: tuple[str, ...], task: str, kind: type = np.uint8, channels: int = 1):
    """Class 0 has upright stripes, class 1 level ones, class 2 none; all equally bright; noise on top."""
    drawn = labels.argmax(1) if labels.ndim == 2 else labels
    wave = np.tile(np.repeat([40, 80], 2), 4)
    plain = np.stack([np.tile(wave, (16, 1)), np.tile(wave[:, None], (1, 16)), np.full((16, 16), 60)])
    noise = np.random.default_rng(0).integers(0, 10, (len(labels), channels, 16, 16))
    images = (plain[drawn][:, None] + noise).astype(kind)
    names = [str(row) for row in range(len(labels))]
    return Dataset(images, labels, classes, task, names, np.zeros((len(labels), 32), np.uint8))


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_tells_stripes_by_their_direction(kind, channels):
    labels = np.arange(150) % 3
    dataset = stripes(labels, ("upright", "level", "none"), "multi-class", kind, channels)
    rival = fit_handcrafted(dataset, np.arange(120), np.arange(120, 150), 0)
    assert rival.name == HANDCRAFTED
    np.testing.assert_array_equal(rival.probabilities.argmax(1), labels[120:])
    np.testing.assert_allclose(rival.probabilities.sum(1), 1)


def test_its_probabilities_are_scikit_learns_on_the_features(digits):
    dataset = replace(digits, labels=digits.labels % 2, classes=("even", "odd"), task="binary")
    every_second = TRAIN[np.linspace(0, 399, 200).astype(int)]
    edges, bank = histogram_edges(dataset.images[every_second]), filter_bank(8, 8)
    trees = HistGradientBoostingClassifier(
        max_leaf_nodes=8, min_samples_leaf=10, max_bins=63, l2_regularization=1.0, early_stopping=False
    )
    trees.fit(features(dataset.images[TRAIN], edges, bank), dataset.labels[TRAIN])
    wanted = trees.predict_proba(features(dataset.images[ASKED], edges, bank))
    found = fit_handcrafted(dataset, TRAIN, ASKED, 0).probabilities
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert ((found[:, 1] > 0.5) == dataset.labels[ASKED]).mean() > 0.9


def test_answers_stand_in_the_order_asked_and_never_change(digits):
    told = []
    one = fit_handcrafted(digits, TRAIN, ASKED, 0, lambda *said: told.append(said))
    other = fit_handcrafted(digits, TRAIN, ASKED[::-1].copy(), 1)
    np.testing.assert_array_equal(other.probabilities[::-1], one.probabilities)
    assert told[-1] == (HANDCRAFTED, 500, 500)
    assert "400 training images" in one.told
    assert (one.probabilities.argmax(1) == digits.labels[ASKED]).mean() > 0.75


def test_a_class_that_training_lacks_has_probability_0_in_its_own_column():
    labels = np.array([0, 2] * 30 + [0, 1, 2])
    dataset = stripes(labels, ("upright", "level", "none"), "ordinal")
    p = fit_handcrafted(dataset, np.arange(60), np.arange(60, 63), 0).probabilities
    np.testing.assert_array_equal(p[:, 1], 0)
    assert p[0].argmax() == 0
    assert p[2].argmax() == 2


def test_a_class_of_one_training_case_does_not_stop_it():
    labels = np.array([0, 2] * 30 + [1, 0, 1, 2])
    p = fit_handcrafted(
        stripes(labels, ("a", "b", "c"), "multi-class"), np.arange(61), np.arange(61, 64), 0
    ).probabilities
    assert p.argmax(1).tolist()[::2] == [0, 2]
    assert (p[:, 1] > 0).all()


def test_training_of_a_single_class_gives_it_all():
    dataset = stripes(np.array([1] * 10 + [0]), ("a", "b"), "binary")
    np.testing.assert_array_equal(fit_handcrafted(dataset, np.arange(10), np.array([10]), 0).probabilities, [[0, 1]])


def test_labels_that_may_stand_together_have_trees_apart():
    kinds = np.arange(90) % 3
    labels = np.stack([kinds == 0, kinds != 2, np.zeros(90, bool), np.ones(90, bool)], 1).astype(np.int64)
    dataset = stripes(kinds, ("upright", "striped", "never", "always"), "multi-label")
    p = fit_handcrafted(replace(dataset, labels=labels), np.arange(60), np.arange(60, 90), 0).probabilities
    np.testing.assert_array_equal(p > 0.5, labels[60:] == 1)
    np.testing.assert_array_equal(p[:, 2:], [[0, 1]] * 30)


def test_constant_images_give_the_shares_of_the_classes():
    dataset = stripes(np.array([0, 0, 1] * 20), ("a", "b"), "binary")
    flat = replace(dataset, images=np.full_like(dataset.images, 255))
    p = fit_handcrafted(flat, np.arange(30), np.arange(30, 60), 0).probabilities
    np.testing.assert_allclose(p, [[2 / 3, 1 / 3]] * 30, atol=1e-6)


def test_large_sources_are_thinned_evenly_and_held_out_images_teach_nothing(monkeypatch, digits):
    monkeypatch.setattr("pellucid.evaluate.rivals.handcrafted.MOST_FITTED", 100)
    thinned = TRAIN[np.linspace(0, 399, 100).astype(int)]
    rival = fit_handcrafted(digits, TRAIN, ASKED, 0)
    labels = np.where(np.isin(np.arange(len(digits)), thinned), digits.labels, 0)  # all others say nothing
    images = np.where(np.isin(np.arange(len(digits)), [*thinned, *ASKED])[:, None, None, None], digits.images, 0)
    again = fit_handcrafted(replace(digits, labels=labels, images=images), thinned, ASKED[:1], 0)
    np.testing.assert_allclose(again.probabilities, rival.probabilities[:1], atol=1e-9)
    assert "100 training images" in rival.told


@pytest.mark.realdata
def test_it_beats_pixels_on_lung_nodules():
    path = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / "lidc_nodule_slices.zip"
    if not path.exists():
        pytest.skip(f"{path.name} is missing: set PELLUCID_DATA to the folder that holds it")
    dataset = read(path)
    split = draw_split(dataset, 0)
    p = fit_handcrafted(dataset, split.train, split.held_out, 0).probabilities
    assert roc_auc_score(dataset.labels[split.held_out], p[:, 1]) > 0.82  # one layer on the pixels: 0.71
