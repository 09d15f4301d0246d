"""Decodes many image files into one packed file, in this process or in several; runs as a process of its own, too.

`python -m pellucid.data.packing` reads one job as JSON from stdin, and answers in JSON lines on stdout. Processes
rather than threads, because the interpreter's lock would hold half of the decoding back; of their own rather than
forked, because a program that uses torch or a notebook cannot be forked safely.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.archives import Member, ZipBytes
from pellucid.data.decode import decode
from pellucid.data.form import DoesNotFit, Form, as_gray_if_gray, fit
from pellucid.errors import PellucidError

CHUNK = 256
"""Images decoded between two writes: about 1 MB at 64 x 64, which stays in a core's cache. Chosen by us."""


Kind = tuple[int, np.dtype[Any]]
"""Axes of an image as it comes (2 gray, 3 RGB), and its number type."""


@dataclass(frozen=True, slots=True)
class Job:
    """One process's share of a packing: chunks of images, each with the row where it begins."""

    source: str
    zipped: bool
    chunks: list[tuple[int, list[Any]]]  # first row, and paths below source or Members
    out: str
    form: Form
    image_size: int | None
    tag: str
    strict: bool = False
    """True for images that a trained model is asked about: its form is fixed, and what does not fit is unreadable."""

    def to_json(self) -> str:
        """For the process's stdin."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({**facts, "form": self.form.as_dict()})

    @staticmethod
    def from_json(text: str) -> Job:
        """The job that `to_json` wrote."""
        facts = json.loads(text)
        return Job(**{**facts, "form": Form(**facts["form"])})


def pack_share(job: Job) -> Iterator[dict[str, Any]]:
    """Decode this job's chunks, write pixels and their hashes in place, and say what happened.

    It says {"done": n, "kinds": {kind: [count, first index]}} after each chunk, {"unreadable": [index, reason]},
    {"tag": [index, value]} for DICOM files, and {"wider": form} where an image does not fit (then it ends: all must
    start again with the wider form).
    """
    out = Path(job.out)
    with (
        _open_contents(job) as contents_of,
        (out / "images.bin").open("r+b") as images,
        (out / "sha256.bin").open("r+b") as hashes,
        contextlib.nullcontext() if job.strict else (out / "sizes.bin").open("r+b") as sizes,
    ):
        for start, items in job.chunks:
            block = np.zeros((len(items), *job.form.shape), job.form.dtype)
            sides = np.full((len(items), 2), job.form.size, np.int32)
            kinds: dict[Kind, list[int]] = {}
            try:
                yield from _decode_block(job, contents_of, start, items, block, sides, kinds)
            except DoesNotFit as signal:
                yield {"wider": signal.wider.as_dict()}
                return
            images.seek(start * job.form.image_bytes)
            images.write(block.data)
            if sizes is not None:
                sizes.seek(start * 8)
                sizes.write(sides.data)
                hashes.seek(start * 32)
                hashes.write(b"".join(hashlib.sha256(image.data).digest() for image in block))
            named = {f"{'gray' if ndim == 2 else 'RGB'} {dtype.name}": found for (ndim, dtype), found in kinds.items()}
            yield {"done": len(items), "kinds": named}


def _decode_block(
    job: Job,
    contents_of: Any,
    start: int,
    items: list[Any],
    block: np.ndarray,
    sides: np.ndarray,
    kinds: dict[Kind, list[int]],
) -> Iterator[dict[str, Any]]:
    """Fill the block, note the size of each image, and count how many are gray or RGB, 8 or 16 bit, as they come."""
    side, dtype = (job.form.size, job.form.size), block.dtype
    at_least = job.form.size if job.form.resized else None
    for row, item in enumerate(items):
        index = start + row
        try:
            name, contents = contents_of(item)
            if contents[128:132] == b"DICM":
                yield {"tag": [index, _tag(contents, job.tag, name)]}
            image = decode(contents, name, at_least)
            if job.strict:
                image = as_gray_if_gray(image) if job.form.channels == 1 else image
            fits = image.shape == side and image.dtype == dtype  # nearly always, and nearly free
            block[row] = image if fits else fit(image, job.form, name, job.image_size)
            if at_least is not None or not fits:
                sides[row] = _size(contents, image)
        except DoesNotFit as signal:
            if not job.strict:
                raise
            yield {"unreadable": [index, signal.refusal(name, job.form)]}
            continue
        except (PellucidError, OSError) as problem:
            yield {"unreadable": [index, str(problem)]}
            continue
        kinds.setdefault((image.ndim, image.dtype), [0, index])[0] += 1


def _size(contents: bytes, image: np.ndarray) -> tuple[int, ...]:
    """Rows and columns as in the file; a large JPEG may have been decoded at a reduced scale."""
    if contents[:3] != b"\xff\xd8\xff":
        return image.shape[:2]
    import simplejpeg

    rows, columns, *_ = simplejpeg.decode_jpeg_header(contents)
    return rows, columns


def _tag(contents: bytes, keyword: str, name: str) -> str | None:
    from pellucid.data.dicom import read_tag

    return read_tag(contents, keyword, name)


READING = os.O_RDONLY | getattr(os, "O_BINARY", 0)

FIRST_READ = 2**16
"""Bytes asked for at once: most images are smaller, and memory for more would be asked of the system each time."""


def _all_of(file: int) -> bytes:
    contents = os.read(file, FIRST_READ)
    if len(contents) == FIRST_READ:
        while more := os.read(file, max(FIRST_READ, os.fstat(file).st_size)):
            contents += more
    return contents


class _FileBytes:
    def __init__(self, root: str) -> None:
        self.root = root

    def __enter__(self) -> _FileBytes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, item: str) -> tuple[str, bytes]:
        path = item if item[0] == "/" or item[1:2] == ":" else f"{self.root}/{item}"
        file = os.open(path, READING)  # and half the time of open()
        try:
            return item, _all_of(file)
        finally:
            os.close(file)


class _MemberBytes(ZipBytes):
    def __call__(self, item: Any) -> tuple[str, bytes]:  # type: ignore[override]
        member = Member(*item)
        return member.name, super().__call__(member)


def _open_contents(job: Job) -> _FileBytes | _MemberBytes:
    return _MemberBytes(Path(job.source)) if job.zipped else _FileBytes(job.source)


def main() -> None:
    """Do the job on stdin. A process whose parent has gone finds its stdout closed, and ends."""
    job = Job.from_json(sys.stdin.readline())
    try:
        for fact in pack_share(job):
            _say(fact)
    except BrokenPipeError:
        os._exit(1)  # nobody listens; a tidy end would try to flush stdout, and complain
    except OSError as problem:
        _say({"failed": str(problem)})
    except KeyboardInterrupt:
        sys.exit(130)


def _say(fact: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
