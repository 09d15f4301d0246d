"""A scan that the page has open: read at once, looked through in the background."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.app.scan.pictures import PLANES
from pellucid.app.scan.places import counted
from pellucid.ct.findings import Nodule
from pellucid.ct.reporting.counts import chance, in_order, rejected, where
from pellucid.ct.reporting.telling import IMPRESSIONS
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Volume
from pellucid.errors import PellucidError

SHOWN_REJECTED = 30
"""Rejected lumps that are listed, the likeliest first. Chosen by us."""
P_NODULE = (
    "p_nodule is how likely a lump is a nodule (0 to 1), calibrated on simulated chests, not on patients. From {:.2f} "
    "on, the threshold that was fixed beforehand, a lump is a finding."
)


class OpenedScan:
    """One scan, from reading to findings.

    Attributes:
        path: where it is.
        volume: as it was read, once it is.
        working: on the working grid, once it is there.
        study: once it was looked through.
        problem: why it cannot be, in a line.
        stage: what is being done.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self.path = path
        self.volume: Volume | None = None
        self.working: Volume | None = None
        self.study: Study | None = None
        self.problem = ""
        self.stage = "reading"
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Read and look in a thread of its own, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until all is done."""
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        from pellucid.ct.grid import working_copy
        from pellucid.ct.study import STAGES, find_nodules
        from pellucid.data.volumes import read_scan

        def told(what: str, done: int, total: int) -> None:
            self.stage = STAGES[done] if done < total else "done"

        try:
            self.volume = read_scan(self.path)
            self.working = working_copy(self.volume)
            self.study = find_nodules(self.volume, working=self.working, progress=told)
            self.stage = "done"
        except PellucidError as problem:
            self.problem = str(problem)

    def facts(self) -> dict[str, Any]:
        """What the page lists: planes, findings and rejected lumps, each with its place on the working grid."""
        facts: dict[str, Any] = {"stage": self.stage, "problem": self.problem, "name": self.path.name}
        if self.volume is not None and self.working is not None:
            facts["counted"] = counted(self.volume)
            facts["sizes"] = dict(zip(PLANES, self.working.voxels_hu.shape, strict=True))
        if self.study is not None:
            study = self.study
            facts["told"] = list(study.told)
            facts["threshold"] = study.threshold
            facts["means"] = [P_NODULE.format(study.threshold), IMPRESSIONS]
            facts["findings"] = [
                {**_of_lump(study, one.nodule), "suspicious": chance(one.p_rated_suspicious)}
                for one in in_order(study.findings)
            ]
            out = [one for one in rejected(study) if one.same_as is None]
            facts["rejected"] = [_of_lump(study, one) for one in out[:SHOWN_REJECTED]]
        return facts


def _of_lump(study: Study, nodule: Nodule) -> dict[str, Any]:
    lump = nodule.lump
    index = study.working.frame.to_irc(np.array([lump.centre_xyz_mm]))[0]
    last = np.array(study.working.voxels_hu.shape) - 1
    return {
        "number": lump.number,
        "at": [int(value) for value in np.clip(np.rint(index), 0, last)],
        "side": lump.side,
        "diameter_mm": round(lump.diameter_mm, 1),
        "p_nodule": chance(nodule.p_nodule),
        "where": where(study, lump),
        "xyz_mm": [round(along, 1) for along in lump.centre_xyz_mm],
        "why": lump.why,
    }
