"""What a linear model looks for in each pixel, as a picture: red speaks for the class, blue against it."""

import base64
import io

import numpy as np
from PIL import Image

from pellucid.drawing.svg import Number, drawing, node, words
from pellucid.errors import BadInput
from pellucid.shapes import Float, UInt8

# From -limit over 0 to +limit: ColorBrewer's RdBu with five classes (Harrower and Brewer 2003, ColorBrewer.org, The
# Cartographic Journal 40:27), its grey middle made white so that 0 is seen as nothing.
COLOURS = np.array([[5, 113, 176], [146, 197, 222], [255, 255, 255], [244, 165, 130], [202, 0, 32]], float)


def weights_image(weight: Float[np.ndarray, "channel row column"], *, limit: Number | None = None) -> str:
    """The weights of one class as a PNG, a pixel each; channels stand side by side, one empty column between them.

    Args:
        weight: of each channel, row and column; finite.
        limit: absolute weight that gets the full colour, greater ones too; None: the greatest there is. Give the same
            limit to pictures that are to be compared.
    Returns:
        a data URI for the `src` of an `img`; enlarge it with `image-rendering: pixelated`.
    Raises:
        BadInput: a weight is not a number or infinite.

    >>> weights_image(np.array([[[-1.0, 0.0, 1.0]]]))[:22]
    'data:image/png;base64,'
    """
    if not np.isfinite(weight).all():
        raise BadInput("Some weights are not finite numbers; a picture needs all of them to be: train again.")
    most = float(np.abs(weight).max(initial=0)) if limit is None else limit
    _, rows, columns = weight.shape
    picture = np.zeros((rows, len(weight) * (columns + 1) - 1, 4), np.uint8)  # see-through where nothing is drawn
    for k, channel in enumerate(weight):
        left = k * (columns + 1)
        picture[:, left : left + columns, :3] = red_blue(channel, most)
        picture[:, left : left + columns, 3] = 255
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def red_blue(numbers: Float[np.ndarray, "row column"], limit: Number) -> UInt8[np.ndarray, "row column 3"]:
    """Blue below 0, white at 0, red above; the same strength for the same distance on either side.

    Args:
        numbers: any.
        limit: distance from 0 of the full colours, 0 or more; 0 makes all white.
    Returns:
        red, green and blue, 0 to 255.

    >>> red_blue(np.array([[-2.0, 0.0, 1.0]]), 2.0).tolist()
    [[[5, 113, 176], [255, 255, 255], [244, 165, 130]]]
    """
    share = np.clip(numbers / limit, -1, 1) if limit > 0 else np.zeros_like(numbers)
    channels = [np.interp(share, np.linspace(-1, 1, len(COLOURS)), column) for column in COLOURS.T]
    return np.stack(channels, -1).round().astype(np.uint8)


def weights_legend(limit: Number) -> str:
    """The colour bar of `weights_image`, from -limit to +limit, as an SVG element."""
    parts, left = 41, 48  # odd, so that one is white; px
    shades = red_blue(np.linspace(-1.0, 1.0, parts)[None, :], 1.0)[0]
    inside = [
        node("rect", {"x": left + 5 * k, "y": 4, "width": 5.5, "height": 12, "fill": f"rgb({r},{g},{b})"})
        for k, (r, g, b) in enumerate(shades.tolist())
    ]
    ends = left, left + 2.5 * parts, left + 5 * parts
    marks = [*zip(ends, (f"-{limit:.2g}", "0", f"+{limit:.2g}"), (32, 32, 32), strict=True)]
    marks += [(ends[0], "against the class", 48), (ends[2], "for the class", 48)]
    inside += [words(x, y, said, anchor="middle", size=11) for x, said, y in marks]
    return drawing(301, 54, "Colours of the weights", f"Blue {-limit:.2g}, white 0, red {limit:.2g}.", inside)
