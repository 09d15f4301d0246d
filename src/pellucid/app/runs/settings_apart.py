"""What was set otherwise in one run than in another: the rows of their recipes that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pellucid.errors import BadInput
from pellucid.run import Run


def settings_apart(runs: Sequence[tuple[str, Run]]) -> list[tuple[str, list[str]]]:
    """What differs between recipes: the name of a setting, and what each run has there.

    Args:
        runs: finished ones, each with its name.
    Returns:
        A row for each setting that is not the same in all, in the order of the recipe; "-" where a run has none.
    Raises:
        BadInput: a recipe cannot be read.
    """
    all_facts = [_facts(name, run) for name, run in runs]
    names = dict.fromkeys(setting for facts in all_facts for setting in facts)
    rows = [(setting, [facts.get(setting, "-") for facts in all_facts]) for setting in names]
    return [(setting, values) for setting, values in rows if len(set(values)) > 1]


def _facts(name: str, run: Run) -> dict[str, str]:
    recipe = run.recipe
    try:
        source, split, versions, machine = (recipe[part] for part in ("source", "split", "versions", "machine"))
        told = {
            "source": source["name"],
            "images": source["images"],
            "fingerprint of their pixels": source["pixels_sha256"][:8],
            "grouped by": source["group_by"],
            "split drawn": f"{split['how']}; seed {split['seed']}",
            "fingerprint of the split": split["rows_sha256"][:8],
            **{setting.replace("_", " "): value for setting, value in recipe["settings"].items()},
            "parameters": run.report["parameters"],
            "device": f"{machine['device']}, {machine['threads']} threads",
            **versions,
        }
    except (KeyError, TypeError, AttributeError):
        raise BadInput(f"{name}: its recipe.json is not as pellucid wrote it; restore it from a copy.") from None
    return {setting: _in_words(value) for setting, value in told.items()}


def _in_words(value: Any) -> str:
    """A setting as people write it.

    >>> _in_words([128, 64]), _in_words(None), _in_words(0.002), _in_words(12345)
    ('128, 64', 'none', '0.002', '12,345')
    """
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return f"{value:,}" if type(value) is int else str(value)
