"""Decodes many image files into one packed file, in this process or in several; runs as a process of its own, too.

`python -m pellucid.data.packing` reads one job as JSON from stdin, and answers in JSON lines on stdout. Processes
rather than threads, because the interpreter's lock would hold half of the decoding back; of their own rather than
forked, because a program that uses torch or a notebook cannot be forked safely.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.archives import Member, ZipBytes
from pellucid.data.decode import decode
from pellucid.data.form import DoesNotFit, Form, fit
from pellucid.errors import PellucidError

CHUNK = 256
"""Images decoded between two writes: about 1 MB at 64 x 64, which stays in a core's cache. Chosen by us."""

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One process's share of a packing: every `workers`-th chunk, beginning with chunk number `worker`."""

    source: str
    zipped: bool
    items: list[Any]  # paths below source, or Members as tuples
    out: str
    form: Form
    image_size: int | None
    worker: int
    workers: int
    tag: str

    def to_json(self) -> str:
        """For the process's stdin."""
        return json.dumps({**asdict(self), "form": self.form.as_dict()})

    @staticmethod
    def from_json(text: str) -> Job:
        """The job that `to_json` wrote."""
        facts = json.loads(text)
        return Job(**{**facts, "form": Form(**facts["form"])})


def pack_share(job: Job, say: Say) -> None:
    """Decode this job's chunks, write pixels and their hashes in place, and say what happened.

    It says {"done": n} after each chunk, {"unreadable": [index, reason]}, {"tag": [index, value]} for DICOM files, and
    {"wider": form} where an image does not fit (then it ends: all must start again with the wider form).
    """
    with _open_contents(job) as contents_of, open(f"{job.out}/images.bin", "r+b") as images, open(  # noqa: PTH123
        f"{job.out}/sha256.bin", "r+b"
    ) as hashes:
        for start in range(job.worker * CHUNK, len(job.items), job.workers * CHUNK):
            stop = min(start + CHUNK, len(job.items))
            block = np.zeros((stop - start, *job.form.shape), job.form.dtype)
            try:
                _decode_block(job, contents_of, range(start, stop), block, say)
            except DoesNotFit as signal:
                say({"wider": signal.wider.as_dict()})
                return
            images.seek(start * job.form.image_bytes)
            images.write(memoryview(block).cast("B"))
            hashes.seek(start * 32)
            hashes.write(b"".join(hashlib.sha256(image).digest() for image in block))
            say({"done": stop - start})


def _decode_block(job: Job, contents_of: Any, indices: range, block: np.ndarray, say: Say) -> None:
    for row, index in enumerate(indices):
        try:
            name, contents = contents_of(job.items[index])
            if contents[128:132] == b"DICM":
                _say_tag(contents, index, job.tag, say)
            image = decode(contents, name, job.form.size if job.form.resized else None)
            block[row] = fit(image, job.form, name, job.image_size)
        except (PellucidError, OSError) as problem:
            say({"unreadable": [index, str(problem)]})


def _say_tag(contents: bytes, index: int, tag: str, say: Say) -> None:
    from pellucid.data.dicom import read_tag

    say({"tag": [index, read_tag(contents, tag)]})


class _FileBytes:
    def __init__(self, root: str) -> None:
        self.root = root

    def __enter__(self) -> _FileBytes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, item: str) -> tuple[str, bytes]:
        with open(f"{self.root}/{item}", "rb", buffering=0) as file:  # noqa: PTH123 - a third of pathlib's time
            return item, file.read()


class _MemberBytes(ZipBytes):
    def __call__(self, item: Any) -> tuple[str, bytes]:  # type: ignore[override]
        member = Member(*item)
        return member.name, super().__call__(member)


def _open_contents(job: Job) -> _FileBytes | _MemberBytes:
    return _MemberBytes(Path(job.source)) if job.zipped else _FileBytes(job.source)


def answers(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """What a process said, line by line."""
    for line in lines:
        yield json.loads(line)


def main() -> None:
    """Do the job on stdin. A process whose parent has gone finds its stdout closed, and ends."""
    job = Job.from_json(sys.stdin.readline())

    def say(fact: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()

    try:
        pack_share(job, say)
        say({"end": True})
    except OSError as problem:
        say({"failed": str(problem)})
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
