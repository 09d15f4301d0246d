"""Arrays as pictures: tiles side by side, each with a frame of nothing, every value coloured by its size and sign."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.shapes import Float

MOST_SIDE = 64
"""Larger maps are averaged to at most so many cells a side. Chosen by us: they are drawn no larger."""
LAST = "logits"
"""The last layer. Source: `pellucid.learn.build_model`."""
MOST_TILES = 32
"""Tiles with a caption each. Chosen by us: more would be too small to look at."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of numbers.

    Attributes:
        caption: what it shows.
        values: a number a pixel; NaN between tiles.
        tile: height and width of one tile, pixels.
        step: how many values a pixel is the mean of, along each side.
    """

    caption: str
    values: Float[np.ndarray, "row column"]
    tile: tuple[int, int]
    step: int = 1

    def place(self, row: int, column: int) -> tuple[int, int, int] | None:
        """Which tile a pixel belongs to, counted row by row from 0, and the pixel's row and column in it.

        >>> Picture("", np.zeros((5, 8)), (2, 2)).place(3, 7)
        (5, 0, 1)
        """
        (high, wide), across = self.tile, (self.values.shape[1] + 1) // (self.tile[1] + 1)
        down, in_row = divmod(row, high + 1)
        right, in_column = divmod(column, wide + 1)
        if in_row == high or in_column == wide or not np.isfinite(self.values[row, column]):
            return None
        return down * across + right, in_row, in_column

    def as_dict(self, scale: float) -> dict[str, Any]:
        """For the page: a byte a pixel, base64; 0 is nothing, 128 is 0.0, 1 and 255 are minus and plus `scale`."""
        height, width = self.values.shape
        levels = np.zeros((height, width), np.uint8)
        there = np.isfinite(self.values)
        levels[there] = np.rint(128 + 127 * np.clip(self.values[there] / scale, -1, 1)).astype(np.uint8)
        return {
            "caption": self.caption,
            "height": height,
            "width": width,
            "levels": b64encode(levels.tobytes()).decode("ascii"),
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """Pictures with one scale of colours.

    Attributes:
        name: of the weight, or of the block, that is shown.
        said: what is seen, in words.
        pictures: side by side.
        place_said: how a tile, a row and a column are called.
        shape: of the array.
    """

    name: str
    said: str
    pictures: tuple[Picture, ...]
    place_said: str
    shape: tuple[int, ...]

    @property
    def scale(self) -> float:
        """The largest size of any number; 1 where all are 0."""
        sizes = [np.abs(one.values[np.isfinite(one.values)]).max(initial=0.0) for one in self.pictures]
        return float(max(sizes, default=0.0)) or 1.0

    def as_dict(self) -> dict[str, Any]:
        """For the page."""
        scale = self.scale
        return {
            "name": self.name,
            "said": self.said,
            "scale": scale,
            "shape": list(self.shape),
            "pictures": [one.as_dict(scale) for one in self.pictures],
        }

    def told(self, number: int, row: int, column: int) -> str:
        """What a pixel shows, in words, with its number; empty between tiles."""
        picture = self.pictures[number]
        found = picture.place(row, column)
        if found is None:
            return ""
        tile, in_row, in_column = found
        step, value = picture.step, picture.values[row, column]
        where = self.place_said.format(
            picture=picture.caption, tile=tile, row=in_row * step, column=in_column * step,
            unit=in_row * picture.tile[1] + in_column,
        )  # fmt: skip
        mean = f" (mean of {step} x {step})" if step > 1 else ""
        return f"{self.name}, {where}: {value:.6g}{mean}"

    def spot(self, number: int, row: int, column: int) -> tuple[int, ...] | None:
        """Where in the array a pixel's number stands; None between tiles, and where a pixel is the mean of several."""
        picture = self.pictures[number]
        found = picture.place(row, column)
        if found is None or picture.step > 1:
            return None
        _, in_row, in_column = found
        return (in_row * picture.tile[1] + in_column,) if len(self.shape) == 1 else found


def side_by_side(tiles: Float[np.ndarray, "tile row column"], across: int, caption: str = "", step: int = 1) -> Picture:
    """Tiles in rows of so many, one pixel of nothing between them.

    >>> side_by_side(np.ones((3, 1, 1)), 2).values
    array([[ 1., nan,  1.],
           [nan, nan, nan],
           [ 1., nan, nan]])
    """
    count, high, wide = tiles.shape
    down = -(-count // across)
    values = np.full((down * (high + 1), across * (wide + 1)), np.nan)
    for at, tile in enumerate(tiles):
        top, left = at // across * (high + 1), at % across * (wide + 1)
        values[top : top + high, left : left + wide] = tile
    return Picture(caption, values[:-1, :-1], (high, wide), step)


def averaged(maps: Float[np.ndarray, "map row column"]) -> tuple[Float[np.ndarray, "map down across"], int]:
    """Maps of at most MOST_SIDE cells a side, each the mean of a square of values, and the square's side.

    What does not fill a whole square at the lower and right edge is left out.
    """
    step = -(-max(maps.shape[1:]) // MOST_SIDE)
    if step == 1:
        return maps, 1
    rows, columns = (side // step for side in maps.shape[1:])
    cut = maps[:, : rows * step, : columns * step].reshape(len(maps), rows, step, columns, step)
    return cut.mean((2, 4)), step


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
        said = f"a row for each {'class' if is_last else 'unit'}, a column for each of {weight.shape[1]} inputs"
        told = "unit {row}, input {column}"
        return Sheet(name, said, (Picture("", weight, weight.shape),), told, weight.shape)
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


def activation_sheet(name: str, gave: Float[np.ndarray, " *after"]) -> Sheet:
    """What a block gave for one image.

    Args:
        name: of the block.
        gave: maps [channel, row, column], or units [unit].
    """
    gave = gave.astype(np.float64)
    if gave.ndim == 1:
        across = min(len(gave), 32)
        cells = np.full(-(-len(gave) // across) * across, np.nan)
        cells[: len(gave)] = gave
        grid = cells.reshape(-1, across)
        cell_each = Picture("", grid, (len(grid), across))
        return Sheet(name, f"{len(gave)} units, a cell each", (cell_each,), "unit {unit}", gave.shape)
    maps, step = averaged(gave)
    said = f"{len(gave)} maps of {gave.shape[1]} x {gave.shape[2]}"
    tiled = side_by_side(maps, min(len(maps), 16), step=step)
    return Sheet(name, said, (tiled,), "channel {tile}, row {row}, column {column}", gave.shape)
