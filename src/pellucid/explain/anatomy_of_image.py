"""The tensor of a picture of one's own, opened: cells, rows, crops, other orders of its axes, arithmetic, files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pellucid.blocks.anatomy import (
    Anatomy,
    anatomy,
    broadcast,
    layouts,
    save_three_ways,
    side_by_side,
    watch_copies,
)
from pellucid.data.dataset import picture
from pellucid.data.decode import decode
from pellucid.errors import BadInput
from pellucid.evaluate.reporting.templates import template
from pellucid.run.writing import check_page, write_text
from pellucid.shapes import Shaped

MARK = '<meta name="generator" content="pellucid anatomy">'
"""By this an earlier page is known again, so that no other file is ever overwritten."""


SIDE = 224
"""Pixels of the picture on the page. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Section:
    """One thing to see: what it is, the code that makes it, what is found, and its drawing."""

    title: str
    told: str
    code: str
    lines: tuple[str, ...]
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class ImageAnatomy:
    """The tensor of one image, with all that is to be seen of it."""

    path: Path
    image: Anatomy
    at: tuple[int, ...]
    sections: tuple[Section, ...]
    shown: str
    """The image itself, as an <img>."""

    def lines(self) -> list[str]:
        """For the terminal."""
        said = []
        for section in self.sections:
            said += ["", section.title, f"  >>> {section.code}", *(f"  {line}" for line in section.lines)]
        return said[1:]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the facts of the tensor itself, and which cell the index reads."""
        facts = ("size", "stride", "offset", "dtype", "bytes_per_number", "storage_bytes", "contiguous")
        told = {name: getattr(self.image, name) for name in facts}
        return {"image": str(self.path), **told, "at": list(self.at), "cell": self.image.cell(self.at)}

    def as_html(self) -> str:
        """A page that holds its pictures, and asks for nothing else."""
        from markupsafe import Markup

        page = template("anatomy.html.jinja", autoescape=True, room="pellucid.explain")
        drawings = [(section, Markup(section.drawing)) for section in self.sections]
        return page.render(mark=Markup(MARK), found=self, sections=drawings, shown=Markup(self.shown))


def anatomy_of_image(path: Path, at: Sequence[int] | None = None) -> ImageAnatomy:
    """Read an image as it is stored, and look at its tensor from all sides.

    Args:
        path: an image file that `pellucid predict` reads.
        at: row, column (and channel, else the first) of the number to follow to its cell; by default the middle.
    Raises:
        BadInput: no such file, no image, or no such place in it.
    """
    try:
        contents = path.read_bytes()
    except OSError as problem:
        raise BadInput(f"{path} cannot be read ({problem.strerror}): name an image file.") from None
    stored = decode(contents, str(path))
    image = torch.from_numpy(np.array(stored))  # a copy that may be written to
    found = anatomy(image, "image")
    asked = tuple(at) if at is not None else tuple(length // 2 for length in image.shape[:2])
    if image.dim() == 3 and len(asked) == 2:
        asked = (*asked, 0)  # a pixel of several channels: the first one's number
    chosen = found.place_of(asked)
    step = max(1, stored.shape[0] // SIDE)
    few = stored[::step, ::step]  # so that the page stays small
    channels_first = few[None] if few.ndim == 2 else few.transpose(2, 0, 1)
    sections = (
        _as_stored(found, chosen),
        _views(image, chosen),
        _orders(image),
        _copies(image),
        _meets_its_mean(image),
        _files(image),
    )
    return ImageAnatomy(path, found, chosen, sections, picture(channels_first, path.name, SIDE))


def place(told: str | None) -> tuple[int, ...] | None:
    """An index as it is told to the command line.

    Raises:
        BadInput: it is none.

    >>> place("10,20")
    (10, 20)
    """
    if told is None:
        return None
    try:
        return tuple(int(number) for number in told.split(","))
    except ValueError:
        raise BadInput(f"--at {told} is no place: give whole numbers, such as 10,20.") from None


def save_anatomy(found: ImageAnatomy, page: Path) -> None:
    """Write the page, whole or not at all; only an earlier page of this kind is replaced.

    Raises:
        BadInput: some other file is there, or no folder for it.
    """
    check_page(page, MARK, "anatomy page")
    write_text(page, found.as_html())


def _as_stored(found: Anatomy, at: tuple[int, ...]) -> Section:
    kind = "row, column" if len(found.size) == 2 else "row, column, channel"
    told = f"The file, decoded: an array of {kind}. In memory there are no rows: there is one row of cells, and a rule."
    if at not in found.corner:
        told += " The drawing follows a number of the corner; the last line below follows the one that was asked for."
    code = f"image = torch.from_numpy(decoded); image[{', '.join(map(str, at))}]"
    return Section("As it lies in memory", told, code, tuple(found.lines(at)), found.as_svg(at=_drawn(found, at)))


def _drawn(found: Anatomy, at: tuple[int, ...]) -> tuple[int, ...]:
    """A place inside the corner that is drawn: the asked one, if it lies there."""
    return at if at in found.corner else found.corner[-1]


def _views(image: Tensor, at: tuple[int, ...]) -> Section:
    row = at[0]
    views = (("image", image), (f"image[{row}]", image[row]), ("image[::2, ::2]", image[::2, ::2]))
    beside = side_by_side(*views, ("turned", image.transpose(0, 1)))
    told = "A row, every second pixel, the transpose: another size, stride and offset over the same cells."
    others = beside.lines()[len(anatomy(image, "image").lines()) :]  # the image itself was told above
    code = f"image[{row}], image[::2, ::2], turned = image.transpose(0, 1)"
    return Section("Views of the same numbers", told, code, tuple(others), beside.as_svg())


def _orders(image: Tensor) -> Section:
    with_channel = image if image.dim() == 3 else image.unsqueeze(2)
    told = "Files hold row, column, channel; networks want batch, channel, row, column. Most of the way is a view."
    lines = tuple(line for order in layouts(with_channel) for line in order.lines())
    code = f"x = image{'' if image.dim() == 3 else '.unsqueeze(2)'}; x.unsqueeze(0).permute(0, 3, 1, 2)"
    return Section("Orders of the axes", told, code, lines)


def _copies(image: Tensor) -> Section:
    with watch_copies() as watched:
        numbers = image.to(torch.float32) / 255
        numbers.transpose(0, 1).reshape(-1)
    code = "numbers = image.to(torch.float32) / 255; numbers.transpose(0, 1).reshape(-1)"
    told = "Numbers to learn from need fractions, and four bytes each. Laying a transpose out in a row copies it, too."
    lines = tuple(line.partition(": ")[2] if line.startswith("anatomy_of_image") else line for line in watched.lines())
    return Section("Copies that were made without a word", told, code, lines)


def _meets_its_mean(image: Tensor) -> Section:
    numbers = image.to(torch.float32)
    mean = numbers.mean((0, 1)) if image.dim() == 3 else numbers.mean(0)
    met = broadcast(tuple(numbers.shape), tuple(mean.shape))
    what = "each channel's mean" if image.dim() == 3 else "each column's mean"
    code = f"numbers - numbers.mean({'(0, 1)' if image.dim() == 3 else '0'})"
    told = f"Taking off {what}: two shapes are aligned at the right, and what is missing is read again, not copied."
    return Section("Two shapes that meet", told, code, tuple(met.lines()), met.as_svg())


def _files(image: Shaped[Tensor, "row column *channel"]) -> Section:
    small = {"image": image, "corner": image[:4, :4]}
    if image.dtype == torch.uint16:
        small = {name: tensor.to(torch.int32) for name, tensor in small.items()}
    with tempfile.TemporaryDirectory() as folder:
        saved = save_three_ways(small, Path(folder))
    told = "The image and a corner of it, which is a view, saved by torch, safetensors and HDF5."
    code = 'torch.save({"image": image, "corner": image[:4, :4]}, path)'
    return Section("Saved three ways", told, code, tuple(line for way in saved for line in way.lines()))
