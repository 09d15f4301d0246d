"""The doctor watches a loop of training and names what is silently wrong with it, with the line that would mend it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.doctor.finding import Finding
    from pellucid.doctor.watching import Doctor, watch

_HOME = {"Doctor": "watching", "Finding": "finding", "watch": "watching"}

__all__ = ["Doctor", "Finding", "watch"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.doctor has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.doctor.{_HOME[name]}"), name)
    return found
