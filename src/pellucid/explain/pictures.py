"""Pictures of an explanation: the image, and maps of numbers in red and blue, as bytes inside the page."""

from __future__ import annotations

import html

import numpy as np
from markupsafe import Markup

from pellucid.data.dataset import picture
from pellucid.evaluate.reporting.figures import weights_image
from pellucid.shapes import Float, Shaped

FINEST = 56
"""Squares along a side that a map is drawn with at most, so that the page stays small. Chosen by us: more are not told
apart at its size."""


def image_picture(image: Shaped[np.ndarray, "channel row column"], title: str, side: int) -> Markup:
    """An <img> of the image, stretched from its darkest value to its brightest; every k-th pixel of a large one."""
    step = max(1, image.shape[1] // side)
    return Markup(picture(image[:, ::step, ::step], title, side))


def map_picture(
    terms: Float[np.ndarray, "channel row column"] | Float[np.ndarray, "row column"],
    title: str,
    side: int,
    limit: float | None = None,
) -> Markup:
    """An <img> of a map: red above 0, blue below, the colours of a place summed; each square is the sum of its pixels.

    Args:
        terms: numbers that are to be summed where they share a place.
        title: what it shows.
        side: on the page, px.
        limit: number that gets the full colour; None: the largest square's.
    """
    squares = in_squares(terms.sum(0) if terms.ndim == 3 else terms)
    source = weights_image(squares[None], limit=limit)
    told = html.escape(title, quote=True)
    return Markup(
        f'<img src="{source}" title="{told}" alt="{told}" width="{side}" height="{side}" '
        'style="image-rendering:pixelated">'
    )


def in_squares(terms: Float[np.ndarray, "row column"], finest: int = FINEST) -> Float[np.ndarray, "down across"]:
    """Sums of squares of pixels where there are more than `finest` along a side; all together they sum to the same.

    >>> in_squares(np.arange(16.0).reshape(4, 4), 2)
    array([[10., 18.],
           [42., 50.]])
    """
    step = -(-max(terms.shape) // finest)
    down = np.add.reduceat(terms, np.arange(0, terms.shape[0], step), axis=0)
    return np.asarray(np.add.reduceat(down, np.arange(0, terms.shape[1], step), axis=1))
