"""Figures for a report that is one file: text in, nothing to load, readable on a light and on a dark page.

Colours come from the page's own custom properties where it sets them (--ink, --muted, --grid, --paper, --blue,
--vermilion, --green, --orange, --purple, --sky, --font), else from colours for a light page.
"""

from pellucid.evaluate.figures.confusion import confusion
from pellucid.evaluate.figures.dial import dial
from pellucid.evaluate.figures.forest import intervals
from pellucid.evaluate.figures.learning import curves
from pellucid.evaluate.figures.ranking import roc
from pellucid.evaluate.figures.reliability import reliability
from pellucid.evaluate.figures.weights import weights_image, weights_legend

__all__ = ["confusion", "curves", "dial", "intervals", "reliability", "roc", "weights_image", "weights_legend"]
