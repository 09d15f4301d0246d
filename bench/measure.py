"""Wall time, exit status and peak memory of a command, watched from outside.

Memory is that of the command's whole process tree: on Linux the sum of anonymous resident pages (RssAnon: what is truly
held; mapped files are the system's cache), elsewhere of resident pages. It is looked at every 50 ms, so a shorter peak
can be missed; pages that a fork shares are counted in each process. A look costs 2 ms; `watch=False` does not look.

    python bench/measure.py COMMAND...
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY_SECONDS = 0.05
HAS_PROC = Path("/proc/self/status").exists()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command did."""

    seconds: float
    status: int
    peak_mb: float
    output: str
    errors: str

    def json(self):
        """The one JSON object that the command printed."""
        return json.loads(self.output)


def measure(command, environment=None, watch=True):
    """Run a command to its end; `environment` is added to this process's own."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        surroundings = {**os.environ, **(environment or {})}
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=surroundings, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        peak, ended = [0.0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, ended), daemon=True)
        if watch:
            watcher.start()
        status = process.wait()
        seconds = time.perf_counter() - begun
        ended.set()
        if watch:
            watcher.join()
        said = [file.read().decode("utf-8", "replace") for file in (output, errors) if file.seek(0) == 0]
    return Measured(seconds, status, peak[0], *said)


def measure_sound(command, environment=None, watch=True):
    """The same; a command that fails ends the bench with its last words."""
    measured = measure(command, environment, watch)
    if measured.status != 0:
        words = measured.errors.strip()[-2000:]
        sys.exit(f"{' '.join(map(str, command))}\nfailed with status {measured.status}: {words}")
    return measured


def _watch(pid, peak, ended):
    while not ended.wait(EVERY_SECONDS):
        with suppress(psutil.Error):
            top = psutil.Process(pid)
            peak[0] = max(peak[0], sum(map(held_mb, [top, *top.children(recursive=True)])))


def held_mb(process):
    """Memory that one process holds now; 0 once it is gone."""
    with suppress(psutil.Error, OSError):
        if not HAS_PROC:
            return process.memory_info().rss / 1e6
        status = Path(f"/proc/{process.pid}/status").read_text()
        lines = [line for line in status.splitlines() if line.startswith("RssAnon")]
        return int(lines[0].split()[1]) * 1024 / 1e6 if lines else 0.0
    return 0.0


def load_average():
    """Programs that ran or waited to run, on average over the last minute."""
    return psutil.getloadavg()[0]


def work_of_others():
    """Processor seconds spent so far by all but this process and the commands that it has run to their end."""
    spent = psutil.cpu_times()._asdict()  # guest time stands in user time already
    busy = sum(value for name, value in spent.items() if name not in ("idle", "iowait", "guest", "guest_nice"))
    return busy - sum(os.times()[:4])


if __name__ == "__main__":
    done = measure(sys.argv[1:])
    sys.stdout.write(done.output)
    sys.stderr.write(done.errors)
    print(f"{done.seconds:.3f} s, {done.peak_mb:.1f} MB at the peak, status {done.status}", file=sys.stderr)
    sys.exit(done.status)
