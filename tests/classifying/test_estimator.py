"""What Classifier learns and says: probabilities worked out by hand, parts, bits, kinds of labels, errors."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from sklearn.exceptions import NotFittedError

from pellucid.classifying import AskWarning, BadArgument, Classifier, FitWarning
from pellucid.errors import BadInput
from pellucid.evaluate.trust.calibration import calibrate


@pytest.fixture(scope="module")
def images(digits):
    return np.ascontiguousarray(digits.images[:, 0])


@pytest.fixture(scope="module")
def labels(digits):
    return digits.labels


@pytest.fixture(scope="module")
def known(images, labels):
    return Classifier("mlp", epochs=4).fit(images, labels)


def logits_by_hand(known, images):
    pixels = images[known.split_.train].astype(np.float64)
    scaled = torch.from_numpy(((images - pixels.mean()) / pixels.std()).astype(np.float32))
    with torch.no_grad():
        return known.model_(scaled[:, None]).numpy().astype(np.float64)


def test_probabilities_are_the_softmax_of_the_modules_logits_over_the_temperature(known, images):
    by_hand = softmax(logits_by_hand(known, images) / known.temperature_, axis=1)
    np.testing.assert_allclose(known.predict_proba(images), by_hand, atol=1e-5)
    np.testing.assert_array_equal(known.predict(images), by_hand.argmax(1))


def test_the_temperature_is_the_one_that_the_calibration_part_asks_for(known, images, labels):
    rows = known.split_.calibrate
    expected = calibrate(logits_by_hand(known, images)[rows], labels[rows], "multi-class").temperature
    assert known.temperature_ == pytest.approx(expected, rel=1e-4)
    assert known.temperature_ != 1


def test_the_weights_of_the_best_epoch_are_kept_rather_than_the_last(images):
    noise = np.random.default_rng(1).integers(0, 3, len(images))  # what is learned by heart is worse than guessing
    kept = Classifier("mlp", epochs=6, learning_rate=0.02).fit(images, noise)
    looked = [row.valid_loss for row in kept.history_ if row.valid_loss is not None]
    rows = kept.split_.valid
    p = softmax(logits_by_hand(kept, images)[rows], axis=1)
    assert min(looked) < looked[-1] - 0.01
    assert -np.log(p[np.arange(len(rows)), noise[rows]]).mean() == pytest.approx(min(looked), abs=1e-4)


def test_two_classes_decide_by_one_number_whose_sigmoid_is_the_probability(images, labels):
    chosen = labels < 2
    two = Classifier("linear", epochs=2).fit(images[chosen], labels[chosen] == 1)
    decided = two.decision_function(images[chosen])
    assert decided.shape == (chosen.sum(),)
    np.testing.assert_allclose(expit(decided), two.predict_proba(images[chosen])[:, 1], rtol=1e-9)
    np.testing.assert_array_equal(two.predict(images[chosen]), decided > 0)
    assert two.classes_.tolist() == [False, True]


def test_more_classes_decide_by_a_number_each(known, images):
    np.testing.assert_allclose(softmax(known.decision_function(images), axis=1), known.predict_proba(images), rtol=1e-9)


def test_the_parts_hold_every_case_once_and_nothing_is_held_out(known, labels):
    split = known.split_
    together = np.concatenate([split.train, split.valid, split.calibrate])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(labels)))
    assert len(split.held_out) == 0
    assert len(split.train) > 0.78 * len(labels)


def test_groups_never_part_and_would_have_without_being_told(images, labels, known):
    groups = np.random.default_rng(0).integers(0, 150, len(labels))

    def of_parts(split):
        return [set(groups[getattr(split, part)].tolist()) for part in ("train", "valid", "calibrate")]

    told = of_parts(Classifier("linear", epochs=1).fit(images, labels, groups=groups).split_)
    assert sum(map(len, told)) == len(set().union(*told)) == 150
    untold = of_parts(known.split_)
    assert sum(map(len, untold)) > 150


def test_one_seed_gives_one_set_of_bits_and_another_seed_another(known, images, labels):
    expected = known.predict_proba(images)
    again, other = (Classifier("mlp", epochs=4, seed=seed).fit(images, labels).predict_proba(images) for seed in (0, 1))
    np.testing.assert_array_equal(again, expected)
    assert not np.array_equal(other, expected)


def test_the_callers_random_numbers_go_on_as_if_nothing_had_been_learned(images, labels):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    Classifier("linear", epochs=1).fit(images, labels)
    assert torch.equal(torch.rand(3), expected)


def test_a_copy_that_went_through_pickle_gives_the_same_bits(known, images):
    twin = pickle.loads(pickle.dumps(known))
    np.testing.assert_array_equal(twin.predict_proba(images), known.predict_proba(images))
    assert next(twin.model_.parameters()) is next(twin._learned.model.parameters())


def test_classes_are_named_as_y_names_them(images, labels, known):
    names = np.array([f"digit {10 - digit}" for digit in labels])
    named = Classifier("mlp", epochs=4).fit(images, names)
    assert named.classes_.tolist() == sorted(set(names))
    assert set(named.predict(images[:50])) <= set(names)
    assert named.score(images, names) > 0.8


def test_several_labels_a_case_are_told_each_for_itself(images, labels):
    both = np.stack([labels >= 5, labels == 0, labels % 2 == 1], 1).astype(int)
    several = Classifier("mlp", epochs=12).fit(images, both)
    p = several.predict_proba(images)
    assert p.shape == both.shape
    assert (p.sum(1) > 1.2).any()
    np.testing.assert_array_equal(several.predict(images), p >= 0.5)
    assert ((p >= 0.5) == both).mean() > 0.9
    np.testing.assert_allclose(expit(several.decision_function(images)), p, rtol=1e-9)


def test_auto_tries_the_ladder_and_says_what_it_took(images, labels):
    auto = Classifier(epochs=2).fit(images[:, 1:7, 1:7], labels)  # too small for the cnn
    assert [rung["model"] for rung in auto.rungs_] == ["linear", "mlp"]
    assert auto.settings_["model"] == "mlp"
    assert auto.history_[-1].epoch == 2
    assert auto.history_[-1].valid_loss < auto.history_[0].train_loss


def test_few_cases_are_warned_of_and_many_are_not(images, labels):
    with pytest.warns(FitWarning, match="The calibration part has only 6 cases"):
        few = Classifier("linear", epochs=1).fit(images[:60], labels[:60] % 2)
    assert len(few.split_.calibrate) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Classifier("linear", epochs=1).fit(images, labels).doubts_ == ()


def test_nothing_is_predicted_before_fit(images):
    for ask in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(Classifier(), ask)(images)


@pytest.mark.parametrize(
    ("told", "change", "said"),
    [
        ({"model": "vit"}, {}, "Classifier: model 'vit' is none of"),
        ({"epochs": 0}, {}, "epochs 0 must be a whole number from 1 on"),
        ({"optimizer": "lion"}, {}, "optimizer 'lion' is none of"),
        ({"device": "abacus"}, {}, "none of cpu, cuda, mps"),
        ({"channels": "middle"}, {}, "channels='middle' is none of"),
        ({"channels": "last"}, {}, "leave channels out for gray images"),
        ({}, {"X": np.zeros((40, 64))}, r"one row a case: give images, .* or tell the size"),
        ({"shape": (8, 8, 1)}, {}, r"images of the shape \(8, 8\), and shape=\(8, 8, 1\) was told"),
        ({"shape": (8,)}, {}, r"Classifier: shape \(8,\) must be two or three whole numbers from 1 on"),
        ({"shape": (-8, -8)}, {"X": np.zeros((40, 64))}, r"Classifier: shape \(-8, -8\) must be two or three"),
        ({"shape": (7, 9)}, {"X": np.zeros((40, 64))}, "X has 64 pixels a case, and shape=.* has 63"),
        ({}, {"X": np.zeros((40, 3, 8, 3))}, "may be first or last"),
        ({}, {"X": np.zeros((40, 5, 8, 8))}, "no axis has a length of 1 or 3"),
        ({}, {"X": np.full((40, 8, 8), "white")}, "not compatible with arrays of bytes/strings"),
        ({}, {"X": np.zeros((40, 8, 8))}, "one constant value"),
        ({}, {"y": np.arange(39)}, "X has 40 cases, and y the shape"),
        ({}, {"y": np.zeros(40)}, "one class only"),
        ({}, {"y": np.linspace(0, 1, 40)}, "continuous"),
        ({}, {"y": None}, "target y is None"),
        ({}, {"y": np.array([0.0, np.nan] * 20)}, "y contains NaN"),
        ({}, {"y": np.arange(80).reshape(40, 2) % 3}, "y has 2 columns of classes"),
        ({}, {"y": np.repeat([0, 1], [38, 2])}, "class '1' has 2 images, and 4 or more are needed"),
        ({}, {"groups": np.arange(39)}, "X has 40 cases, and groups the shape"),
        ({}, {"groups": [None] + ["a"] * 39}, "groups is missing for 1 cases, the first of them case 0"),
        ({}, {"groups": np.arange(40) // 8}, "There are 5 groups: at least 8"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_line(told, change, said, images):
    given = {"X": images[:40], "y": np.arange(40) % 2, "groups": None, **change}
    with pytest.raises(BadArgument, match=said) as caught:
        Classifier(**told).fit(**given)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BadInput)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.zeros((2, 8, 9), np.uint8), "X has images of 8 x 9, and 8 x 8 were learned from"),
        (np.zeros((2, 8, 8)), "X holds float64 values, and whole numbers were learned from"),
        (np.full((2, 8, 8), 256), "X holds values from 256 to 256, and uint8 ones were learned from"),
        (np.zeros(8, np.uint8), "Reshape your data"),
        (np.zeros((0, 8, 8), np.uint8), "0 sample"),
    ],
)
def test_what_does_not_fit_what_was_learned_is_refused_in_one_line(known, X, said):
    with pytest.raises(BadArgument, match=said) as caught:
        known.predict(X)
    assert "\n" not in str(caught.value)


def test_rows_of_another_number_of_pixels_are_refused_in_one_line(images, labels):
    rows = images.reshape(len(images), 64)
    flat = Classifier("linear", epochs=1, shape=(8, 8)).fit(rows, labels)
    with pytest.raises(BadArgument, match="X has 63 features, but Classifier is expecting 64") as caught:
        flat.predict(rows[:, 1:])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"shape": 8}, "Classifier: shape 8 must be two or three whole numbers from 1 on"),
        ({"shape": "88"}, "Classifier: shape '88' must be"),
        ({"shape": (8.0, 8.0)}, r"Classifier: shape \(8.0, 8.0\) must be"),
        ({"shape": (True, 64)}, r"Classifier: shape \(True, 64\) must be"),
        ({"channels": 1}, "Classifier: channels=1 is none of 'first', 'last' and None"),
        ({"channels": np.array(["first", "last"])}, "Classifier: channels=.* is none of"),
    ],
)
def test_a_setting_of_another_type_is_refused_in_one_line_too(told, said, images):
    asked = Classifier().set_params(**told)  # beyond the types that are checked in these tests
    with pytest.raises(BadArgument, match=said) as caught:
        asked.fit(images[:40].reshape(40, 64), np.arange(40) % 2)
    assert "\n" not in str(caught.value)


def test_a_shape_that_images_have_anyway_changes_nothing(known, images, labels):
    same = Classifier("mlp", epochs=4).set_params(shape=[np.int64(8), 8]).fit(images, labels)
    np.testing.assert_array_equal(same.predict_proba(images), known.predict_proba(images))


@pytest.fixture(scope="module")
def of_fractions(images, labels):
    return Classifier("linear", epochs=1).fit(images / 16 * 16.0, labels)


@pytest.mark.parametrize("unit", [1 / 16, 16.0, -1.0])
@pytest.mark.parametrize("ask", ["predict", "predict_proba", "decision_function"])
def test_pixels_in_another_unit_are_answered_with_a_warning_of_one_line(of_fractions, images, ask, unit):
    with pytest.warns(AskWarning, match=r"^X holds values from \S+ to \S+, and fit was given 0 to 16: .*$") as told:
        getattr(of_fractions, ask)(images[:20] * unit)
    assert len(told) == 1


def test_pixels_of_the_same_unit_are_answered_without_one(of_fractions, known, images):
    of_fractions.predict(images * 1.0)
    of_fractions.predict(images * 1.4)  # another scanner's
    of_fractions.predict(images[:7] / 16.0)  # they may all be dark
    known.predict(images)


def test_whole_numbers_far_from_those_of_fit_are_warned_of_too(known, images):
    with pytest.warns(AskWarning, match="X holds values from 0 to 240, and fit was given 0 to 16"):
        known.predict(images * 15)


def test_bools_are_a_kind_of_their_own(known, images, labels):
    of_bools = Classifier("linear", epochs=1).fit(images > 7, labels)
    of_bools.predict(images > 7)
    with pytest.raises(BadArgument, match="X holds uint8 values, and bools were learned from"):
        of_bools.predict((images > 7).astype(np.uint8) * 255)
    with pytest.raises(BadArgument, match="X holds bool values, and whole numbers were learned from"):
        known.predict(images > 7)
