"""How good, how sure, compared with what: metrics with intervals, humble rivals, calibration, and the report.

Names are looked up on first use: only what fits models needs torch, and `pellucid verify` does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.evaluate.calibration import Calibration, calibrate
    from pellucid.evaluate.intervals import Estimate
    from pellucid.evaluate.measuring import measure
    from pellucid.evaluate.metrics import roc_curve
    from pellucid.evaluate.rival import Rival
    from pellucid.evaluate.rivals import fit_rivals

_HOME = {
    "Calibration": "calibration",
    "Estimate": "intervals",
    "Rival": "rival",
    "calibrate": "calibration",
    "fit_rivals": "rivals",
    "measure": "measuring",
    "roc_curve": "metrics",
}

__all__ = ["Calibration", "Estimate", "Rival", "calibrate", "fit_rivals", "measure", "roc_curve"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.evaluate has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.evaluate.{_HOME[name]}"), name)
    return found
