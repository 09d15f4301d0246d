"""Whether the split is the one that the run was made with, and keeps apart what it says that it keeps apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pellucid.evaluate.answers import JUDGED, Cases
from pellucid.evaluate.checking.comparing import differences
from pellucid.evaluate.checking.told import Told


def split(told: Told) -> Iterator[str]:
    """Cases learned from that stand on the other side as well, and whatever else split.csv contradicts."""
    cases = told.cases
    yield from _names(cases)
    yield from _twins(cases)
    yield from _patients(cases)
    for name, prints in cases.fingerprints().items():
        found = told.run.recipe[name]
        yield from differences(prints, {key: found[key] for key in prints if key in found}, f"recipe.json.{name}")


def _names(cases: Cases) -> Iterator[str]:
    """A file may stand twice (a table can name it with two labels), but not with other pixels."""
    pixels_of = dict(zip(cases.names, cases.sha256, strict=True))
    for name, pixels in zip(cases.names, cases.sha256, strict=True):
        if pixels_of[name] != pixels:
            yield f"split.csv: {name} stands twice, with other pixels"


def _twins(cases: Cases) -> Iterator[str]:
    train = cases.rows("train").tolist()
    learned = {cases.sha256[row]: cases.names[row] for row in train}
    names = {cases.names[row] for row in train}
    for row in np.flatnonzero(np.isin(cases.parts, JUDGED)).tolist():
        twin, likeness, same = cases.twin[row], str(cases.likeness[row]), learned.get(cases.sha256[row])
        if same is None and not twin and not likeness:
            continue
        case = f"split.csv: {cases.names[row]} ({cases.parts[row]})"
        if same is not None and likeness != "identical":
            yield f"{case} has the pixels of {same}, which was learned from, and is not named its twin"
        if same is None and likeness == "identical":
            yield f"{case} is said to be identical to {twin}, and nothing that was learned from has its pixels"
        if twin and twin not in names:
            yield f"{case} is said to be a twin of {twin}, which was not learned from"
        if bool(twin) != bool(likeness):
            yield f"{case} has a twin without a likeness, or a likeness without a twin"


def _patients(cases: Cases) -> Iterator[str]:
    if cases.groups is None:
        return
    shared = np.isin(cases.groups, cases.groups[cases.parts == "train"]) & np.isin(cases.parts, JUDGED)
    for row in np.flatnonzero(shared & (cases.likeness == "")).tolist():
        yield f"split.csv: {cases.names[row]} ({cases.parts[row]}) is of a patient or exam who was learned from"
    for row in np.flatnonzero(~shared & (cases.likeness == "same group")).tolist():
        yield f"split.csv: {cases.names[row]} is said to be of a patient or exam who was learned from, and is not"
