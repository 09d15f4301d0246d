"""Differences between two nested tables of figures."""

import json
import math

import pytest

from pellucid.evaluate.checking.comparing import differences


def test_equal_tables_do_not_differ():
    table = {"a": [1, 2.5, None, "x", True, {"b": []}], "c": (1, 2)}
    assert not list(differences(table, json.loads(json.dumps(table))))


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "r.a.b is 2, and comes out as 1"),
        ({"a": [0.5, 0.25]}, {"a": [0.5, 0.26]}, "r.a[1] is 0.26, and comes out as 0.25"),
        ({"a": 1, "b": 2}, {"a": 1}, "r.b is missing"),
        ({"a": 1}, {"a": 1, "b": 2}, "r.b is none of the figures"),
        ({"a": [1, 2]}, {"a": [1]}, "r.a has 1 entries, and comes out with 2"),
        ({"a": None}, {"a": 0}, "r.a is 0, and comes out as None"),
        ({"a": True}, {"a": 1}, "r.a is 1, and comes out as True"),
        ({"a": 1}, {"a": True}, "r.a is True, and comes out as 1"),
        ({"a": {"b": 1}}, {"a": [1]}, "r.a is [1], and comes out as {'b': 1}"),
        ({"a": "x"}, {"a": "y"}, "r.a is 'y', and comes out as 'x'"),
        ({"a": 1.0}, {"a": math.nan}, "r.a is nan, and comes out as 1.0"),
        ({"a": 1.0}, {"a": math.inf}, "r.a is inf, and comes out as 1.0"),
        ({"a": 10**12}, {"a": 10**12 + 1}, "r.a is 1000000000001, and comes out as 1000000000000"),
    ],
)
def test_a_difference_is_told_by_its_name(wanted, found, said):
    assert list(differences(wanted, found, "r")) == [said]


def test_an_integer_that_no_float_can_hold_differs():
    assert len(list(differences(0.5, 10**400, "r"))) == 1


def test_numbers_that_differ_by_rounding_alone_are_the_same():
    assert not list(differences({"a": 0.1 + 0.2, "b": 3.0, "c": 3}, {"a": 0.3, "b": 3, "c": 3.0}))
    assert list(differences(0.3, 0.3 * (1 + 1e-8)))


def test_every_difference_is_told():
    wanted = {str(at): {"value": at / 7} for at in range(50)}
    found = {str(at): {"value": at / 7 + 1e-6} for at in range(50)}
    assert len(list(differences(wanted, found))) == 50
