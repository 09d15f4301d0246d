"""`pellucid ct train`: gather cases from phantoms or LUNA16, teach the network, freeze it, and write it in one file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.learning import gathered
from pellucid.ct.learning.gathering import Cases, load_cases
from pellucid.ct.learning.labelling import NODULE, OTHER
from pellucid.ct.learning.processes import gather_all
from pellucid.ct.learning.sources import luna, phantoms
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Trained:
    """What was taught, and how it did on the scans that it was frozen on.

    Attributes:
        weights: the file.
        facts: figures.
        refused: scans that could not be looked through, each with the reason.
    """

    weights: Path
    facts: dict[str, Any]
    refused: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        refused = [{"scan": name, "why": why} for name, why in self.refused.items()]
        return {"weights": str(self.weights), **self.facts, "refused": refused}

    def lines(self) -> list[str]:
        """For the terminal."""
        facts = self.facts
        return [
            f"Learned from {counted(facts['scans_learned'], 'scan')} ({facts['trained_on']}): "
            f"{counted(facts['nodules'], 'nodule')} and {counted(facts['others'], 'other lump')}, "
            f"in {counted(facts['steps'], 'step')} of a first lesson and more of a second.",
            f"Frozen on {counted(facts['scans_frozen'], 'other scan')}: p_nodule from {facts['threshold']:.3f} on is a "
            f"finding. There {facts['found']:.3f} of the nodules are found, at "
            f"{facts['false_marks_a_scan']:.2f} false marks a scan.",
            *(f"Not learned from: {name}: {why}" for name, why in self.refused.items()),
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

    What was gathered from each scan is kept in a folder beside `out` until the weights are written, so that a run that
    was cut short goes on from there; then it is deleted.

    Args:
        out: the weights that are written; with `pellucid ct find --weights` they are used.
        luna_folder: scans in LUNA16's layout; None draws phantoms.
        fold: with LUNA16, the subset that is left out, to be measured.
        scans: phantoms to learn from; a fifth as many are drawn besides, to freeze calibration and threshold on.
        steps: of the first lesson; the second has 0.6 times as many.
        seed: of all that is drawn.
        progress: told of each scan and step.
    Raises:
        BadInput: no scans, no nodules among them, `out` cannot be written, or what was gathered beside it is of other
            settings.
        PellucidError: a process that looked through scans was ended from outside.
    """
    from pellucid.ct.learning.teaching import freeze, teach
    from pellucid.ct.network.weights import NetworkFacts, save_network

    gathered.check_weights_path(out)
    began = time.perf_counter()
    sources = luna(luna_folder, fold) if luna_folder else phantoms(scans, seed)
    told = f"LUNA16's layout, all folds but {fold}" if luna_folder else f"phantoms, seed {seed}"
    folder = gathered.begin(out, gathered.settings_of(sources, told, seed))
    refused = gather_all(sources, folder, seed, progress)
    used = [source for source in sources if source.name not in refused]
    learned, frozen = (
        _loaded([folder / f"{source.name}.npz" for source in used if source.learns == learns], what, refused)
        for learns, what in ((True, "to learn from"), (False, "to freeze on"))
    )
    network = teach(learned, steps=steps, seed=seed, progress=progress)
    count = sum(not source.learns for source in used)
    answers = freeze(network, frozen, count)
    facts = {
        "trained_on": told,
        "scans_learned": len(used) - count,
        "scans_frozen": count,
        "nodules": int((learned.labels == NODULE).sum()),
        "others": int((learned.labels == OTHER).sum()),
        "steps": steps,
        "threshold": answers.threshold,
        "found": answers.found,
        "false_marks_a_scan": answers.false_marks_a_scan,
    }
    known = NetworkFacts(network.width, answers.slope, answers.intercept, answers.threshold, told, dict(facts))
    save_network(out, network, known)
    gathered.remove(folder, sources)
    return Trained(out, {**facts, "seconds": round(time.perf_counter() - began, 1)}, refused)


def _loaded(paths: list[Path], what: str, refused: dict[str, str]) -> Cases:
    """The cases of these files.

    Raises:
        BadInput: no scan is left, or their lumps are not both nodules and others.
    """
    why = "".join(f" {name}: {why}" for name, why in list(refused.items())[:1])
    if not paths:
        raise BadInput(f"No scan {what} could be looked through.{why}")
    cases = load_cases(paths)
    lumps = cases.labels[cases.found]
    nodules, others = int((lumps == NODULE).sum()), int((lumps == OTHER).sum())
    if not nodules or not others:
        raise BadInput(
            f"Among the lumps of the {counted(len(paths), 'scan')} {what}, {nodules} are nodules and {others} are "
            f"others; some of both are needed: add scans.{why}"
        )
    return cases
