"""Gathers the cases of all scans, several scans at a time, each in a process of its own; Ctrl-C ends them all."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from pellucid.ct.learning.gathering import gather, save_cases
from pellucid.ct.learning.sources import Source
from pellucid.data.processes import core_count
from pellucid.errors import BadInput, PellucidError
from pellucid.progress import Progress

MOST_OTHERS = 200
"""Lumps that are no nodules, kept of each scan that is learned from. Chosen by us: 200 windows of 0.1 MB."""
BYTES_A_SCAN = 2e9
"""What looking through one scan may take at most; so many are looked through at once as fit into the free memory."""

Refused = dict[str, str]
"""Why, by the name of each scan that could not be looked through."""


def gather_all(sources: Sequence[Source], folder: Path, seed: int, progress: Progress) -> Refused:
    """Each scan's cases in a file of its own; those that are there already stay.

    Args:
        sources: the scans.
        folder: of the files, NAME.npz each.
        seed: of what is drawn from each scan.
        progress: told of each scan.
    Returns:
        The scans without a file, such as one that is no chest, each with the reason.
    Raises:
        PellucidError: a process was ended from outside.
    """
    missing = [(row, source) for row, source in enumerate(sources) if not (folder / f"{source.name}.npz").is_file()]
    workers = min(len(missing), core_count(), int(_free_bytes() / BYTES_A_SCAN))
    each = _here if workers <= 1 else _in_processes
    refused: Refused = {}
    done = len(sources) - len(missing)
    progress("gathering", done, len(sources))
    with closing(each(missing, folder, seed, workers)) as gathered:
        for name, why in gathered:
            done += 1
            if why:
                refused[name] = why
            progress("gathering", done, len(sources))
    return dict(sorted(refused.items()))


def gather_one(source: Source, folder: Path, row: int, seed: int) -> tuple[str, str]:
    """One scan's cases, in one thread: all lumps where it freezes, hard ones and some others where it learns.

    Returns:
        Its name, and why it could not be looked through; empty where it could.
    """
    rng = np.random.default_rng([seed, 3, row])
    with _one_thread():
        try:
            volume, truth = source.open()
            cases = gather(volume, truth, scan=row, most=MOST_OTHERS if source.learns else None, rng=rng)
        except BadInput as problem:
            return source.name, str(problem)
    save_cases(folder / f"{source.name}.npz", cases)
    return source.name, ""


Rows = Sequence[tuple[int, Source]]
Gathered = Generator[tuple[str, str], None, None]


def _here(missing: Rows, folder: Path, seed: int, workers: int) -> Gathered:
    for row, source in missing:
        yield gather_one(source, folder, row, seed)


def _in_processes(missing: Rows, folder: Path, seed: int, workers: int) -> Gathered:
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may wait for ever
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        with _ctrl_c_for_us_alone():
            jobs = [pool.submit(gather_one, source, folder, row, seed) for row, source in missing]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BrokenProcessPool:
            raise PellucidError(
                "A process that looked through scans was ended: the memory may have run out (close other programs), or "
                'a script began it outside of `if __name__ == "__main__":`. Begin again; what was gathered is kept.'
            ) from None
        except BaseException:  # Ctrl-C above all: nobody waits for the scans that are being looked through
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            raise


@contextmanager
def _ctrl_c_for_us_alone() -> Iterator[None]:
    """Processes begun within it pass over Ctrl-C, which a terminal sends to all; who began them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may choose
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _end_with_parent() -> None:
    """See that this process ends when the one that began it is killed."""
    threading.Thread(target=_wait_for_its_end, daemon=True).start()


def _wait_for_its_end() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch computes in one thread within it, so that a scan's cases do not depend on how many were at work."""
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def _free_bytes() -> float:
    import psutil

    return float(psutil.virtual_memory().available)
