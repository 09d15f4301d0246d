"""Dataset: columns, not rows. All images as one array, and beside it their labels, groups, names and parts."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.shapes import Int, Shaped, UInt8


@dataclass(frozen=True, slots=True, repr=False)
class Dataset:
    """Images with their labels, and what is known of where each came from.

    >>> from pellucid.data import read
    >>> digits = read("digits")
    >>> digits.images.shape, digits.task
    ((1797, 1, 8, 8), 'multi-class')
    """

    images: Shaped[np.ndarray, "case channel row column"]
    """uint8, int16 (Hounsfield units) or uint16, mapped from the pack, read-only; float32 in a `Classifier`."""
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]
    """One class index a case; for multi-label tasks a 0/1 matrix."""
    classes: tuple[str, ...]
    task: str
    """binary, multi-class, multi-label or ordinal."""
    names: list[str]
    sha256: UInt8[np.ndarray, "case 32"]
    """Of each image's packed pixels."""
    groups: Int[np.ndarray, " case"] | None = None
    """Patient or exam of each case, as a number; None where not known."""
    group_names: tuple[str, ...] = ()
    groups_from: str = ""
    """In words, where the groups come from."""
    parts: Shaped[np.ndarray, " case"] | None = None
    """train, valid or test, where the source fixes them."""
    source: Path = field(default_factory=Path)
    key: str = ""
    """Fingerprint of the source's contents and of how they were read."""
    said: tuple[str, ...] = ()
    """What a user should know of how the source was read."""
    unreadable: tuple[tuple[str, str], ...] = ()
    pack: Path | None = None
    from_cache: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.images.shape[1:]))
        what = f"{shape} {self.images.dtype}, {self.task}, {len(self.classes)} classes"
        return f"<{len(self):,} images of {what}, from {self.source}>"

    def counts(self) -> dict[str, int]:
        """How many cases each class has (multi-label: how many cases show it)."""
        if self.labels.ndim == 2:
            return dict(zip(self.classes, self.labels.sum(0).tolist(), strict=True))
        return dict(zip(self.classes, np.bincount(self.labels, minlength=len(self.classes)).tolist(), strict=True))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td align='right'>{count:,}</td><td>{_strip(self, number)}</td></tr>"
            for number, (name, count) in enumerate(self.counts().items())
        )
        shape = " x ".join(map(str, self.images.shape[1:]))
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.said)
        return (
            f"<b>{len(self):,} images</b> of {shape} {self.images.dtype}, {self.task}, "
            f"from {html.escape(str(self.source))}"
            f"<table><tr><th>class</th><th>cases</th><th>the first</th></tr>{rows}</table><ul>{notes}</ul>"
        )


def _strip(dataset: Dataset, klass: int, most: int = 8) -> str:
    shown = dataset.labels[:, klass] == 1 if dataset.labels.ndim == 2 else dataset.labels == klass
    return "".join(picture(dataset.images[row]) for row in np.flatnonzero(shown)[:most])


def picture(image: Shaped[np.ndarray, "channel row column"], title: str = "", side: int = 64) -> str:
    """An <img> of one image, its darkest value black and its brightest white, with the bytes inside it."""
    return picture_tag(png(image), title, side)


def picture_tag(contents: bytes, title: str = "", side: int = 64) -> str:
    """An <img> with these PNG bytes inside it.

    >>> picture_tag(b"", "scan")
    '<img src="data:image/png;base64," title="scan" alt="scan" width="64" style="image-rendering:pixelated">'
    """
    inside = base64.b64encode(contents).decode()
    named = f' title="{html.escape(title, quote=True)}" alt="{html.escape(title, quote=True)}"' if title else ' alt=""'
    return f'<img src="data:image/png;base64,{inside}"{named} width="{side}" style="image-rendering:pixelated">'


def png(image: Shaped[np.ndarray, "channel row column"]) -> bytes:
    """The image as PNG bytes, stretched to its own darkest and brightest value; a blank one keeps its shade."""
    from PIL import Image

    low, high = float(image.min()), float(image.max())
    if high == low:
        low, high = (0.0, 255.0) if image.dtype == np.uint8 else (low - 1, high + 1)
    bright = (image.astype(np.float32) - low) * (255 / (high - low))
    pixels = np.rint(bright).astype(np.uint8)
    shown = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    buffer = io.BytesIO()
    shown.save(buffer, "PNG")
    return buffer.getvalue()
