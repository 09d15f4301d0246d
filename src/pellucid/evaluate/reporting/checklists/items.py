"""The items of the two reporting guidelines: those that a run can fill, filled, and what is left to the author."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Any

from pellucid.evaluate.reporting.checklists.of_data import OF_DATA, Facts
from pellucid.evaluate.reporting.checklists.of_model import OF_MODEL
from pellucid.evaluate.reporting.checklists.of_results import OF_RESULTS

SENTENCES = OF_DATA | OF_MODEL | OF_RESULTS
FILES = ("tripod_ai.toml", "claim.toml")
STATES = ("filled", "begun", "yours")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a guideline."""

    guideline: str
    number: str
    section: str
    topic: str
    text: str | None
    """What the run says of it, for a paper; None where it says nothing."""
    author: str
    """What the author has to write; empty where nothing is left but to check the text."""

    @property
    def state(self) -> str:
        """filled (nothing is left), begun (the run's part is there, and the author's is not), or yours."""
        return "yours" if self.text is None else "begun" if self.author else "filled"


@dataclass(frozen=True, slots=True)
class Checklist:
    """A guideline with its items, in their order."""

    guideline: str
    cited: str
    link: str
    items: tuple[Item, ...]

    def count(self, state: str) -> int:
        """How many items are filled, begun or yours."""
        return sum(item.state == state for item in self.items)


def checklists(report: Facts, recipe: Facts) -> list[Checklist]:
    """TRIPOD+AI and CLAIM, each item with what the run says of it.

    Args:
        report: as report.json holds it; what an item needs and is not there leaves the item to the author.
        recipe: as recipe.json holds it; likewise.
    Source: Collins et al., TRIPOD+AI statement, BMJ 2024;385:e078378; Tejani et al., Checklist for Artificial
        Intelligence in Medical Imaging (CLAIM): 2024 Update, Radiology: Artificial Intelligence 2024;6(4):e240300. The
        items are told in our own words.

    >>> [(one.guideline, len(one.items), one.count("yours") > 20) for one in checklists({}, {})]
    [('TRIPOD+AI', 52, True), ('CLAIM', 44, True)]
    """
    found = []
    for name in FILES:
        told = tomllib.loads(package_files("pellucid.evaluate.reporting.checklists").joinpath(name).read_text("utf-8"))
        items = tuple(_item(told["guideline"], one, report, recipe) for one in told["item"])
        found.append(Checklist(told["guideline"], told["cited"], told["link"], items))
    return found


def filled_items(report: Facts, recipe: Facts) -> list[Item]:
    """The items of both guidelines, one after the other; see `checklists`.

    >>> filled_items({}, {})[0].number
    '1'
    """
    return [item for one in checklists(report, recipe) for item in one.items]


def _item(guideline: str, told: dict[str, Any], report: Facts, recipe: Facts) -> Item:
    """With its text where all sentences that it `says` are known; those that it `adds` may be missing."""
    says = [sentence(name, report, recipe) for name in told.get("says", [])]
    adds = [sentence(name, report, recipe) for name in told.get("adds", [])]
    whole = bool(says) and None not in says
    text = " ".join(words for words in [*says, *adds] if words) if whole else None
    author = told.get("left", "") if whole else told["author"]
    return Item(guideline, told["number"], told["section"], told["topic"], text, author)


def sentence(name: str, report: Facts, recipe: Facts) -> str | None:
    """One sentence on a run, or None where its report or recipe lacks what that needs (both may be older or newer)."""
    write = SENTENCES[name]
    try:
        return write(report, recipe)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
