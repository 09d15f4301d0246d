"""The five stages in a row: a scan, its lungs, a heat map, lumps, each lump's verdict, and the findings' rating."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pellucid.ct.grid import working_copy
from pellucid.ct.network.weights import SHIPPED
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Volume
from pellucid.memory import watched_peak
from pellucid.progress import Progress, silent

STAGES = ("grid", "lungs", "likeness", "group", "classify", "rate")


def find_nodules(
    volume: Volume,
    *,
    working: Volume | None = None,
    weights: Path = SHIPPED,
    progress: Progress = silent,
    read_seconds: float = 0.0,
) -> Study:
    """Look for nodules in a chest CT.

    Args:
        volume: the scan.
        working: the scan on the working grid, where it is there already.
        weights: of the network, as `pellucid ct train` writes them; by default those that ship.
        progress: told after each stage.
        read_seconds: what reading the scan took, to stand beside the stages.
    Returns:
        What every stage made of it; no lump is dropped on the way.
    Raises:
        BadInput: no lungs were found, or weights that cannot be used.
    """
    from pellucid.ct.likeness import nodule_likeness
    from pellucid.ct.lumps import MOST_LUMPS, group
    from pellucid.ct.lungs import find_lungs
    from pellucid.ct.network.verdicts import classify
    from pellucid.ct.rating import rate

    seconds = {"read": read_seconds}

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        seconds[stage] = time.perf_counter() - began
        progress("stages", STAGES.index(stage) + 1, len(STAGES))

    with watched_peak() as peak_mb:
        with timed("grid"):
            working = working or working_copy(volume)
        with timed("lungs"):
            lungs = find_lungs(working)
        with timed("likeness"):
            likeness = nodule_likeness(working, lungs)
        with timed("group"):
            lumps = group(likeness, working, lungs)
        with timed("classify"):
            nodules, threshold = classify(lumps, working, weights)
        with timed("rate"):
            findings = rate(nodules, working)
        seconds["total"] = sum(seconds.values())
    more = f"The {MOST_LUMPS} hottest lumps were looked at; cooler spots were not." if len(lumps) == MOST_LUMPS else ""
    told = (*volume.told, *lungs.told, *([more] if more else []))
    return Study(
        volume, working, lungs, likeness, lumps, nodules, findings, seconds, threshold, round(peak_mb(), 1), told
    )
