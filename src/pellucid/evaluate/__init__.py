"""How good, how sure, compared with what: metrics with intervals, humble rivals, calibration, and the report."""

from pellucid.evaluate.calibrate import Calibration, calibrate
from pellucid.evaluate.intervals import Estimate
from pellucid.evaluate.measure import measure
from pellucid.evaluate.metrics import roc_curve
from pellucid.evaluate.rivals import Rival, fit_rivals

__all__ = ["Calibration", "Estimate", "Rival", "calibrate", "fit_rivals", "measure", "roc_curve"]
