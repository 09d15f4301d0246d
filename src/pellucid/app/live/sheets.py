"""A model's weights, and what its blocks give for an image, as sheets of pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pellucid.app.live.tiles import Picture, Sheet, averaged, side_by_side
from pellucid.shapes import Float

IN_A_ROW = 8
"""Maps side by side. Chosen by us: so wide a pixel can still be clicked."""
LAST = "logits"
"""The last layer. Source: `pellucid.learn.build_model`."""
MOST_UNITS = 256
"""Rows and columns of a layer between units that are drawn. Chosen by us: as many pixels as a page has room for."""
MOST_TILES = 32
"""Tiles with a caption each. Chosen by us: more would be too small to look at."""


def weight_sheets(
    weights: Mapping[str, np.ndarray], classes: tuple[str, ...], channels: int, size: int
) -> tuple[Sheet, ...]:
    """The weights of every layer as pictures; biases and norms are no pictures, and are left out.

    Args:
        weights: a model's state, as `pellucid.learn.build_model` names it.
        classes: what the last layer's units stand for.
        channels, size: of the images that the first layer is given.
    """
    layers = [
        (name.removesuffix(".weight"), array.astype(np.float64))
        for name, array in weights.items()
        if name.endswith(".weight") and array.ndim > 1
    ]
    (first, given_pixels), *others = layers
    names = classes if first == LAST else ()
    if given_pixels.ndim == 2:
        of_first = _over_the_image(first, given_pixels.reshape(-1, channels, size, size), names, given_pixels.shape)
    else:
        of_first = _kernels(first, given_pixels)
    return (of_first, *(_sheet(name, weight) for name, weight in others))


def _sheet(name: str, weight: np.ndarray) -> Sheet:
    """Of a layer that is given what another one gave."""
    is_last = name == LAST
    if weight.ndim == 2:
        shown = weight[:MOST_UNITS, :MOST_UNITS]
        units, inputs = shown.shape
        some = "" if shown.shape == weight.shape else f"the first {units} units and {inputs} inputs: "
        said = f"{some}a row for each {'class' if is_last else 'unit'}, a column for each of {weight.shape[1]} inputs"
        told = "unit {row}, input {column}"
        return Sheet(name, said, (Picture("", shown, (units, inputs), shown.size),), told, weight.shape)
    shown = weight[:MOST_TILES, :MOST_TILES]
    units, inputs = shown.shape[:2]
    some = "" if weight.shape[:2] == (units, inputs) else f"the first {units} units and {inputs} inputs: "
    said = f"{some}a row for each unit, a column for each channel that it is given"
    grid = side_by_side(shown.reshape(units * inputs, *shown.shape[2:]), inputs)
    return Sheet(name, said, (grid,), "unit and input {tile}, row {row}, column {column}", weight.shape)


def _over_the_image(name: str, weight: np.ndarray, classes: tuple[str, ...], shape: tuple[int, ...]) -> Sheet:
    """One picture a class or unit, the channels of a colour image side by side."""
    units, channels = weight.shape[:2]
    shown = range(min(units, MOST_TILES))
    pictures = []
    for unit in shown:
        maps, step = averaged(weight[unit])
        pictures.append(side_by_side(maps, channels, classes[unit] if classes else str(unit), step))
    kind = "class" if classes else "unit"
    some = "" if len(shown) == units else f"the first {len(shown)} of {units}: "
    colours = "" if channels == 1 else ", red, green and blue side by side"
    said = f"{some}a picture for each {kind}: where bright pixels speak for it (blue) or against it (orange){colours}"
    told = kind + " {picture}, channel {tile}, row {row}, column {column}"
    return Sheet(name, said, tuple(pictures), told, shape)


def _kernels(name: str, weight: np.ndarray) -> Sheet:
    """One picture a kernel."""
    units, channels = weight.shape[:2]
    pictures = [side_by_side(weight[unit], channels, str(unit)) for unit in range(min(units, MOST_TILES))]
    side = weight.shape[-1]
    said = f"a picture for each of {units} kernels of {side} x {side} pixels, which slide over the image"
    told = "kernel {picture}, channel {tile}, row {row}, column {column}"
    return Sheet(name, said, tuple(pictures), told, weight.shape)


DOES = {
    "Conv2d": "each a kernel slid over what came before",
    "Linear": "weighted sums of what came before",
    "ReLU": "what was below 0 is 0 now",
    "MaxPool2d": "the largest of each 2 x 2 numbers before",
    "BatchNorm2d": "brought to a common range, which is learned",
    "GlobalPool": "the largest number of each map before, then the means",
}
"""What a block does, by its class."""


def activation_sheet(name: str, gave: Float[np.ndarray, " *after"], kind: str = "") -> Sheet:
    """What a block gave for one image.

    Args:
        name: of the block.
        gave: maps [channel, row, column], or units [unit].
        kind: the block's class.
    """
    gave, does = gave.astype(np.float64), f": {DOES[kind]}" if kind in DOES else ""
    if gave.ndim == 1:
        across = min(len(gave), 32)
        cells = np.full(-(-len(gave) // across) * across, np.nan)
        cells[: len(gave)] = gave
        grid = cells.reshape(-1, across)
        cell_each = Picture("", grid, (len(grid), across), len(gave))
        return Sheet(name, f"{len(gave)} units, a cell each{does}", (cell_each,), "unit {unit}", gave.shape)
    maps, step = averaged(gave)
    said = f"{len(gave)} maps of {gave.shape[1]} x {gave.shape[2]}{does}"
    tiled = side_by_side(maps, min(len(maps), IN_A_ROW), step=step)
    return Sheet(name, said, (tiled,), "channel {tile}, row {row}, column {column}", gave.shape)
