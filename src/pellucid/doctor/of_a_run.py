"""A doctor for each model that learns in a run, and what the one of the kept model has to say."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.doctor.watching import Doctor, watch
from pellucid.errors import BadInput
from pellucid.run.folder import LADDER
from pellucid.run.writing import write_json

if TYPE_CHECKING:
    from pellucid.learn import Plan, Step
    from pellucid.learn.learner import Examine

EVERY, LOOKS = 50, 20
"""Steps from look to look; in short runs fewer, for so many looks. Chosen by us; see bench/doctor.py."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one model's learning."""

    looks: int
    findings: tuple[tuple[str, str], ...]
    """Kind, and a sentence."""
    stumbles: int
    whole: bool
    """False where learning had begun before the doctor came."""

    def said(self, model: str, *, faultless: bool) -> str:
        """How often it looked, and whether all was well.

        Args:
            model: its name.
            faultless: nothing else is known to be wrong with its learning.
        """
        told = f"The doctor looked at {self.looks} steps of the {model}"
        if not self.whole:
            told += " after the interruption"
        if self.stumbles:
            return f"{told}, and could not make out {self.stumbles} of them."
        nothing = faultless and self.looks and not self.findings
        return f"{told} and found nothing wrong." if nothing else f"{told}."


class DoctorsOfARun:
    """Doctors by the name of the model that each looks at.

    Args:
        folder: of the run. What was seen of a model that has learned is kept beside its rung, for a run that is killed
            later and goes on.
        classes: how many the data set has.
    """

    def __init__(self, folder: Path, classes: int) -> None:
        self._folder = folder
        self._classes = classes
        self._doctors: dict[str, Doctor] = {}

    def watch(self, plan: Plan) -> Examine:
        """What a model that is about to learn is to show its steps to."""
        model, last = plan.settings.model, plan.batches.steps
        every = max(1, min(EVERY, last // LOOKS))
        doctor = self._doctors[model] = watch(plan.learner.model, every=every, classes=self._classes)

        def examine(step: Step) -> None:
            if not doctor.looks and step.number > 1:
                doctor.history.resumed = True  # learning goes on with weights that were trained before a kill
            doctor.examine(step)
            if step.number == last:
                self._place(model).parent.mkdir(parents=True, exist_ok=True)
                write_json(self._place(model), self._now(model))

        return examine

    def seen(self, model: str, known: Collection[str] = ()) -> Seen:
        """What was seen of a model's learning.

        Args:
            model: its name.
            known: kinds of findings that were told already.
        Raises:
            BadInput: what was kept of an earlier sitting is damaged.
        """
        facts, place = self._now(model), self._place(model)
        try:
            if not facts["looks"] and place.is_file():  # it had learned before the run was killed
                facts = json.loads(place.read_text("utf-8"))
            findings = tuple((kind, told) for kind, told in facts["findings"] if kind not in known)
            return Seen(facts["looks"], findings, facts["stumbles"], facts["whole"])
        except (OSError, ValueError, KeyError, TypeError):
            raise BadInput(f"{place} is damaged: remove it, and go on with the run.") from None

    def _place(self, model: str) -> Path:
        return self._folder / LADDER / model / "doctor.json"

    def _now(self, model: str) -> dict[str, Any]:
        if model not in self._doctors:
            return {"looks": 0, "findings": [], "stumbles": 0, "whole": True}
        doctor = self._doctors[model]
        findings = [(one.kind, f"The doctor, at step {one.step}: {one.told}") for one in doctor.conclude()]
        return {
            "looks": doctor.looks,
            "findings": findings,
            "stumbles": len(doctor.stumbled),
            "whole": not doctor.history.resumed,
        }
