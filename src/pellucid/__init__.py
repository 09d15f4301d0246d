"""Medical image classifiers that one can trust, in seconds, and see through.

>>> import pellucid
>>> run = pellucid.train("digits", model="linear", epochs=1)  # doctest: +SKIP
>>> run.predict(["scan.png"])  # doctest: +SKIP
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pellucid.classifying import AskWarning, Classifier, FitWarning
    from pellucid.data import Dataset, Split, read
    from pellucid.doctor import watch
    from pellucid.errors import BadInput, PellucidError
    from pellucid.explain import explain_image
    from pellucid.predicting import TrainedRun, predict
    from pellucid.training import train

__version__ = "0.1.0"

# Threads that wait for each other's share of a step soon give their core away. GNU's OpenMP, which torch computes with
# on Linux, spins 300,000 times by itself; where another program wants the core, small steps take many times longer.
# It is read when torch is imported; a value that the user has set stays.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

_HOME = {
    "AskWarning": "classifying",
    "BadInput": "errors",
    "Classifier": "classifying",
    "Dataset": "data",
    "FitWarning": "classifying",
    "PellucidError": "errors",
    "Split": "data",
    "TrainedRun": "predicting",
    "explain_image": "explain",
    "predict": "predicting",
    "read": "data",
    "train": "training",
    "watch": "doctor",
}

__all__ = [
    "AskWarning",
    "BadInput",
    "Classifier",
    "Dataset",
    "FitWarning",
    "PellucidError",
    "Split",
    "TrainedRun",
    "explain_image",
    "open_run",
    "predict",
    "read",
    "train",
    "watch",
]


# Names are looked up on first use: importing pellucid takes a moment, not torch's second.
def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.{_HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def open_run(path: str | Path) -> TrainedRun:
    """A run folder that `train` made, to look at or to predict with.

    Raises:
        BadInput: it is none.
    """
    from pathlib import Path

    from pellucid.errors import BadInput
    from pellucid.predicting import TrainedRun

    run = TrainedRun(Path(path))
    if run.state == "none":
        raise BadInput(f"{path} is no run folder: `pellucid runs` lists those in runs/.")
    return run
