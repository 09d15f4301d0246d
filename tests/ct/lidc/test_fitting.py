"""The fit of the rating model: against scikit-learn, never on the tested patient, and as shipped."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from safetensors.numpy import load
from sklearn.linear_model import LogisticRegression

from pellucid.ct.lidc.cases import Cases, rating_cases
from pellucid.ct.lidc.fitting import fit_and_report, fit_rating, unseen_logits
from pellucid.ct.lidc.logistic import fit_logistic
from pellucid.ct.shapes import unpacked
from pellucid.errors import BadInput


def some_cases(count=600, patients=300):
    rng = np.random.default_rng(5)
    features = rng.normal([2.0, 1.7, 0.1], [0.5, 0.4, 0.07], (count, 3))
    logits = 3 * (features[:, 0] - 2.5) - features[:, 1] + 12 * features[:, 2]
    median = np.where(rng.random(count) < 1 / (1 + np.exp(-logits)), 4.0, np.where(rng.random(count) < 0.5, 3.0, 2.0))
    patient = np.arange(count) % patients
    return Cases(features, median, median, np.full(count, 4), patient, np.full(count, 1.25))


def test_newton_finds_what_scikit_learn_finds():
    cases = some_cases()
    weights, _ = fit_logistic(cases.features, cases.suspicious(), cases.patient)
    theirs = LogisticRegression(C=1e10, tol=1e-10, max_iter=10_000).fit(cases.features, cases.suspicious())
    np.testing.assert_allclose(weights, [*theirs.intercept_, *theirs.coef_[0]], rtol=1e-3)


def test_the_covariance_is_that_of_patients_not_of_copies():
    cases = some_cases(patients=600)
    twice = [np.concatenate([part, part]) for part in (cases.features, cases.suspicious(), cases.patient)]
    once = fit_logistic(cases.features, cases.suspicious(), cases.patient)
    for ours, doubled in zip(once, fit_logistic(*twice), strict=True):
        np.testing.assert_allclose(ours, doubled, rtol=1e-6)


def test_the_covariance_is_the_spread_over_new_samples():
    rng = np.random.default_rng(0)
    found, told = [], []
    for _ in range(200):
        x = rng.normal(size=(400, 1))
        weights, covariance = fit_logistic(x, rng.random(400) < 1 / (1 + np.exp(1 - 1.5 * x[:, 0])), np.arange(400))
        found.append(weights)
        told.append(np.diag(covariance))
    np.testing.assert_allclose(np.var(found, axis=0), np.mean(told, axis=0), rtol=0.3)


def test_the_model_gives_the_fitted_logits():
    cases = some_cases()
    model = fit_rating(cases)
    weights, _ = fit_logistic(cases.features, cases.suspicious(), cases.patient)
    wanted = weights[0] + cases.features @ weights[1:]
    np.testing.assert_allclose(model.logits(cases.features), wanted, atol=1e-4)  # written with six digits


def test_what_tells_them_apart_without_fail_or_says_nothing_has_no_best_fit():
    x = np.arange(40.0)[:, None]
    for features, positive in ((x, x[:, 0] > 20), (np.ones((40, 1)), x[:, 0] > 20)):
        with pytest.raises(BadInput, match="has no best fit"):
            fit_logistic(features, positive, np.arange(40))


def test_a_patients_own_ratings_never_enter_their_nodules_logits():
    cases = some_cases()
    own = cases.patient == 17
    lied = replace(cases, median=np.where(own, np.where(cases.suspicious(), 2.0, 4.0), cases.median))
    honest, other = unseen_logits(cases), unseen_logits(lied)
    np.testing.assert_array_equal(honest[own], other[own])
    assert (honest != other).mean() > 0.8  # everybody else's model saw the lie


def test_ratings_of_the_readers_are_halved_as_told():
    cases = replace(some_cases(6, 6), median=np.array([1.0, 2.0, 2.5, 3.0, 3.5, 4.0]))
    assert cases.suspicious().tolist() == [False] * 5 + [True]
    assert cases.decided().tolist() == [True, True, False, False, False, True]


def test_nodules_become_rows_with_their_measures_and_their_ratings(base, cube):
    base.scan(1, "LIDC-IDRI-0001", slice_mm=1.0)
    base.scan(2, "LIDC-IDRI-0001", slice_mm=1.0)
    base.scan(3, "LIDC-IDRI-0002", slice_mm=2.5)
    for malignancy in (5, 3, 4):
        base.reading(cube(10, 10, 3, width=12), 1, malignancy)
    base.reading(cube(10, 10, 3), 2, 1)
    base.reading(cube(10, 10, 3, slice_mm=2.5), 3, 2)
    cases = rating_cases(base.path)
    assert cases.median.tolist() == [4.0, 1.0, 2.0]
    assert cases.mean.tolist() == [4.0, 1.0, 2.0]
    assert cases.readers.tolist() == [3, 1, 1]
    assert cases.patient.tolist() == [0, 0, 1]
    assert cases.slice_mm.tolist() == [1.0, 1.0, 2.5]
    assert np.exp(cases.features[0, 0]) == pytest.approx(10 * (6 / np.pi) ** (1 / 3), rel=0.05)  # a cube of 10 mm
    assert cases.features[0, 1] == pytest.approx(1.0, abs=0.12)
    assert cases.features[2, 1] == pytest.approx(2.5, rel=0.2)  # 6 x 6 mm and six slices of 2.5 mm


def test_too_few_patients_are_refused(base, cube):
    base.scan()
    for _ in range(3):
        base.reading(cube(10, 10, 5))
    with pytest.raises(BadInput, match="1 patients have a nodule that 3 readers outlined, and 100 are needed"):
        fit_and_report(base.path)


def shipped(name):
    return files("pellucid.ct").joinpath("models", name).read_bytes()


def fresh(call, out):
    """What a process of its own writes: shapes of arrays are not checked there, which saves minutes."""
    code = f"from pathlib import Path; from pellucid.ct.lidc import *; {call}"
    subprocess.run([sys.executable, "-c", code, str(out)], check=True)
    return out.read_bytes()


@pytest.mark.slow
def test_the_shipped_model_and_its_figures_are_what_the_annotations_give(tmp_path):
    call = "import sys; from pellucid.ct.lidc.fitting import fit_and_report; fit_and_report(None, Path(sys.argv[1]))"
    both = [list(_leaves(json.loads(text))) for text in (fresh(call, tmp_path / "a"), shipped("rating.json"))]
    words = [[leaf for leaf in leaves if isinstance(leaf, str)] for leaves in both]
    numbers = [[leaf for leaf in leaves if isinstance(leaf, int | float)] for leaves in both]
    assert words[0] == words[1]
    np.testing.assert_allclose(*numbers, atol=1e-4)


@pytest.mark.slow
def test_the_shipped_shapes_are_packed_from_the_annotations(tmp_path):
    call = "import sys; pack_shapes(find_annotations(), Path(sys.argv[1]))"
    new, old = (
        unpacked(load(content), "all") for content in (fresh(call, tmp_path / "a"), shipped("shapes.safetensors"))
    )
    assert (new.patients, new.kinds) == (old.patients, old.kinds)
    np.testing.assert_allclose(new.diameter_mm, old.diameter_mm, rtol=1e-3)
    same = [
        one.shape == other.shape and (one != other).mean() < 1e-3
        for one, other in zip(new.masks, old.masks, strict=True)
    ]
    assert np.mean(same) > 0.98  # another processor may round a voxel at an edge the other way


def _leaves(facts):
    if isinstance(facts, dict | list):
        parts = facts.values() if isinstance(facts, dict) else facts
        return [leaf for part in parts for leaf in _leaves(part)]
    return [facts]
