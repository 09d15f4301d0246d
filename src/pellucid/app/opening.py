"""Reads what the pages of `pellucid play` show, before they are served."""

from __future__ import annotations

import sys
from pathlib import Path

from pellucid.app.live.subject import Subject
from pellucid.app.serving import Shown
from pellucid.beforehand import import_torch_beforehand
from pellucid.data import read
from pellucid.progress import bars

ALWAYS_THERE = "digits"
"""What is learned from where no source is given. Source: scikit-learn's, which needs no download."""
RECORDINGS = "recordings"
"""The folder for recorded runs, in the folder of runs."""


def shown_of(source: str | None, group_by: str | None, image_size: int | None, runs: Path, scan: Path | None) -> Shown:
    """Read the images, and say what a user should know of how they were read.

    Args:
        source: anything that `pellucid train` takes; None: digits.
        group_by: how patients are told.
        image_size: side in pixels to resize to.
        runs: the folder whose runs are listed, and where recordings go.
        scan: a chest CT.
    Raises:
        BadInput: the images cannot be read, or are too few to be split.
    """
    import_torch_beforehand()
    with bars() as progress:
        dataset = read(source or ALWAYS_THERE, group_by=group_by, image_size=image_size, progress=progress)
    for note in dataset.said:
        sys.stderr.write(f"{note}\n")
    if dataset.unreadable:
        sys.stderr.write(f"Left out: {len(dataset.unreadable)} files; `pellucid audit` names them.\n")
    name = Path(source).name if source else ALWAYS_THERE
    subject = Subject.of(name or str(source), dataset)
    said = "" if source else "No source was given: these digits come with it. With your own: pellucid play FOLDER"
    first = "/images" if source else "/scan" if scan else "/"
    return Shown(subject, runs / RECORDINGS, said, runs, scan, first)
