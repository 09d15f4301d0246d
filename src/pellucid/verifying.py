"""`pellucid verify`: whether a run's figures are what its tables say, and its model what its tables say it answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid import __version__
from pellucid.errors import BadInput, PellucidError
from pellucid.evaluate.checking.checks import CHECKS
from pellucid.evaluate.checking.told import Told
from pellucid.run import Run

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
            *(f"looked at      {check}" for check in self.checked),
            *(f"not looked at  {reason}" for reason in self.not_checked),
            *(f"DIFFERS        {difference}" for difference in self.differs[:MOST_NAMED]),
            *([f"               and {more} more: --json names all"] if more > 0 else []),
            f"{self.run} {'holds' if self.holds else 'does not hold'}.",
        ]


def verify(run: Run, source: str | Path | None = None) -> Verified:
    """Compute every figure of a finished run again from its tables, and ask its model again where the images are there.

    Args:
        run: a finished run.
        source: where its images are now; by default where recipe.json says that they were.
    Returns:
        what differs, each by the name of its file and figure.
    Raises:
        BadInput: there is no finished run, or `source` is told and cannot be read.
    """
    if run.state != "finished":
        how = (
            f"go on with it by --resume {run.path}"
            if run.state == "unfinished"
            else "`pellucid runs` lists those there are"
        )
        raise BadInput(f"{run.path} is no finished run, and only a finished one can be verified: {how}.")
    told, found = Told(run), Verified(str(run.path), [], [], [])
    for check in CHECKS:
        _look(found, check.what, lambda check=check: check.differing(told))  # type: ignore[misc]
    if differing := _other_version(run):
        found.not_checked.append(differing)
    if source is None and (missing := images_not_there(run)):
        found.not_checked.append(f"the images and the model: {missing}")
    else:
        _look_at_images(found, told, source)
    return found


def _look_at_images(found: Verified, told: Told, source: str | Path | None) -> None:
    """Torch is imported here, and not before."""
    from pellucid.evaluate.checking import checks_of_source as checks

    try:
        dataset = checks.read_again(told, source)
    except PellucidError as problem:
        if source is not None:
            raise
        found.not_checked.append(f"the images and the model: {_one_line(problem)}")
        return
    _look(found, "every image, against split.csv", lambda: checks.same_images(told, dataset))
    _look(found, "split, twins and audit, drawn and looked for again", lambda: checks.same_split(told, dataset))
    _look(found, "the model's answers to a sample of the images", lambda: checks.same_answers(told, dataset))


def _look(found: Verified, what: str, differing: Callable[[], Iterator[str]]) -> None:
    """Note what differs. A file that was changed can break any line, which must not hide what else differs."""
    try:
        found.differs.extend(one for one in map(_one_line, differing()) if one not in found.differs)
    except PellucidError as problem:
        differs = _one_line(problem)
        found.differs.extend([differs] if differs not in found.differs else [])
        found.not_checked.append(f"{what}: see below")
    except Exception as problem:  # noqa: BLE001
        found.differs.append(
            f"{what}: a file is not as pellucid writes it ({type(problem).__name__}: {_one_line(problem)})"
        )
        found.not_checked.append(f"{what}: see below")
    else:
        found.checked.append(what)


def _one_line(told: object) -> str:
    return " ".join(str(told).split())


def _other_version(run: Run) -> str:
    try:
        made_with = str(run.recipe["versions"]["pellucid"])
    except (PellucidError, KeyError, TypeError):
        return ""
    if made_with == __version__:
        return ""
    return (
        f"the words of the pages, and the split drawn again: made with pellucid {made_with}, and this is {__version__}"
    )


def images_not_there(run: Run) -> str:
    """Why a run's images cannot be read again without more ado; empty where they can.

    >>> images_not_there(Run(Path("nowhere")))
    'recipe.json cannot be read'
    """
    from pellucid.data.catalog import known

    try:
        place = str(run.recipe["source"]["path"])
    except (PellucidError, KeyError, TypeError, RecursionError):
        return "recipe.json cannot be read"
    if Path(place).exists() or place == "digits":
        return ""
    where = f"{place} is a named set, which may have to be fetched" if place in known() else f"{place} is not there"
    return f"{where}; --source tells where they are"
