"""`pellucid verify`: whether a run's figures are what its tables say, and its model what its tables say it answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import BadInput, PellucidError
from pellucid.evaluate.checks import CHECKS, Told
from pellucid.run import Run

SAMPLE = 256
"""Held-out images that the model is asked about again. Chosen by us: a second's work, and changed weights show in any."""

APART = {"float32": 1e-3, "bfloat16": 0.1}
"""How far a logit may lie from the one in the table, as a share of the largest one. Chosen by us: batches of another
size, threads and machines change the last digits, of which bfloat16 has 3 and float32 7."""

MOST_NAMED = 20
"""Differences that are named for people; --json names all."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at in one run, what differs, and what could not be looked at."""

    run: str
    checked: list[str]
    differs: list[str]
    not_checked: list[str]

    @property
    def holds(self) -> bool:
        """Nothing differs."""
        return not self.differs

    def as_dict(self) -> dict[str, Any]:
        """What `verify --json` prints."""
        return {
            "run": self.run,
            "holds": self.holds,
            "differs": self.differs,
            "checked": self.checked,
            "not_checked": self.not_checked,
        }

    def lines(self) -> list[str]:
        """For people."""
        more = len(self.differs) - MOST_NAMED
        return [
            *(f"looked at    {check}" for check in self.checked),
            *(f"not looked at  {reason}" for reason in self.not_checked),
            *(f"DIFFERS  {difference}" for difference in self.differs[:MOST_NAMED]),
            *([f"         and {more} more: --json names all"] if more > 0 else []),
            f"{self.run} {'holds' if self.holds else 'does not hold'}.",
        ]


def verify(run: Run, source: str | Path | None = None) -> Verified:
    """Compute every figure of a finished run again from its tables, and ask its model again where the images are there.

    Args:
        run: a finished run.
        source: where its images are now; by default where recipe.json says that they were.
    Raises:
        BadInput: there is no finished run, or `source` is told and is not there.
    """
    if run.state != "finished":
        raise BadInput(f"{run.path} is no finished run: only a finished one can be verified.")
    told = Told(run)
    found = Verified(str(run.path), [], [], [])
    for check in CHECKS:
        _look(found, check, lambda check=check: check(told))  # type: ignore[misc]
    missing = _not_there(run, source)
    if missing:
        found.not_checked.append(missing)
    else:
        _look(found, model_again, lambda: model_again(told, source))
    return found


def _look(found: Verified, check: Callable[..., Any], differing: Callable[[], Iterator[str]]) -> None:
    try:
        found.differs.extend(differing())
    except PellucidError as problem:
        found.differs.append(str(problem))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OSError) as problem:
        found.differs.append(
            f"{check.__name__}: a file is not as pellucid writes it ({' '.join(str(problem).split())})"
        )
    found.checked.append(str(check.__doc__).partition("\n")[0].rstrip("."))


def _not_there(run: Run, source: str | Path | None) -> str:
    from pellucid.data.catalog import known

    try:
        place = str(run.recipe["source"]["path"])
    except (PellucidError, KeyError, TypeError):
        return "the model itself: recipe.json cannot be read"
    if source is not None or Path(place).exists() or place == "digits":
        return ""
    where = f"{place} is a named set, which may have to be fetched" if place in known() else f"{place} is not there"
    return f"the model itself: {where}; --source tells where its images are"


def model_again(told: Told, source: str | Path | None = None) -> Iterator[str]:
    """the model's answers to a sample of its held-out images, asked again."""
    from pellucid.data import read
    from pellucid.learn.device import choose_device
    from pellucid.learn.weights import load_trained
    from pellucid.progress import bars

    run, cases = told.run, told.cases
    recipe, settings = run.recipe["source"], run.recipe["settings"]
    with bars() as progress:
        dataset = read(
            source or recipe["path"], group_by=recipe["group_by"], image_size=settings["image_size"], progress=progress
        )
    row_of = {name: row for row, name in enumerate(dataset.names)}
    held_out = cases.rows("held_out")
    sample = np.unique(np.linspace(0, len(held_out) - 1, min(SAMPLE, len(held_out))).astype(np.int64))
    rows = [row_of.get(cases.names[row]) for row in held_out[sample].tolist()]
    for row, there in zip(held_out[sample].tolist(), rows, strict=True):
        if there is None:
            yield f"{dataset.source}: {cases.names[row]} is not there any more"
        elif dataset.sha256[there].tobytes().hex() != cases.sha256[row]:
            yield f"{dataset.source}: {cases.names[row]} has other pixels than it had"
    here = [at for at, row in enumerate(rows) if row is not None]
    if not here:
        return
    trained = load_trained(run, choose_device(None))
    again = trained.logits(dataset.images[np.array([rows[at] for at in here])])
    answers = told.tables[0]
    then = answers.logits[answers.of("held_out")][sample[here]]
    most = APART[run.facts["precision"]] * max(1.0, float(np.abs(then).max()))
    for at in np.flatnonzero(~(np.abs(again - then).max(1) <= most)).tolist():
        name = cases.names[held_out[sample[here[at]]]]
        yield f"predictions.csv: the model answers {name} otherwise than the table says"
