"""recipe.json: all that repeats a run."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid import __version__
from pellucid.data import Dataset, Split
from pellucid.errors import BadInput
from pellucid.evaluate.answers import Cases
from pellucid.learn.settings import Settings
from pellucid.run import Run

if TYPE_CHECKING:
    from pellucid.learn.ladder import Ladder

FORMAT = 1
MUST_AGREE = ("source", "ladder", "split", "scaling")


def recipe_facts(beginning: Beginning, dataset: Dataset, split: Split, cases: Cases, ladder: Ladder) -> dict[str, Any]:
    """What recipe.json holds; `settings` are those of the kept model, and open until one is.

    Args:
        beginning: what the run was told.
        dataset: what was read.
        split: what was drawn.
        cases: what is known of every case.
        ladder: what the rest was completed to, for every model that is tried.
    """
    prints, seed = cases.fingerprints(), ladder.rungs[0].seed
    return {
        "format": FORMAT,
        "source": {
            "path": _where(beginning.source),
            "name": Path(beginning.source).name,
            "group_by": beginning.group_by,
            "groups": dataset.groups_from or None,
            **prints["source"],
        },
        "settings": ladder.rungs[0].as_dict() if ladder.alone else None,
        "ladder": ladder.as_dict(),
        "told": beginning.settings.told(),
        "told_device": beginning.device,
        "scaling": ladder.scaling.as_dict(),
        "split": {"how": split.how, "seed": split.seed, **prints["split"]},
        "seeds": {"split": split.seed, "weights": seed, "order": seed, "augmentation": seed, "rivals": seed},
        "versions": {
            "pellucid": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "scipy")},
        },
        "machine": _machine(ladder),
    }


def _machine(ladder: Ladder) -> dict[str, Any]:
    import torch

    processor = platform.processor() or platform.machine()
    return {
        "system": platform.platform(),
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": ladder.threads,
        "device": torch.cuda.get_device_name(ladder.device) if ladder.device.type == "cuda" else ladder.device.type,
    }


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run was told when it began, read from its recipe.json to go on with it."""

    source: str
    group_by: str | None
    settings: Settings
    device: str | None

    @staticmethod
    def of(run: Run) -> Beginning:
        """From a run's recipe.json.

        Raises:
            BadInput: it is damaged.
        """
        recipe = run.recipe
        try:
            source, told, device = recipe["source"], recipe["told"], recipe["told_device"]
            settings = Settings.of(told, f"{run.path}/recipe.json")
            return Beginning(source["path"], source["group_by"], settings, device)
        except (KeyError, TypeError, AttributeError):
            raise BadInput(f"{run.path}/recipe.json is not as pellucid wrote it: restore it, or begin anew.") from None

    def check(
        self, run: Run, source: str | Path | None, group_by: str | None, told: dict[str, Any], device: str | None
    ) -> None:
        """What is told on going on may only repeat what was told at the beginning.

        Raises:
            BadInput: something else is told now.
        """
        asked: dict[str, Any] = {"group_by": group_by, "device": device, **told}
        if source is not None:
            asked["source"] = _where(source)
        before = {"source": self.source, "group_by": self.group_by, "device": self.device, **self.settings.as_dict()}
        for name, value in asked.items():
            if value is not None and value != before[name]:
                raise BadInput(
                    f"{run.path} began with {name} {before[name]}, not {value}: leave that out to go on, or begin anew."
                )


def _where(source: str | Path) -> str:
    path = Path(source)
    return str(path.resolve()) if path.exists() else str(source)


def check_unchanged(run: Run, facts: dict[str, Any]) -> None:
    """A run can only be gone on with on the data, split and settings that it began with.

    Raises:
        BadInput: one of them is another now.
    """
    before = run.recipe
    for name in MUST_AGREE:
        if before.get(name) != facts[name]:
            raise BadInput(
                f"{run.path}: its {name} is not what it was when the run began: begin a new run, or restore it."
            )
    then, now = _arithmetic(before), _arithmetic(facts)
    if then != now:
        raise BadInput(
            f"{run.path} began with {then}: going on with {now} would end in other weights. Begin a new run."
        )


def _arithmetic(recipe: dict[str, Any]) -> str:
    return f"torch {recipe['versions']['torch']} on {recipe['machine']['threads']} threads"
