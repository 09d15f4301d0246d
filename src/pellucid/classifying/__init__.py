"""Learning in scikit-learn's manner: arrays of images in; `fit`, `predict_proba`, pipelines, cross-validation.

Names are looked up on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.classifying.estimator import Classifier
    from pellucid.classifying.telling import AskWarning, BadArgument, FitWarning

_HOME = {
    "AskWarning": "telling",
    "BadArgument": "telling",
    "Classifier": "estimator",
    "FitWarning": "telling",
}

__all__ = ["AskWarning", "BadArgument", "Classifier", "FitWarning"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.classifying has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.classifying.{_HOME[name]}"), name)
    return found
