"""Models, batches, and the loop that teaches one the other: `for step in learner.steps(batches)`.

Names are looked up on first use, so that settings can be read without waiting for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.learn.assembling import assemble
    from pellucid.learn.batches import Batch, Batches, Images
    from pellucid.learn.completing import complete
    from pellucid.learn.learner import Learner, Step
    from pellucid.learn.losses import loss_of
    from pellucid.learn.models import build_model
    from pellucid.learn.plan import Plan, plan_learning
    from pellucid.learn.settings import Settings, read_recipe

_HOME = {
    "Batch": "batches",
    "Batches": "batches",
    "Images": "batches",
    "Learner": "learner",
    "Settings": "settings",
    "Step": "learner",
    "assemble": "assembling",
    "build_model": "models",
    "Plan": "plan",
    "complete": "completing",
    "loss_of": "losses",
    "plan_learning": "plan",
    "read_recipe": "settings",
}

__all__ = [
    "Batch",
    "Batches",
    "Images",
    "Learner",
    "Plan",
    "Settings",
    "Step",
    "assemble",
    "build_model",
    "complete",
    "loss_of",
    "plan_learning",
    "read_recipe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.learn has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.learn.{_HOME[name]}"), name)
    return found
