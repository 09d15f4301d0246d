"""`pellucid audit` on one page: read, look, ask the shortcut probes, and write the page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data import Dataset, read
from pellucid.data.audit import Audit, audit, in_order
from pellucid.data.findings import Finding, many
from pellucid.errors import BadInput
from pellucid.evaluate.reporting.audit_page import MARK, audit_page
from pellucid.evaluate.rivals.probing import Probed, ask_probes, of_probes
from pellucid.progress import Progress, bars, silent
from pellucid.run.writing import check_page, write_text
from pellucid.shapes import Int

MOST_SAID = 7
"""Findings that are printed for people: with the lines around them they make ten. The page shows all."""


@dataclass(frozen=True, slots=True, repr=False)
class Audited:
    """What one audit found, and how long it took."""

    dataset: Dataset
    audit: Audit
    findings: tuple[Finding, ...]
    """Those of the audit and of the probes, the most serious first."""
    probes: tuple[Probed, ...]
    """The last is the commonest class alone; none where no split can be drawn."""
    not_probed: str
    """Why there are no probes."""
    seconds: dict[str, float]
    page: Path | None

    def __repr__(self) -> str:
        return f"<audit of {self.dataset.source}: {many(len(self.findings), 'finding')}>"

    def as_dict(self) -> dict[str, Any]:
        """What `audit --json` prints."""
        names, probes = self.dataset.names, self.probes[:-1]
        return {
            "source": str(self.dataset.source),
            **self.audit.as_dict(names),
            "findings": [finding.as_dict(names) for finding in self.findings],
            "shortcuts": {probed.name: probed.accuracy["value"] for probed in probes},
            "shortcut_figures": {
                probed.name: {"accuracy": probed.accuracy, "balanced_accuracy": probed.balanced_accuracy}
                for probed in self.probes
            },
            "not_probed": self.not_probed or None,
            "page": str(self.page) if self.page else None,
            "seconds": self.seconds["total"],
            "seconds_of": self.seconds,
        }

    def lines(self) -> list[str]:
        """The same for people, in ten lines at most."""
        names, said = self.dataset.names, self.findings[:MOST_SAID]
        images = f"{many(len(names), 'image')} of {self.dataset.source.name}"
        lines = [f"{images}: {many(len(self.findings), 'finding') if self.findings else 'nothing amiss was found'}"]
        first = [f" First: {names[finding.groups[0][0]]}" if finding.groups else "" for finding in said]
        lines += [f"  {finding.told}{name}" for finding, name in zip(said, first, strict=True)]
        if self.probes:
            told = ", ".join(f"{probed.name} {probed.accuracy['value']:.3f}" for probed in self.probes)
            lines.append(f"accuracy without looking: {told}")
        else:
            lines.append(f"no shortcut probes: {self.not_probed}")
        more = len(self.findings) - len(said)
        rest = f"{more} more findings: " if more else ""
        where = f"page: {self.page}" if self.page else "--out page.html shows the images, --json names all files"
        return [*lines, f"{rest}{where} ({self.seconds['total']:.1f} s)"]


def audit_source(
    source: str | Path,
    *,
    group_by: str | None = None,
    image_size: int | None = None,
    out: str | Path | None = None,
) -> Audited:
    """Look for whatever makes a data set's figures lie, and show it.

    Args:
        source: folder, .zip, .csv, .npz, .h5, IDX files or the name of a data set; see `pellucid.data.read`.
        group_by: column:NAME, level:K, regex:PATTERN or dicom:PatientID; by default what the source shows.
        image_size: side in pixels to resize to.
        out: the page to write; an earlier audit page is replaced, and no other file.
    Raises:
        BadInput: the source cannot be read, or another file stands where the page should.

    >>> audited = audit_source("digits")
    >>> audited.findings[-1].told
    'It is not known which images are of one patient or exam: no split can keep them together.'
    """
    page = Path(out) if out else None
    if page:
        check_out(page)
    started, seconds = time.monotonic(), {}
    with bars() as progress:
        dataset = read(source, group_by=group_by, image_size=image_size, progress=progress)
        seconds["read"] = time.monotonic() - started
        found = audit(dataset, progress)
        seconds["audit"] = time.monotonic() - started - seconds["read"]
        probes, not_probed = _probes(dataset, found.alike, progress)
    findings = in_order([*found.findings, *of_probes(probes)])
    seconds["total"] = time.monotonic() - started
    audited = Audited(dataset, found, findings, probes, not_probed, seconds, page)
    if page:
        text = audit_page(dataset, found, findings, probes, not_probed)
        check_out(page)
        write_text(page, text)
        seconds["total"] = time.monotonic() - started
    return audited


def page_of(dataset: Dataset) -> str:
    """The audit page of images that are read already, whole: it asks for nothing else.

    >>> "It is not known which images are of one patient" in page_of(read("digits"))
    True
    """
    found = audit(dataset)
    probes, not_probed = _probes(dataset, found.alike, silent)
    return audit_page(dataset, found, in_order([*found.findings, *of_probes(probes)]), probes, not_probed)


def _probes(dataset: Dataset, alike: Int[np.ndarray, " case"], progress: Progress) -> tuple[tuple[Probed, ...], str]:
    try:
        return ask_probes(dataset, progress, alike), ""
    except BadInput as problem:  # too small to be learned from, and yet worth looking at
        return (), str(problem)


def check_out(page: Path) -> None:
    """See that a page may be written there: nothing is there, or an earlier audit page.

    Raises:
        BadInput: some other file is there, or no folder for it.
    """
    check_page(page, MARK, "audit page")
