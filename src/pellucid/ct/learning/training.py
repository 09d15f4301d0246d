"""`pellucid ct train`: gather cases from phantoms or LUNA16, teach the network, freeze it, and write it in one file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.ct.learning.gathering import gather, load_cases, save_cases
from pellucid.ct.learning.sources import Source, luna, phantoms
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent

MOST_OTHERS = 200
"""Lumps that are no nodules, kept of each scan that is learned from. Chosen by us: 200 windows of 0.1 MB."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What was taught, and how it did on the scans that it was frozen on."""

    weights: Path
    facts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"weights": str(self.weights), **self.facts}

    def lines(self) -> list[str]:
        """For the terminal."""
        facts = self.facts
        return [
            f"Learned from {facts['scans_learned']} scans ({facts['trained_on']}): {facts['nodules']} nodules and "
            f"{facts['others']} other lumps, in {facts['steps']} steps.",
            f"Frozen on {facts['scans_frozen']} other scans: p_nodule from {facts['threshold']:.3f} on is a finding. "
            f"There {facts['found']:.3f} of the lumps that are nodules are accepted, at "
            f"{facts['false_marks_a_scan']:.2f} false marks a scan.",
            f"Written to {self.weights}.",
        ]


def train_network(
    out: Path,
    *,
    luna_folder: Path | None = None,
    fold: int = 0,
    scans: int = 80,
    steps: int = 3000,
    seed: int = 0,
    progress: Progress = silent,
) -> Trained:
    """Teach a network from phantoms, or from LUNA16.

    What was gathered from each scan is kept beside `out` until the weights are written, so that a run that was cut
    short goes on from there.

    Args:
        out: the weights that are written; with `pellucid ct find --weights` they are used.
        luna_folder: scans in LUNA16's layout; None draws phantoms.
        fold: with LUNA16, the subset that is left out, to be measured.
        scans: phantoms to learn from; a fifth as many are drawn besides, to freeze calibration and threshold on.
        steps: batches learned from.
        seed: of all that is drawn.
        progress: told of each scan and step.
    Raises:
        BadInput: no scans, no nodules among them, or `out` cannot be written.
    """
    from pellucid.ct.learning.teaching import WIDTH, freeze, inner, teach
    from pellucid.ct.network.verdicts import logits_of
    from pellucid.ct.network.weights import NetworkFacts, save_network

    if out.is_dir() or not out.absolute().parent.is_dir():
        raise BadInput(f"{out} cannot be written: name a file in a folder that is there.")
    began = time.perf_counter()
    sources = luna(luna_folder, fold) if luna_folder else phantoms(scans, seed)
    told = f"LUNA16's layout, all folds but {fold}" if luna_folder else f"phantoms, seed {seed}"
    folder = out.with_name(f"{out.name}.gathered")
    folder.mkdir(exist_ok=True)
    gather_all(sources, folder, seed, progress)
    learned = load_cases([folder / f"{source.name}.npz" for source in sources if source.learns])
    nodules, others = int((learned.labels == 1).sum()), int((learned.labels == 0).sum())
    if not nodules or not others:
        raise BadInput(f"The scans hold {nodules} nodules and {others} other lumps; some of both are needed.")
    network = teach(learned, steps=steps, seed=seed, progress=progress)
    kept = [source for source in sources if not source.learns]
    frozen = load_cases([folder / f"{source.name}.npz" for source in kept])
    slope, intercept, threshold = freeze(network, frozen, len(kept))
    used = frozen.rows(np.flatnonzero(frozen.found & (frozen.labels != -1)))
    accepted = 1 / (1 + np.exp(-(slope * logits_of(network, inner(used)) + intercept))) >= threshold
    facts = {
        "trained_on": told,
        "scans_learned": len(sources) - len(kept),
        "scans_frozen": len(kept),
        "nodules": nodules,
        "others": others,
        "steps": steps,
        "threshold": threshold,
        "found": float(accepted[used.labels == 1].mean()) if (used.labels == 1).any() else 0.0,
        "false_marks_a_scan": float(accepted[used.labels == 0].sum() / len(kept)),
    }
    save_network(out, network, NetworkFacts(WIDTH, slope, intercept, threshold, told, dict(facts)))
    return Trained(out, {**facts, "seconds": round(time.perf_counter() - began, 1)})


def gather_all(sources: Sequence[Source], folder: Path, seed: int, progress: Progress) -> None:
    """Each scan's cases in a file of its own; those that are there already stay, the others are made on all cores."""
    missing = [(row, source) for row, source in enumerate(sources) if not (folder / f"{source.name}.npz").is_file()]
    workers = max(1, min(len(missing), os.cpu_count() or 1))
    done = len(sources) - len(missing)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(gather_one, source, folder, row, seed) for row, source in missing]
        try:
            for job in as_completed(jobs):
                job.result()
                done += 1
                progress("gathering", done, len(sources))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def gather_one(source: Source, folder: Path, row: int, seed: int) -> None:
    """One scan's cases, in one thread: all lumps where it freezes, hard ones and some others where it learns."""
    import torch

    torch.set_num_threads(1)
    volume, truth = source.open()
    rng = np.random.default_rng([seed, 3, row])
    cases = gather(volume, truth, scan=row, most=MOST_OTHERS if source.learns else None, rng=rng)
    save_cases(folder / f"{source.name}.npz", cases)
