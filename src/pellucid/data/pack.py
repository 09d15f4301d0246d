"""Source to pack: all its images decoded once, in parallel, into one array on disk, and found there ever after."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.archives import Member, ZipBytes
from pellucid.data.arrays import ArraySource
from pellucid.data.decode import decode
from pellucid.data.form import DoesNotFit, Form, first_form, fit
from pellucid.data.listing import Listing
from pellucid.data.packing import Job, pack_share
from pellucid.data.store import Facts, Pack, Unfinished
from pellucid.errors import BadInput, PellucidError
from pellucid.progress import Progress

FEW = 1_000
"""Fewer images than this are decoded in this process: starting others would cost more than they save."""


@dataclass(slots=True)
class _Outcome:
    unreadable: dict[int, str] = field(default_factory=dict)
    tags: dict[int, str | None] = field(default_factory=dict)
    wider: Form | None = None


def pack_files(listing: Listing, key: str, packs: Path, image_size: int | None, tag: str, progress: Progress) -> Pack:
    """Decode every file of the listing into a pack.

    Files that cannot be read are left out and named in the pack's facts.

    Raises:
        BadInput: no file can be read, or the disk is full.
    """
    started = time.monotonic()
    form: Form | None = _form_of_the_first(listing, image_size)
    with Unfinished(packs) as making:
        while form is not None:
            making.make_room(len(listing.items), form)
            last, outcome = form, _decode_all(listing, making.folder, form, image_size, tag, progress)
            form = outcome.wider
        kept = np.array([row for row in range(len(listing.items)) if row not in outcome.unreadable], np.int64)
        if not len(kept):
            raise BadInput(f"{listing.source}: none of {len(listing.items)} images can be read. {outcome.unreadable[0]}")
        if len(kept) < len(listing.items):
            making.keep_only(kept, last)
        facts = _facts(listing, last, outcome, kept, key, tag)
        return making.finish(replace(facts, seconds=time.monotonic() - started))


def _facts(listing: Listing, form: Form, outcome: _Outcome, kept: np.ndarray, key: str, tag: str) -> Facts:
    def of(column: list[str]) -> list[str]:
        return [column[row] for row in kept]

    said = list(listing.said)
    if form.resized:
        said.append(f"All images are resized to {form.size} x {form.size} pixels (--image-size chooses another size).")
    if form.channels == 3:
        said.append("All images are kept as RGB: some or all of them are in colour.")
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
        said=said,
        key=key,
    )


def _form_of_the_first(listing: Listing, image_size: int | None) -> Form:
    reason = ""
    for item in listing.items[:1000]:
        try:
            return first_form(decode(*_contents(listing, item)), image_size)
        except (PellucidError, OSError) as problem:
            reason = reason or str(problem)
    raise BadInput(f"{listing.source}: none of the first {len(listing.items[:1000])} images can be read. {reason}")


def _contents(listing: Listing, item: Any) -> tuple[bytes, str]:
    if not listing.zipped:
        return (listing.source / item).read_bytes(), item
    with ZipBytes(listing.source) as read:
        return read(Member(*item)), item[0]


def _decode_all(
    listing: Listing, folder: Path, form: Form, image_size: int | None, tag: str, progress: Progress
) -> _Outcome:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = cores if len(listing.items) >= FEW and sys.executable else 1
    jobs = [
        Job(str(listing.source), listing.zipped, listing.items, str(folder), form, image_size, worker, workers, tag)
        for worker in range(workers)
    ]
    outcome, done = _Outcome(), 0
    with contextlib.closing(_say_in_processes(jobs) if workers > 1 else _say_here(jobs[0])) as facts:
        for fact in facts:
            match fact:
                case {"done": count}:
                    done += count
                    progress("reading images", done, len(listing.items))
                case {"unreadable": [index, reason]}:
                    outcome.unreadable[index] = reason
                case {"tag": [index, value]}:
                    outcome.tags[index] = value
                case {"wider": wider}:
                    outcome.wider = _join(outcome.wider, Form(**wider))
                    break  # the rest would be decoded in vain
                case {"failed": reason}:
                    raise BadInput(f"{folder.parent} cannot take the packed images ({reason}): make room, or set PELLUCID_CACHE.")
    return outcome


def _join(a: Form | None, b: Form) -> Form:
    return b if a is None else a


def _say_here(job: Job) -> Iterator[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    try:
        pack_share(job, said.append)
    except OSError as problem:
        said.append({"failed": str(problem)})
    yield from said


def _say_in_processes(jobs: list[Job]) -> Iterator[dict[str, Any]]:
    """What all processes say, as they say it; leaving early ends them."""
    command = [sys.executable, "-m", "pellucid.data.packing"]
    said: queue.Queue[dict[str, Any]] = queue.Queue()
    processes = []

    def listen(process: subprocess.Popen[str], job: Job) -> None:
        assert process.stdin and process.stdout
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(job.to_json() + "\n")
            process.stdin.close()
            for line in process.stdout:
                said.put(json.loads(line))
        if process.wait() != 0:
            said.put({"failed": f"a decoding process ended with status {process.returncode}"})
        said.put({"gone": True})

    try:
        for job in jobs:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
            processes.append(process)
            threading.Thread(target=listen, args=(process, job), daemon=True).start()
        gone = 0
        while gone < len(jobs):
            fact = said.get()
            gone += "gone" in fact
            yield fact
    finally:
        for process in processes:
            process.kill()
            process.wait()


def pack_arrays(source: ArraySource, key: str, packs: Path, image_size: int | None, progress: Progress) -> Pack:
    """Copy the images of an array file into a pack, a block at a time.

    Raises:
        BadInput: no images, or numbers that are no 8 or 16 bit pixels.
    """
    started = time.monotonic()
    cases, done = len(source.labels), 0
    if not cases:
        raise BadInput("The file holds no images: at least two classes with a few images each are needed.")
    with Unfinished(packs) as making:
        form = _room_for(source, making, image_size)
        with (making.folder / "images.bin").open("r+b") as images, (making.folder / "sha256.bin").open("r+b") as hashes:
            for block in source.blocks():
                fitted = _fit_block(block, form, image_size)
                images.write(memoryview(fitted).cast("B"))
                hashes.write(b"".join(hashlib.sha256(image).digest() for image in fitted))
                done += len(block)
                progress("reading images", done, cases)
        facts = _array_facts(source, form, key)
        return making.finish(replace(facts, seconds=time.monotonic() - started))


def _room_for(source: ArraySource, making: Unfinished, image_size: int | None) -> Form:
    first = _as_pixels(next(iter(source.blocks())))[0]
    form = first_form(first, image_size)
    making.make_room(len(source.labels), form)
    return form


def _as_pixels(block: np.ndarray) -> np.ndarray:
    if block.ndim == 4 and block.shape[-1] == 1:
        block = block[..., 0]
    if block.dtype.name not in ("uint8", "uint16", "int16"):
        raise BadInput(f"The images are {block.dtype.name}: whole numbers of 8 or 16 bits (uint8, uint16, int16) are needed.")
    return block


def _fit_block(block: np.ndarray, form: Form, image_size: int | None) -> np.ndarray:
    block = _as_pixels(block)
    if not form.resized:
        return np.ascontiguousarray(block[:, None] if block.ndim == 3 else block.transpose(0, 3, 1, 2))
    try:
        return np.stack([fit(image, form, "image", image_size) for image in block])
    except DoesNotFit as signal:
        raise BadInput(f"The images of one file differ in form: {signal.wider} was needed beside {form}.") from None


def _array_facts(source: ArraySource, form: Form, key: str) -> Facts:
    labels = source.labels
    count = labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1
    if labels.min() < 0:
        raise BadInput(f"A label is {labels.min()}: class numbers from 0 on are needed.")
    classes = source.classes or tuple(map(str, range(count)))
    if labels.ndim == 2 and not np.isin(labels, (0, 1)).all():
        raise BadInput(f"Labels of several columns must be 0 or 1 (one column a class); {labels.max()} was found.")
    if labels.ndim == 1 and labels.max() >= len(classes):
        raise BadInput(f"A label is {labels.max()}, but only {len(classes)} classes are named (0 to {len(classes) - 1}).")
    task = source.task or ("multi-label" if labels.ndim == 2 else "binary" if len(classes) == 2 else "multi-class")
    said = [f"All images are resized to {form.size} x {form.size} pixels (--image-size chooses another size)."] if form.resized else []
    return Facts(
        form=form,
        names=source.names,
        classes=list(classes),
        labels=labels.tolist(),
        task=task,
        parts=source.parts,
        columns={"group": source.groups} if source.groups else {},
        tags=None,
        tag="",
        class_depth=None,
        unreadable=[],
        said=[*source.said, *said],
        key=key,
    )
