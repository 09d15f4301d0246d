"""How good, how sure, compared with what: metrics with intervals, humble rivals, calibration, and the report.

Names are looked up on first use: only what fits models needs torch, and `pellucid verify` does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.evaluate.estimates.intervals import Estimate
    from pellucid.evaluate.estimates.measuring import measure
    from pellucid.evaluate.estimates.metrics import roc_curve
    from pellucid.evaluate.rivals.humble import fit_rivals
    from pellucid.evaluate.rivals.rival import Rival
    from pellucid.evaluate.trust.calibration import Calibration, calibrate

_HOME = {
    "Calibration": "trust.calibration",
    "Estimate": "estimates.intervals",
    "Rival": "rivals.rival",
    "calibrate": "trust.calibration",
    "fit_rivals": "rivals.humble",
    "measure": "estimates.measuring",
    "roc_curve": "estimates.metrics",
}

__all__ = ["Calibration", "Estimate", "Rival", "calibrate", "fit_rivals", "measure", "roc_curve"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.evaluate has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.evaluate.{_HOME[name]}"), name)
    return found
