"""The figures of several runs, gathered by what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pellucid.errors import BadInput
from pellucid.evaluate.reporting.templates import names_of_figures
from pellucid.run import Run

SHOWN = ("accuracy", "balanced_accuracy", "auroc")
"""Figures between 0 and 1, which one axis can hold."""
Measured = tuple[str, dict[str, Any]]
"""A run's name, and a figure of it as `Estimate.as_dict` gives it."""


def figures_of(runs: Sequence[tuple[str, Run]]) -> list[tuple[str, list[Measured]]]:
    """Accuracy, balanced accuracy and AUROC on held-out cases, each with all runs that have it.

    Args:
        runs: finished ones, each with its name.
    Raises:
        BadInput: the report of one cannot be read.
    """
    found: dict[str, list[Measured]] = {}
    for key in SHOWN:
        for name, run in runs:
            try:
                said, figure = names_of_figures(run.report["task"])[key], run.report["held_out"].get(key)
            except (KeyError, TypeError, AttributeError):
                raise BadInput(f"{name}: its report.json is damaged; restore it from a copy.") from None
            if figure:
                found.setdefault(said, []).append((name, figure))
    return list(found.items())
