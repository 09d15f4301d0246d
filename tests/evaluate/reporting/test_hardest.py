"""Which held-out images are shown, and in which order."""

from __future__ import annotations

import numpy as np

from pellucid.evaluate.answers import Cases
from pellucid.evaluate.reporting.hardest import MOST_LABELS, MOST_PICTURES, hardest_cases


def held_out(task: str, classes: tuple[str, ...], labels: np.ndarray, names: list[str] | None = None) -> Cases:
    n = len(labels)
    names = names or [str(row) for row in range(n)]
    nothing = np.full(n, "", "U9")
    parts = np.full(n, "held_out")
    return Cases(task, classes, names, [""] * n, labels, None, parts, [""] * n, nothing, np.arange(n), [""] * n)


def picture(row: int) -> str:
    return f"<img alt='{row}'>"


def test_a_mistake_stands_before_any_doubt_and_the_surest_mistake_first():
    p = np.array([[0.9, 0.05, 0.05], [0.40, 0.35, 0.25], [0.5, 0.45, 0.05], [0.1, 0.2, 0.7], [0.36, 0.34, 0.30]])
    labels = np.array([0, 0, 1, 0, 0])  # right, right with doubt 0.6, wrong by 0.55, wrong by 0.9, right with 0.64
    names = ["sure", "doubtful", "nearly", "wrong", "most doubtful"]
    shown, wrong = hardest_cases(held_out("multi-class", ("a", "b", "c"), labels, names), p, picture)
    assert [case["name"] for case in shown] == ["wrong", "nearly", "most doubtful", "doubtful", "sure"]
    assert [case["called"] for case in shown[:2]] == ["c 0.700", "a 0.500"]
    assert [case["truth"] for case in shown[:2]] == ["a", "b"]
    assert [case["wrong"] for case in shown] == [True, True, False, False, False]
    assert [case["picture"] for case in shown[:2]] == [picture(3), picture(2)]
    assert wrong == 2


def test_a_label_at_one_half_is_called_present_and_one_wrong_label_is_a_mistake():
    labels = np.array([[1, 0], [0, 0], [1, 1]])
    p = np.array([[0.5, 0.4], [0.2, 0.5], [0.9, 0.2]])  # right; b wrongly there; b wrongly absent, and more surely so
    shown, wrong = hardest_cases(held_out("multi-label", ("a", "b"), labels), p, picture)
    assert [case["name"] for case in shown] == ["2", "1", "0"]
    assert [case["truth"] for case in shown] == ["a, b", "none", "a"]
    assert [case["called"] for case in shown] == ["a 0.90", "b 0.50", "a 0.50"]
    assert wrong == 2


def test_many_labels_are_counted_and_few_pictures_are_shown():
    classes = tuple("abcdef")
    shown, wrong = hardest_cases(
        held_out("multi-label", classes, np.zeros((30, 6), np.int64)), np.full((30, 6), 0.6), picture
    )
    assert (len(shown), wrong) == (MOST_PICTURES, 30)
    assert shown[0]["called"] == "a 0.60, b 0.60, c 0.60, d 0.60 and 2 more"
    assert MOST_LABELS == 4


def test_only_held_out_cases_are_looked_at():
    cases = held_out("binary", ("a", "b"), np.array([0, 1, 1]))
    cases.parts[0] = "train"
    shown, wrong = hardest_cases(cases, np.array([[0.9, 0.1], [0.2, 0.8]]), picture)
    assert [case["name"] for case in shown] == ["1", "2"]
    assert wrong == 1
