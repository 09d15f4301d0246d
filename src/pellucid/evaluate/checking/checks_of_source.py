"""The checks of `pellucid verify` that need a run's images: are they the same, and does its model answer the same?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pellucid import __version__
from pellucid.data import Dataset, read
from pellucid.errors import BadInput
from pellucid.evaluate.answers import Cases
from pellucid.evaluate.checking.comparing import differences
from pellucid.evaluate.checking.told import Told
from pellucid.evaluate.material import Material
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.evaluate.trust.unlike import Seen, Unlike
from pellucid.learn.device import choose_device
from pellucid.learn.weights import load_trained
from pellucid.progress import bars
from pellucid.shapes import Int

SAMPLE = 512
"""Images that the model is asked about again. Chosen by us: a second's work, and changed weights show in any."""

APART = {"float32": 1e-3, "bfloat16": 0.1}
"""How far a logit may lie from the one in the table, as a share of the largest one. Chosen by us: batches of another
size, threads and machines change the last digits, of which bfloat16 has 3 and float32 7."""

FLAGS_APART = 0.02
"""Share of the sample whose flag may differ. Chosen by us, since some lie at the very threshold."""


def read_again(told: Told, source: str | Path | None) -> Dataset:
    """The images of a run, from where they are now.

    Args:
        told: what the run's files tell.
        source: where they are; None: where they were.
    Raises:
        BadInput: they cannot be read.
    """
    where, size = told.run.recipe["source"], told.run.recipe["settings"]["image_size"]
    with bars() as progress:
        return read(source or where["path"], group_by=where["group_by"], image_size=size, progress=progress)


def same_images(told: Told, dataset: Dataset) -> Iterator[str]:
    """Cases that are gone, new, or other than split.csv says."""
    cases, digests = told.cases, dataset.sha256.tobytes().hex()
    if dataset.names != cases.names:
        then, now = set(cases.names), set(dataset.names)
        if len(then & now) < len(then) / 2:
            there = f"{len(then & now):,} of its {len(then):,} images"
            raise BadInput(f"{dataset.source} is not the source of this run: it has {there}. --source tells which is.")
        yield from (f"{dataset.source}: {name} is not there any more" for name in cases.names if name not in now)
        yield from (f"{dataset.source}: {name} was not there" for name in dataset.names if name not in then)
        if then == now:
            yield f"{dataset.source}: its images are in another order, or stand another number of times"
        return
    for row, name in enumerate(cases.names):
        if digests[64 * row : 64 * row + 64] != cases.sha256[row]:
            yield f"{dataset.source}: {name} has other pixels than split.csv says"
    if (dataset.task, list(dataset.classes)) != (cases.task, list(cases.classes)):
        yield f"{dataset.source}: its classes are {', '.join(dataset.classes)}, and not those of the run"
    else:
        differ = (dataset.labels != cases.labels).reshape(len(cases), -1).any(1)
        yield from (
            f"{dataset.source}: {cases.names[row]} has another label" for row in np.flatnonzero(differ).tolist()
        )


def same_split(told: Told, dataset: Dataset) -> Iterator[str]:
    """Parts, twins, marks and findings that are not what drawing the split and looking at all images gives again."""
    chosen = told.run.recipe["settings"]
    if told.run.recipe["versions"]["pellucid"] != __version__:
        return  # another version may draw otherwise
    with bars() as progress:
        drawn = Material.of(dataset, chosen["split"], chosen["seed"], progress)
    columns = {
        "part": (drawn.cases.parts.tolist(), told.cases.parts.tolist()),
        "twin": (drawn.cases.twin, told.cases.twin),
        "likeness": (drawn.cases.likeness.tolist(), told.cases.likeness.tolist()),
        "alike": (drawn.cases.alike.tolist(), told.cases.alike.tolist()),
        "seen": (drawn.cases.seen, told.cases.seen),
    }
    for column, (wanted, found) in columns.items():
        for name, one, other in zip(dataset.names, wanted, found, strict=True):
            if one != other:
                yield f"split.csv: {column} of {name} is {other!r}, and comes out as {one!r}"
    yield from _same_groups(drawn.cases, told.cases)
    findings = [{"kind": one.kind, "told": one.told} for one in drawn.audit.findings]
    yield from differences(findings, told.run.report["audit"]["findings"], "report.json.audit.findings")


def _same_groups(drawn: Cases, found: Cases) -> Iterator[str]:
    if len({cases.fingerprints()["source"]["groups_sha256"] for cases in (drawn, found)}) > 1:
        yield "split.csv: its groups are not those of the images"


def same_answers(told: Told, dataset: Dataset) -> Iterator[str]:
    """Images, of a sample, that the model answers otherwise than predictions.csv says."""
    run, answers = told.run, told.answers
    at, rows = _sample(told.cases, dataset)
    if not len(at):
        return
    trained, stored = load_trained(run, choose_device(None)), dataset.images[rows]
    logits, features = trained.answers(stored)
    then = answers.logits[at]
    most = APART[run.facts["precision"]] * max(1.0, float(np.abs(then).max()))
    for which in np.flatnonzero(~(np.abs(logits - then).max(1) <= most)).tolist():
        yield f"predictions.csv: the model answers {dataset.names[rows[which]]} otherwise than the table says"
    flags = Unlike.from_dict(run.facts["unlike"], trained.beside).flags(
        Seen(features, thumbnails(stored, trained.scaling))
    )
    apart = int((flags != answers.unlike[at]).sum())
    if apart > FLAGS_APART * len(at):
        yield f"predictions.csv: unlike_training comes out otherwise for {apart} of {len(at)} images"


def _sample(cases: Cases, dataset: Dataset) -> tuple[Int[np.ndarray, " some"], Int[np.ndarray, " some"]]:
    """Evenly spread: places among the judged cases, and the rows in the dataset where the same images are."""
    judged = cases.judged()
    at = np.unique(np.linspace(0, len(judged) - 1, min(SAMPLE, len(judged))).astype(np.int64))
    row_of = {name: row for row, name in enumerate(dataset.names)}
    digests = dataset.sha256.tobytes().hex()
    rows = np.array([row_of.get(cases.names[row], -1) for row in judged[at].tolist()], np.int64)
    same = [
        row >= 0 and digests[64 * row : 64 * row + 64] == cases.sha256[case]
        for row, case in zip(rows.tolist(), judged[at].tolist(), strict=True)
    ]
    return at[same], rows[same]
