"""recipe.json and split.csv: all that repeats a run, and which case went where."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from pellucid import __version__
from pellucid.data import Dataset, Split
from pellucid.errors import BadInput
from pellucid.evaluate.assess import label_texts
from pellucid.learn.settings import Settings
from pellucid.run import Run
from pellucid.run.writing import csv_text

FORMAT = 1
MUST_AGREE = ("source", "settings", "split", "scaling")


def recipe_facts(
    source: str,
    group_by: str | None,
    told: Settings,
    told_device: str | None,
    dataset: Dataset,
    split: Split,
    settings: Settings,
    scaling: dict[str, object],
    device: Any,
) -> dict[str, Any]:
    """What recipe.json holds."""
    path = Path(source)
    rows = np.concatenate([split.train, split.valid, split.calibrate, split.held_out])
    return {
        "format": FORMAT,
        "source": {
            "path": str(path.resolve()) if path.exists() else source,
            "group_by": group_by,
            "groups": dataset.groups_from or None,
            "images": len(dataset),
            "pixels_sha256": hashlib.sha256(dataset.sha256.tobytes()).hexdigest(),
            "labels_sha256": hashlib.sha256(np.ascontiguousarray(dataset.labels).tobytes()).hexdigest(),
        },
        "settings": settings.as_dict(),
        "told": {name: value for name, value in told.as_dict().items() if value != Settings().as_dict()[name]},
        "told_device": told_device,
        "scaling": scaling,
        "split": {
            "how": split.how,
            "seed": split.seed,
            "cases": split.counts(),
            "rows_sha256": hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest(),
        },
        "seeds": {
            "split": split.seed,
            "weights": settings.seed,
            "order": settings.seed,
            "augmentation": settings.seed,
            "rivals": settings.seed,
        },
        "versions": {
            "pellucid": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "scipy")},
        },
        "machine": _machine(device),
    }


def _machine(device: Any) -> dict[str, Any]:
    import torch

    processor = platform.processor() or platform.machine()
    return {
        "system": platform.platform(),
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
    }


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
    if (
        before["versions"]["torch"] != facts["versions"]["torch"]
        or before["machine"]["threads"] != facts["machine"]["threads"]
    ):
        raise BadInput(
            f"{run.path} began with torch {before['versions']['torch']} on {before['machine']['threads']} threads: going on with "
            f"torch {facts['versions']['torch']} on {facts['machine']['threads']} would end in other weights. Begin a new run."
        )


def split_csv(dataset: Dataset, split: Split, twins: Int[np.ndarray, " case"]) -> str:
    """name, sha256 of the pixels, label, group (hashed with a salt that is kept nowhere), part, twin."""
    salt = secrets.token_bytes(16)
    hashed = [
        hashlib.sha256(salt + name.encode("utf-8", "surrogateescape")).hexdigest()[:16] for name in dataset.group_names
    ]
    rows, digests = np.arange(len(dataset)), dataset.sha256.tobytes().hex()
    columns = [
        dataset.names,
        [digests[at : at + 64] for at in range(0, len(digests), 64)],
        label_texts(dataset, rows),
        [hashed[group] for group in dataset.groups] if dataset.groups is not None else [""] * len(dataset),
        split.part_of_each(len(dataset)),
        [dataset.names[twin] if twin >= 0 else "" for twin in twins.tolist()],
    ]
    return csv_text(["name", "sha256", "label", "group", "part", "twin"], columns)
