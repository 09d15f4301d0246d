"""The order of an image's axes: the same numbers as HWC, CHW, NCHW or NCDHW, by permuting strides."""

from dataclasses import dataclass

import torch
from torch import Tensor

from pellucid.blocks.anatomy.sharing import shares_storage
from pellucid.errors import BadInput
from pellucid.shapes import Shaped

AXES = {"N": "case", "C": "channel", "D": "slice", "H": "row", "W": "column"}
LAYOUTS = ("HW", "HWC", "CHW", "NHWC", "NCHW", "DHW", "DHWC", "CDHW", "NDHWC", "NCDHW")


@dataclass(frozen=True, slots=True)
class Arranged:
    """One way to lay out an image.

    Args:
        layout: letters of its axes, as "NCHW".
        axes: the same in words.
        code: what makes it of x, the image as given.
        size: length of each axis.
        stride: cells that one step along each axis moves on.
        view: whether it reads the storage of x itself.
        contiguous: whether its last axis lies together in memory, then the one before it ...
    """

    layout: str
    axes: tuple[str, ...]
    code: str
    size: tuple[int, ...]
    stride: tuple[int, ...]
    view: bool
    contiguous: bool

    def lines(self) -> list[str]:
        """Layout, code, size and stride, and whether anything was copied."""
        kept = "a view" if self.view else "a copy"
        walked = "contiguous" if self.contiguous else "not contiguous"
        return [f"{self.layout}: {self.code}", f"  size {self.size}, stride {self.stride}, {walked}, {kept}"]


def to_layout(image: Shaped[Tensor, "..."], given: str, wanted: str) -> Shaped[Tensor, "..."]:
    """The image with its axes in another order, always as a view: axes are permuted, added (length 1) or dropped.

    Args:
        image: its axes as `given` names them.
        given: N case, C channel, D slice, H row, W column, such as "HWC".
        wanted: the same letters in another order; N and C may be added, or dropped where their length is 1.
    Returns:
        a view of the image.
    Raises:
        BadInput: an unknown layout, another number of axes, or an axis to drop that is longer than 1.

    >>> to_layout(torch.zeros(28, 20, 3), "HWC", "NCHW").shape
    torch.Size([1, 3, 28, 20])
    """
    _check(image, given, wanted)
    view, letters = image, given
    for letter in [letter for letter in given if letter not in wanted]:
        place = letters.index(letter)
        if letter not in "NC" or view.shape[place] != 1:
            raise BadInput(
                f"{given} has the axis {letter} ({AXES[letter]}) of length {view.shape[place]}, {wanted} has none. "
                f"Only cases and channels of length 1 can be dropped; pick one first, as x.select({place}, 0)."
            )
        view, letters = view.squeeze(place), letters.replace(letter, "")
    for letter in [letter for letter in reversed(wanted) if letter not in letters]:
        if letter not in "NC":
            raise BadInput(
                f"{wanted} has the axis {letter} ({AXES[letter]}), {given} has none. Give an image that has it."
            )
        view, letters = view.unsqueeze(0), letter + letters
    return view.permute([letters.index(letter) for letter in wanted])


def _check(image: Shaped[Tensor, "..."], *layouts: str) -> None:
    for layout in layouts:
        if layout not in LAYOUTS:
            raise BadInput(f"{layout!r} is no layout of images; one of {', '.join(LAYOUTS)} was needed.")
    if image.ndim != len(layouts[0]):
        raise BadInput(
            f"The image has the shape {tuple(image.shape)}, {image.ndim} axes; {layouts[0]} names {len(layouts[0])}. "
            "Name the layout that the image has."
        )


def layouts(image: Shaped[Tensor, "..."], given: str = "HWC") -> list[Arranged]:
    """The image in every layout that torch's layers and image files use, each with its code and strides.

    Args:
        image: its axes as `given` names them.
        given: its layout.
    Returns:
        as given; channels first; as a batch; that batch made contiguous; and in torch's channels_last order, which
        names its axes NCHW (or NCDHW) and keeps the channels of a pixel side by side in memory.
    Raises:
        BadInput: an unknown layout, or another number of axes.

    >>> print(*layouts(torch.zeros(28, 20, 3))[1].lines(), sep="\\n")
    CHW: x.permute(2, 0, 1)
      size (3, 28, 20), stride (1, 60, 3), not contiguous, a view
    """
    _check(image, given)
    deep = "D" if "D" in given else ""
    first, batch = f"C{deep}HW", f"NC{deep}HW"
    order = torch.channels_last_3d if deep else torch.channels_last
    views = [layout for layout in (given, first, batch) if "N" not in given or "N" in layout]
    told = [_arranged(layout, code_of(given, layout), to_layout(image, given, layout), image) for layout in views]
    told = [one for place, one in enumerate(told) if one.layout not in [other.layout for other in told[:place]]]
    whole, code = to_layout(image, given, batch), told[-1].code
    last = "channels_last_3d" if deep else "channels_last"
    return [
        *told,
        _arranged(batch, f"{code}.contiguous()", whole.contiguous(), image),
        _arranged(batch, f"{code}.to(memory_format=torch.{last})", whole.to(memory_format=order), image),
    ]


def code_of(given: str, wanted: str) -> str:
    """The code of `to_layout` for layouts that only add axes and permute them.

    A case axis is added before axes are permuted: added afterwards, its stride would hide from torch that the image
    lies in channels_last order already, and a conversion to it would copy.

    >>> code_of("HWC", "NCHW"), code_of("DHW", "NCDHW"), code_of("HWC", "HWC")
    ('x.unsqueeze(0).permute(0, 3, 1, 2)', 'x.unsqueeze(0).unsqueeze(0)', 'x')
    """
    added = "".join(letter for letter in wanted if letter not in given)
    order = [(added + given).index(letter) for letter in wanted]
    permuted = "" if order == sorted(order) else f".permute({', '.join(map(str, order))})"
    return "x" + ".unsqueeze(0)" * len(added) + permuted


def _arranged(layout: str, code: str, made: Shaped[Tensor, "..."], image: Shaped[Tensor, "..."]) -> Arranged:
    axes = tuple(AXES[letter] for letter in layout)
    kept = shares_storage(made, image)
    return Arranged(layout, axes, code, tuple(made.shape), made.stride(), kept, made.is_contiguous())
