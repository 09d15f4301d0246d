"""Probes of shortcuts: each finds what is planted where it looks, is blind elsewhere, and the words say what is so."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from pellucid.data import Dataset, draw_split, read
from pellucid.evaluate.estimates.measuring import measure
from pellucid.evaluate.rivals.rival import MOST_FITTED, thinned
from pellucid.evaluate.rivals.shortcuts import border_of, fit_probes, glimpses
from pellucid.evaluate.rivals.survival import (
    BORDER,
    HARDLY,
    INTENSITY,
    MOST,
    SEES,
    THUMBNAIL,
    chance_of,
    describe_probe,
    sentence,
    survival,
)

CASES, CLASSES = 300, ("a", "b", "c")
TRAIN, ASKED = np.arange(0, CASES, 2), np.arange(1, CASES, 2)


def noise(size: int = 32, channels: int = 1, dtype: type = np.uint8) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, CASES)
    return generator.integers(80, 120, (CASES, channels, size, size)).astype(dtype), labels


def dataset(images: np.ndarray, labels: np.ndarray, task: str = "multi-class") -> Dataset:
    names = [str(row) for row in range(len(images))]
    return Dataset(images, labels, CLASSES, task, names, np.zeros((len(images), 32), np.uint8))


def reached(images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    probes = fit_probes(dataset(images, labels), TRAIN, ASKED, seed=0)
    return {probe.name: balanced_accuracy_score(labels[ASKED], probe.probabilities.argmax(1)) for probe in probes}


def test_noise_gives_nothing_away():
    found = reached(*noise())
    assert list(found) == [BORDER, INTENSITY, THUMBNAIL]
    assert max(found.values()) < 0.45


def test_a_mark_in_the_corner_is_found_by_the_border_alone():
    images, labels = noise(size=64)
    for klass in range(3):  # 2 x 2 bright pixels, elsewhere for each class, all within one pixel of a thumbnail
        images[labels == klass, 0, :2, 2 * klass : 2 * klass + 2] = 255
    found = reached(images, labels)
    assert found[BORDER] > 0.95
    assert max(found[INTENSITY], found[THUMBNAIL]) < 0.5


def test_a_pattern_inside_is_not_seen_by_the_border():
    images, labels = noise()
    images[:, 0, 8:24, 8:24] += (40 * labels[:, None, None]).astype(np.uint8)
    found = reached(images, labels)
    assert found[BORDER] < 0.45
    assert min(found[INTENSITY], found[THUMBNAIL]) > 0.95


def test_contrast_is_found_where_the_mean_is_the_same():
    images, labels = noise()
    chequers = np.indices((32, 32)).sum(0) % 2 * 2 - 1  # fine: gone in a thumbnail
    images = (images.astype(int) + chequers * 8 * labels[:, None, None, None]).astype(np.uint8)
    found = reached(images, labels)
    assert found[INTENSITY] > 0.95
    assert found[THUMBNAIL] < 0.45


def test_what_they_see_is_what_numpy_says():
    generator = np.random.default_rng(1)
    images = generator.integers(-2000, 3000, (5, 2, 30, 30)).astype(np.int16)
    seen = {name: numbers for name, (_, numbers) in glimpses(images, np.array([3, 0])).items()}
    for place, row in enumerate((3, 0)):
        pixels = images[row].astype(float)
        np.testing.assert_allclose(seen[INTENSITY][place], [*pixels.mean((1, 2)), *pixels.std((1, 2))], rtol=1e-4)
        fine = pixels.repeat(8, 1).repeat(8, 2)  # 240 x 240: an eighth of the side is 30 of these
        np.testing.assert_allclose(
            seen[THUMBNAIL][place], fine.reshape(2, 8, 30, 8, 30).mean((2, 4)).ravel(), rtol=1e-4, atol=0.01
        )
        ring = np.concatenate([np.sort(np.r_[c[0], c[-1], c[1:-1, 0], c[1:-1, -1]]) for c in pixels])
        np.testing.assert_array_equal(np.sort(seen[BORDER][place].reshape(2, -1), 1).ravel(), ring)


def test_the_border_is_a_thirty_second_of_the_side_and_at_least_a_pixel():
    for side, wide in ((8, 1), (28, 1), (64, 2), (128, 4), (224, 7)):
        assert border_of(side, side).sum() == side**2 - (side - 2 * wide) ** 2


def test_images_that_are_too_small_lose_the_probes_that_would_see_all_of_them():
    def names(size: int) -> list[str]:
        return [probe.name for probe in fit_probes(dataset(*noise(size)), TRAIN, ASKED, seed=0)]

    assert names(9) == [BORDER, INTENSITY, THUMBNAIL]
    assert names(8) == [BORDER, INTENSITY]
    assert names(6) == [INTENSITY]


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_colours_and_other_number_types_are_taken_too(dtype):
    images, labels = noise(12, channels=3, dtype=dtype)
    images[:, 2] += (20 * labels[:, None, None]).astype(dtype)
    assert min(reached(images, labels).values()) > 0.95


def test_a_class_that_training_lacks_gets_no_probability_and_constant_images_do_no_harm():
    images, labels = noise()
    labels[TRAIN[labels[TRAIN] == 1]] = 0
    for probe in fit_probes(dataset(images * 0 + 7, labels), TRAIN, ASKED, seed=0):
        assert probe.probabilities[:, 1].max() == 0
        np.testing.assert_allclose(probe.probabilities.sum(1), 1)


def test_each_label_of_many_is_asked_for_by_itself():
    images, _ = noise()
    labels = np.random.default_rng(2).integers(0, 2, (CASES, 3))
    labels[:, 2] = 0
    images[:, 0, :, :16] += (60 * labels[:, 0, None, None]).astype(np.uint8)
    images[:, 0, :, 16:] += (60 * labels[:, 1, None, None]).astype(np.uint8)
    for probe in fit_probes(dataset(images, labels, "multi-label"), TRAIN, ASKED, seed=0):
        assert probe.probabilities.shape == (len(ASKED), 3)
        assert probe.probabilities[:, 2].max() == 0
        if probe.name != INTENSITY:
            assert ((probe.probabilities[:, :2] >= 0.5) == labels[ASKED][:, :2]).mean() > 0.95


def test_one_label_alone_is_no_special_case():
    images, _ = noise()
    labels = np.arange(CASES)[:, None] // 2 % 2
    images += (60 * labels[:, :, None, None]).astype(np.uint8)
    source = replace(dataset(images, labels, "multi-label"), classes=("bright",))
    for probe in fit_probes(source, TRAIN, ASKED, seed=0):
        assert probe.probabilities.shape == (len(ASKED), 1)
        assert ((probe.probabilities >= 0.5) == labels[ASKED]).all()


def test_rare_classes_weigh_as_much_as_frequent_ones():
    images, _ = noise()
    labels = (np.arange(CASES) % 20 < 2).astype(np.int64)  # one in ten, the same in both parts
    images = (images + 8 * labels[:, None, None, None]).astype(np.uint8)
    two = replace(dataset(images, labels), classes=("a", "b"), task="binary")
    intensity = fit_probes(two, TRAIN, ASKED, seed=0)[1]
    assert balanced_accuracy_score(labels[ASKED], intensity.probabilities.argmax(1)) > 0.95


def test_the_same_seed_gives_the_same_numbers_and_large_sources_are_thinned(monkeypatch):
    images, labels = noise(12)
    first, again = (fit_probes(dataset(images, labels), TRAIN, ASKED, seed=3) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
        assert "150 training images" in one.told
    assert len(thinned(np.arange(58_954))) == MOST_FITTED == 10_000
    monkeypatch.setattr("pellucid.evaluate.rivals.shortcuts.thinned", lambda train: thinned(train, 40))
    assert "40 training images" in fit_probes(dataset(images, labels), TRAIN, ASKED, seed=3)[0].told


@pytest.mark.parametrize(
    ("model", "probe", "chance", "share"),
    [(1.0, 1.0, 0.5, 1.0), (0.95, 0.8, 0.5, 2 / 3), (0.9, 0.4, 0.5, 0.0), (0.6, 0.7, 0.5, 2.0), (0.5, 0.7, 0.5, None)],
)
def test_what_survives_is_a_share_of_what_is_above_chance(model, probe, chance, share):
    assert survival(model, probe, chance) == (None if share is None else pytest.approx(share))


def test_chance_counts_only_classes_that_have_cases():
    p = np.full((6, 3), 1 / 3)
    figures = measure(p, np.array([0, 0, 0, 1, 1, 1]), "multi-class", list(CLASSES))
    assert chance_of(figures, "multi-class") == 0.5 == figures["balanced_accuracy"]["value"]  # always the first class
    labels = np.array([[1, 0, 1], [0, 1, 0]])
    assert chance_of(measure(p[:2], labels, "multi-label", list(CLASSES)), "multi-label") == 0.5


@pytest.mark.parametrize("name", SEES)
def test_the_words_go_with_the_number(name):
    words = {share: sentence(name, share) for share in (1.3, 1.0, MOST, 0.5, HARDLY, 0.0, None)}
    assert " all of the balanced accuracy above guessing survives (1.30 times what the model has)" in words[1.3]
    assert " all of the balanced accuracy above guessing survives (1.00)" in words[1.0]
    assert " most of the balanced accuracy above guessing survives (0.80)" in words[MOST]
    assert " part of the balanced accuracy above guessing survives (0.50)" in words[0.5]
    assert " hardly any of the balanced accuracy above guessing survives (0.20)" in words[HARDLY]
    assert "hardly any" in words[0.0]
    assert words[None].startswith("The model itself is not shown to be better than guessing")
    assert all(text.startswith(SEES[name]) for share, text in words.items() if share is not None)


def figures(balanced: float | None) -> dict:
    return {"balanced_accuracy": {"value": balanced}, "per_class": {name: {"cases": 5} for name in ("a", "b")}}


def test_a_border_that_tells_all_alarms_and_a_coarse_task_does_not():
    assert describe_probe(BORDER, figures(0.98), figures(0.95), "binary")["alarming"]
    assert describe_probe(INTENSITY, figures(0.98), figures(0.95), "binary")["alarming"]
    assert not describe_probe(THUMBNAIL, figures(0.98), figures(0.95), "binary")["alarming"]
    assert not describe_probe(BORDER, figures(0.98), figures(0.7), "binary")["alarming"]
    told = describe_probe(BORDER, figures(0.5), figures(0.9), "binary")
    assert (told["survives"], told["chance"], told["alarming"]) == (None, 0.5, False)
    assert describe_probe(BORDER, figures(0.9), figures(None), "binary")["survives"] is None


def test_digits_are_not_told_by_their_brightness():
    digits = read("digits")
    split = draw_split(digits, 0)
    labels = digits.labels[split.held_out]
    border, intensity = fit_probes(digits, split.train, split.held_out, seed=0)
    assert 0.5 < balanced_accuracy_score(labels, border.probabilities.argmax(1)) < 0.75
    assert 0.15 < balanced_accuracy_score(labels, intensity.probabilities.argmax(1)) < 0.35
