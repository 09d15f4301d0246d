"""How much memory the whole process tree holds at its peak, looked at a few times a second."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

EVERY_SECONDS = 0.25


@contextlib.contextmanager
def watched_peak() -> Iterator[Callable[[], float]]:
    """Within it, the returned function tells the largest memory so far, in MB.

    On Linux these are anonymous pages (what is truly held; a mapped pack is the system's cache), elsewhere resident
    ones.

    >>> with watched_peak() as peak_mb:
    ...     pass
    >>> peak_mb() > 1
    True
    """
    import psutil

    me, peak, done = psutil.Process(), [0.0], threading.Event()

    def look() -> None:
        held = 0.0
        with contextlib.suppress(psutil.Error):
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error, OSError, ValueError):
                    held += _held_mb(process)
        peak[0] = max(peak[0], held)

    def watch() -> None:
        while not done.wait(EVERY_SECONDS):
            look()

    look()
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield lambda: peak[0]
    finally:
        look()
        done.set()


def _held_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        lines = status.read_text("ascii", "replace").splitlines()
        line = next((line for line in lines if line.startswith("RssAnon")), "RssAnon: 0 kB")  # a dead process has none
        return int(line.split()[1]) * 1024 / 1e6
    return float(process.memory_info().rss) / 1e6
