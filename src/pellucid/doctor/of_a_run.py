"""A doctor for each model that learns in a run, and what the one of the kept model has to say."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pellucid.doctor.watching import Doctor, watch

if TYPE_CHECKING:
    from pellucid.learn import Plan
    from pellucid.learn.learner import Examine


EVERY, LOOKS = 50, 20
"""Steps from look to look; in short runs fewer, for so many looks. Chosen by us: the cost stays below a twentieth of
a long run, and below a tenth of a second of a short one."""


class DoctorsOfARun:
    """Doctors by the name of the model that each looks at.

    Args:
        classes: how many the data set has.
        resumed: learning goes on where a killed run left it, with weights that were trained before.
    """

    def __init__(self, classes: int, *, resumed: bool) -> None:
        self._classes = classes
        self._resumed = resumed
        self._doctors: dict[str, Doctor] = {}

    def watch(self, plan: Plan) -> Examine:
        """What a model that is about to learn is to show its steps to."""
        every = max(1, min(EVERY, plan.batches.steps // LOOKS))
        doctor = watch(plan.learner.model, every=every, classes=self._classes, resumed=self._resumed)
        self._doctors[plan.settings.model] = doctor
        return doctor.examine

    def found(self, model: str, known: Collection[str] = ()) -> list[str]:
        """What was found in a model's learning, in a sentence each.

        Args:
            model: its name.
            known: kinds of findings that were told already.
        """
        doctor = self._doctors.get(model)
        findings = doctor.conclude() if doctor else []
        return [
            f"The doctor, at step {finding.step}: {finding.told}" for finding in findings if finding.kind not in known
        ]

    def looked(self, model: str) -> str:
        """How often it looked at a model's learning, in a sentence."""
        doctor = self._doctors.get(model)
        return f"The doctor looked at {doctor.looks if doctor else 0} steps of the {model}."
