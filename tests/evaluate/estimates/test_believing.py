"""Predictive values and F1 against scikit-learn, and their limits by the rates that they are made of."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from pellucid.evaluate.estimates.believing import f1_score, negative_predictive_value, positive_predictive_value
from pellucid.evaluate.estimates.intervals import wilson


def calls(seed=1):
    draw = np.random.default_rng(seed)
    positive = draw.random(300) < 0.2
    return np.where(draw.random(300) < 0.85, positive, ~positive), positive


def test_values_are_those_of_scikit_learn():
    called, positive = calls()
    assert positive_predictive_value(called, positive).value == oracle.precision_score(positive, called)
    assert negative_predictive_value(called, positive).value == oracle.precision_score(~positive, ~called)
    assert f1_score(called, positive).value == pytest.approx(oracle.f1_score(positive, called), abs=1e-12)


def test_limits_of_f1_are_wilsons_of_the_share_that_is_both_put_on_its_scale():
    called, positive = calls()
    both, either = int((called & positive).sum()), int((called | positive).sum())
    found = f1_score(called, positive)
    assert (found.low, found.high) == pytest.approx([2 * f / (1 + f) for f in wilson(both / either, either)])
    copied = f1_score(np.repeat(called, 5), np.repeat(positive, 5), np.repeat(np.arange(300), 5))
    assert copied.high - copied.low == pytest.approx(found.high - found.low, rel=0.05)


def test_what_nothing_was_called_has_no_value_and_says_why():
    none, some = np.zeros(5, bool), np.arange(5) < 2
    assert positive_predictive_value(none, some).reason == "no case was called this class"
    assert negative_predictive_value(~none, some).reason == "every case was called this class"
    assert f1_score(none, none).value is None
    assert f1_score(none, some).value == 0
