"""Runs the jobs of a packing, in this process or in one for each core, and gathers what they say."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pellucid.data.form import Form
from pellucid.data.listing import Listing
from pellucid.data.packing import CHUNK, Job, pack_share
from pellucid.errors import BadInput, PellucidError
from pellucid.progress import Progress

FEW = 1_000
"""Fewer images than this are decoded in this process: starting others would cost more than they save."""

Facts = Generator[dict[str, Any], None, None]


@dataclass(slots=True)
class Outcome:
    """What became of the images; rows are numbered as in the listing."""

    unreadable: dict[int, str] = field(default_factory=dict)
    """Why, for each that could not be read."""
    tags: dict[int, str | None] = field(default_factory=dict)
    """The DICOM tag of each DICOM file."""
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """"gray uint8", "RGB uint16" ...: how many images were of the kind as they came, and the first of them."""
    wider: Form | None = None
    """Set where an image did not fit: all must be decoded again, into this form."""

    def count_kinds(self, kinds: dict[str, list[int]]) -> None:
        """Add what one chunk held."""
        for kind, (count, first) in kinds.items():
            before, earliest = self.kinds.get(kind, (0, first))
            self.kinds[kind] = (before + count, min(earliest, first))


def decode_all(
    listing: Listing,
    folder: Path,
    form: Form,
    image_size: int | None,
    tag: str,
    progress: Progress,
    strict: bool = False,
    ready: list[subprocess.Popen[str]] | None = None,
) -> Outcome:
    """Decode every image of the listing into the unfinished pack in `folder`, by processes that are ready or new.

    Raises:
        BadInput: the disk does not take what is written.
        PellucidError: a decoding process was ended from outside.
    """
    workers = core_count() if len(listing.items) >= FEW and sys.executable else 1
    chunks = [(start, listing.items[start : start + CHUNK]) for start in range(0, len(listing.items), CHUNK)]
    jobs = [
        Job(str(listing.source), listing.zipped, chunks[worker::workers], str(folder), form, image_size, tag, strict)
        for worker in range(workers)
    ]
    outcome, done = Outcome(), 0
    with contextlib.closing(_say_in_processes(jobs, ready or []) if workers > 1 else _say_here(jobs[0])) as facts:
        for fact in facts:
            match fact:
                case {"done": count, "kinds": kinds}:
                    done += count
                    outcome.count_kinds(kinds)
                    progress("reading images", done, len(listing.items))
                case {"unreadable": [index, reason]}:
                    outcome.unreadable[index] = reason
                case {"tag": [index, value]}:
                    outcome.tags[index] = value
                case {"wider": wider}:
                    outcome.wider = Form(**wider)
                    break  # the rest would be decoded in vain
                case {"failed": reason}:
                    raise BadInput(
                        f"{folder.parent} cannot take the packed images ({reason}): make room, or set PELLUCID_CACHE."
                    )
                case {"died": status}:
                    raise PellucidError(
                        f"A process that decoded images of {listing.source} was ended (status {status}): the memory "
                        "may have run out. Close other programs, and run it again."
                    )
    return outcome


def core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def called_early(worth_it: bool) -> Iterator[list[subprocess.Popen[str]]]:
    """Decoding processes that start up while the files are still being listed; those not taken are ended."""
    ready = [_process() for _ in range(core_count())] if worth_it and sys.executable else []
    try:
        yield ready
    finally:
        for process in ready:
            _end(process)


def _process() -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", "pellucid.data.packing"], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def _say_here(job: Job) -> Facts:
    try:
        yield from pack_share(job)
    except OSError as problem:
        yield {"failed": str(problem)}


def _say_in_processes(jobs: list[Job], ready: list[subprocess.Popen[str]]) -> Facts:
    """What all processes say, as they say it; leaving early ends them."""
    said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    processes: list[subprocess.Popen[str]] = []
    listeners: list[threading.Thread] = []
    try:
        for job in jobs:
            processes.append(ready.pop() if ready else _process())
            listeners.append(threading.Thread(target=_listen, args=(processes[-1], job, said), daemon=True))
            listeners[-1].start()
        gone = 0
        while gone < len(jobs):
            fact = said.get()
            gone += "gone" in fact
            yield fact
    finally:
        for process in processes:
            process.kill()
        for listener in listeners:
            listener.join()


def _listen(process: subprocess.Popen[str], job: Job, said: queue.SimpleQueue[dict[str, Any]]) -> None:
    if process.stdin and process.stdout:
        with contextlib.suppress(OSError), process.stdin as asking:  # a process that has ended: its status tells
            asking.write(job.to_json() + "\n")
        with contextlib.suppress(OSError, ValueError), process.stdout as answers:  # half a line: ended while it spoke
            for line in answers:
                said.put(json.loads(line))
    if process.wait() != 0:
        said.put({"died": process.returncode})
    said.put({"gone": True})
