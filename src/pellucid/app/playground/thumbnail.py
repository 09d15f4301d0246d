"""A toy problem as a small picture, to be chosen by its look."""

from __future__ import annotations

import torch

from pellucid.blocks.toys import CLASS_TOYS, draw_toy

POINTS, SIDE = 90, 44
"""Points drawn, and pixels a side. Chosen by us: shapes can be told apart, and no more is needed."""
PLUS, MINUS = "#0072b2", "#d55e00"


def thumbnail(name: str) -> str:
    """An SVG: circles where the class is 1 or the height above 0, squares elsewhere; paler for smaller heights.

    >>> thumbnail("xor").count("<circle") + thumbnail("xor").count("<rect")
    90
    """
    points = draw_toy(name, POINTS, 0.0, torch.Generator().manual_seed(3))
    places = (points.places * torch.tensor([1.0, -1.0]) + 1) / 2 * (SIDE - 6) + 3  # x2 points up
    marks = [
        _mark(x, y, target, name in CLASS_TOYS)
        for (x, y), target in zip(places.tolist(), points.targets[:, 0].tolist(), strict=True)
    ]
    return f'<svg viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" aria-hidden="true">{"".join(marks)}</svg>'


def _mark(x: float, y: float, target: float, is_class: bool) -> str:
    look = f'opacity="{1 if is_class else 0.1 + 0.9 * abs(target):.2f}"'
    if target > (0.5 if is_class else 0):
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{PLUS}" {look}/>'
    return f'<rect x="{x - 1.4:.1f}" y="{y - 1.4:.1f}" width="2.8" height="2.8" fill="{MINUS}" {look}/>'
