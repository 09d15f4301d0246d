"""What is said of an answer in sentences: whether it is certain enough, which classes it may be of, and what is known.

Where a run's calibration part is too small for a promise, that is said, with how much it takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pellucid.evaluate.trust.abstention import percent
from pellucid.run import Run

if TYPE_CHECKING:
    from pellucid.evaluate.trust.calibration import Calibration
    from pellucid.explain.asking import Asked


def calibration_of(run: Run) -> Calibration:
    """What the run's calibration part taught."""
    from pellucid.evaluate.trust.calibration import Calibration

    return Calibration.from_dict(run.facts["calibration"])


def dial_told(run: Run, max_error: float) -> str:
    """What the dial does at a level: from which confidence on it answers, or why nothing can be promised there.

    Args:
        run: with weights.
        max_error: one of the dial's levels.
    Raises:
        BadInput: it is none, or the weights do not say what was calibrated.
    """
    calibration = calibration_of(run)
    level = calibration.level(max_error)
    told = level.told(_unit(run))
    if level.threshold is not None:
        return told
    can = [percent(one.asked) for one in calibration.levels if one.threshold is not None]
    return f"{told} This run can promise {', '.join(can) or 'no level of the dial'}."


def certain_told(asked: Asked) -> str:
    """Whether the answer is certain enough.

    Args:
        asked: with the answer for the error that was asked for.
    """
    answer = asked.answer
    if answer.answered is None:
        nothing = f"this run promises nothing for {percent(answer.most_wrong)} error"
        return f"It cannot say whether it is certain enough, since {nothing}; let a person look."
    where = f" where {percent(answer.most_wrong)} of the certain answers may be wrong"
    if answer.certain[0]:
        return f"It is certain enough{where}."
    unsure = not answer.answered[0]  # else the image is unlike those of training
    return f"It would rather not say{where * unsure}; let a person look."


def set_told(asked: Asked) -> str:
    """Which classes the image may be of, or that this run cannot say that of any image."""
    from pellucid.explain.said_of_answer import not_promised, says_nothing_by_sets, why_in_every_set

    if says_nothing_by_sets(asked):
        dial_aside = replace(asked.answer, answered=np.zeros(len(asked.answer), bool))  # it has its own sentence
        return not_promised(replace(asked, answer=dial_aside))
    why = why_in_every_set(asked)
    told = f"Set of likely classes: {', '.join(asked.set) or 'none'}."
    return f"{told} {why[0].upper()}{why[1:]}." if why else told


def known_told(asked: Asked) -> str:
    """Which of the run's own images it is, in which part, and its true class; empty where the run does not know it."""
    own = asked.own
    return "" if own is None else f"{own.told_origin} {own.told_part} Its true class: {own.told_label}."


def _unit(run: Run) -> str:
    """What the dial counts; a plural s follows."""
    groups = run.file("recipe.json").is_file() and run.recipe["source"]["groups"]
    return "patients or exam" if groups else "image"
