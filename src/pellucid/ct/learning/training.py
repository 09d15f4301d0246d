"""`pellucid ct train`: gather cases from phantoms or LUNA16, teach the network, freeze it, and write it in one file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from pellucid.blocks.anatomy.facts import counted
from pellucid.ct.learning import gathered
from pellucid.ct.learning.gathering import Cases, load_cases
from pellucid.ct.learning.labelling import NODULE, OTHER
from pellucid.ct.learning.processes import gather_all
from pellucid.ct.learning.sources import luna, phantoms
from pellucid.ct.told import Told
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent

SCANS = 80  # phantoms to learn from; chosen by us


def train_network(
    out: Path,
    *,
    luna_folder: Path | None = None,
    fold: int | None = None,
    scans: int | None = None,
    steps: int = 3000,
    seed: int = 0,
    progress: Progress = silent,
) -> Told:
    """Teach a network from phantoms, or from LUNA16.

    What was gathered from each scan is kept in a folder beside `out` until the weights are written, so that a run that
    was cut short goes on from there; then it is deleted. Scans are looked through in processes of their own: a script
    has to call this below `if __name__ == "__main__":`.

    Args:
        out: the weights that are written; with `pellucid ct find --weights` they are used.
        luna_folder: scans in LUNA16's layout; None draws phantoms.
        fold: with LUNA16, the subset that is left out, to be measured; 0 when not said.
        scans: phantoms to learn from, 80 when not said; a fifth as many are drawn besides, to freeze calibration and
            threshold on.
        steps: of the first lesson; the second has 0.6 times as many.
        seed: of all that is drawn.
        progress: told of each scan and step.
    Raises:
        BadInput: arguments that exclude one another, no scans, no nodules among them, `out` cannot be written, or what
            was gathered beside it is of other settings.
        PellucidError: a process that looked through scans was ended from outside.
    """
    from pellucid.ct.learning.teaching import freeze, teach
    from pellucid.ct.network.weights import NetworkFacts, save_network

    if luna_folder is not None and scans is not None:
        raise BadInput("--scans is for phantoms, and --luna was given, of which all scans are used: leave one out.")
    if luna_folder is None and fold is not None:
        raise BadInput("--fold is for --luna, which was not given: leave it out, or give both.")
    gathered.check_weights_path(out)
    began = time.perf_counter()
    sources = luna(luna_folder, fold or 0) if luna_folder else phantoms(scans or SCANS, seed)
    told = f"LUNA16's layout, all folds but {fold or 0}" if luna_folder else f"phantoms, seed {seed}"
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
    facts: dict[str, Any] = {
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
    seconds = round(time.perf_counter() - began, 1)
    not_used = [{"scan": name, "why": why} for name, why in refused.items()]
    passed_over = (f"Not learned from: {name}: {why}" for name, why in refused.items())
    return Told(
        {"weights": str(out), **facts, "seconds": seconds, "refused": not_used},
        (*_sentences(facts), *passed_over, f"Written to {out}."),
    )


def _sentences(facts: dict[str, Any]) -> tuple[str, str]:
    learned, frozen = counted(facts["scans_learned"], "scan"), counted(facts["scans_frozen"], "other scan")
    nodules, others = counted(facts["nodules"], "nodule"), counted(facts["others"], "other lump")
    return (
        f"Learned from {learned} ({facts['trained_on']}): {nodules} and {others}, in {counted(facts['steps'], 'step')} "
        "of a first lesson and more of a second.",
        f"Frozen on {frozen}: p_nodule from {facts['threshold']:.3f} on is a finding. There {facts['found']:.3f} of "
        f"the nodules are found, at {facts['false_marks_a_scan']:.2f} false marks a scan.",
    )


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
