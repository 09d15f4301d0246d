"""Warnings: each is told where its figures call for it, once, and not where they do not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pellucid.evaluate.reporting.doubts import doubts


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "cases": 400}


def gap(value: float, low: float | None, high: float | None) -> dict[str, Any]:
    return {"difference": {"balanced_accuracy": estimate(value, low, high)}}


SOUND: dict[str, Any] = {
    "held_out": {"warnings": [], "groups": None, "per_class": {name: {"cases": 200} for name in "abcdef"}},
    "twins": {"held_out": 8, "cases": 400},
    "repeats": {"identical_across_classes": 0, "blank": 0},
    "rivals": {"first": gap(0.1, 0.05, 0.15), "second": gap(0.2, 0.1, 0.3)},
    "probes": {"border": {"says": "Shortcut!", "alarming": False}, "other": {"says": "Fine."}},
    "probabilities": {"before": {"log_loss": estimate(0.50)}, "after": {"log_loss": estimate(0.52)}},
    "sets": {"per_class": {name: {"limit": 0.5, "units": 40, "needed": 19} for name in "abcdef"}},
    "dial": [{"verdict": "kept", "units": 240}, {"verdict": "unclear", "units": 240}],
    "unlike": estimate(0.05, 0.03, 0.08),
}


def but(**change: Any) -> list[str]:
    return doubts(copy.deepcopy(SOUND) | change, "linear")


def sets_without(*names: str) -> dict[str, Any]:
    return {
        "per_class": {
            n: one | {"limit": None, "units": 7} if n in names else one for n, one in SOUND["sets"]["per_class"].items()
        }
    }


def test_sound_figures_are_not_doubted():
    assert but() == []


def test_what_measuring_warned_of_comes_first():
    held_out = SOUND["held_out"] | {"warnings": ["No cases of x."]}
    assert but(held_out=held_out, unlike=estimate(0.2, 0.1, 0.3))[0] == "No cases of x."


def test_classes_of_few_images_are_named_and_absent_ones_are_not():
    counts = {"a": 9, "b": 10, "c": 0, "d": 1}
    (said,) = but(held_out=SOUND["held_out"] | {"per_class": {name: {"cases": n} for name, n in counts.items()}})
    assert said == 'Fewer than 10 held-out images of "a" (9) and "d" (1): figures of so few say next to nothing.'


def test_labels_that_contradict_and_blank_images_are_doubted_wherever_they_stand():
    figures = SOUND | {"repeats": {"identical_across_classes": 1, "blank": 2}}
    assert doubts(figures, "cnn") == [
        "1 image stands in the data set with different labels, of which one at most is right.",
        "2 images are blank, and can teach or show nothing; `pellucid audit` names them.",
    ]


def test_twins_are_doubted_from_two_in_a_hundred_on():
    (said,) = but(twins={"held_out": 9, "cases": 400})
    assert said.startswith("9 of 400 held-out images have a twin among those learned from")


def test_all_rivals_that_are_not_beaten_stand_in_one_sentence():
    rivals = SOUND["rivals"] | {
        "third": gap(0.01, 0.0, 0.02),
        "fourth": gap(0.0, -0.1, 0.1),
        "x": gap(0.0, None, None),
    }
    (said,) = but(rivals=rivals)
    assert said == (
        "These held-out images do not show that the linear model is better than 2 of its 4 rivals. How much more "
        "balanced accuracy it has than each: third, +0.010 (+0.000 to +0.020); fourth, +0.000 (-0.100 to +0.100)."
    )
    assert "better than any of its rivals" in but(rivals={"only": gap(0.0, -0.1, 0.1)})[0]
    assert "better than one of its 3 rivals" in but(rivals=SOUND["rivals"] | {"third": gap(0.0, -0.1, 0.1)})[0]


def test_a_better_rival_is_said_to_be_better_and_by_how_much():
    (said,) = but(rivals=SOUND["rivals"] | {"trees": gap(-0.1, -0.15, -0.05)})
    assert said == "Rivals have more balanced accuracy than the linear model: trees, by +0.100 (+0.050 to +0.150)."


def test_a_shortcut_that_alarms_is_told():
    assert but(probes={"border": {"says": "Shortcut!", "alarming": True}}) == ["Shortcut!"]


def test_classes_without_a_guarantee_stand_in_one_sentence():
    (one,) = but(sets=sets_without("b"))
    assert one == (
        'No guarantee possible that the sets hold "b": the calibration part has 7 images of it, and at least 19 are '
        "needed."
    )
    (some,) = but(sets=sets_without("a", "b"))
    assert some == (
        'No guarantee possible that the sets hold "a" (7) and "b" (7): in brackets, how many calibration images have '
        "it, and at least 19 are needed."
    )
    (every,) = but(sets=sets_without(*"abcdef"), held_out=SOUND["held_out"] | {"groups": 50})
    assert every == (
        "No guarantee possible that the sets hold any class: the calibration part has at most 7 patients or exams of "
        "one, and at least 19 are needed."
    )


def test_more_classes_than_one_reads_are_counted():
    per_class = {name: {"cases": 3} for name in "abcdefg"}
    (said,) = but(held_out=SOUND["held_out"] | {"per_class": per_class})
    assert '"d" (3) and 3 more classes:' in said


def test_a_broken_promise_of_the_dial_is_told():
    broken = {
        "verdict": "broken", "asked": 0.01, "threshold": 0.5, "units": 240, "to_person": estimate(0.25),
        "error": estimate(0.04, 0.02, 0.06), "groups_error": None,
    }  # fmt: skip
    (said,) = but(dial=[*SOUND["dial"], broken])
    assert said.startswith("A promise did not hold. At 1% error, 25.0% of images go to a person; of the others 4.0%")


def test_a_calibration_that_did_harm_is_told():
    (said,) = but(probabilities={"before": {"log_loss": estimate(0.5)}, "after": {"log_loss": estimate(0.53)}})
    assert "worse: the log loss rose from 0.5000 to 0.5300." in said


@pytest.mark.parametrize(
    ("value", "low", "units", "doubted"),
    [
        (0.06, 0.02, 240, True),
        (0.06, 0.005, 240, False),
        (0.06, 0.03, 20, False),
        (0.2, 0.1, 20, True),
        (None, None, 20, False),
    ],
)
def test_flags_are_doubted_where_they_are_more_than_was_promised_and_chance_allows(value, low, units, doubted):
    said = but(unlike=estimate(value, low, 0.3), dial=[{"verdict": "kept", "units": units}])
    assert bool(said) == doubted
    if doubted:
        assert ("about 1% were" if units == 240 else "about 4.8% were") in said[0]
