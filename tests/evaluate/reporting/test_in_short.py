"""The sentences at the top of a report, from figures chosen so that each can be checked by eye."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from pellucid.evaluate.reporting import in_short as said
from pellucid.evaluate.reporting.in_words import figure, listed, percent, signed
from pellucid.evaluate.reporting.promises import calibrated, dial_lines, how_sure, level_in_words, no_promise
from pellucid.evaluate.rivals.survival import BORDER, INTENSITY, THUMBNAIL


def estimate(
    value: float | None, low: float | None = None, high: float | None = None, cases: int = 78
) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "cases": cases, "reason": "" if value is not None else "no cases"}


def level(asked: float, threshold: float | None, **more: Any) -> dict[str, Any]:
    found = {"to_person": estimate(0.25, 0.2, 0.3), "error": estimate(0.004, 0.001, 0.008), "groups_error": None}
    return {"asked": asked, "threshold": threshold, "units": 68, "needed": 29, "verdict": "kept", **found, **more}


def rival(value: float | None, gap: dict[str, Any]) -> dict[str, Any]:
    return {"balanced_accuracy": estimate(value), "accuracy": estimate(0.73), "difference": {"balanced_accuracy": gap}}


def per_class(sensitivity: float | None, cases: int) -> dict[str, Any]:
    return {"sensitivity": estimate(sensitivity), "cases": cases}


HELD_OUT: dict[str, Any] = {
    "accuracy": estimate(0.8333, 0.7354, 0.8999), "balanced_accuracy": estimate(0.7807), "auroc": estimate(0.914),
    "groups": None, "cases": 78, "confusion": [[14, 7], [6, 51]],
    "per_class": {"malignant": per_class(2 / 3, 21), "normal, benign": per_class(51 / 57, 57)},
}  # fmt: skip
REPORT: dict[str, Any] = {
    "model": "cnn", "task": "binary", "classes": ["malignant", "normal, benign"], "parameters": 93_922,
    "image": {"rows": 28, "columns": 30}, "cases": {"train": 409, "held_out": 78}, "held_out": HELD_OUT,
    "held_out_without_twins": {"accuracy": estimate(0.7759), "auroc": estimate(0.8786)},
    "twins": {"held_out": 20, "cases": 78, "identical": 2, "near-identical": 18, "same group": 0},
    "rivals": {
        "majority class": rival(0.5, estimate(0.28, 0.14, 0.37)), "trees": rival(0.79, estimate(-0.01, -0.14, 0.11)),
    },
    "probes": {
        BORDER: {"survives": 0.62, "says": "Border: part."}, INTENSITY: {"survives": 0.5, "says": "Brightness: part."},
        THUMBNAIL: {"survives": 1.08, "says": "Thumbnail: all."},
    },
    "probabilities": {"after": {"expected_calibration_error": estimate(0.0911) | {"reason": "none; by chance 0.08"}}},
    "dial": [level(0.005, None, needed=598), level(0.01, 0.9), level(0.1, 0.7)],
}  # fmt: skip


def but(**change: Any) -> dict[str, Any]:
    return copy.deepcopy(REPORT) | change


def held_out(**change: Any) -> dict[str, Any]:
    return but(held_out=copy.deepcopy(HELD_OUT) | change)


def test_all_of_it_is_words_with_no_none_and_no_nan():
    for head, sentence in said.in_short(REPORT):
        assert head
        assert sentence.endswith(".")
        assert not re.search(r"\b(None|nan|inf)\b|\{|\}|  |\.\.", sentence)


def test_what_it_is():
    assert said.what(REPORT) == (
        'A convolutional neural network (cnn) with 93,922 weights that tells "malignant" from "normal, benign" in '
        "images of 28 x 30 pixels. It learned from 409 images, and was then asked about 78 others, the held-out "
        "part, from which these figures come."
    )
    assert 'tells "a", "b" and "c" apart in images' in said.what(but(classes=["a", "b", "c"]))
    assert "tells 20 classes apart in images" in said.what(but(classes=[str(number) for number in range(20)]))
    assert 'says which of "a" and "b" are there in' in said.what(but(classes=["a", "b"], task="multi-label"))
    assert "78 others of 12 patients or exams, the" in said.what(held_out(groups=12))
    assert said.what(but(model="resnet")).startswith("A resnet with")


def test_how_good():
    assert said.how_good(REPORT) == (
        "It calls 83% (74 to 90%) of the held-out images rightly; always answering the commonest class would call "
        "73.0% rightly. AUROC 0.914, where 0.5 is guessing and 1 perfect. In brackets are 95% intervals, the range "
        "that 78 images leave open."
    )
    assert "AUROC" not in said.how_good(held_out(auroc=estimate(None)))
    assert "always" not in said.how_good(but(rivals={}))


def test_without_leaks_promises_nothing_about_patients_where_they_are_not_known():
    assert said.without_leaks(REPORT) == (
        "20 of 78 held-out images have a twin among those learned from (2 identical and 18 near-identical). Without "
        "them accuracy is 77.6% instead of 83% (74 to 90%), and AUROC 0.879 instead of 0.914."
    )
    none = {"held_out": 0, "cases": 78, "identical": 0, "near-identical": 0, "same group": 0}
    assert "patient stands on both sides is not known" in said.without_leaks(but(twins=none))
    known = said.without_leaks(held_out(groups=12) | {"twins": none})
    assert known.endswith("(identical, near-identical or of the same patient) among those learned from.")
    all_twins = said.without_leaks(but(held_out_without_twins=None))
    assert all_twins.endswith("nothing is left to measure without them.")
    one = said.without_leaks(but(twins=none | {"held_out": 1, "identical": 1}))
    assert one.startswith("1 of 78 held-out images has a twin among those learned from (1 identical).")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (estimate(0.05, 0.01, 0.09), "image by image: +0.050 (+0.010 to +0.090), so the cnn is better on"),
        (estimate(-0.05, -0.09, -0.01), "image by image: -0.050 (-0.090 to -0.010), so the rival is better on"),
        (estimate(0.05, -0.01, 0.09), "so these images do not show which of the two is better."),
        (estimate(0.05), "the cnn 0.781."),
    ],
)
def test_the_best_rival_is_told_with_the_difference(gap, words):
    rivals = {"worse": rival(0.5, estimate(0.3, 0.2, 0.4)), "best": rival(0.7, gap), "unknown": rival(None, gap)}
    told = said.compared(but(rivals=rivals))
    assert told.startswith("The best of 2 rivals, best, has a balanced accuracy (the mean over classes) of 0.700")
    assert words in told


def test_without_rivals_it_says_so():
    assert said.compared(but(rivals={})) == "No rival was measured."
    assert said.compared(but(rivals={"x": rival(0.5, estimate(None))})).startswith("The rival, x, has")


def test_a_thumbnail_alone_never_speaks_for_the_shortcuts():
    assert said.shortcuts(REPORT) == (
        "Border: part. From a thumbnail of at most 8 x 8 pixels it is 1.08: fine detail is hardly needed."
    )
    only = {THUMBNAIL: REPORT["probes"][THUMBNAIL]}
    assert said.shortcuts(but(probes=only)) == "Thumbnail: all."
    assert said.shortcuts(but(probes={})) == "No probe could be fitted."
    guess = {BORDER: {"survives": None, "says": "The model itself is no better than guessing."}}
    assert said.shortcuts(but(probes=guess)) == "The model itself is no better than guessing."
    little = {BORDER: {"survives": 0.1, "says": "Hardly."}, INTENSITY: {"survives": 0.0, "says": "None."}}
    assert said.shortcuts(but(probes=little)).startswith("Hardly. The same holds for the other")


def test_the_dial_is_told_at_one_percent_or_at_the_least_that_can_be_promised():
    assert how_sure(REPORT) == (
        "The expected calibration error, how far its confidence and its accuracy lie apart, is 0.0911 (by chance "
        "0.08). At 1% error, 25.0% of images go to a person; of the others 0.40% (0.10 to 0.80%) are wrong."
    )
    later = how_sure(but(dial=[level(0.01, None, needed=299), level(0.05, 0.8)]))
    assert (
        "At 1% error nothing can be promised: 299 calibration images without an error are needed, and there are 68. "
        in later
    )
    assert "At 5% error, 25.0% of images" in later
    none = how_sure(but(dial=[level(0.01, None, needed=299), level(0.1, None)]))
    assert none.endswith("not even 10%: too many of its surest answers on the calibration part are wrong.")
    few = how_sure(but(dial=[level(0.1, None, units=12)]))
    assert few.endswith("not even 10%: 29 calibration images without an error are needed, and there are 12.")


def test_a_broken_promise_is_called_one():
    assert level_in_words(level(0.01, 0.9, verdict="broken")).endswith("wrong. That is more than was promised.")
    assert level_in_words(level(0.01, 0.9, verdict="unclear")).endswith("more than asked for, but chance allows it.")
    groups = level_in_words(level(0.01, 0.9, groups_error=estimate(0.02)))
    assert groups.endswith("and 2.0% of the patients or exams with an answer get a wrong one.")
    nobody = level(0.01, 0.9, to_person=estimate(1.0), error=estimate(None))
    assert level_in_words(nobody) == "At 1% error, 100.0% of images go to a person: none is answered."


def test_error_rates_with_one_threshold_are_told_once():
    lines = dial_lines([level(0.01, 0.0), level(0.02, 0.0), level(0.05, 0.0), level(0.005, None), level(0.1, 0.5)])
    assert len(lines) == 2
    assert lines[0].startswith("At 1% error, ")
    assert lines[0].endswith("It answers all images; the same serves for 2% and 5%.")
    assert lines[1].endswith("It answers from a confidence of 0.5 on.")


def test_what_cannot_be_promised_is_told_in_one_sentence():
    levels = [level(0.01, None, needed=299), level(0.02, None, needed=149), level(0.05, None), level(0.1, 0.5)]
    assert no_promise(but(dial=levels)) == (
        ": it takes 299 calibration images without an error for 1% and 149 for 2%, and there are 68; at 5% too many of "
        "its surest answers on the calibration part are wrong."
    )
    assert no_promise(but(dial=levels[3:])) == ""


def test_where_it_fails():
    assert said.where_it_fails(REPORT) == (
        'It misses "malignant" most often: of its 21 images it finds 66.7%. '
        'Its commonest mistake: "malignant" called "normal, benign", 7 times.'
    )
    once = held_out(confusion=[[21, 0], [1, 56]])
    assert said.where_it_fails(once).endswith('"normal, benign" called "malignant", once.')
    right = held_out(accuracy=estimate(1.0, 0.953, 1.0))
    assert said.where_it_fails(right).endswith(
        "none of the 78 held-out images wrongly, which still leaves up to 4.7% mistakes open."
    )
    unknown = held_out(per_class={name: per_class(None, 0) for name in REPORT["classes"]})
    assert said.where_it_fails(unknown).startswith("Its commonest mistake")


def test_what_is_not_all_is_not_called_all_and_no_difference_is_minus_nothing():
    assert percent(estimate(0.9996, 0.85, 1.0)) == "99.96% (85.00 to 100.00%)"
    assert percent(estimate(1.0, 0.44, 1.0)) == "100% (44 to 100%)"
    assert percent(estimate(None)) == "an unknown share"
    assert signed(estimate(-0.0001, -0.01, 0.01)) == "+0.000 (-0.010 to +0.010)"
    assert signed(estimate(None)) == figure(estimate(None)) == "not defined"
    assert figure(estimate(0.5, 0.4, 0.6, cases=1000)) == "0.5000 (0.4000 to 0.6000)"
    assert listed(["x", "y"]) == "x and y"


def test_a_temperature_that_does_harm_is_said_to():
    def of(before: float, after: float) -> str:
        return calibrated({"before": {"log_loss": estimate(before)}, "after": {"log_loss": estimate(after)}})

    assert (
        of(0.5, 0.4) == "On the held-out part that made probabilities better: the log loss fell from 0.5000 to 0.4000."
    )
    assert (
        of(0.4, 0.5) == "On the held-out part that made probabilities worse: the log loss rose from 0.4000 to 0.5000."
    )
    assert of(0.4, 0.40001) == "On the held-out part that changed next to nothing."
