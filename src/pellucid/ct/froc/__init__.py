"""How good marks on scans are: LUNA16's FROC curve and CPM, with intervals; NumPy alone, so that it takes a moment."""

from pellucid.ct.froc.figures import Score
from pellucid.ct.froc.scoring import score

__all__ = ["Score", "score"]
