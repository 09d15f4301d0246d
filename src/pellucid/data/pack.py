"""Image files to pack: all decoded once, in parallel, into one array on disk, and found there ever after."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.archives import Member, ZipBytes
from pellucid.data.decode import decode
from pellucid.data.form import Form, first_form
from pellucid.data.listing import Listing
from pellucid.data.processes import Outcome, decode_all
from pellucid.data.store import Facts, Pack, Unfinished
from pellucid.errors import BadInput, PellucidError
from pellucid.progress import Progress
from pellucid.shapes import Int


def pack_files(
    listing: Listing,
    key: str,
    packs: Path,
    image_size: int | None,
    tag: str,
    progress: Progress,
    ready: list[subprocess.Popen[str]] | None = None,
) -> Pack:
    """Decode every file of the listing into a pack.

    Files that cannot be read are left out and named in the pack's facts, up to half of them.

    Raises:
        BadInput: more than half of the files cannot be read, or the disk is full.
    """
    started = time.monotonic()
    form: Form | None = _form_of_the_first(listing, image_size)
    with Unfinished(packs) as making:
        while form is not None:
            making.make_room(len(listing.items), form, sizes=True)
            last, outcome = form, decode_all(listing, making.folder, form, image_size, tag, progress, ready=ready)
            form = outcome.wider
        _check_readable(listing, outcome)
        kept = np.array([row for row in range(len(listing.items)) if row not in outcome.unreadable], np.int64)
        if len(kept) < len(listing.items):
            making.keep_only(kept, last)
        facts = _facts(listing, last, outcome, kept, key, tag)
        return making.finish(replace(facts, seconds=time.monotonic() - started))


def _check_readable(listing: Listing, outcome: Outcome) -> None:
    count, images = len(outcome.unreadable), len(listing.items)
    if 2 * count > images:
        first = outcome.unreadable[min(outcome.unreadable)]
        raise BadInput(
            f"{listing.source}: {count} of {images} images cannot be read, more than half; is it the right source? "
            f"The first: {first}"
        )


def _facts(listing: Listing, form: Form, outcome: Outcome, kept: Int[np.ndarray, " kept"], key: str, tag: str) -> Facts:
    def of(column: list[str]) -> list[str]:
        return [column[row] for row in kept]

    return Facts(
        form=form,
        names=of(listing.names),
        classes=list(listing.classes),
        labels=listing.labels[kept].tolist(),
        task=listing.task or ("binary" if len(listing.classes) == 2 else "multi-class"),
        parts=of(listing.parts) if listing.parts else None,
        columns={name: of(column) for name, column in listing.columns.items()},
        tags=[outcome.tags.get(row) for row in kept.tolist()] if outcome.tags else None,
        tag=tag,
        class_depth=listing.class_depth,
        unreadable=[[listing.names[row], reason] for row, reason in sorted(outcome.unreadable.items())],
        said=[*listing.said, *_said_of_form(form, outcome.kinds, listing.names)],
        key=key,
    )


def _said_of_form(form: Form, kinds: dict[str, tuple[int, int]], names: list[str]) -> list[str]:
    """What was done to make all images alike, with how many it concerned and the first of them."""
    images = sum(count for count, _ in kinds.values())

    def those(word: str) -> tuple[int, str]:
        found = [kinds[kind] for kind in kinds if word in kind.split()]
        return sum(count for count, _ in found), names[min((first for _, first in found), default=0)]

    said = [form.said_of_size()] if form.resized else []
    if form.channels == 3:
        count, first = those("gray")
        said.append(
            f"{count} of {images} images are gray beside RGB ones and were made RGB, {first} first."
            if count
            else "All images are kept as RGB: they are in colour."
        )
    count, first = those("uint8")
    if form.dtype == "uint16" and count:
        said.append(f"{count} of {images} images are 8 bit beside 16 bit ones and were taken x 257, {first} first.")
    count, first = those("uint16")
    if form.dtype == "int16" and count:
        said.append(
            f"{count} of {images} images are unsigned beside signed ones, and were kept as such, {first} first."
        )
    return said


def _form_of_the_first(listing: Listing, image_size: int | None) -> Form:
    reason = ""
    for item in listing.items:
        try:
            return first_form(decode(*_contents(listing, item)), image_size)
        except (PellucidError, OSError) as problem:
            reason = reason or str(problem)
    raise BadInput(f"{listing.source}: none of {len(listing.items)} images can be read. The first: {reason}")


def _contents(listing: Listing, item: Any) -> tuple[bytes, str]:
    if not listing.zipped:
        return (listing.source / item).read_bytes(), item
    with ZipBytes(listing.source) as read:
        return read(Member(*item)), item[0]
