"""All checks, in the order in which they look. Each module of checks has CHECKS, and LAST_CHECKS for the end."""

from __future__ import annotations

from pellucid.doctor import (
    checks_of_evaluation,
    checks_of_gradients,
    checks_of_inputs,
    checks_of_labels,
    checks_of_losses,
    checks_of_overflow,
    checks_of_progress,
    checks_of_refusals,
    checks_of_start,
    checks_of_units,
    checks_of_updates,
)
from pellucid.doctor.looking import Check, LastCheck

_MODULES = (
    checks_of_labels,
    checks_of_refusals,
    checks_of_overflow,
    checks_of_losses,
    checks_of_inputs,
    checks_of_start,
    checks_of_updates,
    checks_of_gradients,
    checks_of_units,
    checks_of_progress,
    checks_of_evaluation,
)
"""The most frequent causes first: what is told first is read first."""

CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in module.CHECKS)
LAST_CHECKS: tuple[LastCheck, ...] = tuple(check for module in _MODULES for check in module.LAST_CHECKS)
