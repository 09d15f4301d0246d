"""What the files of a finished run tell, each read when it is first asked for, and what follows from its tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.evaluate.answers import Answers, Cases
from pellucid.evaluate.assess import assess
from pellucid.evaluate.checking.reading_back import read_answers, read_cases
from pellucid.evaluate.trust.calibration import Calibration, calibrate
from pellucid.run import Run
from pellucid.shapes import Float


@dataclass(frozen=True)
class Told:
    """A run as its files tell it; nothing that is computed here is taken from a file that holds it already."""

    run: Run

    @cached_property
    def cases(self) -> Cases:
        """split.csv."""
        return read_cases(self.run, self.run.facts["task"], self.run.facts["classes"])

    @cached_property
    def answers(self) -> Answers:
        """predictions.csv and rivals.csv."""
        return self._tables[0]

    @cached_property
    def written(self) -> Float[np.ndarray, "judged klass"]:
        """The model's probabilities, as predictions.csv holds them."""
        return self._tables[1]

    @cached_property
    def _tables(self) -> tuple[Answers, Float[np.ndarray, "judged klass"]]:
        return read_answers(self.run, self.cases, self.run.facts["outputs"], _words_of_others(self.run.report))

    @cached_property
    def calibration(self) -> Calibration:
        """Fitted again."""
        answers, rows = self.answers, self.cases.rows("calibrate")
        logits = answers.class_logits[answers.of("calibrate")]
        return calibrate(logits, self.cases.labels[rows], self.cases.task, self.cases.groups_of(rows))

    @cached_property
    def probabilities(self) -> Float[np.ndarray, "judged klass"]:
        """Computed again from the logits."""
        return self.calibration.probabilities(self.answers.class_logits, self.cases.task)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Computed again."""
        return assess(self.answers, self.calibration)


def _words_of_others(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    """In words what each rival and probe is, which no table holds."""
    return {(kind, name): other["told"] for kind in ("rivals", "probes") for name, other in report[kind].items()}
