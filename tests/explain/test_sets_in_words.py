"""Why the classes that an image may be of can be all of them, in the words of the page."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.evaluate.trust.conformal import ClassLimit
from pellucid.explain.said_of_answer import not_promised, says_nothing_by_sets, why_in_every_set

NEVER = ClassLimit(None, 7, 19)
SOMETIMES = ClassLimit(0.5, 30, 19)


def with_limits(asked, *limits):
    return replace(asked, calibration=replace(asked.calibration, limits=limits))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((SOMETIMES,) * 3, ""),
        (
            (NEVER, ClassLimit(None, 9, 19), NEVER),
            "every class is in every set of this run, since leaving one out takes 19 images of it in the calibration "
            "part, and there are 9 at most",
        ),
        (
            (NEVER, SOMETIMES, SOMETIMES),
            '"left" is in every set of this run, since leaving it out takes 19 images of it in the calibration part, '
            "and there are 7",
        ),
        (
            (ClassLimit(None, 0, 19), SOMETIMES, ClassLimit(None, 0, 19)),
            '"left" and "right" are in every set of this run, since leaving one out takes 19 images of it in the '
            "calibration part, and there are none",
        ),
    ],
)
def test_a_class_that_stands_in_every_set_is_named_with_the_reason(trained, asked_about, limits, said):
    assert why_in_every_set(with_limits(asked_about(trained("cnn")), *limits)) == said


def test_where_patients_are_known_they_are_counted(trained, asked_about):
    asked = with_limits(asked_about(trained("linear")), NEVER, NEVER, NEVER)  # each CT slice names its patient
    assert "takes 19 patients or exams of it" in why_in_every_set(asked)


def test_what_the_run_can_say_of_no_image_is_one_sentence_and_no_tile(trained, asked_about):
    asked = with_limits(asked_about(trained("cnn")), NEVER, NEVER, NEVER)
    unsure = replace(asked, answer=replace(asked.answer, answered=None))
    assert says_nothing_by_sets(asked)
    assert "certain enough or which other classes" in not_promised(unsure)
    assert "takes 19 images of a class" in not_promised(unsure)
    some = with_limits(unsure, SOMETIMES, NEVER, NEVER)
    assert not says_nothing_by_sets(some)
    assert not_promised(some) == (
        "This run cannot say of any image whether it is certain enough: its calibration part is too small to promise "
        "that."
    )
    sure = replace(some, answer=replace(some.answer, answered=np.array([True])))
    assert not_promised(sure) == ""
