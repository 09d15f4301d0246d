"""scikit-learn's own checks, and its tools around the classifier: cross-validation, groups, pipelines, searches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid.classifying import Classifier

pytestmark = pytest.mark.slow  # scikit-learn's own checks and searches

NOT_FOR_IMAGES = {
    "check_fit2d_1feature": "its ten cases hold three of one class, and a split needs four",
    "check_do_not_raise_errors_in_init_or_set_params": "types are checked at every call in these tests; users meet fit",
}
"""Checks that are expected to fail, and why."""


class OfRows(Classifier):
    """The same for rows of any number of values, which the checks draw: padded to a square image."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


def padded(rows, shape):
    side = int(np.ceil(rows.shape[1] ** 0.5))
    return np.pad(rows, ((0, 0), (0, side**2 - rows.shape[1]))).reshape(len(rows), side, side)


@pytest.mark.filterwarnings("ignore::pellucid.classifying.FitWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([OfRows("linear", epochs=40)], expected_failed_checks=lambda _: NOT_FOR_IMAGES)
def test_it_keeps_the_contract_of_scikit_learn(estimator, check, monkeypatch):
    monkeypatch.setattr("pellucid.classifying.reading.unflattened", padded)
    check(estimator)


@pytest.fixture(scope="module")
def images(digits):
    return np.ascontiguousarray(digits.images[:, 0])


@pytest.fixture(scope="module")
def labels(digits):
    return digits.labels


FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


def test_digits_cross_validate_above_095_and_again_to_the_bit(images, labels):
    quick = Classifier("mlp", epochs=12, learning_rate=0.01)
    first, again = (cross_val_score(quick, images, labels, cv=FOLDS) for _ in range(2))
    assert first.min() > 0.95
    np.testing.assert_array_equal(first, again)


def test_a_cnn_cross_validates_above_095_too(images, labels):
    assert cross_val_score(Classifier("cnn"), images, labels, cv=FOLDS).min() > 0.95


def test_two_processes_score_as_one_does(images, labels):
    quick = Classifier("mlp", epochs=5)
    alone, both = (cross_val_score(quick, images, labels, cv=FOLDS, n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(alone, both)


def patients(cases):
    return np.array([f"patient {number}" for number in np.random.default_rng(3).integers(0, 240, cases)])


def held_apart(found, groups):
    """The parts that each fold's classifier drew share no group, and its own test cases none with any of them."""
    for fitted, train, test in zip(
        found["estimator"], found["indices"]["train"], found["indices"]["test"], strict=True
    ):
        fitted = fitted[-1] if hasattr(fitted, "steps") else fitted
        parts = [set(groups[train][getattr(fitted.split_, part)]) for part in ("train", "valid", "calibrate")]
        parts.append(set(groups[test]))
        assert all(parts)
        assert sum(map(len, parts)) == len(set().union(*parts))
    return True


def test_groups_reach_fit_as_parameters_of_cross_validation(images, labels):
    groups = patients(600)
    folds = list(GroupKFold(3).split(images[:600], groups=groups))
    found = cross_validate(
        Classifier("linear", epochs=1), images[:600], labels[:600], cv=folds, params={"groups": groups},
        return_estimator=True, return_indices=True,
    )  # fmt: skip
    assert held_apart(found, groups)


def test_groups_reach_fit_by_metadata_routing_through_a_pipeline_too(images, labels):
    groups = patients(600)
    with config_context(enable_metadata_routing=True):
        asks = Classifier("linear", epochs=1).set_fit_request(groups=True)
        for whole in (asks, make_pipeline(FunctionTransformer(), asks)):
            found = cross_validate(
                whole, images[:600], labels[:600], cv=GroupKFold(3), params={"groups": groups},
                return_estimator=True, return_indices=True,
            )  # fmt: skip
            assert held_apart(found, groups)


def test_a_pipeline_that_flattens_gives_the_very_same_probabilities(images, labels):
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    direct = Classifier("mlp", epochs=2).fit(images, labels)
    piped = make_pipeline(flatten, Classifier("mlp", epochs=9, shape=(8, 8)))
    piped.set_params(classifier__epochs=2).fit(images, labels)
    np.testing.assert_array_equal(piped.predict_proba(images), direct.predict_proba(images))
    assert piped[-1].n_features_in_ == 64
    assert not hasattr(direct, "n_features_in_")


def test_a_search_takes_numpys_numbers_and_keeps_the_better(images, labels):
    search = GridSearchCV(Classifier("mlp", hidden=(16,)), {"epochs": np.array([1, 12])}, cv=2, error_score="raise")
    assert search.fit(images[:600], labels[:600]).best_params_ == {"epochs": 12}
    assert search.best_estimator_.model_.hidden1.out_features == 16


def test_a_clone_has_the_same_parameters_and_has_learned_nothing(images, labels):
    told = {
        "model": "mlp", "hidden": (9,), "epochs": 2, "learning_rate": 0.01, "batch_size": 32, "optimizer": "sgd",
        "augment": "none", "seed": 5, "device": "cpu", "image_size": 8, "channels": None, "shape": None,
        "verbose": True,
    }  # fmt: skip
    original = Classifier(**told).fit(images, labels)
    twin = clone(original)
    assert twin.get_params() == original.get_params() == told
    assert not hasattr(twin, "model_")
    assert original.settings_["batch_size"] == 32
    assert original.settings_["learning_rate"] == 0.01
