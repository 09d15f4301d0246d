"""Arrays as pictures: tiles side by side, each with a frame of nothing, every value coloured by its size and sign."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.shapes import Float

MOST_SIDE = 64
"""Larger maps are averaged to at most so many cells a side. Chosen by us: they are drawn no larger."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of numbers.

    Attributes:
        caption: what it shows.
        values: a number a pixel; NaN between tiles.
        tile: height and width of one tile, pixels.
        numbers: how many there are; what lies between and behind the tiles is none.
        step: how many values a pixel is the mean of, along each side.
    """

    caption: str
    values: Float[np.ndarray, "row column"]
    tile: tuple[int, int]
    numbers: int
    step: int = 1

    def place(self, row: int, column: int) -> tuple[int, int, int] | None:
        """Which tile a pixel belongs to, counted row by row from 0, and the pixel's row and column in it.

        >>> Picture("", np.zeros((5, 8)), (2, 2), 24).place(3, 7)
        (5, 0, 1)
        """
        (high, wide), across = self.tile, (self.values.shape[1] + 1) // (self.tile[1] + 1)
        down, in_row = divmod(row, high + 1)
        right, in_column = divmod(column, wide + 1)
        tile = down * across + right
        if in_row == high or in_column == wide or tile * high * wide + in_row * wide + in_column >= self.numbers:
            return None
        return tile, in_row, in_column

    def near(self, row: int, column: int) -> tuple[int, int]:
        """A pixel; of the frame between tiles the tile's that ends there.

        >>> Picture("", np.zeros((5, 8)), (2, 2), 24).near(2, 7)
        (1, 7)
        """
        high, wide = self.tile
        return row - (row % (high + 1) == high), column - (column % (wide + 1) == wide)

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
    return Picture(caption, values[:-1, :-1], (high, wide), tiles.size, step)


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
