"""Array file to pack: its images copied a block at a time into the one form that packs have."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from pellucid.data.arrays import ArraySource
from pellucid.data.form import DoesNotFit, Form, first_form, fit
from pellucid.data.store import Facts, Pack, Unfinished, cannot_take
from pellucid.errors import BadInput
from pellucid.progress import Progress
from pellucid.shapes import Shaped


def pack_arrays(source: ArraySource, key: str, packs: Path, image_size: int | None, progress: Progress) -> Pack:
    """Copy the images of an array file into a pack, a block at a time.

    Raises:
        BadInput: no images, numbers that are no 8 or 16 bit pixels, labels that name no class, or a full disk.
    """
    started = time.monotonic()
    cases, done = len(source.labels), 0
    if not cases:
        raise BadInput(f"{source.source} holds no images: at least two classes with a few images each are needed.")
    classes = _classes(source)
    with Unfinished(packs) as making:
        first = next(source.blocks())
        form = first_form(_as_pixels(first, source.source)[0], image_size)
        making.make_room(cases, form)
        with (making.folder / "images.bin").open("r+b") as images, (making.folder / "sha256.bin").open("r+b") as hashes:
            for block in source.blocks():
                fitted = _fit_block(_as_pixels(block, source.source), form, source.source, image_size)
                with cannot_take(packs):
                    images.write(fitted.data)
                    hashes.write(b"".join(hashlib.sha256(image.data).digest() for image in fitted))
                done += len(block)
                progress("reading images", done, cases)
        facts = _facts(source, classes, form, key)
        return making.finish(replace(facts, seconds=time.monotonic() - started))


def _as_pixels(block: np.ndarray, path: Path) -> Shaped[np.ndarray, "case row column *channel"]:
    if block.ndim == 4 and block.shape[-1] == 1:
        block = block[..., 0]
    if block.dtype.name not in ("uint8", "uint16", "int16"):
        raise BadInput(f"{path} holds images of {block.dtype.name}: whole numbers (uint8, uint16, int16) are needed.")
    return block


def _fit_block(
    block: Shaped[np.ndarray, "case row column *channel"], form: Form, path: Path, image_size: int | None
) -> Shaped[np.ndarray, "case channel size size"]:
    if not form.resized and block.shape[1:3] == (form.size, form.size):
        planes = block[:, None] if block.ndim == 3 else block.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(planes, dtype=form.dtype)
    try:
        return np.stack([fit(image, form, str(path), image_size) for image in block])
    except DoesNotFit as signal:
        raise BadInput(
            f"{path} holds images of different forms ({form.shape} and {signal.wider.shape}): save all alike."
        ) from None


def _classes(source: ArraySource) -> tuple[str, ...]:
    labels, path = source.labels, source.source
    low, high = int(labels.min()), int(labels.max())
    if low < 0:
        raise BadInput(f"{path} has the label {low}: class numbers from 0 on are needed.")
    if labels.ndim == 2 and high > 1:
        raise BadInput(
            f"{path} has labels of several columns, which must be 0 or 1 (one column a class): {high} is there."
        )
    count = labels.shape[1] if labels.ndim == 2 else high + 1
    if source.classes is None:
        return tuple(map(str, range(count)))
    if count > len(source.classes) or (labels.ndim == 2 and count != len(source.classes)):
        raise BadInput(f"{path} has labels for {count} classes, but names {len(source.classes)}: name them all.")
    return source.classes


def _facts(source: ArraySource, classes: tuple[str, ...], form: Form, key: str) -> Facts:
    kind = "multi-label" if source.labels.ndim == 2 else "binary" if len(classes) == 2 else "multi-class"
    return Facts(
        form=form,
        names=source.names,
        classes=list(classes),
        labels=source.labels.tolist(),
        task=source.task or kind,
        parts=source.parts,
        columns={"group": source.groups} if source.groups else {},
        tags=None,
        tag="",
        class_depth=None,
        unreadable=[],
        said=[form.said_of_size()] if form.resized else [],
        key=key,
    )
