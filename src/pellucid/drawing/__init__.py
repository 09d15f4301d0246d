"""Drawings as text that a browser shows and a screen reader reads: SVG elements, axes, and nothing to load.

Colours come from the page's own custom properties where it sets them (--ink, --muted, --grid, --paper, --blue,
--vermilion, --green, --orange, --purple, --sky, --font), else from colours for a light page.
"""
