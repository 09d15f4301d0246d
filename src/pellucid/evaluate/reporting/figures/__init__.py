"""Figures for a report that is one file: text in, nothing to load, readable on a light and on a dark page.

Colours come from the page's own custom properties where it sets them (--ink, --muted, --grid, --paper, --blue,
--vermilion, --green, --orange, --purple, --sky, --font), else from colours for a light page.
"""

from pellucid.evaluate.reporting.figures.confusion import confusion
from pellucid.evaluate.reporting.figures.dial import dial
from pellucid.evaluate.reporting.figures.forest import intervals
from pellucid.evaluate.reporting.figures.learning import curves
from pellucid.evaluate.reporting.figures.ranking import roc
from pellucid.evaluate.reporting.figures.reliability import reliability
from pellucid.evaluate.reporting.figures.weights import weights_image, weights_legend

__all__ = ["confusion", "curves", "dial", "intervals", "reliability", "roc", "weights_image", "weights_legend"]
